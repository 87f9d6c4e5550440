"""Writing a run as a SavedModel that TensorFlow Serving takes, and proving what was written."""

import dataclasses
import io
import pathlib
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import module, parity, versions, warm_up

PRECISIONS = ("float32", "bfloat16")


@dataclasses.dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
      directory: The version's folder.
      size: Of its files, in bytes.
      errors: Of each signature, against the run's own networks.
      warmed_up: Whether it holds requests with which a server warms up.
    """

    directory: pathlib.Path
    size: int
    errors: dict[str, parity.Error]
    warmed_up: bool


def export(
    run: runs.Run,
    output: pathlib.Path,
    *,
    precision: str = "float32",
    checkpoint: str = "latest",
) -> Exported:
    """Writes the next version of a model, once it has proved to compute what the run computes.

    Args:
      run: What to export: its moving averages where it has them.
      output: The model's folder; versions are folders in it.
      precision: In which convolutions are computed. Images are float32 in both.
      checkpoint: "latest", or a step.

    Raises:
      UserError: There is no checkpoint, `output` holds something else, or can't be written.
      RuntimeError: What was written answers otherwise than the run does.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {PRECISIONS}. Received: {precision!r}")
    run.require(algorithm_lib.Exportable)
    algorithm = run.build(training=False, precision=precision, jit_compile=False)
    step = runs.restore_weights(run, algorithm, checkpoint)
    described = description_lib.describe(run, algorithm, step, precision=precision)
    versions.check(output, described)
    served = module.Served(algorithm, described)
    framing = description_lib.framing(described)
    requests = example_requests(algorithm, framing)
    with versions.next_version(output) as (partial, final):
        _save(served, partial)
        (partial / description_lib.FILE_NAME).write_text(description_lib.to_json(described))
        warmed_up = warm_up.write(partial, output.name, requests)
        found = parity.check(partial, algorithm, requests, framing, precision)
        size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    return Exported(final, size, found, warmed_up)


def example_requests(
    algorithm: algorithm_lib.Algorithm, framing: photos.Framing
) -> dict[str, dict[str, np.ndarray]]:
    """Returns a request of two for every signature, by name: noise in the range of its inputs."""
    random = np.random.default_rng(0)
    found = {}
    for name, signature in module.all_signatures(algorithm, framing).items():
        found[name] = {
            key: _example(
                signature.kinds.get(key),
                spec,
                algorithm.problem.label_space.width,
                framing.size,
                random,
            )
            for key, spec in signature.inputs.items()
        }
    return found


def _example(
    kind: str | None, spec: tf.TensorSpec, width: int, image_size: int, random: np.random.Generator
) -> np.ndarray:
    if kind == "image_file":
        # Of another size and another shape than the network's; one transparent, the other turned.
        shape = (image_size + 16, image_size + 8, 4)
        picture = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        return np.array(
            [_file(picture, "PNG"), _file(picture.convert("RGB"), "JPEG", exif=exif)], object
        )
    if kind == "domain":
        return np.array([0, width - 1], np.int32)
    shape = [2, *(image_size if n is None else n for n in spec.shape[1:])]
    if kind == "image":
        return random.uniform(-1, 1, shape).astype(np.float32)
    if kind == "label":
        return np.eye(width, dtype=np.float32)[[0, width - 1]]
    return random.standard_normal(shape).astype(np.float32)


def _file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _save(served: module.Served, directory: pathlib.Path) -> None:
    try:
        tf.saved_model.save(served, str(directory), signatures=served.functions)
    except tf.errors.OpError as error:  # as on a full disk
        if errors.exhausted_memory(error):
            raise  # the command line tells of it
        raise errors.UserError(
            f"Could not write {directory.parent}: {error.message.splitlines()[0]}; no version was "
            "added; free some space or choose another --output, then run the same command again."
        ) from error
