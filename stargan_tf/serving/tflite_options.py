"""How a run is converted to TFLite files, and what it can't be converted to."""

import dataclasses
from typing import NamedTuple

from stargan_tf.base import errors
from stargan_tf.runs import runs

# "none": float32. "float16": weights in 16 bits. "dynamic": weights in 8 bits, activations in
# ranges chosen at run time. "int8" and "int16x8": both in ranges calibrated with real examples.
SCHEMES = ("none", "float16", "dynamic", "int8", "int16x8")
CALIBRATED = ("int8", "int16x8")


@dataclasses.dataclass(frozen=True)
class Options:
    """How to convert a run.

    Attributes:
      scheme: The quantization, one of `SCHEMES`.
      image_size: In pixels; 0: the run's.
      frames: Of runs of sequences: how many frames the file takes; 0: any number or, where the
        scheme is calibrated, the run's.
      signatures: The signatures to convert; empty: all.
      whole: Whether to include networks that only prepare an input.
      calibration_images: A folder of photos to calibrate and compare with; empty: the run's data
        set or, for a comparison without it, drawn faces.
      num_calibration_images: The most examples to calibrate the ranges of activations with.
      num_comparison_images: The most examples to compare with.
      data_dir: The current folder of the run's data set; empty: where it was in training.
      checkpoint: "latest", "best" or a step.
      io: What images are in the file: "float32" in [-1, 1], or "uint8" from 0 to 255.
      licence: Of the weights, as the hub writes it; "": that of weights of drawings, or none.
    """

    scheme: str = "float16"
    image_size: int = 0
    frames: int = 0
    signatures: tuple[str, ...] = ()
    whole: bool = True
    calibration_images: str = ""
    num_calibration_images: int = 100
    num_comparison_images: int = 50
    data_dir: str = ""
    checkpoint: str = "latest"
    io: str = "float32"
    licence: str = ""


class Sizes(NamedTuple):
    """What the open sizes of a signature become.

    Attributes:
      image: Height and width of images in pixels.
      frames: The length of sequences; 0: it stays open.
    """

    image: int
    frames: int = 0


def sizes(run: runs.Run, options: Options) -> Sizes:
    """Returns the sizes that a run's files take.

    Raises:
      UserError: An option is of images and the run of sequences, or the reverse, or sequences or
        grey levels can't be converted by the scheme.
    """
    if (options.scheme, options.io) == ("int8", "uint8"):
        raise errors.UserError(
            "Grey levels that are converted in 8 bits would be too coarse; received quantize=int8 "
            "with io=uint8; leave one of them out, or use quantize=int16x8."
        )
    if not run.converts:
        _refuse(run, "images", {"frames": options.frames})
        return Sizes(options.image_size or run.config.data.image_size)
    of_images = {
        "image_size": options.image_size, "calibration_images": options.calibration_images,
        "io": "" if options.io == "float32" else options.io,
    }  # fmt: skip
    _refuse(run, "sequences of features", of_images)
    if options.scheme == "int8":
        raise errors.UserError(
            "8 bits can't hold features, of which some change a hundred times as much as others; "
            f"received quantize=int8 with {run.shown}, which converts sequences of them; use "
            "quantize=int16x8 or dynamic."
        )
    calibrated = run.sample_shape[0] if options.scheme in CALIBRATED else 0
    return Sizes(run.config.data.image_size, options.frames or calibrated)


def stem(name: str, run: runs.Run, options: Options) -> str:
    """Returns the beginning of the files' names: run, sizes, scheme, and uint8."""
    image, frames = sizes(run, options)
    size = f"-{image}px" if not run.converts else f"-{frames}frames" if frames else ""
    return f"{name}{size}-{options.scheme}" + ("-uint8" if options.io == "uint8" else "")


def _refuse(run: runs.Run, what: str, others: dict[str, object]) -> None:
    """Raises a UserError if one of the options is given that have no meaning for the run."""
    for name, value in others.items():
        if value:
            raise errors.UserError(
                f"{run.shown} takes {what}, for which `{name}` has no meaning; received "
                f"{name}={value}; leave it out."
            )
