"""The networks of the authors' program: convolutions over time; features are channels.

G (M hidden channels, Z of the bottleneck, F features; T': transposed), every layer but the last
gated: weight-normalized convolution to twice the channels, IN over time, GLU.

  layer             le1  le2  le3  le4  le5  le6  le7  le8  le9  le10
  kernel, stride    9,1  8,2  8,2  5,1  5,1  5,1  5,1  8,2  8,2  9,1
  transposed                                 T'   T'   T'   T'
  channels          M    M    M    M    Z    M    M    M    M    F

The embedding of the target is beside the input of le6 to le10, and with source conditioning that of
the source beside the input of le1 to le5.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from stargan_tf.layers import (
    domain_embedding,
    dropout,
    gated_convolution,
    instance_norm,
    network,
    rectangular_convolution,
)

FRAMES_MULTIPLE = 4  # both networks halve time twice
# Halved twice these are four: of a single frame, instance normalization leaves nothing.
_EXAMPLE_FRAMES = 4 * FRAMES_MULTIPLE
_ENCODER = ((9, 1), (8, 2), (8, 2), (5, 1), (5, 1))
_DECODER = ((5, 1), (5, 1), (8, 2), (8, 2))
_JUDGE = ((9, 1), (8, 2), (8, 2), (5, 1))


@keras.utils.register_keras_serializable("stargan_vc")
class Generator(network.Network):
    """G(x, target[, source]) -> y: the features x as the target would say them.

    x and y: (N, T, F), T a multiple of 4. Target and source: (N, K), one-hot.

    Args:
      domains: K, the number of speakers.
      features: F, coefficients or bands of a frame.
      hidden_dim: M, channels of the hidden layers.
      bottleneck_dim: Z, channels between encoder and decoder.
      embedding_dim: S, the length of a speaker's embedding.
      source_conditioning: Whether the encoder is told the source.
    """

    def __init__(
        self,
        domains: int,
        features: int,
        hidden_dim: int = 64,
        bottleneck_dim: int = 16,
        embedding_dim: int = 16,
        source_conditioning: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.domains = domains
        self.features = features
        self.hidden_dim = hidden_dim
        self.bottleneck_dim = bottleneck_dim
        self.embedding_dim = embedding_dim
        self.source_conditioning = source_conditioning
        dtype = {"dtype": self.dtype_policy}
        widths = [*[hidden_dim] * (len(_ENCODER) - 1), bottleneck_dim]
        self.encoder = [
            gated_convolution.GatedSequenceConv(width, *window, name=f"le{i + 1}", **dtype)
            for i, (width, window) in enumerate(zip(widths, _ENCODER, strict=True))
        ]
        after = len(_ENCODER) + 1
        self.decoder = [
            gated_convolution.GatedSequenceConv(
                hidden_dim, *window, transposed=True, name=f"le{i + after}", **dtype
            )
            for i, window in enumerate(_DECODER)
        ]
        self.conv_out = rectangular_convolution.SequenceConv(features, 9, name="le10", **dtype)
        embedding = domain_embedding.DomainEmbedding
        self.of_target = embedding(domains, embedding_dim, name="eb1", **dtype)
        self.of_source = None
        if source_conditioning:
            self.of_source = embedding(domains, embedding_dim, name="eb0", **dtype)

    def call(self, x, target, source=None):
        """Returns y, shaped like x, float32 even if the computation is bfloat16."""
        x = x[:, tf.newaxis]
        code = self.of_source(source) if self.source_conditioning else None
        for layer in self.encoder:
            x = layer(domain_embedding.beside(x, code))
        code = self.of_target(target)
        for layer in self.decoder:
            x = layer(domain_embedding.beside(x, code))
        y = self.conv_out(domain_embedding.beside(x, code))
        return network.at_least_float32(y)[:, 0]

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x, target and, if it is told, source."""
        domain = tf.zeros((1, self.domains))
        sources = (domain,) if self.source_conditioning else ()
        return (tf.zeros((1, _EXAMPLE_FRAMES, self.features)), domain, *sources)


@keras.utils.register_keras_serializable("stargan_vc")
class Discriminator(network.Network):
    """D(x) -> (D_adv, D_cls): whether x is real, and who speaks, each at T / 4 places.

    x: (N, T, F), T a multiple of 4. D_adv: (N, T / 4, 1), unbounded. D_cls: (N, T / 4, K), logits.
    Its instance normalization is always this package's own: the gradient penalty needs exact second
    derivatives.

    Args:
      domains: K, the number of speakers.
      features: F, coefficients or bands of a frame.
      hidden_dim: Channels of the hidden layers.
      rate: The share of units that dropout drops after each hidden layer, in training.
    """

    def __init__(
        self, domains: int, features: int, hidden_dim: int = 32, rate: float = 0.1, **kwargs
    ):
        super().__init__(**kwargs)
        self.rate = rate
        self.domains = domains
        self.features = features
        self.hidden_dim = hidden_dim
        dtype = {"dtype": self.dtype_policy}
        with instance_norm.computed_by("native"):
            self.hidden = [
                gated_convolution.GatedSequenceConv(hidden_dim, *window, name=f"le{i + 1}", **dtype)
                for i, window in enumerate(_JUDGE)
            ]
        head = {"use_bias": False, "init": "xavier_normal", **dtype}
        self.adv = rectangular_convolution.SequenceConv(1, 5, name="le_adv", **head)
        self.cls = rectangular_convolution.SequenceConv(domains, 5, name="le_cls", **head)

    def call(self, x, kept=None):
        """Returns D_adv and D_cls, float32 even if the computation is bfloat16.

        Args:
          x: See the class.
          kept: For each hidden layer which units dropout keeps, as `kept` returns them; None: all.
        """
        x = x[:, tf.newaxis]
        for i, layer in enumerate(self.hidden):
            x = layer(x)
            if kept is not None:
                x = dropout.dropped(x, kept[i], self.rate)
        adv, cls = (network.at_least_float32(head(x))[:, 0] for head in (self.adv, self.cls))
        return adv, cls

    def kept(self, chance: dropout.Chance, frames: int) -> Sequence[tf.Tensor]:
        """Returns, of sequences of so many frames, which units each hidden layer keeps."""
        found = []
        for i, (layer, (_, strides)) in enumerate(zip(self.hidden, _JUDGE, strict=True)):
            frames //= strides
            found.append(chance.part(i).kept((1, frames, layer.filters), self.rate))
        return found

    def example_inputs(self) -> tuple[tf.Tensor, ...]:
        """Returns zeros for x."""
        return (tf.zeros((1, _EXAMPLE_FRAMES, self.features)),)
