"""The Radboud Faces Database: 67 people, 8 expressions, 3 gazes, 5 camera angles."""

import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Literal, NoReturn

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data import splits
from stargan_tf.data.sources import image_files

EXPRESSIONS = ("angry", "contemptuous", "disgusted", "fearful", "happy", "neutral", "sad",
               "surprised")  # fmt: skip
ANGLES = ("045", "090", "135")  # The paper's 4,824 images are 67 x 8 x 3 gazes x 3 angles.
_PROFILES = ("000", "180")
_EXAMPLE = "Rafd090_01_Caucasian_female_angry_frontal.jpg"
_NAME = re.compile(
    r"(?P<prefix>rafd_?)?((?P<angle>\d{3})_)?(?P<identity>\d{2})(_(?P<rest>.*))?", re.I | re.S
)


@dataclasses.dataclass(frozen=True)
class _Picture:
    path: str
    identity: str
    expression: str
    angle: str  # "" if the name holds none


def load_rafd(
    data_dir: str,
    split: Literal["train", "test"],
    val_fraction: float = options_lib.DataOptions.val_fraction,
) -> image_files.ImageFiles:
    """Lists the images below `data_dir`, labelled by expression and split by person.

    A file's name joins "Rafd", the camera angle, the person (two digits), ethnicity, gender,
    expression and gaze by "_", in upper or lower case. Shorter names may hold the angle and the
    person, or the person and the expression; without the expression, the file must lie in a folder
    of that name. As in the paper, the angles 045, 090 and 135 are kept and the profile views 000
    and 180 left out. No image is opened; see `image_files.find_problems`.

    Whatever the folders are called (train, test, ...), people are held out, never single images:
    the first `round(val_fraction * people)`, at least one, in the order of the hashes of their two
    digits.

    Crop the images to faces beforehand: in the originals of 681 x 1024 the face is not in the
    centred square that training cuts out.

    Args:
      data_dir: The folder that holds the images, at any depth.
      split: The part to load.
      val_fraction: The share of the people to hold out; the paper's is 0.1.

    Returns:
      The images in the order of their expressions, then of their paths; labels are one-hot over
      the expressions that occur.

    Raises:
      UserError: There is no image, a name can't be read or contradicts its folder, an image occurs
        twice, there are fewer than two people or expressions, or nobody is left to train on.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    pictures = _pictures(data_dir)
    domains = _domains(pictures, data_dir)
    held_out = _held_out({picture.identity for picture in pictures}, val_fraction)
    _refuse_without_training_images(pictures, domains, held_out)
    part = [p for p in pictures if (p.identity in held_out) == (split == "test")]
    part.sort(key=lambda picture: domains.index(picture.expression))
    one_hot = np.eye(len(domains), dtype=np.float32)[[domains.index(p.expression) for p in part]]
    label_space = labels_lib.LabelSpace("domains", domains)
    return image_files.ImageFiles([p.path for p in part], one_hot, label_space)


def _pictures(data_dir: str) -> list[_Picture]:
    """Parses the names of all images, drops profile views, and sorts the rest by path."""
    hint = f"expected DIR with files such as {_EXAMPLE}, at any depth."
    image_files.check_folder(data_dir, hint)
    paths = image_files.find_images(data_dir)
    if not paths:
        raise errors.UserError(f"There is no image in {data_dir!r}; {hint}")
    start = len(os.path.join(data_dir, ""))
    pictures = [_parse(path, path[start:].split(os.sep)[:-1]) for path in paths]
    kept = [picture for picture in pictures if picture.angle not in _PROFILES]
    if not kept:
        raise errors.UserError(
            f"All {len(paths)} images in {data_dir!r} are profile views (camera angle "
            f"{' or '.join(_PROFILES)}), which the paper leaves out; add those of "
            f"{', '.join(ANGLES)}."
        )
    _refuse_twins(kept)
    return kept


def _domains(pictures: Sequence[_Picture], data_dir: str) -> tuple[str, ...]:
    domains = tuple(e for e in EXPRESSIONS if any(p.expression == e for p in pictures))
    if len(domains) < 2:
        raise errors.UserError(
            f"All {len(pictures)} images in {data_dir!r} are {domains[0]}, but translation needs "
            f"at least 2 of the expressions {', '.join(EXPRESSIONS)}; add images."
        )
    return domains


def _parse(path: str, folders: Sequence[str]) -> _Picture:
    """Parses the name of a file and of the folders around it, below the data set's folder."""
    match = _NAME.fullmatch(os.path.splitext(os.path.basename(path))[0])
    if not match:
        _refuse_name(path)
    angle = match["angle"] or ""
    if angle and angle not in ANGLES + _PROFILES:
        raise errors.UserError(
            f"The camera angle in the name of {path!r} is {angle}, but RaFD has "
            f"{', '.join(sorted(ANGLES + _PROFILES))}; rename the file, or use "
            "dataset=image_folder for images with other names."
        )
    words = (match["rest"] or "").lower().split("_")
    named = next((word for word in words if word in EXPRESSIONS), None)
    if not (named or angle or match["prefix"]):
        _refuse_name(path)  # Two digits alone could mean anything.
    around = next((f.lower() for f in reversed(folders) if f.lower() in EXPRESSIONS), None)
    if named and around and named != around:
        raise errors.UserError(
            f"The name of {path!r} says {named}, but its folder {around}; move or rename the file."
        )
    if not (expression := named or around):
        raise errors.UserError(
            f"Neither the name of {path!r} nor a folder around it tells its expression "
            f"({', '.join(EXPRESSIONS)}); expected a name such as {_EXAMPLE}, or a folder such as "
            "DIR/angry."
        )
    return _Picture(path, match["identity"], expression, angle)


def _refuse_name(path: str) -> NoReturn:
    raise errors.UserError(
        f"The name of {path!r} does not tell who it shows; expected one such as {_EXAMPLE}, where "
        "01 is the person; use dataset=image_folder for images with other names."
    )


def _refuse_twins(pictures: Sequence[_Picture]) -> None:
    """Raises a UserError if the folder holds two versions of an image."""
    seen: dict[tuple[str, str], str] = {}
    for picture in pictures:
        stem = os.path.splitext(os.path.basename(picture.path))[0].lower()
        other = seen.setdefault((stem, picture.expression), picture.path)
        if other != picture.path:
            raise errors.UserError(
                f"{other!r} and {picture.path!r} seem to be the same image; remove one version of "
                "the images, such as the one that is not cropped to faces."
            )


def choose_held_out(identities: set[str], fraction: float) -> set[str]:
    """Returns a share of the people, at least one: those with the smallest hashes."""
    count = max(1, round(fraction * len(identities)))
    return set(sorted(identities, key=splits.hash_fraction)[:count])


def _held_out(identities: set[str], val_fraction: float) -> set[str]:
    if len(identities) < 2:
        raise errors.UserError(
            f"All images are of one person ({', '.join(identities)}), but some people are held out "
            "and others trained on; add images of another, or use dataset=image_folder."
        )
    held_out = choose_held_out(identities, val_fraction)
    if held_out == identities:
        raise errors.UserError(
            f"val_fraction={val_fraction:g} holds out all {len(held_out)} people; pass a smaller "
            "one."
        )
    return held_out


def _refuse_without_training_images(
    pictures: Sequence[_Picture], domains: Sequence[str], held_out: set[str]
) -> None:
    trained = {p.expression for p in pictures if p.identity not in held_out}
    for name in domains:
        if name not in trained:
            people = sorted({p.identity for p in pictures if p.expression == name})
            raise errors.UserError(
                f"All images of the expression {name} are of people who are held out "
                f"({', '.join(people)}); add images of others, remove those, or pass another "
                "`val_fraction`."
            )
