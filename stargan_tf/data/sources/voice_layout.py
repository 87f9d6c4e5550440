"""Finds recordings: a folder for each speaker, in the layouts in which data sets are given out.

- DIR/<speaker>/, at any depth below: a part is held out, as the hash of each file's name decides.
- DIR/training/<speaker>/ beside DIR/test/<speaker>/, or other names that parts have.
- VCC 2018: DIR/vcc2018_training/VCC2SF1/ beside DIR/vcc2018_evaluation/ and vcc2018_reference/.
- CMU ARCTIC: DIR/cmu_us_bdl_arctic/wav/, whose speaker is bdl.
"""

import dataclasses
import os
import re
from collections.abc import Sequence

import numpy as np

from stargan_tf.audio import files
from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import splits

LAYOUT = (
    "lay them out as DIR/<speaker>/*.wav or *.flac, of which a part is held out, or as "
    "DIR/training/<speaker>/*.wav and DIR/test/<speaker>/*.wav"
)
_TRAIN = ("train", "training", "vcc2018_training")
_HELD_OUT = ("val", "valid", "validation", "test", "testing", "evaluation", "vcc2018_evaluation",
             "vcc2018_reference")  # fmt: skip
_ARCTIC = re.compile(r"cmu_us_(\w+?)_arctic(-.*)?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Recordings:
    """The recordings of both parts.

    Attributes:
      space: The speakers, those of the training part.
      train: Paths and numbers of speakers of the training recordings.
      test: The same of the held-out ones.
      left_out: How many files of other kinds lie beside them, by ending: {".mp3": 3}.
    """

    space: labels_lib.LabelSpace
    train: tuple[list[str], np.ndarray]
    test: tuple[list[str], np.ndarray]
    left_out: dict[str, int]


def find(data_dir: str, chosen: Sequence[str], fraction: float) -> Recordings:
    """Finds the recordings in a folder.

    Args:
      data_dir: The folder.
      chosen: The speakers to take; (): all.
      fraction: The share to hold out, if no folder holds a held-out part.

    Raises:
      UserError: The folder is missing or holds fewer than two speakers, a speaker is unknown or
        has no recording, `fraction` is given though a folder is held out, or a part is empty.
    """
    if not os.path.isdir(data_dir):
        received = f"data_dir={data_dir}" if data_dir else "no `data_dir`"
        raise errors.UserError(
            f"voice_folder reads recordings from a folder; received {received}, which is none; "
            f"{LAYOUT}."
        )
    parts = {name.lower(): os.path.join(data_dir, name) for name in _folders(data_dir)}
    train = [parts[name] for name in _TRAIN if name in parts]
    held_out = [parts[name] for name in _HELD_OUT if name in parts]
    if held_out and not train:
        raise errors.UserError(
            f"{data_dir} holds {os.path.basename(held_out[0])!r}, the name of a held-out part, but "
            f"no training part; rename it if it is a speaker, or {LAYOUT}."
        )
    left_out: dict[str, int] = {}
    found = _speakers(train or [data_dir], left_out)
    space = _space(train[0] if train else data_dir, found, chosen)
    own = _listed(found, space)
    if not held_out:
        return Recordings(space, *_split(own, space, fraction), left_out)
    splits.refuse_fraction(fraction, f"{held_out[0]!r} holds the held-out recordings")
    test = _listed(_speakers(held_out, left_out), space)
    if not test[0]:
        raise errors.UserError(
            f"{held_out[0]} holds no recording of {', '.join(space.names)}; add some, or remove "
            "the folder to hold out a part of the others."
        )
    return Recordings(space, own, test, left_out)


def sentence(path: str) -> str:
    """Returns the name of the sentence that a recording is of: the file's, without its ending."""
    return os.path.splitext(os.path.basename(path))[0]


def _speakers(parts: Sequence[str], left_out: dict[str, int]) -> dict[str, list[str]]:
    """Returns the paths of the recordings of every speaker in these folders, sorted."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for folder in _folders(part):
            match = _ARCTIC.fullmatch(folder)
            name = names_lib.normalized(match[1] if match else folder)
            found.setdefault(name, []).extend(_recordings(os.path.join(part, folder), left_out))
    return found


def _recordings(folder: str, left_out: dict[str, int]) -> list[str]:
    paths = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            ending = os.path.splitext(name)[1].lower()
            if name.startswith("."):
                continue
            if ending in files.ENDINGS:
                paths.append(os.path.join(place, name))
            else:
                left_out[ending] = left_out.get(ending, 0) + 1
    return paths


def _folders(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__")))


def _space(
    folder: str, found: dict[str, list[str]], chosen: Sequence[str]
) -> labels_lib.LabelSpace:
    """Returns the label space of the chosen speakers."""
    labels_lib.refuse_unknown(chosen, found, f"speaker in {folder}:")
    names = tuple(chosen) or tuple(sorted(found))
    if len(set(names)) < max(2, len(names)):
        count = f"{len(found)} speaker{'s' * (len(found) != 1)}"
        raise errors.UserError(
            f"{folder} holds {count} ({', '.join(sorted(found)) or 'no folder'}), but conversion "
            f"needs at least 2, each named once; {LAYOUT}."
        )
    empty = [name for name in names if not found[name]]
    if empty:
        raise errors.UserError(
            f"The folder of {', '.join(empty)} in {folder} holds no recording "
            f"({', '.join(files.ENDINGS)}); add some, or remove the folder."
        )
    return labels_lib.LabelSpace("domains", names)


def _listed(
    found: dict[str, list[str]], space: labels_lib.LabelSpace
) -> tuple[list[str], np.ndarray]:
    paths = [path for name in space.names for path in found.get(name, ())]
    counts = [len(found.get(name, ())) for name in space.names]
    return paths, np.repeat(np.arange(space.width), counts)


def _split(
    own: tuple[list[str], np.ndarray], space: labels_lib.LabelSpace, fraction: float
) -> list[tuple[list[str], np.ndarray]]:
    """Splits recordings by their names: the same sentence of all speakers is on one side."""
    paths, speakers = own
    names = [sentence(path) for path in paths]
    labels = np.eye(space.width, dtype=np.float32)[speakers]
    held = splits.choose_held_out(names, fraction, labels, space)
    return [
        (
            [path for path, out in zip(paths, held, strict=True) if out == side],
            speakers[held == side],
        )
        for side in (False, True)
    ]
