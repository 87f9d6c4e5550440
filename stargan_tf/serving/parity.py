"""Proving that an exported SavedModel computes what the run's own networks compute."""

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
# The largest difference of a number that is still rounding. Of files: one grey level.
_LARGEST = {"float32": 1e-4, "bfloat16": 0.2}
_LARGEST_MEAN = {"float32": 1e-5, "bfloat16": 0.02}
_LEVEL = 1.5 / 127.5


@dataclasses.dataclass(frozen=True)
class Error:
    """How far answers are from the run's own, in the units of the answer.

    Attributes:
      largest: The largest difference of any number.
      mean: The mean difference.
    """

    largest: float
    mean: float


def check(
    directory: pathlib.Path,
    algorithm: algorithm_lib.Algorithm,
    requests: Requests,
    framing: photos.Framing,
    precision: str = "float32",
) -> dict[str, Error]:
    """Asks every signature of a SavedModel, and the run's networks; returns the differences.

    Args:
      directory: Of the SavedModel; it is loaded as TensorFlow Serving loads it: in a session.
      algorithm: With the same weights, whose own graphs answer.
      requests: By signature; of two images or more.
      framing: How files become what the model takes.
      precision: Of the SavedModel's convolutions and the algorithm's.

    Raises:
      RuntimeError: An answer differs by more than rounding, naming the signature.
    """
    found = {}
    for name, answers in ask(directory, requests).items():
        expected = _expected(name, algorithm, requests[name], framing)
        difference = np.concatenate(
            [np.abs(_numbers(answers[key]) - expected[key]).ravel() for key in sorted(expected)]
        )
        found[name] = Error(float(difference.max()), float(difference.mean()))
        largest = max(_LARGEST[precision], _LEVEL if name.endswith(module.BYTES) else 0)
        if not (found[name].largest <= largest and found[name].mean <= _mean(name, precision)):
            raise RuntimeError(
                f"The exported signature {name} differs from the run by up to "
                f"{found[name].largest:.2g}, on average by {found[name].mean:.2g}: more than "
                f"rounding ({largest:.2g}). Please report this; the export was not kept."
            )
    return found


def _mean(name: str, precision: str) -> float:
    # A number that lies between two grey levels may be rounded to either.
    return max(_LARGEST_MEAN[precision], 1e-3 if name.endswith(module.BYTES) else 0)


def ask(directory: pathlib.Path, requests: Requests) -> dict[str, dict[str, np.ndarray]]:
    """Returns what a SavedModel answers, by signature, loaded as TensorFlow Serving loads it."""
    v1, found = tf.compat.v1, {}
    with v1.Session(graph=tf.Graph()) as session:
        loaded = v1.saved_model.load(session, ["serve"], str(directory))
        for name, request in requests.items():
            signature = loaded.signature_def[name]
            feeds = {signature.inputs[key].name: value for key, value in request.items()}
            fetches = {key: info.name for key, info in signature.outputs.items()}
            found[name] = session.run(fetches, feeds)
    return found


def _expected(
    name: str,
    algorithm: algorithm_lib.Algorithm,
    request: Mapping[str, np.ndarray],
    framing: photos.Framing,
) -> dict[str, np.ndarray]:
    """Returns what the run's networks answer; files are read by Pillow, as in training."""
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
    return {
        module.file_name(signature, key): _clipped(value)
        if signature.kinds.get(key) == "image"
        else value
        for key, value in answer.items()
    }


def _network_images(contents: np.ndarray, framing: photos.Framing) -> np.ndarray:
    # Resized as in the graph: a grey level that Pillow rounds otherwise may become many.
    size, crop_size = framing.size, framing.crop_size
    images = [np.asarray(reading.decoded(content, framing.max_grey)) for content in contents]
    squares = [transforms.square(image, size, crop_size) for image in images]
    return np.stack([transforms.to_unit_range(square) for square in squares])


def _clipped(images: np.ndarray) -> np.ndarray:
    return photos.from_uint8(photos.to_uint8(images))


def _numbers(answer: np.ndarray) -> np.ndarray:
    """Returns an answer as numbers: decoded where it is image files."""
    if answer.dtype != object:
        return answer
    return np.stack([photos.to_array(Image.open(io.BytesIO(content))) for content in answer])
