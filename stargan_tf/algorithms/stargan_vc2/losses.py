"""The losses of StarGAN-VC2 (Kaneko et al. 2019, section 3), in its symbols.

x is real and of speaker c; c' (`target`) is drawn at random. D(x, s, t) scores x as a conversion
from s to t. Each function returns terms by name, unweighted; |.| is the mean over all elements.
"""

from collections.abc import Callable

import tensorflow as tf

from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]
OfSpeakers = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]  # of x, source, target


def discriminator(
    G: OfSpeakers, D: OfSpeakers, x: tf.Tensor, c: tf.Tensor, target: tf.Tensor
) -> Losses:
    """Returns D's terms, with least squares; no gradient flows to G.

    - real: (1 - D(x, c', c))^2. Real features are judged as if they came from c'.
    - fake: D(G(x, c, c'), c, c')^2.

    Args:
      G: Converts.
      D: Gives scores (N,).
      x: (N, T, F) normalized features.
      c: (N, K), one-hot: who says them.
      target: (N, K), one-hot.
    """
    fake = tf.stop_gradient(G(x, c, target))
    return {
        "real": gan_losses.least_squares(D(x, target, c), real=True),
        "fake": gan_losses.least_squares(D(fake, c, target), real=False),
    }


def generator(
    G: OfSpeakers,
    D: OfSpeakers,
    x: tf.Tensor,
    c: tf.Tensor,
    target: tf.Tensor,
    identity: tf.Tensor | None = None,
) -> Losses:
    """Returns G's terms; the arguments are those of `discriminator`.

    - adv: (1 - D(G(x, c, c'), c, c'))^2.
    - cyc: |x - G(G(x, c, c'), c', c)|.
    - id: |x - G(x, c, c)|; 0 where `identity`, a bool, is false: a third pass of G is spared then.
    """
    fake = G(x, c, target)

    def same() -> tf.Tensor:
        return tf.reduce_mean(tf.abs(x - G(x, c, c)))

    return {
        "adv": gan_losses.least_squares(D(fake, c, target), real=True),
        "cyc": tf.reduce_mean(tf.abs(x - G(fake, target, c))),
        "id": same()
        if identity is None
        else tf.cond(identity, same, lambda: tf.zeros((), x.dtype)),
    }
