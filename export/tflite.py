r"""Exports a run as a TFLite file for phones and small computers, and measures it.

  python -m export.tflite --run=runs/quickstart --output=exported/on_device --quantize=dynamic

Writes RUN-SIZEpx-SCHEME.tflite and beside it .json, which names the labels. Prints, and writes as
.txt, how the file compares with the float networks on held-out images. Exit status 3: the images
are further from them than the scheme should come. How to run one: export/on_device/README.md.
"""

import pathlib

from absl import flags

from stargan_tf import command_line, errors, files
from stargan_tf.data import options as data_options

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write into.", required=True)
_QUANTIZE = flags.DEFINE_enum(
    "quantize",
    "float16",
    ("none", "float16", "dynamic", "int8", "int16x8"),
    "none: float32; float16: weights in half; dynamic: weights in 8 bits; int8, int16x8: "
    "activations too, in ranges found on training images.",
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 0, "Height and width in pixels; 0: the run's. StarGAN v2 has no other."
)
_SIGNATURES = flags.DEFINE_string(
    "signatures", "", "Which to convert, comma-separated; empty: all."
)
_WITHOUT_MASKS = flags.DEFINE_boolean(
    "without_masks",
    False,
    "StarGAN v2 with a high-pass skip: leave the landmark network out; its masks become inputs.",
)
_CALIBRATION_IMAGES = flags.DEFINE_integer(
    "calibration_images", 100, "int8, int16x8: training images that tell the ranges.", 1
)
_COMPARISON_IMAGES = flags.DEFINE_integer(
    "comparison_images", 50, "Held-out images to compare on.", 1
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", "", "Where the run's data set is now; empty: where it was."
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, or a step.")

_ADVICE = {
    "none": "please report this",
    "float16": "use --quantize=none",
    "dynamic": "use --quantize=float16",
    "int8": "use --quantize=int16x8 or dynamic, or more --calibration_images",
    "int16x8": "use --quantize=dynamic, or more --calibration_images",
}


def main() -> int:
    """Converts, and prints a table; returns 3 if some images are too far from the float ones."""
    command_line.import_tensorflow()
    from stargan_tf.serving import tflite_export, tflite_report
    from stargan_tf.training import runs

    run = runs.open_run(_RUN.value)
    options = tflite_export.Options(
        scheme=_QUANTIZE.value,
        image_size=_IMAGE_SIZE.value,
        signatures=data_options.split_names(_SIGNATURES.value),
        whole=not _WITHOUT_MASKS.value,
        calibration_images=_CALIBRATION_IMAGES.value,
        comparison_images=_COMPARISON_IMAGES.value,
        data_dir=_DATA_DIR.value,
        checkpoint=_CHECKPOINT.value,
    )
    try:
        exported = tflite_export.export(run, pathlib.Path(_OUTPUT.value), options)
    except RuntimeError as error:  # of the converter or the interpreter
        raise errors.UserError(f"{error}; {_ADVICE[_QUANTIZE.value]}.") from error
    status = 0
    for one in exported:
        text = tflite_report.table(one.path, one.reports)
        print(f"{one.path}, against float32 on {one.reports[0].images} held-out images\n\n{text}\n")
        with files.atomic(one.path.with_suffix(".txt")) as file:
            file.write(text.encode() + b"\n")
        for report in one.below:
            command_line.fail(
                f"{report.signature} reaches {report.psnr:.1f} dB, below the "
                f"{tflite_report.PSNR[_QUANTIZE.value]:.0f} dB that {_QUANTIZE.value} should on a "
                f"trained run; {_ADVICE[_QUANTIZE.value]}."
            )
            status = 3
    return status


if __name__ == "__main__":
    command_line.run(main)
