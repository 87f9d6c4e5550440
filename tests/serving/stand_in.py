"""A stand-in for TensorFlow Serving's model server, for tests: gRPC and REST over one backend.

It loads version folders with the loader of the server's (a Session and the model's signatures),
joins requests that come at the same time along the batch axis, and answers what is wrong with the
codes and words of the server, which can't be installed everywhere. REST: stand_in_rest.py.
"""

import concurrent.futures
import contextlib
import dataclasses
import pathlib
import queue
import threading
import time

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

MAX_BATCH = 16
BATCH_TIMEOUT = 0.002  # seconds


class Refusal(Exception):
    """An answer that is an error: the name of a gRPC status code, and what is said."""

    def __init__(self, code, details):
        super().__init__(details)
        self.code, self.details = code, details


@dataclasses.dataclass
class _Task:
    inputs: dict
    rows: int
    future: concurrent.futures.Future


class Servable:
    """One version of a model: a session, its signatures, and a queue for each."""

    def __init__(self, directory):
        with tf.Graph().as_default() as graph:
            self._session = tf.compat.v1.Session(graph=graph)
            self.graph_def = tf.compat.v1.saved_model.load(self._session, ["serve"], str(directory))
        self.signatures = self.graph_def.signature_def
        self.batches = []  # rows of every batch that was run
        self._queues, self._lock = {}, threading.Lock()

    def predict(self, name, inputs):
        signature = self.signature(name)
        self._check(signature, inputs)
        rows = {len(array) for array in inputs.values()}
        if len(rows) != 1:
            raise Refusal(
                "INVALID_ARGUMENT",
                "Batching session Run() input tensors must have equal 0th-dimension size",
            )
        task = _Task(inputs, rows.pop(), concurrent.futures.Future())
        if task.rows > MAX_BATCH:
            raise Refusal(
                "INVALID_ARGUMENT",
                f"Task size {task.rows} is larger than maximum input batch size {MAX_BATCH}",
            )
        self._queue(name, signature).put(task)
        return task.future.result()

    def signature(self, name):
        if name not in self.signatures:
            raise Refusal("FAILED_PRECONDITION", f'Serving signature key "{name}" not found.')
        return self.signatures[name]

    def close(self):
        for tasks, thread in self._queues.values():
            tasks.put(None)
            thread.join()
        self._session.close()

    def _check(self, signature, inputs):
        wanted, given = set(signature.inputs), set(inputs)
        if wanted != given:
            raise Refusal(
                "INVALID_ARGUMENT",
                f"input size does not match signature: {len(given)}!={len(wanted)} len("
                f"{{{','.join(sorted(given))}}}) != len({{{','.join(sorted(wanted))}}}). "
                f"Sent extra: {{{','.join(sorted(given - wanted))}}}. "
                f"Missing but required: {{{','.join(sorted(wanted - given))}}}.",
            )
        for key, info in signature.inputs.items():
            array, dtype = inputs[key], tf.as_dtype(info.dtype)
            found = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
            if found != dtype:
                raise Refusal(
                    "INVALID_ARGUMENT",
                    f"Expects arg[0] to be {dtype.name} but {found.name} is provided",
                )

    def _queue(self, name, signature):
        with self._lock:
            if name not in self._queues:
                tasks = queue.Queue()
                thread = threading.Thread(target=self._serve, args=(signature, tasks), daemon=True)
                thread.start()
                self._queues[name] = tasks, thread
            return self._queues[name][0]

    def _callable(self, signature):
        """Returns what runs the graph as the server does: `Session.run` would check shapes."""
        options = config_pb2.CallableOptions(
            feed=[info.name for info in signature.inputs.values()],
            fetch=[info.name for info in signature.outputs.values()],
        )
        return self._session._make_callable_from_options(options)

    def _serve(self, signature, tasks):
        """Joins what comes in while the timeout of the first runs, as the server's batcher."""
        held, call = None, self._callable(signature)
        while (first := held or tasks.get()) is not None:
            held, batch, until = None, [first], time.monotonic() + BATCH_TIMEOUT
            while sum(task.rows for task in batch) < MAX_BATCH:
                try:
                    following = tasks.get(timeout=max(until - time.monotonic(), 0))
                except queue.Empty:
                    break
                if following is None:
                    tasks.put(None)
                    break
                if sum(task.rows for task in batch) + following.rows > MAX_BATCH:
                    held = following
                    break
                batch.append(following)
            self._run(call, signature, batch)

    def _run(self, call, signature, batch):
        try:
            found = dict(zip(signature.outputs, call(*_joined(signature, batch)), strict=True))
            self.batches.append(sum(task.rows for task in batch))
        except Exception as error:  # whatever it is, those who asked must not wait for ever
            if isinstance(error, tf.errors.OpError):
                code = grpc_code(error.error_code).name
                error = Refusal(code, error.message)
            elif not isinstance(error, Refusal):
                error = Refusal("INTERNAL", repr(error))
            for task in batch:
                task.future.set_exception(error)
            return
        start = 0
        for task in batch:
            part = {key: array[start : start + task.rows] for key, array in found.items()}
            task.future.set_result(part)
            start += task.rows


def _joined(signature, batch):
    feeds = []
    for key in signature.inputs:
        parts = [task.inputs[key] for task in batch]
        if len({part.shape[1:] for part in parts}) > 1:
            raise Refusal(
                "FAILED_PRECONDITION",
                f"Tensors with name '{key}' from different tasks have different shapes and padding "
                "is turned off. Set pad_variable_length_inputs to true, or ensure that all tensors "
                "with the same name have equal dimensions starting with the first dim.",
            )
        feeds.append(np.concatenate(parts))
    return feeds


def grpc_code(number):
    """Returns gRPC's status code of TensorFlow's, which has the same number."""
    return next(code for code in grpc.StatusCode if code.value[0] == number)


class Backend:
    """The models of a server: version folders by number, version labels, and what they answer.

    Attributes:
      refusals: Raised for the next requests, in this order, before anything else.
      delay: Seconds that every request takes longer.
    """

    def __init__(self, models, labels=None):
        self.models = {
            name: {
                int(path.name): Servable(path) for path in sorted(pathlib.Path(folder).iterdir())
            }
            for name, folder in models.items()
        }
        self.labels = labels or {}
        self.refusals, self.delay, self.requests = [], 0.0, 0
        self._lock = threading.Lock()

    def close(self):
        for versions in self.models.values():
            for servable in versions.values():
                servable.close()

    def enter(self):
        """Is called for every request."""
        with self._lock:
            self.requests += 1
            refusal = self.refusals.pop(0) if self.refusals else None
        time.sleep(self.delay)
        if refusal:
            raise refusal

    def find(self, model, version=None, label=None):
        versions = self.models.get(model)
        if label is not None:
            if label not in self.labels:
                raise Refusal("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
            version = self.labels[label]
        if not versions or (version is not None and version not in versions):
            what = f"Specific({model}, {version})" if version else f"Latest({model})"
            raise Refusal("NOT_FOUND", f"Servable not found for request: {what}")
        number = version or max(versions)
        return number, versions[number]

    def metadata(self, *key):
        number, servable = self.find(*key)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name, response.model_spec.version.value = key[0], number
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, definition in servable.signatures.items():
            found.signature_def[name].CopyFrom(definition)
        response.metadata["signature_def"].Pack(found)
        return response

    def status(self, model, version=None, label=None):
        if label:
            raise Refusal("INVALID_ARGUMENT", "Some servers do not know labels here")
        if model not in self.models:
            raise Refusal("NOT_FOUND", f"Could not find any versions of model {model}")
        numbers = sorted(self.models[model])
        if version is not None and version not in numbers:
            raise Refusal("NOT_FOUND", f"Could not find version {version} of model {model}")
        numbers = numbers if version is None else [version]
        response = get_model_status_pb2.GetModelStatusResponse()
        for number in numbers:
            status = response.model_version_status.add(version=number)
            status.state = get_model_status_pb2.ModelVersionStatus.AVAILABLE
            status.status.error_code = 0
        return response


def _spec(request):
    spec = request.model_spec
    version = spec.version.value if spec.HasField("version") else None
    return spec.name, version, spec.version_label or None


class _Service(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    def __init__(self, backend):
        self._backend = backend

    def Predict(self, request, context):  # noqa: N802
        return self._answer(context, self._predict, request)

    def GetModelMetadata(self, request, context):  # noqa: N802
        return self._answer(context, lambda r: self._backend.metadata(*_spec(r)), request)

    def GetModelStatus(self, request, context):  # noqa: N802
        return self._answer(context, lambda r: self._backend.status(*_spec(r)), request)

    def _predict(self, request):
        number, servable = self._backend.find(*_spec(request))
        signature = request.model_spec.signature_name or "serving_default"
        inputs = {key: tf.make_ndarray(tensor) for key, tensor in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        response.model_spec.name, response.model_spec.version.value = _spec(request)[0], number
        for key, array in servable.predict(signature, inputs).items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(array))
        return response

    def _answer(self, context, work, request):
        try:
            self._backend.enter()
            return work(request)
        except Refusal as refusal:
            return context.abort(grpc.StatusCode[refusal.code], refusal.details)


@contextlib.contextmanager
def serve_grpc(backend, port=0, credentials=None):
    """Serves a backend by gRPC; yields HOST:PORT."""
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(16),
        options=[
            ("grpc.max_receive_message_length", 2**31 - 1),  # as the server itself
            ("grpc.max_send_message_length", 2**31 - 1),
            ("grpc.so_reuseport", 0),
        ],
    )
    service = _Service(backend)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, server)
    if credentials is None:
        port = server.add_insecure_port(f"127.0.0.1:{port}")
    else:
        port = server.add_secure_port(f"127.0.0.1:{port}", credentials)
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(None).wait()
