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
    tflite_examples,
    tflite_levels,
    tflite_metadata,
    tflite_options,
    tflite_report,
)

Options = tflite_options.Options
Signatures = Mapping[str, algorithm_lib.Signature]
Inputs = tflite_report.Inputs


@dataclasses.dataclass(frozen=True)
class Exported:
    """A file that was written, and its comparison with the run.

    Attributes:
      path: The file; its description is beside it, as .json.
      reports: One for each signature in it.
      compared_on: A description of the examples.
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
      UserError: There is no interpreter, no checkpoint or no example to calibrate with, a photo
        can't be read, an option is not the run's, or the networks lack the size or a signature.
      RuntimeError: TFLite can't convert the networks or run the file.
    """
    if not importlib.util.find_spec("ai_edge_litert"):
        raise errors.UserError(
            "Files are measured with the package ai-edge-litert, which is not installed; install "
            f"it with {errors.install_command('tflite')}."
        )
    run.require(algorithm_lib.Exportable)
    sizes = tflite_options.sizes(run, options)
    licence = licences.licence(run, options.licence)
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    step = runs.restore_weights(run, algorithm, options.checkpoint)
    chosen = _chosen(algorithm, sizes, options)
    known, compared = tflite_examples.find(run, options)
    output.mkdir(parents=True, exist_ok=True)
    more = {"compared_on": compared.what, "calibrated_on": known and known.what}
    more |= {"licence": licence or None, "settings": description_lib.settings(run)}
    described = description_lib.describe(run, algorithm, step, quantize=options.scheme, **more)
    described["image_size"] = sizes.image
    stem = tflite_options.stem(described["name"], run, options)
    if options.io == "uint8":
        chosen = {name: tflite_levels.of_levels(s) for name, s in chosen.items()}
        described["pixel_range"] = [0, 255]
    groups = {stem: chosen}
    if options.scheme in tflite_options.CALIBRATED and len(chosen) > 1:
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
    algorithm: algorithm_lib.Algorithm, image_size: int, frames: int = 0, *, whole: bool = True
) -> dict[str, algorithm_lib.Signature]:
    """Returns the algorithm's signatures for one example of a fixed size, as devices need.

    Args:
      algorithm: An algorithm in float32; lower precisions can't be converted.
      image_size: Height and width in pixels, unless the networks fix them.
      frames: The length of sequences; 0: it stays open, which interpreters on processors allow.
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
            size = (frames or None) if signature.kinds.get(key) == "features" else image_size
            wanted = [1, *(size if n is None else n for n in spec.shape[1:])]
            specs[key] = tf.TensorSpec(wanted, spec.dtype, name=key)
            if signature.kinds.get(key) == "image" and wanted[1] != image_size:
                raise errors.UserError(
                    f"The networks of this run take images of {wanted[1]} pixels only; received "
                    f"image_size={image_size}; leave it out."
                )
        shapes = {key: [n or 1 for n in spec.shape] for key, spec in specs.items()}
        examples = {key: tf.zeros(shapes[key], spec.dtype) for key, spec in specs.items()}
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
      scheme: One of `tflite_options.SCHEMES`.
      calibration: For a scheme in `tflite_options.CALIBRATED`: real inputs for each signature, by
        its name.

    Raises:
      ValueError: The scheme is unknown, or needs calibration.
      RuntimeError: TFLite can't convert the networks.
    """
    known, calibrated = tflite_options.SCHEMES, tflite_options.CALIBRATED
    if scheme not in known or (scheme in calibrated and calibration is None):
        raise ValueError(f"scheme must be one of {known}, {calibrated} with calibration data.")
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
        if scheme in calibrated:
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


def _chosen(
    algorithm: algorithm_lib.Algorithm, sizes: tflite_options.Sizes, options: Options
) -> Signatures:
    """Returns the signatures that the options ask for."""
    chosen = signatures(algorithm, *sizes)
    if not options.whole:
        whole, chosen = chosen, signatures(algorithm, *sizes, whole=False)
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
