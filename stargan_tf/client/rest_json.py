"""The JSON of TensorFlow Serving's REST interface, to and from arrays, signatures and versions.

Format: https://www.tensorflow.org/tfx/serving/api_rest ("column format": a list for every input).
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.client import transport

_BYTES = "_bytes"  # ends the names of inputs whose strings are not text
_INTERNAL = "__"  # begins the names of TensorFlow's own signatures, which nobody calls


def predict_request(signature: str, inputs: Mapping[str, np.ndarray]) -> bytes:
    """Returns the body of a request to `:predict`, with `inputs` as for `Transport.predict`.

    Strings are base64 if the input's name ends in `_bytes`, else UTF-8 text.
    """
    values = {name: _encoded(np.asarray(array), name) for name, array in inputs.items()}
    return json.dumps({"signature_name": signature, "inputs": values}).encode()


def predict_response(
    answer: Mapping[str, Any], specs: Mapping[str, transport.TensorSpec]
) -> dict[str, np.ndarray]:
    """Returns an answer's arrays by name; `specs` are the signature's outputs.

    Raises:
      ValueError, TypeError or KeyError: If the answer is not of that form.
    """
    values = answer["outputs"]
    if len(specs) == 1:  # then the server leaves the name out
        values = {next(iter(specs)): values}
    return {name: _decoded(values[name], spec.dtype) for name, spec in specs.items()}


def signatures(answer: Mapping[str, Any]) -> dict[str, transport.Signature]:
    """Returns the signatures in an answer to `/metadata`; raises as `predict_response`."""
    definitions = answer["metadata"]["signature_def"]["signature_def"]
    return {
        name: transport.Signature(_specs(one.get("inputs", {})), _specs(one.get("outputs", {})))
        for name, one in definitions.items()
        if not name.startswith(_INTERNAL)
    }


def status(answer: Mapping[str, Any]) -> list[transport.VersionStatus]:
    """Returns the versions in an answer about a model, newest first."""
    versions = [
        transport.VersionStatus(
            int(s["version"]), s.get("state", ""), s.get("status", {}).get("error_message", "")
        )
        for s in answer["model_version_status"]
    ]
    return sorted(versions, key=lambda status: -status.version)


def _specs(tensors: Mapping[str, Any]) -> dict[str, transport.TensorSpec]:
    """Returns the tensors of one side of a signature; "DT_FLOAT" becomes "float32"."""
    specs = {}
    for name, info in tensors.items():
        dtype, shape = info["dtype"].removeprefix("DT_").lower(), info.get("tensor_shape", {})
        sizes = [int(d.get("size", 0)) for d in shape.get("dim", ())]
        specs[name] = transport.TensorSpec(
            {"float": "float32", "double": "float64", "half": "float16"}.get(dtype, dtype),
            None if shape.get("unknown_rank") else tuple(None if n < 0 else n for n in sizes),
        )
    return specs


def _encoded(array: np.ndarray, name: str) -> Any:
    if array.dtype != object:
        return array.tolist()
    if array.ndim:
        return [_encoded(np.asarray(part, object), name) for part in array]
    contents = array.item()
    if name.endswith(_BYTES):
        return {"b64": base64.b64encode(contents).decode("ascii")}
    return contents.decode()


def _decoded(value: Any, dtype: str) -> np.ndarray:
    if dtype != "string":
        return np.asarray(value, dtype)
    array = np.empty(len(value), object)
    array[:] = [_string(entry) for entry in value]
    return array


def _string(value: str | Mapping[str, str]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["b64"], validate=True)
