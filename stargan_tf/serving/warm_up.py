"""Writes requests that warm up a server, so that the first real request is fast."""

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

_PATH = pathlib.Path("assets.extra") / "tf_serving_warmup_requests"


def write(
    directory: pathlib.Path, model: str, requests: Mapping[str, Mapping[str, np.ndarray]]
) -> bool:
    """Writes assets.extra/tf_serving_warmup_requests into a version's folder.

    Args:
      directory: The version's folder.
      model: The name of the model on the server.
      requests: For each signature, its inputs by name.

    Returns:
      Whether the file was written, which needs tensorflow-serving-api (extra `serving`).
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError:
        return False
    (directory / _PATH).parent.mkdir()
    with tf.io.TFRecordWriter(str(directory / _PATH)) as writer:
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
