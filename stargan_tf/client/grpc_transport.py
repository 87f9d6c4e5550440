"""Asking a server by gRPC; imports TensorFlow and the packages of the extra `serving`."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format, message
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from stargan_tf.client import failures, rest_json, retries, transport
from stargan_tf.client import target as target_lib

_OPTIONS = (
    ("grpc.max_receive_message_length", transport.MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", transport.MAX_MESSAGE_BYTES),
    # Between two attempts to connect gRPC waits by itself, up to two minutes; a request of that
    # time fails at once. Shorter than our own waits, which know the deadline.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class GrpcTransport(transport.Transport):
    """Asks a model server's services; raises a UserError if a certificate can't be read."""

    def __init__(self, target: target_lib.Target):
        self.target = target
        if target.tls is None:
            self._channel = grpc.insecure_channel(target.server, options=_OPTIONS)
        else:
            root, certificate, key = target.tls.read()
            credentials = grpc.ssl_channel_credentials(root, key, certificate)
            self._channel = grpc.secure_channel(target.server, credentials, options=_OPTIONS)
        self._prediction = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs of a signature by name; see `Transport.predict`."""
        request = predict_pb2.PredictRequest()
        self._name_model(request.model_spec)
        request.model_spec.signature_name = signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        response = self._call(self._prediction.Predict, request, signature)
        return {name: tf.make_ndarray(t) for name, t in response.outputs.items()}

    def signatures(self) -> dict[str, transport.Signature]:
        """Returns the model's signatures by name."""
        field = "signature_def"
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=[field])
        self._name_model(request.model_spec)
        response = self._call(self._prediction.GetModelMetadata, request)
        definitions = get_model_metadata_pb2.SignatureDefMap()
        response.metadata[field].Unpack(definitions)
        return rest_json.signatures({"metadata": {field: _as_rest(definitions)}})

    def status(self) -> list[transport.VersionStatus]:
        """Returns the model's versions, the newest first."""
        request = get_model_status_pb2.GetModelStatusRequest()
        self._name_model(request.model_spec, labelled=False)
        return rest_json.status(_as_rest(self._call(self._models.GetModelStatus, request)))

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _name_model(self, spec: Any, labelled: bool = True) -> None:
        spec.name = self.target.model
        if self.target.version is not None:
            spec.version.value = self.target.version
        if self.target.label is not None and labelled:
            spec.version_label = self.target.label

    def _call(self, method: Callable[..., Any], request: Any, signature: str | None = None) -> Any:
        def attempt(seconds: float) -> Any:
            try:
                return method(request, timeout=seconds)
            except grpc.RpcError as error:
                code, details = error.code().name, error.details() or ""
                raise failures.of(code, details, self.target, signature) from error

        return retries.call(attempt, self.target.timeout)


def _as_rest(answer: message.Message) -> dict[str, Any]:
    """Returns an answer as the server's REST interface, which makes JSON of it, gives it."""
    return json_format.MessageToDict(answer, preserving_proto_field_name=True)
