"""Exports a run as a SavedModel for TensorFlow Serving, and verifies it."""

import dataclasses
import io
import itertools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import module, parity, versions

PRECISIONS = ("float32", "bfloat16")
_WARM_UP = pathlib.Path("assets.extra") / "tf_serving_warmup_requests"
_FRAMES = 37  # of an example that is a sequence of features: no multiple of what networks need


@dataclasses.dataclass(frozen=True)
class Exported:
    """A version of a model that was written.

    Attributes:
      directory: The version's folder.
      size: The size of its files in bytes.
      errors: The difference of each signature's answers from the run's own networks.
      warmed_up: Whether it contains requests to warm up a server.
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
    """Writes the next version of a model if its answers equal those of the run.

    Args:
      run: The run to export, with its moving averages if it has them.
      output: The model's folder; each version is a folder in it.
      precision: The precision of convolutions. Images are float32 in both.
      checkpoint: "latest", "best" or a step.

    Raises:
      UserError: There is no checkpoint, or `output` holds something else or can't be written.
      RuntimeError: The answers differ from the run's.
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
        warmed_up = _write_warm_up(partial, output.name, requests)
        differences = parity.check(partial, algorithm, requests, framing, precision)
        size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    return Exported(final, size, differences, warmed_up)


def example_requests(
    algorithm: algorithm_lib.Algorithm,
    framing: photos.Framing,
    signatures: module.Signatures | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """Returns a request with random inputs in the right range for every signature, by name.

    It has two inputs; of an algorithm with directions one for each. `signatures` are by default
    those that a SavedModel has.
    """
    if signatures is None:
        signatures = module.all_signatures(algorithm, framing)
    random = np.random.default_rng(0)
    width = algorithm.settings.label_space.width
    directions = [(width - 1, 0), (0, width - 1)]
    if isinstance(algorithm, algorithm_lib.Directional):
        directions = list(algorithm.directions)
    return {
        name: {
            key: _example(signature.kinds.get(key), spec, directions, width, framing.size, random)
            for key, spec in signature.inputs.items()
        }
        for name, signature in signatures.items()
    }


def _example(
    kind: str | None,
    spec: tf.TensorSpec,
    directions: Sequence[tuple[int, int]],
    width: int,
    image_size: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Returns an input for each of some directions: from a domain or label, to another."""
    sources, targets = map(list, zip(*directions, strict=True))
    if kind == "image_file":
        # Unlike the network's in size and shape; one is transparent, the other turned.
        shape = (image_size + 16, image_size + 8, 4)
        picture = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        png, jpeg = io.BytesIO(), io.BytesIO()
        picture.save(png, "PNG")
        picture.convert("RGB").save(jpeg, "JPEG", exif=exif)
        files = itertools.cycle((png.getvalue(), jpeg.getvalue()))
        return np.array([file for file, _ in zip(files, directions, strict=False)], object)
    if kind in ("domain", "source") and spec.dtype.is_integer:
        return np.array(targets if kind == "domain" else sources, np.int32)
    open_size = _FRAMES if kind == "features" else image_size
    shape = [len(targets), *(open_size if n is None else n for n in spec.shape[1:])]
    if kind == "image":
        return random.uniform(-1, 1, shape).astype(np.float32)
    if kind in ("label", "source"):
        return np.eye(width, dtype=np.float32)[targets if kind == "label" else sources]
    return random.standard_normal(shape).astype(np.float32)


def _write_warm_up(
    directory: pathlib.Path, model: str, requests: Mapping[str, Mapping[str, np.ndarray]]
) -> bool:
    """Writes requests that warm up a server, so that the first real request is fast.

    Returns:
      Whether they were written, which needs tensorflow-serving-api (extra `serving`).
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError:
        return False
    (directory / _WARM_UP).parent.mkdir()
    with tf.io.TFRecordWriter(str(directory / _WARM_UP)) as writer:
        for signature, inputs in requests.items():
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
    return True


def _save(served: module.Served, directory: pathlib.Path) -> None:
    try:
        tf.saved_model.save(served, str(directory), signatures=served.functions)
    except tf.errors.OpError as error:  # as on a full disk
        if errors.exhausted_memory(error):
            raise  # commands explain it
        raise errors.UserError(
            f"Could not write {directory.parent}: {error.message.splitlines()[0]}; no version was "
            "added; free some space or choose another `output`, then run the same command again."
        ) from error
