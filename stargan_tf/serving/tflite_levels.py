"""Signatures whose images are grey levels from 0 to 255, with the conversion inside the model."""

import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib


def of_levels(signature: algorithm_lib.Signature) -> algorithm_lib.Signature:
    """Returns a signature that takes and gives images as uint8 instead of float32 in [-1, 1].

    Other inputs and outputs stay as they are. Answers are cut to the range and rounded.
    """
    images = {name for name, kind in signature.kinds.items() if kind == "image"}

    def function(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        given = {name: _numbers(v) if name in images else v for name, v in inputs.items()}
        answer = signature.function(**given)
        return {name: _levels(v) if name in images else v for name, v in answer.items()}

    specs = {
        name: tf.TensorSpec(spec.shape, tf.uint8, name=name) if name in images else spec
        for name, spec in signature.inputs.items()
    }
    return algorithm_lib.Signature(function, specs, signature.kinds)


def _numbers(levels: tf.Tensor) -> tf.Tensor:
    return tf.cast(levels, tf.float32) * (1 / 127.5) - 1


def _levels(numbers: tf.Tensor) -> tf.Tensor:
    # Casting cuts the fraction off, so that half a level more rounds; every device can do that.
    return tf.cast((tf.clip_by_value(numbers, -1, 1) + 1) * 127.5 + 0.5, tf.uint8)
