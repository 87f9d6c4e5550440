"""Exports a run as TFLite files for phones and small computers, and compares each with the run."""

import contextlib
import dataclasses
import importlib.util
import pathlib
import tempfile
import warnings
from collections.abc import Iterator, Mapping

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.layers import portability
from stargan_tf.runs import licences, runs
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import (
    module,
    tflite_images,
    tflite_levels,
    tflite_metadata,
    tflite_report,
)

# "none": float32. "float16": weights in 16 bits. "dynamic": weights in 8 bits, activations in
# ranges chosen at run time. "int8" and "int16x8": both in ranges calibrated with real images.
SCHEMES = ("none", "float16", "dynamic", "int8", "int16x8")
CALIBRATED = ("int8", "int16x8")

Signatures = Mapping[str, algorithm_lib.Signature]
Inputs = tflite_report.Inputs


@dataclasses.dataclass(frozen=True)
class Options:
    """How to convert a run.

    Attributes:
      scheme: The quantization, one of `SCHEMES`.
      image_size: In pixels; 0: the run's.
      signatures: The signatures to convert; empty: all.
      whole: Whether to include networks that only prepare an input.
      calibration_images: A folder of photos to calibrate and compare with; empty: the run's data
        set or, for a comparison without it, drawn faces.
      num_calibration_images: The most images to calibrate the ranges of activations with.
      num_comparison_images: The most images to compare with.
      data_dir: The current folder of the run's data set; empty: where it was in training.
      checkpoint: "latest", "best" or a step.
      io: What images are in the file: "float32" in [-1, 1], or "uint8" from 0 to 255.
      licence: Of the weights, as the hub writes it; "": that of weights of drawings, or none.
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
    io: str = "float32"
    licence: str = ""


@dataclasses.dataclass(frozen=True)
class Exported:
    """A file that was written, and its comparison with the run.

    Attributes:
      path: The file; its description is beside it, as .json.
      reports: One for each signature in it.
      compared_on: A description of the images.
    """

    path: pathlib.Path
    reports: tuple[tflite_report.Report, ...]
    compared_on: str


def export(run: runs.Run, output: pathlib.Path, options: Options) -> list[Exported]:
    """Converts a run, with its moving averages if it has them, and measures the result.

    Args:
      run: The run to export.
      output: A folder, created if necessary. Files of the same name are replaced.
      options: How to convert it.

    Returns:
      One file, or one for each signature if the scheme is calibrated: ranges differ then.

    Raises:
      UserError: There is no interpreter, no checkpoint or no image to calibrate with, a photo can't
        be read, or the networks lack the size or a signature.
      RuntimeError: TFLite can't convert the networks or run the file.
    """
    if not importlib.util.find_spec("ai_edge_litert"):
        raise errors.UserError(
            "Files are measured with the package ai-edge-litert, which is not installed; install "
            f"it with {errors.install_command('tflite')}."
        )
    if (options.scheme, options.io) == ("int8", "uint8"):
        raise errors.UserError(
            "Grey levels that are converted in 8 bits would be too coarse; received quantize=int8 "
            "with io=uint8; leave one of them out, or use quantize=int16x8."
        )
    run.require(algorithm_lib.Exportable)
    licence = licences.licence(run, options.licence)
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    step = runs.restore_weights(run, algorithm, options.checkpoint)
    size = options.image_size or run.config.data.image_size
    chosen = _chosen(algorithm, size, options)
    known, compared = _images(run, options, size)
    output.mkdir(parents=True, exist_ok=True)
    more = {"compared_on": compared.what, "calibrated_on": known and known.what}
    more |= {"licence": licence or None, "settings": description_lib.settings(run)}
    described = description_lib.describe(run, algorithm, step, quantize=options.scheme, **more)
    described["image_size"] = size
    stem = f"{described['name']}-{size}px-{options.scheme}"
    if options.io == "uint8":
        chosen = {name: tflite_levels.of_levels(s) for name, s in chosen.items()}
        described["pixel_range"], stem = [0, 255], f"{stem}-uint8"
    groups = {stem: chosen}
    if options.scheme in CALIBRATED and len(chosen) > 1:
        groups = {f"{stem}-{name}": {name: s} for name, s in chosen.items()}
    exported = []
    for name, group in groups.items():
        path = output / f"{name}.tflite"
        calibration = known and {
            key: tflite_report.requests(algorithm, signature, known)
            for key, signature in group.items()
        }
        content = convert(group, options.scheme, calibration)
        kinds = {signature: s.kinds for signature, s in group.items()}
        content, whole = tflite_metadata.embed(content, described, kinds)
        with _written(path, content, whole):
            reports = [
                tflite_report.measure(
                    path, key, signature, tflite_report.requests(algorithm, signature, compared)
                )
                for key, signature in group.items()
            ]
            exported.append(Exported(path, tuple(reports), compared.what))
    return exported


def signatures(
    algorithm: algorithm_lib.Algorithm, image_size: int, *, whole: bool = True
) -> dict[str, algorithm_lib.Signature]:
    """Returns the algorithm's signatures for one image of a fixed size, as devices need.

    Args:
      algorithm: An algorithm in float32; lower precisions can't be converted.
      image_size: Height and width in pixels, unless the networks fix them.
      whole: Whether to include networks that only prepare an input.

    Raises:
      UserError: The networks don't take that size.
    """
    fixed = {}
    for name, signature in algorithm.serving_signatures(whole=whole).items():
        if signature.only_for == "servers":
            continue
        specs = {}
        for key, spec in signature.inputs.items():
            wanted = [1, *(image_size if n is None else n for n in spec.shape[1:])]
            specs[key] = tf.TensorSpec(wanted, spec.dtype, name=key)
            if signature.kinds.get(key) == "image" and wanted[1] != image_size:
                raise errors.UserError(
                    f"The networks of this run take images of {wanted[1]} pixels only; received "
                    f"image_size={image_size}; leave it out."
                )
        examples = {key: tf.zeros(spec.shape, spec.dtype) for key, spec in specs.items()}
        for message, holds in signature.requires(**examples).items():
            if not holds:
                sizes = " and ".join(f"{key} {tuple(spec.shape)}" for key, spec in specs.items())
                raise errors.UserError(
                    f"This image size can't be converted: {message}; received {sizes}; choose "
                    "another `image_size`."
                )
        fixed[name] = algorithm_lib.Signature(signature.function, specs, signature.kinds)
    return fixed


def convert(
    converted: Signatures, scheme: str, calibration: Mapping[str, Inputs] | None = None
) -> bytes:
    """Converts signatures that share their weights to one TFLite file, and returns its contents.

    Args:
      converted: Signatures from `signatures`; calibrated schemes need a file for each.
      scheme: One of SCHEMES.
      calibration: For a scheme in CALIBRATED: real inputs for each signature, by its name.

    Raises:
      ValueError: The scheme is unknown, or needs calibration.
      RuntimeError: TFLite can't convert the networks.
    """
    if scheme not in SCHEMES or (scheme in CALIBRATED and calibration is None):
        raise ValueError(f"scheme must be one of {SCHEMES}, {CALIBRATED} with calibration data.")
    with tempfile.TemporaryDirectory() as directory:
        _save(converted, directory)
        names = list(converted)
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, signature_keys=names)
        built_in = tf.lite.OpsSet.TFLITE_BUILTINS
        converter.target_spec.supported_ops = [built_in]
        if scheme != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if scheme == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if scheme in CALIBRATED:
            converter.representative_dataset = lambda: (
                (name, inputs) for name in names for inputs in tflite_report.each(calibration[name])
            )
        if scheme == "int16x8":
            mixed = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            converter.target_spec.supported_ops = [mixed, built_in]
        try:
            with warnings.catch_warnings():  # calibration uses a deprecated interpreter
                warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter", UserWarning)
                return converter.convert()
        except Exception as error:  # the converter raises its own kinds
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
            raise RuntimeError(f"TFLite could not convert the networks ({reason})") from error


@contextlib.contextmanager
def _written(
    path: pathlib.Path, content: bytes, described: description_lib.Description
) -> Iterator[None]:
    """Writes a file and its description, and removes both if the block fails to run it."""
    text = description_lib.to_json(described).encode()
    written = {path: content, path.with_suffix(".json"): text}
    try:
        for target, data in written.items():
            with files.atomic(target) as file:
                file.write(data)
        yield
    except Exception:
        for target in written:
            target.unlink(missing_ok=True)
        raise


def _chosen(algorithm: algorithm_lib.Algorithm, size: int, options: Options) -> Signatures:
    """Returns the signatures that the options ask for."""
    chosen = signatures(algorithm, size)
    if not options.whole:
        whole, chosen = chosen, signatures(algorithm, size, whole=False)
        if all(whole[name].inputs.keys() == chosen[name].inputs.keys() for name in whole):
            raise errors.UserError(
                "The networks of this run take no masks; received `without_masks`, which is for "
                "runs whose networks do; leave it out."
            )
    for name in options.signatures:
        if name not in chosen:
            raise errors.UserError(
                f"This run has no signature {name!r}; it has {', '.join(chosen)}."
            )
    return {name: chosen[name] for name in chosen if name in (options.signatures or chosen)}


def _images(
    run: runs.Run, options: Options, size: int
) -> tuple[tflite_images.Images | None, tflite_images.Images]:
    """Returns the images to calibrate with, if the scheme needs any, and to compare with."""
    calibrated = options.num_calibration_images if options.scheme in CALIBRATED else 0
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
                f"{error} quantize={options.scheme} finds its ranges on images like those of "
                "training; pass a folder of photos as calibration_images=DIR, or the current "
                "folder of the data set as `data_dir`."
            ) from error
        if options.data_dir:
            raise
        return None, tflite_images.drawn(run.label_space, compared, size)


def _save(converted: Signatures, directory: str) -> None:
    """Writes a SavedModel, in which signatures share their weights."""
    saved = tf.Module()
    with portability.portable():
        functions = {
            name: tf.function(signature.function).get_concrete_function(**signature.inputs)
            for name, signature in converted.items()
        }
    saved.weights = module.variables(functions)
    tf.saved_model.save(saved, directory, signatures=functions)
