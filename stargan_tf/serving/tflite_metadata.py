"""What a TFLite file says of itself: a description as JSON, kept in the file's own metadata.

The format of TFLite files (a FlatBuffer) has a list of named buffers that interpreters ignore. One
of them holds the text, so that a file which is found alone still tells what it takes and gives.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.serving import description as description_lib

NAME = "stargan_tf.json"  # of the buffer
_IDENTIFIER = b"TFL3"  # what every TFLite file has at its fifth byte

Kinds = Mapping[str, Mapping[str, str]]


def embed(
    content: bytes, described: description_lib.Description, kinds: Kinds
) -> tuple[bytes, description_lib.Description]:
    """Returns a TFLite file with its description in it, and the description.

    Args:
      content: A file that does not hold one.
      described: What is known of all its signatures. What each takes and gives is added to it under
        "signatures", as the file has it.
      kinds: Of each signature, by its name, the kinds of inputs and outputs by theirs.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    described = {**described, "signatures": _interfaces(schema, model, kinds)}
    buffer, entry = schema.BufferT(), schema.MetadataT()
    text = description_lib.to_json(described).encode()
    buffer.data = np.frombuffer(text, np.uint8)
    entry.name, entry.buffer = NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    model.description = f"{described['algorithm']}; what it takes and gives is in {NAME}"
    builder = flatbuffers.Builder(len(content) + len(text) + 1024)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output()), described


def describe(path: pathlib.Path) -> description_lib.Description:
    """Returns what a TFLite file says of itself.

    Raises:
      UserError: It can't be read, is no TFLite file, or says nothing.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        content = path.read_bytes()
    except OSError as error:
        raise errors.UserError(
            f"Could not read {path}: {error.strerror}; pass a .tflite file."
        ) from error
    if content[4:8] != _IDENTIFIER:
        raise errors.UserError(
            f"{path} is no TFLite file; pass one that `export.tflite` has written."
        )
    model = schema.Model.GetRootAsModel(content, 0)
    for i in range(model.MetadataLength()):
        entry = model.Metadata(i)
        if entry.Name() == NAME.encode():
            return description_lib.from_json(
                model.Buffers(entry.Buffer()).DataAsNumpy().tobytes().decode()
            )
    raise errors.UserError(
        f"{path} says nothing of itself, as files of others and of earlier versions; read the "
        ".json beside it, or export the run again."
    )


def _interfaces(schema: Any, model: Any, kinds: Kinds) -> description_lib.Description:
    """Returns what each signature of a file takes and gives."""
    types = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}
    interfaces = {}
    for signature in model.signatureDefs:
        tensors = model.subgraphs[signature.subgraphIndex].tensors
        name = signature.signatureKey.decode()
        inputs, outputs = (
            {one.name.decode(): _spec(tensors[one.tensorIndex], types) for one in ends}
            for ends in (signature.inputs, signature.outputs)
        )
        interfaces[name] = description_lib.interface(inputs, outputs, kinds[name])
    return interfaces


def _spec(tensor: Any, types: Mapping[int, str]) -> tf.TensorSpec:
    own = tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature
    shape = [None if size < 0 else int(size) for size in own]
    return tf.TensorSpec(shape, tf.as_dtype(types[tensor.type].lower()))
