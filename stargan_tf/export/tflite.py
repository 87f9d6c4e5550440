r"""Exports a run as a TFLite file for phones and small computers, and measures it.

  python -m export.tflite --run=runs/quickstart --output=exported/on_device --quantize=dynamic

Writes RUN-SIZEpx-SCHEME.tflite and beside it .json, which names the labels. The file's metadata
hold the same text. Prints, and writes as .txt, how the file compares with the float networks. Exit
status 3: the answers are further from theirs than the scheme should come. How to run one:
export/on_device/README.md.

The images are held-out ones of the run's data set or, with --calibration_images=DIR, photos of your
own. Where the data set can't be read, as of an imported run, the comparison is made on drawn faces;
int8 and int16x8 need photos then.

A run of sequences, such as voices, gives a file for any number of frames, or for --frames.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors, files
from stargan_tf.cli import command_line
from stargan_tf.data import options as data_options

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write into.", required=True)
_QUANTIZE = flags.DEFINE_enum(
    "quantize",
    "float16",
    ("none", "float16", "dynamic", "int8", "int16x8"),
    "none: float32; float16: weights in half; dynamic: weights in 8 bits; int8, int16x8: "
    "activations too, in ranges found on training images or --calibration_images.",
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 0, "Height and width in pixels; 0: the run's. StarGAN v2 has no other."
)
_FRAMES = flags.DEFINE_integer(
    "frames",
    0,
    "Runs of sequences, such as voices: for how many frames the file is, as GPUs and NPUs need it; "
    "0: any number or, with int16x8, that of training.",
    0,
)
_SIGNATURES = flags.DEFINE_string(
    "signatures", "", "Which to convert, comma-separated; empty: all."
)
_WITHOUT_MASKS = flags.DEFINE_boolean(
    "without_masks",
    False,
    "StarGAN v2 with a high-pass skip: leave the landmark network out; its masks become inputs.",
)
_CALIBRATION_IMAGES = flags.DEFINE_string(
    "calibration_images",
    "",
    "A folder of photos like those of training, to use instead of the run's data set: for the "
    "comparison, and to find the ranges of int8 and int16x8.",
)
_NUM_CALIBRATION_IMAGES = flags.DEFINE_integer(
    "num_calibration_images", 100, "int8, int16x8: how many images tell the ranges, at most.", 1
)
_NUM_COMPARISON_IMAGES = flags.DEFINE_integer(
    "num_comparison_images", 50, "On how many images to compare, at most.", 1
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", "", "Where the run's data set is now; empty: where it was."
)
_IO = flags.DEFINE_enum(
    "io",
    "float32",
    ("float32", "uint8"),
    "What images are: float32 in [-1, 1], or uint8 from 0 to 255, converted inside the model.",
)
_LICENSE = flags.DEFINE_string(
    "license",
    "",
    "The licence of the weights, which the file states: cc-by-4.0, apache-2.0, other.",
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")

_ADVICE = {
    "none": "please report this",
    "float16": "use --quantize=none",
    "dynamic": "use --quantize=float16",
    "int8": "use --quantize=int16x8 or dynamic, or a larger --num_calibration_images",
    "int16x8": "use --quantize=dynamic, or a larger --num_calibration_images",
}


def main() -> int:
    """Converts, and prints a table; returns 3 if some images are too far from the float ones."""
    _check_flags()
    command_line.import_tensorflow()
    from stargan_tf.runs import runs
    from stargan_tf.serving import tflite, tflite_images, tflite_report, tflite_sequences

    run = runs.open_run(_RUN.value)
    options = tflite.Options(
        scheme=_QUANTIZE.value,
        image_size=_IMAGE_SIZE.value,
        frames=_FRAMES.value,
        signatures=data_options.split_names(_SIGNATURES.value),
        whole=not _WITHOUT_MASKS.value,
        calibration_images=_CALIBRATION_IMAGES.value,
        num_calibration_images=_NUM_CALIBRATION_IMAGES.value,
        num_comparison_images=_NUM_COMPARISON_IMAGES.value,
        data_dir=_DATA_DIR.value,
        checkpoint=_CHECKPOINT.value,
        io=_IO.value,
        licence=_LICENSE.value,
    )
    try:
        exported = tflite.export(run, pathlib.Path(_OUTPUT.value), options)
    except RuntimeError as error:  # of the converter or the interpreter
        raise errors.UserError(f"{error}; {_ADVICE[_QUANTIZE.value]}.") from error
    status = 0
    for one in exported:
        text = tflite_report.table(one.path, one.reports, one.compared_on)
        print(f"{one.path}\n{text}\n")
        with files.atomic(one.path.with_suffix(".txt")) as file:
            file.write(text.encode() + b"\n")
        for report in one.reports:
            if shortfall := report.shortfall(_QUANTIZE.value, _IO.value):
                command_line.fail(f"{shortfall}; {_ADVICE[_QUANTIZE.value]}.")
                status = 3
    if exported[0].compared_on == tflite_images.DRAWN:
        print(
            "The run's data set can't be read, so drawn faces were used; to compare on photos, "
            "pass a folder of them as --calibration_images."
        )
    if exported[0].compared_on == tflite_sequences.NOISE:
        print(
            "The run's data set can't be read, so random sequences were used; to compare on real "
            "ones, pass its current folder as --data_dir."
        )
    return status


def _check_flags() -> None:
    folder = _CALIBRATION_IMAGES.value
    if folder.isdecimal() and not pathlib.Path(folder).exists():  # it was a number once
        raise errors.UserError(
            f"--calibration_images is a folder of photos now; received {folder}; for the number of "
            f"images pass --num_calibration_images={folder}."
        )
    if folder and _DATA_DIR.value:
        raise errors.UserError(
            "Images are taken from --calibration_images or from the data set in --data_dir; "
            "received both; leave one out."
        )


if __name__ == "__main__":
    command_line.run(main)
