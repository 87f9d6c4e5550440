"""Proves that an exported model computes what the run's own networks compute."""

import dataclasses
import io
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data.images import reading, transforms
from stargan_tf.inference import batches
from stargan_tf.pictures import photos
from stargan_tf.serving import module

Requests = Mapping[str, Mapping[str, np.ndarray]]
# The largest difference of a number that is still rounding, and the largest mean.
_LARGEST = {"float32": 1e-4, "bfloat16": 0.2}
_LARGEST_MEAN = {"float32": 1e-5, "bfloat16": 0.02}
# For files one grey level: a number that lies between two may be rounded to either.
_LEVEL, _LEVEL_MEAN = 1.5 / 127.5, 1e-3


@dataclasses.dataclass(frozen=True)
class Error:
    """The largest and the mean difference of answers from the run's own, in the answer's units."""

    largest: float
    mean: float


def check(
    directory: pathlib.Path,
    algorithm: algorithm_lib.Algorithm,
    requests: Requests,
    framing: photos.Framing,
    precision: str = "float32",
) -> dict[str, Error]:
    """Returns how far the answers of every signature of a SavedModel are from the run's own.

    Args:
      directory: The SavedModel, which is loaded as TensorFlow Serving loads it: in a session.
      algorithm: With the same weights; its own graphs answer.
      requests: For each signature, with two images or more.
      framing: How files become what the model takes.
      precision: The precision of both sides' convolutions.

    Raises:
      RuntimeError: An answer differs by more than rounding, naming the signature.
    """
    return {
        name: compare(name, answers, expected(name, algorithm, requests[name], framing), precision)
        for name, answers in ask(directory, requests).items()
    }


def compare(
    name: str,
    answers: Mapping[str, np.ndarray],
    wanted: Mapping[str, np.ndarray],
    precision: str = "float32",
) -> Error:
    """Returns how far the answers of an exported signature are from those of the run's networks.

    Raises:
      RuntimeError: They differ by more than rounding.
    """
    difference = np.concatenate(
        [np.abs(_numbers(answers[key]) - wanted[key]).ravel() for key in sorted(wanted)]
    )
    error = Error(float(difference.max()), float(difference.mean()))
    largest, mean = _LARGEST[precision], _LARGEST_MEAN[precision]
    if name.endswith(module.BYTES):
        largest, mean = max(largest, _LEVEL), max(mean, _LEVEL_MEAN)
    if not (error.largest <= largest and error.mean <= mean):  # NaN is not
        raise RuntimeError(
            f"The exported signature {name} differs from the run by up to "
            f"{error.largest:.2g}, on average by {error.mean:.2g}: more than "
            f"rounding ({largest:.2g}). Please report this; the export was not kept."
        )
    return error


def ask(directory: pathlib.Path, requests: Requests) -> dict[str, dict[str, np.ndarray]]:
    """Returns what a SavedModel answers, by signature, loaded as TensorFlow Serving loads it."""
    v1, answers = tf.compat.v1, {}
    with v1.Session(graph=tf.Graph()) as session:
        loaded = v1.saved_model.load(session, ["serve"], str(directory))
        for name, request in requests.items():
            signature = loaded.signature_def[name]
            feeds = {signature.inputs[key].name: value for key, value in request.items()}
            fetches = {key: info.name for key, info in signature.outputs.items()}
            answers[name] = session.run(fetches, feeds)
    return answers


def expected(
    name: str,
    algorithm: algorithm_lib.Algorithm,
    request: Mapping[str, np.ndarray],
    framing: photos.Framing | None = None,
) -> dict[str, np.ndarray]:
    """Returns what the run's networks answer to a signature, by output.

    Files, which need `framing`, are read by Pillow, as in training, and answers to them are rounded
    to grey levels.
    """
    inputs = {
        key.removesuffix(module.BYTES): tf.constant(
            _network_images(value, framing) if key.endswith(module.BYTES) else value
        )
        for key, value in request.items()
    }
    signature = algorithm.serving_signatures()[name.removesuffix(module.BYTES)]
    answer = batches.in_batches(lambda part: signature.function(**part), inputs)
    if not name.endswith(module.BYTES):
        return answer
    images = {key for key in answer if signature.kinds.get(key) == "image"}
    return {
        module.file_name(signature, key): photos.from_uint8(photos.to_uint8(value))
        if key in images
        else value
        for key, value in answer.items()
    }


def _network_images(contents: np.ndarray, framing: photos.Framing) -> np.ndarray:
    # Resized as in the graph: a grey level that Pillow rounds otherwise may become many.
    size, crop_size = framing.size, framing.crop_size
    images = [np.asarray(reading.decoded(content, framing.max_grey)) for content in contents]
    squares = [transforms.square(image, size, crop_size) for image in images]
    return np.stack([transforms.to_unit_range(square) for square in squares])


def _numbers(answer: np.ndarray) -> np.ndarray:
    """Returns an answer as numbers: image files decoded."""
    if answer.dtype != object:
        return answer
    return np.stack([photos.to_array(Image.open(io.BytesIO(content))) for content in answer])
