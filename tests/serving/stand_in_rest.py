"""The REST interface of the stand-in: the JSON of TensorFlow Serving's, over the same backend."""

import base64
import contextlib
import http.server
import inspect
import json
import re
import threading

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2  # noqa: F401 (for Any in the JSON)

from tests.serving import stand_in

# What the server makes of its codes.
STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
}
# How protobuf is asked for what has its default value: before release 5, and since.
_DEFAULTS = {
    name: True
    for name in ("including_default_value_fields", "always_print_fields_with_no_presence")
    if name in inspect.signature(json_format.MessageToDict).parameters
}
_PATH = re.compile(
    r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
    r"(?P<method>:predict|/metadata)?"
)


@contextlib.contextmanager
def serve_rest(backend, port=0, context=None):
    """Serves a backend by REST; yields http://HOST:PORT, or https:// with an SSL context."""

    class Handler(_Handler):
        served = backend

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        scheme = "http" if context is None else "https"
        yield f"{scheme}://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    served = None

    def log_message(self, *unused):
        pass

    def do_GET(self):  # noqa: N802
        self._respond(b"")

    def do_POST(self):  # noqa: N802
        self._respond(self.rfile.read(int(self.headers["Content-Length"])))

    def _respond(self, body):
        try:
            self.served.enter()
            status, text = 200, json.dumps(self._answer(body))
        except stand_in.Refusal as refusal:
            status, text = STATUS[refusal.code], json.dumps({"error": refusal.details})
        contents = text.encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked is gone
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(contents)))
            self.end_headers()
            self.wfile.write(contents)

    def _answer(self, body):
        match = _PATH.fullmatch(self.path)
        method = match and (match["method"] or "")
        if match is None or (self.command == "POST") != (method == ":predict"):
            raise stand_in.Refusal(
                "INVALID_ARGUMENT", f"Malformed request: {self.command} {self.path}"
            )
        key = match["model"], match["version"] and int(match["version"]), match["label"]
        if method == ":predict":
            return _predicted(self.served.find(*key)[1], json.loads(body))
        message = self.served.metadata(*key) if method else self.served.status(*key)
        # The server prints what has its default value too, and the names of fields as they are.
        return json_format.MessageToDict(message, preserving_proto_field_name=True, **_DEFAULTS)


def _predicted(servable, request):
    name = request.get("signature_name", "serving_default")
    if name not in servable.signatures:
        raise stand_in.Refusal(
            "INVALID_ARGUMENT", f'Serving signature name: "{name}" not found in signature def'
        )
    signature = servable.signatures[name]
    if "instances" in request:
        return {"predictions": _rows(servable, name, signature, request)}
    if "inputs" not in request:
        raise stand_in.Refusal("INVALID_ARGUMENT", "Missing 'inputs' or 'instances' key")
    inputs = request["inputs"]
    for key in signature.inputs:
        if key not in inputs:
            raise stand_in.Refusal(
                "INVALID_ARGUMENT", f"Missing named input: {key} in 'inputs' object."
            )
    # As the server's: what the signature does not name is not looked at.
    arrays = {key: _array(inputs[key], info) for key, info in signature.inputs.items()}
    found = {key: _json(array, key) for key, array in servable.predict(name, arrays).items()}
    return {"outputs": found if len(found) > 1 else next(iter(found.values()))}


def _rows(servable, name, signature, request):
    """Answers the row format by the server's rules: an object, or the one value, for each image."""
    instances, wanted = request["instances"], sorted(signature.inputs)
    problem = _problem_of_rows(instances, wanted, request)
    if problem:
        raise stand_in.Refusal("INVALID_ARGUMENT", problem)
    if not _is_object(instances[0]):
        instances = [{wanted[0]: value} for value in instances]
    columns = {key: [instance[key] for instance in instances] for key in wanted}
    arrays = {key: _array(column, signature.inputs[key]) for key, column in columns.items()}
    found = servable.predict(name, arrays)
    if len({len(array) for array in found.values()}) > 1:
        raise stand_in.Refusal("INVALID_ARGUMENT", "Outputs have inconsistent batch sizes")
    found = {key: _json(array, key) for key, array in found.items()}
    if len(found) == 1:  # then its name is left out
        return next(iter(found.values()))
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _problem_of_rows(instances, wanted, request):
    if "inputs" in request:
        return "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist"
    if not isinstance(instances, list) or not instances:
        return "Excepting 'instances' to be an list/array with values"
    objects = [_is_object(instance) for instance in instances]
    if not objects[0] and len(wanted) > 1:
        return "instances is a plain list, but expecting list of objects"
    for number, (instance, is_object) in enumerate(zip(instances, objects, strict=True)):
        if is_object != objects[0]:
            return f"Expecting the same kind of element at item {number} of input list"
        if is_object and sorted(instance) != wanted:
            return (
                f"Failed to process element: {number} of 'instances' list. JSON object must only "
                f"have keys: {','.join(wanted)}"
            )
    return ""


def _is_object(value):
    return isinstance(value, dict) and set(value) != {"b64"}


def _array(value, info):
    dtype = tf.as_dtype(info.dtype)
    if dtype == tf.string:
        array = np.empty(len(value), object)
        array[:] = [
            base64.b64decode(v["b64"]) if isinstance(v, dict) else v.encode() for v in value
        ]
        return array
    try:
        return np.asarray(value, dtype.as_numpy_dtype)
    except (ValueError, TypeError) as error:
        raise stand_in.Refusal(
            "INVALID_ARGUMENT", f"JSON Value: {str(value)[:80]} is not of type {dtype.name}"
        ) from error


def _json(array, name):
    if array.dtype != object:
        return array.tolist()
    if name.endswith("_bytes"):
        return [{"b64": base64.b64encode(entry).decode()} for entry in array]
    return [entry.decode() for entry in array]
