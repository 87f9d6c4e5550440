"""The files of InceptionV3's weights that users give, and the protocols that they serve.

Of each kind of file the figures differ, so that a figure is named for its protocol.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import (
    convolutions,
    frozen_graph,
    inception_v3,
    network,
    weight_files,
)
from stargan_tf.weights import state_dicts

SIZE = 299
# Where users get them, for messages.
SOURCES = (
    "inception_v3_google-0cc3c7bd.pth of https://download.pytorch.org/models for the protocol "
    "starganv2; classify_image_graph_def.pb of http://download.tensorflow.org/models/image/"
    "imagenet/inception-2015-12-05.tgz, or the same as pt_inception-2015-12-05-6726825d.pth of "
    "https://github.com/mseitzer/pytorch-fid/releases, for ttur and clean; "
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5 of https://storage.googleapis.com/"
    "tensorflow/keras-applications/inception_v3 for keras"
)
_ANTIALIASED = "antialiased bilinear, 8 bits"
_TORCHVISION, _OF_2015, _KERAS = "torchvision", "the graph of 2015", "keras.applications"
# Of each protocol the weights and the rule of resizing (evaluation of StarGAN v2, of Heusel et al.
# 2017, of Parmar et al. 2022).
_PROTOCOLS = {
    "starganv2": (_TORCHVISION, _ANTIALIASED),
    "ttur": (_OF_2015, "bilinear of TensorFlow 1"),
    "clean": (_OF_2015, "antialiased bicubic"),
    "keras": (_KERAS, _ANTIALIASED),
}
# What the checksums of the published files begin with; of the frozen graph none is known.
_PUBLISHED = ("0cc3c7bd", "1a9a5a14", "6726825d")
_PUBLISHED_MD5 = ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63")
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, from 0 to 1
_Compute = Callable[[tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Inception:
    """A network with the protocol that it is used by.

    Attributes:
      network: 2,048 features.
      protocol: "starganv2", "ttur", "clean" or "keras".
      remark: A sentence for reports if the file is known not to be a published one, else "".
    """

    network: network.FeatureNetwork
    protocol: str
    remark: str


def load(path: pathlib.Path, protocol: str = "") -> Inception:
    """Returns the network of a file.

    Args:
      path: A .pth of torchvision, or of the graph of 2015 as pytorch-fid and torch-fidelity publish
        it; the graph of 2015 itself, a .pb; an .h5 of keras.applications, with or without the
        classifier on top.
      protocol: What the figures shall be comparable with; "", or one that needs no Inception: that
        of the file.

    Raises:
      UserError: The file is missing, damaged or of another network, or not of the protocol.
    """
    sha256 = weight_files.sha256(path)
    kind, compute = _read(path)
    if protocol not in _PROTOCOLS:
        protocol = next(name for name, (of, _) in _PROTOCOLS.items() if of == kind)
    wanted, resize = _PROTOCOLS[protocol]
    if wanted != kind:
        raise errors.UserError(
            f"The protocol {protocol} needs the weights of {wanted}; {path} holds those of {kind}; "
            f"pass inception_weights=FILE with one of: {SOURCES}."
        )
    loaded = network.FeatureNetwork(f"InceptionV3 ({kind})", sha256, SIZE, resize, compute)
    loaded.check(str(path))
    return Inception(loaded, protocol, _remark(path, sha256))


def _read(path: pathlib.Path) -> tuple[str, _Compute]:
    """Returns whose weights a file holds, and the network over them."""
    if path.suffix == ".pb":
        graph = frozen_graph.read(path)
        return _OF_2015, lambda images: frozen_graph.features(graph, images)
    if path.suffix == ".h5":
        model = _keras_model(path)
        return _KERAS, lambda images: model(images / 127.5 - 1, training=False)
    state = state_dicts.read(path)
    convolve = convolutions.Convolutions(state)
    # The graph of 2015 tells 1,008 classes, of which 1,000 have a meaning.
    if len(state.get("fc.weight", ())) == 1008:
        return _OF_2015, lambda x: inception_v3.features((x - 128) / 128, convolve, of_2015=True)
    mean, deviation = np.float32(_MEAN), np.float32(_DEVIATION)
    return _TORCHVISION, lambda x: inception_v3.features(
        (x / 255 - mean) / deviation, convolve, of_2015=False
    )


def _keras_model(path: pathlib.Path) -> keras.Model:
    """Returns keras.applications' network up to the pooled features."""
    for top in (False, True):
        try:
            model = keras.applications.InceptionV3(
                include_top=top, weights=str(path), input_shape=(SIZE, SIZE, 3), pooling="avg"
            )
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())[:150]
            continue
        return keras.Model(model.input, model.get_layer("avg_pool").output) if top else model
    raise errors.UserError(
        f"{path} does not hold the weights of keras.applications.InceptionV3 ({reason}); pass "
        f"inception_weights=FILE with one of: {SOURCES}."
    )


def _remark(path: pathlib.Path, sha256: str) -> str:
    known = {".pb": True, ".h5": weight_files.md5(path) in _PUBLISHED_MD5}
    if known.get(path.suffix, sha256.startswith(_PUBLISHED)):
        return ""
    return f"{path} is none of the published files of these weights (sha256 {sha256[:12]}...)."
