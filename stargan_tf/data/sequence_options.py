"""Checks the options of data sets whose examples are sequences of features, and not images."""

import dataclasses
from typing import Any

from stargan_tf.base import errors

DRAWN, FOLDERS = ("drawn_voices",), ("voice_folder",)
DATASETS = (*DRAWN, *FOLDERS)
# Options by what they are of; others are of every data set.
OPTIONS = ("frames", "features", "coefficients", "sample_rate", "voice_train_size",
           "voice_test_size")  # fmt: skip
_OF_FOLDERS = ("features", "sample_rate")
_OF_DRAWN = ("voice_train_size", "voice_test_size")
_OF_IMAGES = ("image_size", "crop_size", "load_size", "flip", "cache", "cache_gb", "max_grey",
              "fast_decode", "attributes", "exclusive", "keep_share", "direction",
              "cartoon_spread", "cartoon_pose", "cartoon_train_size",
              "cartoon_test_size")  # fmt: skip


def check(options: Any) -> None:
    """Raises a UserError where an option of `DataOptions` would be ignored or makes no sense."""
    kind = options.kind
    if kind not in DATASETS:
        _refuse(options, OPTIONS, "is of sequences of features, and this data set has images")
        return
    _refuse(options, _OF_IMAGES, "is of images, and this data set has sequences of features")
    if options.frames % 4:
        raise errors.UserError(
            "`frames` is a multiple of 4, since networks halve the time twice; received frames="
            f"{options.frames}; pass {options.frames + -options.frames % 4}."
        )
    if kind in DRAWN:
        _refuse(options, _OF_FOLDERS, "is of recordings, and this data set draws its voices")
        _refuse(options, ("data_dir",), "is of recordings, and this data set draws its voices")
    else:
        _refuse(options, _OF_DRAWN, "is of drawn voices, and this data set has recordings")
    if options.features == "mel":
        _refuse(options, ("coefficients",), "is of mcep, and mel has 80 bands")
        if options.sample_rate != type(options).sample_rate:
            raise errors.UserError(
                f"features=mel are of 16 kHz; received sample_rate={options.sample_rate}; leave it "
                "out."
            )


def _refuse(options: Any, names: tuple[str, ...], why: str) -> None:
    """Raises a UserError if one of the options has another value than its default."""
    defaults = {field.name: field.default for field in dataclasses.fields(options)}
    for name in names:
        value = getattr(options, name)
        if value != defaults[name]:
            given = str(value).lower() if isinstance(value, bool) else value
            raise errors.UserError(
                f"`{name}` {why}; received {name}={given} with dataset={options.dataset}; leave it "
                "out."
            )
