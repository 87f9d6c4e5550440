"""The Inception graph of 2015 as TensorFlow published it: classify_image_graph_def.pb.

In it Heusel et al. (2017, https://github.com/bioinf-jku/TTUR) defined the FID: images go into
ExpandDims, the graph resizes and normalizes them itself, and pool_3 holds the features.
"""

import pathlib

import tensorflow as tf

from stargan_tf.base import errors

_INPUT, _OUTPUT = "ExpandDims", "pool_3"
# A graph is a program, which may also read and write files. These operations only compute.
_HARMLESS = {
    "Add", "AvgPool", "BatchNormWithGlobalNormalization", "BiasAdd", "Cast", "CheckNumerics",
    "Concat", "ConcatV2", "Const", "Conv2D", "DecodeJpeg", "ExpandDims", "FusedBatchNorm",
    "FusedBatchNormV3", "Identity", "MaxPool", "Mean", "Mul", "Pad", "Placeholder", "Relu",
    "Reshape", "ResizeBilinear", "Squeeze", "Sub",
}  # fmt: skip


def read(path: pathlib.Path) -> tf.compat.v1.GraphDef:
    """Returns the part of a frozen graph that leads to the features.

    Raises:
      UserError: The file is damaged, holds another graph, or one that could do more than compute.
    """
    advice = "pass classify_image_graph_def.pb, or another file of InceptionV3's weights"
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except Exception as error:  # protobuf's own kind, of a package that is not ours
        raise errors.UserError(f"{path} is no frozen graph, or damaged; {advice}.") from error
    names = {node.name for node in graph.node}
    if not {_INPUT, _OUTPUT} <= names:
        raise errors.UserError(
            f"{path} is not the Inception graph of 2015: it has no {_INPUT} and {_OUTPUT}; "
            f"{advice}."
        )
    graph = tf.compat.v1.graph_util.extract_sub_graph(graph, [_OUTPUT])
    strange = sorted({node.op for node in graph.node} - _HARMLESS)
    if strange or len(graph.library.function):
        raise errors.UserError(
            f"{path} holds operations that Inception does not have: "
            f"{errors.some(strange) or 'functions'}; it was refused; {advice}."
        )
    return graph


def features(graph: tf.compat.v1.GraphDef, images: tf.Tensor) -> tf.Tensor:
    """Returns (N, width) of images (N, H, W, 3) float32 from 0 to 255; a graph function."""
    (pooled,) = tf.graph_util.import_graph_def(
        graph, input_map={f"{_INPUT}:0": images}, return_elements=[f"{_OUTPUT}:0"], name=""
    )
    return tf.reshape(pooled, (images.shape[0], -1))
