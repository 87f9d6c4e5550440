"""The options that name a data set and say how to read it. Imports no TensorFlow."""

import dataclasses
import re
from collections.abc import Iterable, Sequence

from stargan_tf.base import errors
from stargan_tf.base.options import check_ranges, option
from stargan_tf.data import labels, option_checks
from stargan_tf.data import names as names_lib
from stargan_tf.data.images import reading

split_names = names_lib.split


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """The data options of every command that trains."""

    dataset: str = option(
        "cartoon_faces",
        "cartoon_faces: drawn faces, no download; celeba: CelebA's folder; image_folder: your own "
        "images in DIR/<domain>/ or DIR/{train,val}/<domain>/; pairs: images and their true "
        "translations, side by side in files, in folders A and B, or a table; cartoon_pairs: drawn "
        "contours and faces; rafd: the Radboud Faces Database; "
        "manifest: a table of your own images, .csv or .jsonl; packed: what stargan_tf.pack wrote; "
        "tfds:NAME: a set of TensorFlow Datasets; drawn_voices: drawn voices, no download; "
        "voice_folder: your own recordings in DIR/<speaker>/.",
    )
    datasets: str = option(
        "",
        "Several data sets to train on jointly, comma-separated, instead of --dataset, each with "
        "labels of its own (section 3.3). --data_dir, --attributes and --domains then hold a value "
        'for each, separated by semicolons: --datasets=celeba,rafd --data_dir="data/celeba;'
        'data/rafd".',
    )
    data_dir: str = option(
        "",
        "The folder of the data set (celeba, image_folder, pairs, rafd, packed, voice_folder), or "
        "its table (manifest, pairs); tfds: where data sets are prepared.",
        may_change=True,
    )
    direction: str = option(
        "AtoB",
        "pairs, cartoon_pairs: what is translated to what; side by side, A is the left half, and "
        "of drawn pairs the contours.",
        choices=("AtoB", "BtoA"),
    )
    attributes: str = option(
        "",
        "Attributes to learn, comma-separated; empty: the data set's default (celeba: the paper's "
        "five; else all).",
    )
    exclusive: str = option(
        "Black_Hair,Blond_Hair,Brown_Hair,Gray_Hair",
        "Groups of attributes of which one image shows at most one: names separated by commas, "
        "groups by semicolons; empty: none.",
    )
    domains: str = option(
        "",
        "Attributes that become domains, comma-separated: each image that shows exactly one of "
        "them belongs to it, the others are left out; what else varies is style (cartoon_faces, "
        "celeba, manifest, packed, tfds). drawn_voices, voice_folder: the speakers.",
    )
    val_fraction: float = option(
        0.1,
        "The share of images that is held out where a data set has no split of its own; which "
        "those are does not change as images are added.",
        above=0,
        below=1,
        advice="pass 0.1 to hold out a tenth of the images",
    )
    keep_share: str = option(
        "",
        "The share of a label's training images to keep, LABEL:SHARE, comma-separated, to make "
        "classes unequal on purpose: happiness:0.1; empty: all. Which are kept does not change.",
    )
    image_size: int = option(128, "Height and width of training images in pixels (section 5: 128).")
    crop_size: int = option(
        0,
        "Side in pixels of the centred square that is cut out before resizing; 0: the largest that "
        "fits. What is given here counts for translations and exports of the run, too.",
        minimum=0,
    )
    load_size: int = option(
        0,
        "Height and width in pixels to which training images are resized before a random square of "
        "--image_size is cut out, such as 286 for 256; 0: they are resized to --image_size. "
        "Held-out images and translations are never cut.",
        minimum=0,
    )
    frames: int = option(
        128,
        "Sequences of features: the frames of the part of one that a training step sees, a "
        "multiple of 4.",
        minimum=4,
        advice="pass 128, as StarGAN-VC2 does",
    )
    features: str = option(
        "mcep",
        "voice_folder: what sound becomes: mcep: mel-cepstra of WORLD's envelope every 5 ms, which "
        "become sound again; mel: 80 log mel bands every 8 ms, for a vocoder of your own.",
        choices=("mcep", "mel"),
    )
    coefficients: int = option(
        36,
        "mcep: how many mel-cepstral coefficients, the 0th included (StarGAN-VC: 36; "
        "StarGAN-VC2: 35).",
        minimum=2,
        maximum=60,
    )
    sample_rate: int = option(
        16_000,
        "voice_folder: the rate in Hz to which sound is resampled: 16000, or 22050 as in the "
        "papers on StarGAN-VC and StarGAN-VC2.",
    )
    voice_train_size: int = option(
        80,
        "drawn_voices: how many training utterances each speaker says; none is said by two.",
        minimum=1,
    )
    voice_test_size: int = option(
        40,
        "drawn_voices: how many held-out utterances there are; each is said by every speaker.",
        minimum=1,
    )
    flip: bool = option(True, "Whether to mirror half of the training images left to right.")
    cache: str = option(
        "auto",
        "Whether images are kept once they are read: auto: in memory, within --cache_gb and half "
        "of what is free; memory; off. Pixels where only a mirroring follows, else files.",
        may_change=True,
    )
    cache_gb: float = option(
        2.0,
        "What the cache may take, in 10^9 bytes; images beyond are read.",
        may_change=True,
        above=0,
        advice="pass cache=off to keep nothing",
    )
    max_grey: int = option(
        reading.MAX_GREY,
        "The value that is white in grey images of 16 bits: 65535, or less where they use fewer "
        "bits, such as 4095 for 12; the doctor tells. Counts for translations and exports, too.",
        minimum=1,
        maximum=reading.MAX_GREY,
        advice="pass 4095 for images of 12 bits",
    )
    fast_decode: bool = option(
        False,
        "Decode large JPEG files at a half, a quarter or an eighth of their size: quicker, not "
        "exact; the error is printed when training starts.",
    )
    on_corrupt: str = option(
        "error",
        "What to do about images that are missing or can't be read: error: list them and stop "
        "before training starts; skip: count them, and train without them (decodes every image "
        "first).",
        choices=("error", "skip"),
        may_change=True,
    )
    cartoon_spread: float = option(
        0.25,
        "cartoon_faces, cartoon_pairs: how far styles (cut, shade, frame, smile) spread, from 0 to "
        "1.",
    )
    cartoon_pose: float = option(
        0.0,
        "cartoon_faces, cartoon_pairs: how far position, size and turn of the head spread, from 0 "
        "to 1.",
    )
    cartoon_train_size: int = option(
        2000, "cartoon_faces, cartoon_pairs: the number of training images, or pairs."
    )
    cartoon_test_size: int = option(
        200, "cartoon_faces, cartoon_pairs: the number of held-out images, or pairs."
    )

    def __post_init__(self) -> None:
        for name in ("attributes", "exclusive", "domains"):  # may be typed in any Unicode spelling
            object.__setattr__(self, name, names_lib.normalized(getattr(self, name)))

    @property
    def kind(self) -> str:
        """The data set's name up to a colon: "tfds" for "tfds:celeb_a"."""
        return self.dataset.partition(":")[0]

    def parts(self) -> tuple["DataOptions", ...]:
        """Returns the options of each data set in joint training.

        Raises:
          UserError: There are fewer than two, or an option does not hold one value for each.
        """
        names = split_names(self.datasets)
        if len(names) < 2 or self.dataset != DataOptions.dataset:
            raise errors.UserError(
                "Joint training takes two data sets or more in `datasets`; received datasets="
                f"{self.datasets} and dataset={self.dataset}; pass one with `dataset`, or "
                "several with `datasets`."
            )
        values = {}
        for field in ("data_dir", "attributes", "domains"):
            text = getattr(self, field)
            values[field] = [one.strip() for one in text.split(";")] if text else [""] * len(names)
            if len(values[field]) != len(names):
                raise errors.UserError(
                    f"`datasets` names {len(names)} data sets ({', '.join(names)}), but "
                    f"{field}={text} has {len(values[field])} values; give one for each, separated "
                    "by semicolons (an empty one is the data set's default)."
                )
        parts, chosen = [], [split_names(text) for text in values["attributes"]]
        for k, name in enumerate(names):
            part = {field: texts[k] for field, texts in values.items()}
            # `exclusive` holds the groups of all data sets; drop the names of the others.
            others = {n for j, names_ in enumerate(chosen) for n in names_ if j != k}
            groups = (split_names(group) for group in self.exclusive.split(";"))
            kept = ([n for n in group if n in chosen[k] or n not in others] for group in groups)
            part["exclusive"] = ";".join(",".join(group) for group in kept if group)
            if self.exclusive == DataOptions.exclusive or part["domains"]:
                part["exclusive"] = DataOptions.exclusive
            parts.append(dataclasses.replace(self, datasets="", dataset=name, **part))
        return tuple(parts)

    def check(self) -> None:
        """Raises a UserError if a value makes no sense or would be ignored."""
        check_ranges(self)
        self.kept_shares()
        option_checks.check(self)

    def kept_shares(self) -> dict[str, float]:
        """Returns the shares in `keep_share` by label.

        Raises:
          UserError: It is not written as LABEL:SHARE, or a share is not between 0 and 1.
        """
        shares = {}
        for part in split_names(self.keep_share):
            name, _, text = part.rpartition(":")
            try:
                shares[name] = float(text)
            except ValueError:
                name = ""
            if not name or not 0 < shares[name] < 1:
                raise errors.UserError(
                    "`keep_share` is written as LABEL:SHARE with a share between 0 and 1; received "
                    f"{part!r}; pass keep_share=happiness:0.1 to keep a tenth."
                )
        return shares

    def exclusive_groups(self, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Returns the groups in `exclusive`.

        Args:
          names: The chosen attributes. A user's groups may name no others; the default names hair
            colours that need not be among them.

        Raises:
          UserError: A user's group names an attribute that was not chosen.
        """
        groups = tuple(split_names(group) for group in self.exclusive.split(";"))
        if self.exclusive != DataOptions.exclusive:
            listed = (name for group in groups for name in group)
            labels.refuse_unknown(listed, names, "attribute in `exclusive`")
        return groups


def block_names(names: Iterable[str]) -> tuple[str, ...]:
    """Returns a unique name for each data set: the second "celeba" becomes "celeba_2"."""
    unique: list[str] = []
    for name in names:
        name = re.sub(r"\W+", "_", name)  # becomes a part of the names of losses
        taken = sum(re.fullmatch(rf"{name}(_\d+)?", other) is not None for other in unique)
        unique.append(f"{name}_{taken + 1}" if taken else name)
    return tuple(unique)
