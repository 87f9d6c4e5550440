"""Which data sets there are, and which options go together. Imports no TensorFlow."""

from typing import Any

from stargan_tf.base import errors
from stargan_tf.data import labels, names, sequence_options

DATASETS = ("cartoon_faces", "cartoon_pairs", "celeba", "image_folder", "pairs", "rafd", "manifest",
            "packed", "tfds", *sequence_options.DATASETS)  # fmt: skip
DRAWN = ("cartoon_faces", "cartoon_pairs")  # of images
ALL_DRAWN = (*DRAWN, *sequence_options.DRAWN)
PAIRS = ("cartoon_pairs", "pairs")  # whose domains are A and B
ALONE = (*PAIRS, *sequence_options.DATASETS)  # which are no part of a joint training
NO_DISK_CACHE = (
    "The cache on a disk is gone; pack the images with python -m stargan_tf.pack and train with "
    "dataset=packed, or leave out cache=disk and `cache_dir` (after a flag file that has them: "
    "cache=auto cache_dir=)."
)
_FROM_LAYOUT = ("image_folder", "rafd")  # labelled by the names of folders or files
_CACHES = ("auto", "memory", "off")


def check(options: Any) -> None:
    """Raises a UserError where options of `DataOptions` contradict each other or are ignored."""
    if options.datasets:
        _check_joint(options)
        return
    if options.dataset in DRAWN and (options.fast_decode or options.cache == "memory"):
        raise errors.UserError(
            f"dataset={options.dataset} draws its images, keeps them, and has no files to decode; "
            f"received cache={options.cache} and fast_decode={options.fast_decode}; leave them out."
        )
    _check_one(options)


def _check_joint(options: Any) -> None:
    """Checks the options of several data sets."""
    for name in names.split(options.datasets):
        if name in ALONE:
            raise errors.UserError(
                f"{name} is trained on alone; received it among datasets={options.datasets}; pass "
                f"dataset={name}."
            )
    if options.keep_share:
        raise errors.UserError(
            f"`keep_share` is for one data set; received keep_share={options.keep_share} with "
            f"datasets={options.datasets}; leave it out."
        )
    for part in options.parts():
        _check_one(part)


def _check_one(options: Any) -> None:
    """Checks the options of one data set."""
    if options.kind not in DATASETS:
        raise labels.unknown_name(options.dataset, DATASETS, what="`dataset`")
    if options.load_size and options.load_size < options.image_size:
        raise errors.UserError(
            f"A square of image_size={options.image_size} is cut out of images of load_size="
            f"{options.load_size}, which are smaller; pass a larger `load_size`, or 0 to cut "
            "nothing out."
        )
    sequence_options.check(options)
    if options.cache == "disk":
        raise errors.UserError(NO_DISK_CACHE)
    labels.refuse_unknown([options.cache], _CACHES, "`cache`")
    if options.dataset in DRAWN and options.data_dir:
        others = "pairs" if options.dataset in PAIRS else "image_folder or dataset=celeba"
        raise errors.UserError(
            f"dataset={options.dataset} draws its images and reads no folder; received "
            f"data_dir={options.data_dir}; add dataset={others}."
        )
    if options.direction != type(options).direction and options.kind not in PAIRS:
        raise errors.UserError(
            f"`direction` is of pairs of images; received direction={options.direction} with "
            f"dataset={options.dataset}; leave it out, or pass dataset=pairs."
        )
    _check_labels(options)


def _check_labels(options: Any) -> None:
    """Checks the options that name labels."""
    for field in ("attributes", "domains"):
        if options.kind in PAIRS and getattr(options, field):
            raise errors.UserError(
                f"The domains of dataset={options.dataset} are A and B; received "
                f"{field}={getattr(options, field)}; leave it out."
            )
        if options.kind in _FROM_LAYOUT and getattr(options, field):
            raise errors.UserError(
                f"dataset={options.dataset} takes its labels from the names of folders or files; "
                f"received {field}={getattr(options, field)}; leave it out."
            )
    if not options.domains:
        return
    if options.attributes:
        raise errors.UserError(
            f"Labels are either attributes or domains; received attributes={options.attributes} "
            f"and domains={options.domains}; leave one of them out."
        )
    if options.exclusive != type(options).exclusive:
        raise errors.UserError(
            f"Domains always exclude each other; received exclusive={options.exclusive} with "
            f"domains={options.domains}; leave `exclusive` out."
        )
    if len(names.split(options.domains)) < 2:
        raise errors.UserError(
            f"Translation needs at least two domains; received domains={options.domains}; name "
            "another."
        )
