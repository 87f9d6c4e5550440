"""Finds the examples that a run's TFLite files are calibrated with and compared on."""

from stargan_tf.base import errors
from stargan_tf.runs import runs
from stargan_tf.serving import tflite_images, tflite_options, tflite_sequences

Examples = tflite_images.Images | tflite_sequences.Sequences


def find(run: runs.Run, options: tflite_options.Options) -> tuple[Examples | None, Examples]:
    """Returns what to calibrate with, if the scheme needs anything, and what to compare on.

    Raises:
      UserError: There is nothing to calibrate with, or a photo can't be read.
    """
    calibrated = (
        options.num_calibration_images if options.scheme in tflite_options.CALIBRATED else 0
    )
    size, frames = tflite_options.sizes(run, options)
    if options.calibration_images:
        return _photos(run, options, calibrated, size)

    def of_data_set(split: str, count: int) -> Examples:
        if not run.converts:
            return tflite_images.of_data_set(run, split, count, size, options.data_dir)
        # With any length a multiple of nothing, so that what fills up a sequence is tried, too.
        length = frames or run.sample_shape[0] - 1
        return tflite_sequences.of_data_set(run, split, count, length, options.data_dir)

    try:
        held_out = of_data_set("test", options.num_comparison_images)
        return of_data_set("train", calibrated) if calibrated else None, held_out
    except errors.UserError as error:
        if calibrated:
            instead = "pass the current folder of the data set as `data_dir`"
            if not run.converts:
                instead = (
                    "pass a folder of photos as calibration_images=DIR, or the current folder of "
                    "the data set as `data_dir`"
                )
            kind = "sequences" if run.converts else "images"
            raise errors.UserError(
                f"{error} quantize={options.scheme} finds its ranges on {kind} like those of "
                f"training; {instead}."
            ) from error
        if options.data_dir:
            raise
        count = options.num_comparison_images
        if run.converts:
            return None, tflite_sequences.noise(run, count, frames or run.sample_shape[0] - 1)
        return None, tflite_images.drawn(run.label_space, count, size)


def _photos(
    run: runs.Run, options: tflite_options.Options, calibrated: int, size: int
) -> tuple[Examples | None, Examples]:
    parts = tflite_images.split_photos(
        options.calibration_images, calibrated, options.num_comparison_images
    )
    what = f"photos of {options.calibration_images}"
    known, others = (
        tflite_images.of_photos(paths, run, size, what) if paths else None for paths in parts
    )
    return known, others
