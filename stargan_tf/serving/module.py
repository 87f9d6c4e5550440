"""The module that is exported: an algorithm's signatures as graphs that need no Python.

Each signature for images gets a second one for image files: `translate_bytes` beside `translate`
takes JPEG or PNG files of any size, reads them as training does, and returns PNG files.
"""

from collections.abc import Mapping

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.layers import portability
from stargan_tf.pictures import photos
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import image_bytes

DEFAULT = "serving_default"  # the signature that a server uses if a request names none
BYTES = "_bytes"  # ends the names of strings that hold files: REST writes those as base64
DESCRIBE = "describe"

Signatures = dict[str, algorithm_lib.Signature]
Tensors = dict[str, tf.Tensor]
ConcreteFunction = tf.types.experimental.ConcreteFunction


class Served(tf.Module):
    """Holds the graphs of an algorithm's signatures and, once, the weights that they use.

    The signature `describe` answers with `description`.

    Attributes:
      functions: The concrete functions by name, as `tf.saved_model.save` takes them.
      weights: The variables that they read.
    """

    def __init__(
        self, algorithm: algorithm_lib.Algorithm, description: description_lib.Description
    ):
        super().__init__()
        served = all_signatures(algorithm, description_lib.framing(description))
        served[DESCRIBE] = _describing(description)
        with portability.portable():
            self.functions = {name: _traced(s) for name, s in served.items()}
        self.functions[DEFAULT] = next(iter(self.functions.values()))
        self.weights = variables(self.functions)


def variables(functions: Mapping[str, ConcreteFunction]) -> list[tf.Variable]:
    """Returns the variables that functions read; in a SavedModel none is found on a Keras model."""
    return list({v.ref(): v for f in functions.values() for v in f.graph.variables}.values())


def all_signatures(algorithm: algorithm_lib.Exportable, framing: photos.Framing) -> Signatures:
    """Returns the algorithm's signatures, and for each that takes images one that takes files."""
    signatures = {
        name: signature
        for name, signature in algorithm.serving_signatures().items()
        if signature.only_for != "devices"
    }
    of_files = {
        f"{name}{BYTES}": _of_files(signature, framing)
        for name, signature in signatures.items()
        if "image" in (signature.kinds.get(key) for key in signature.inputs)
    }
    return {**signatures, **of_files}


def _of_files(
    signature: algorithm_lib.Signature, framing: photos.Framing
) -> algorithm_lib.Signature:
    """Returns the same signature for files instead of images: `image_bytes` for `image`."""
    images = {name for name, kind in signature.kinds.items() if kind == "image"}
    how = (framing.size, framing.crop_size, framing.max_grey)

    def function(**inputs: tf.Tensor) -> Tensors:
        decoded = {
            name: image_bytes.decode(inputs[name + BYTES], *how) if name in images else inputs[name]
            for name in signature.inputs
        }
        return {
            file_name(signature, name): image_bytes.encode(value) if name in images else value
            for name, value in signature.function(**decoded).items()
        }

    def requires(**inputs: tf.Tensor) -> Tensors:
        # Decoded images have the network's size, so that no file is decoded to find out.
        size = (1, framing.size, framing.size, 3)
        given = {n: tf.zeros(size) if n in images else inputs[n] for n in signature.inputs}
        return signature.requires(**given)

    specs = {
        file_name(signature, name): tf.TensorSpec((None,), tf.string) if name in images else spec
        for name, spec in signature.inputs.items()
    }
    kinds = {
        file_name(signature, name): "image_file" if name in images else kind
        for name, kind in signature.kinds.items()
    }
    return algorithm_lib.Signature(function, specs, kinds, requires)


def file_name(signature: algorithm_lib.Signature, name: str) -> str:
    """Returns the name of an input or output of a signature in the one for image files."""
    return name + BYTES if signature.kinds.get(name) == "image" else name


def _describing(description: description_lib.Description) -> algorithm_lib.Signature:
    text = description_lib.to_json(description)

    def function(request: tf.Tensor) -> Tensors:
        return {"model_json": tf.fill(tf.shape(request), text)}

    return algorithm_lib.Signature(function, {"request": tf.TensorSpec((None,), tf.string)})


def _traced(signature: algorithm_lib.Signature) -> ConcreteFunction:
    def checked(**inputs: tf.Tensor) -> Tensors:
        with tf.control_dependencies(_checks(signature, inputs)):
            inputs = {name: tf.identity(value) for name, value in inputs.items()}
        return signature.function(**inputs)

    specs = {
        name: tf.TensorSpec(spec.shape, spec.dtype, name=name)
        for name, spec in signature.inputs.items()
    }
    return tf.function(checked).get_concrete_function(**specs)


def _checks(signature: algorithm_lib.Signature, inputs: Tensors) -> list[tf.Operation]:
    """Returns operations that fail with a clear message if an input can't be used.

    A server hands the graph whatever a request holds, whether it has the signature's shape or not.
    """
    checks = []
    for name, value in inputs.items():
        spec = signature.inputs[name]
        wanted = "(" + ", ".join("N" if n is None else str(n) for n in spec.shape) + ")"
        message = f"{name} must have the shape {wanted}"
        sizes = [-1 if n is None else n for n in spec.shape]
        shape = tf.shape(value, name=f"{name}_shape")
        fits = tf.reduce_all((shape == sizes) | (tf.constant(sizes) < 0))
        checks.append(tf.debugging.Assert(fits, [message, shape]))
        if spec.dtype.is_floating:
            finite = tf.reduce_all(tf.math.is_finite(value))
            checks.append(tf.debugging.Assert(finite, [f"{name} must hold no NaN or infinity"]))
    for message, holds in signature.requires(**inputs).items():
        checks.append(tf.debugging.Assert(holds, [message]))
    return checks
