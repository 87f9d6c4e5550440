"""Converting a run's networks to TFLite files for phones and small computers."""

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.layers import forms

# "none": float32. "float16": weights are halved. "dynamic": weights in 8 bits, activations chosen
# as they come. "int8" and "int16x8": activations too, in ranges found on real images.
SCHEMES = ("none", "float16", "dynamic", "int8", "int16x8")
CALIBRATED = ("int8", "int16x8")

Signatures = Mapping[str, algorithm_lib.Signature]
Inputs = Mapping[str, np.ndarray]


def signatures(
    algorithm: algorithm_lib.Algorithm, image_size: int, *, whole: bool = True
) -> dict[str, algorithm_lib.Signature]:
    """Returns the algorithm's signatures for one image of one size: devices want fixed shapes.

    Args:
      algorithm: In float32; lower precisions do not convert.
      image_size: Height and width in pixels, where the networks leave them open.
      whole: Whether networks that only prepare an input are part.

    Raises:
      UserError: The networks can't take that size.
    """
    found = {}
    for name, signature in algorithm.serving_signatures(whole=whole).items():
        specs = {}
        for key, spec in signature.inputs.items():
            wanted = [1, *(image_size if n is None else n for n in spec.shape[1:])]
            specs[key] = tf.TensorSpec(wanted, spec.dtype, name=key)
            if signature.kinds.get(key) == "image" and wanted[1] != image_size:
                raise errors.UserError(
                    f"The networks of this run take images of {wanted[1]} pixels only; received "
                    f"--image_size={image_size}; leave it out."
                )
        _check(signature, specs)
        found[name] = algorithm_lib.Signature(signature.function, specs, signature.kinds)
    return found


def _check(signature: algorithm_lib.Signature, specs: Mapping[str, tf.TensorSpec]) -> None:
    examples = {key: tf.zeros(spec.shape, spec.dtype) for key, spec in specs.items()}
    for message, holds in signature.requires(**examples).items():
        if not holds:
            sizes = " and ".join(f"{key} {tuple(spec.shape)}" for key, spec in specs.items())
            raise errors.UserError(
                f"This image size can't be converted: {message}; received {sizes}; choose another "
                "--image_size."
            )


def convert(
    converted: Signatures,
    scheme: str,
    calibration: Callable[[str], Iterable[Inputs]] | None = None,
) -> bytes:
    """Returns a TFLite file of signatures that share their weights.

    Args:
      converted: What `signatures` returned; calibrated schemes want a file for each of them.
      scheme: One of SCHEMES.
      calibration: Where the scheme is in CALIBRATED: the real inputs of a signature, by its name.

    Raises:
      ValueError: The scheme is unknown, or needs calibration.
      RuntimeError: The file would need an operation that is not built into TFLite.
    """
    if scheme not in SCHEMES or (scheme in CALIBRATED and calibration is None):
        raise ValueError(f"scheme must be one of {SCHEMES}, {CALIBRATED} with calibration data.")
    with _saved(converted) as directory:
        names = list(converted)
        converter = tf.lite.TFLiteConverter.from_saved_model(directory, signature_keys=names)
        built_in = tf.lite.OpsSet.TFLITE_BUILTINS
        converter.target_spec.supported_ops = [built_in]
        if scheme != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if scheme == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if scheme in CALIBRATED:
            converter.representative_dataset = lambda: _representative(names, calibration)
        if scheme == "int16x8":
            mixed = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            converter.target_spec.supported_ops = [mixed, built_in]
        try:
            with warnings.catch_warnings():  # calibration uses an interpreter that is deprecated
                warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter", UserWarning)
                return converter.convert()
        except Exception as error:  # the converter raises kinds of its own
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
            raise RuntimeError(f"TFLite could not convert the networks ({reason})") from error


def _representative(names, calibration) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    for name in names:
        for inputs in calibration(name):
            yield name, dict(inputs)


@contextlib.contextmanager
def _saved(converted: Signatures) -> Iterator[str]:
    """Gives a SavedModel of the signatures, as the converter takes several that share weights."""
    saved = tf.Module()
    with forms.portable():
        functions = {
            name: tf.function(signature.function).get_concrete_function(**signature.inputs)
            for name, signature in converted.items()
        }
    found = {v.ref(): v for function in functions.values() for v in function.graph.variables}
    saved.weights = list(found.values())
    with tempfile.TemporaryDirectory() as directory:
        tf.saved_model.save(saved, directory, signatures=functions)
        yield directory
