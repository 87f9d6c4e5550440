"""Writing a run as TFLite files, each compared with the run's float networks."""

import contextlib
import dataclasses
import importlib.util
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.runs import runs
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import tflite, tflite_images, tflite_report


@dataclasses.dataclass(frozen=True)
class Options:
    """How to convert.

    Attributes:
      scheme: Of quantization, one of `tflite.SCHEMES`.
      image_size: In pixels; 0: the run's.
      signatures: Which to convert; empty: all.
      whole: Whether networks that only prepare an input are part.
      calibration_images: A folder of photos that tell the ranges of activations, and on which is
        compared; empty: the run's data set is used or, for a comparison without it, drawn faces.
      num_calibration_images: How many images tell the ranges of activations, at most.
      num_comparison_images: On how many images is compared, at most.
      data_dir: Where the run's data set is now; empty: where it was.
      checkpoint: "latest", or a step.
    """

    scheme: str = "float16"
    image_size: int = 0
    signatures: tuple[str, ...] = ()
    whole: bool = True
    calibration_images: str = ""
    num_calibration_images: int = 100
    num_comparison_images: int = 50
    data_dir: str = ""
    checkpoint: str = "latest"


@dataclasses.dataclass(frozen=True)
class Exported:
    """A file that was written, and how it compares.

    Attributes:
      path: The file; its description lies beside it, as .json.
      reports: One for each signature in it.
      compared_on: What the images were.
    """

    path: pathlib.Path
    reports: tuple[tflite_report.Report, ...]
    compared_on: str

    @property
    def below(self) -> tuple[tflite_report.Report, ...]:
        """The reports that miss what the scheme should reach."""
        scheme = description_lib.read(self.path.with_suffix(".json"))["quantize"]
        least = tflite_report.PSNR[scheme]
        return tuple(r for r in self.reports if r.psnr is not None and r.psnr < least)


def export(run: runs.Run, output: pathlib.Path, options: Options) -> list[Exported]:
    """Converts a run's moving averages, where it has them, and measures what came out.

    Args:
      run: What to export.
      output: A folder, made where it is not there. Files of the same name are replaced.
      options: How.

    Returns:
      One file, or of a calibrated scheme one for each signature: each has ranges of its own.

    Raises:
      UserError: No interpreter, no checkpoint, no images to calibrate with, a photo that can't be
        read, a size or signature that the networks do not have.
      RuntimeError: TFLite can't convert the networks or run the file.
    """
    _check_interpreter()
    run.require(algorithm_lib.Exportable)
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    step = runs.restore_weights(run, algorithm, options.checkpoint)
    size = options.image_size or run.config.data.image_size
    signatures = tflite.signatures(algorithm, size)
    if not options.whole:
        signatures = _without_parts(signatures, tflite.signatures(algorithm, size, whole=False))
    signatures = _chosen(signatures, options.signatures)
    known, compared = _images(run, options, size)
    output.mkdir(parents=True, exist_ok=True)
    images = {"compared_on": compared.what, "calibrated_on": known and known.what}
    described = description_lib.describe(run, algorithm, step, quantize=options.scheme, **images)
    described["image_size"] = size
    stem = f"{described['name']}-{size}px-{options.scheme}"
    groups = {stem: signatures}
    if options.scheme in tflite.CALIBRATED and len(signatures) > 1:
        groups = {f"{stem}-{name}": {name: s} for name, s in signatures.items()}
    found = []
    for name, group in groups.items():
        path = output / f"{name}.tflite"
        asked = known and _requests(algorithm, group, known)
        content = tflite.convert(group, options.scheme, asked and _calibration(asked))
        with _kept_if_it_runs(path):
            _write(path, content, {**described, "signatures": _shapes(group)})
            found.append(_measured(path, algorithm, group, compared))
    return found


def _check_interpreter() -> None:
    if not importlib.util.find_spec("ai_edge_litert"):
        raise errors.UserError(
            "Files are measured with the package ai-edge-litert, which is not installed; install "
            f"it with {errors.install_command('tflite')}."
        )


@contextlib.contextmanager
def _kept_if_it_runs(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except Exception:
        for suffix in (".tflite", ".json"):
            path.with_suffix(suffix).unlink(missing_ok=True)
        raise


def _measured(
    path: pathlib.Path,
    algorithm: algorithm_lib.Algorithm,
    signatures: Mapping[str, algorithm_lib.Signature],
    compared: tflite_images.Images,
) -> Exported:
    asked = _requests(algorithm, signatures, compared)
    reports = (tflite_report.measure(path, n, s, asked[n]) for n, s in signatures.items())
    return Exported(path, tuple(reports), compared.what)


def _requests(
    algorithm: algorithm_lib.Algorithm,
    signatures: Mapping[str, algorithm_lib.Signature],
    images: tflite_images.Images,
) -> dict[str, tflite_report.Inputs]:
    return {
        name: tflite_report.requests(algorithm, signature, images.pixels, images.labels)
        for name, signature in signatures.items()
    }


def _calibration(known: Mapping[str, tflite_report.Inputs]):
    return lambda name: tflite_report.each(known[name])


def _without_parts(
    whole: Mapping[str, algorithm_lib.Signature], parts: dict[str, algorithm_lib.Signature]
) -> dict[str, algorithm_lib.Signature]:
    if all(whole[name].inputs.keys() == parts[name].inputs.keys() for name in whole):
        raise errors.UserError(
            "The networks of this run take no masks; received --without_masks, which is for runs "
            "whose networks do; leave it out."
        )
    return parts


def _chosen(
    signatures: dict[str, algorithm_lib.Signature], names: Sequence[str]
) -> dict[str, algorithm_lib.Signature]:
    for name in names:
        if name not in signatures:
            raise errors.UserError(
                f"This run has no signature {name!r}; it has {', '.join(signatures)}."
            )
    return {name: s for name, s in signatures.items() if not names or name in names}


def _images(
    run: runs.Run, options: Options, size: int
) -> tuple[tflite_images.Images | None, tflite_images.Images]:
    """Returns the images to calibrate with, if the scheme needs some, and those to compare on."""
    calibrated = options.num_calibration_images if options.scheme in tflite.CALIBRATED else 0
    compared = options.num_comparison_images
    if options.calibration_images:
        parts = tflite_images.split_photos(options.calibration_images, calibrated, compared)
        what = f"photos of {options.calibration_images}"
        known, others = (
            tflite_images.of_photos(paths, run, size, what) if paths else None for paths in parts
        )
        return known, others
    try:
        held_out = tflite_images.of_data_set(run, "test", compared, size, options.data_dir)
        if not calibrated:
            return None, held_out
        training = tflite_images.of_data_set(run, "train", calibrated, size, options.data_dir)
        return training, held_out
    except errors.UserError as error:
        if calibrated:
            raise errors.UserError(
                f"{error} --quantize={options.scheme} finds its ranges on images like those of "
                "training; pass a folder of photos as --calibration_images=DIR, or as --data_dir "
                "where the data set is now."
            ) from error
        if options.data_dir:
            raise
        return None, tflite_images.drawn(run.label_space, compared, size)


def _shapes(signatures: Mapping[str, algorithm_lib.Signature]) -> dict[str, dict[str, list[int]]]:
    return {
        name: {key: list(spec.shape) for key, spec in s.inputs.items()}
        for name, s in signatures.items()
    }


def _write(path: pathlib.Path, content: bytes, described: description_lib.Description) -> None:
    with files.atomic(path) as file:
        file.write(content)
    with files.atomic(path.with_suffix(".json")) as file:
        file.write(description_lib.to_json(described).encode())
