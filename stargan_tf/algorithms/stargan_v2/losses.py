"""The losses of StarGAN v2, in the paper's symbols (Choi et al. 2020, section 2.2).

x is a real image of the domain y_org, y_trg the domain to translate to, s a style of y_trg, and
x_fake = G(x, s). A loss is returned unweighted, by name, as the mean over the batch; `total`
weights and adds. Where the paper maximises, G minimises the non-saturating form.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]


def discriminator(
    D: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    D_fake: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    x: tf.Tensor,
    y_org: tf.Tensor,
    x_fake: tf.Tensor,
    y_trg: tf.Tensor,
) -> Losses:
    """D's part of L_adv (equation 1), and R1 on real images.

    Args:
      D: Maps real images and their domains, one-hot (N, K), to logits (N,).
      D_fake: The same for fakes; another function only in that it augments them by other draws.
      x: (N, S, S, 3) in [-1, 1].
      y_org: (N, K), the domains of x.
      x_fake: (N, S, S, 3), a constant here.
      y_trg: (N, K), the domains of x_fake.
    """
    logit, reg = gan_losses.r1(lambda x: D(x, y_org), x)
    return {
        "real": gan_losses.log_loss(logit, real=True),
        "fake": gan_losses.log_loss(D_fake(x_fake, y_trg), real=False),
        "reg": reg,
    }


def generator(
    G: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    E: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    D: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    x: tf.Tensor,
    y_org: tf.Tensor,
    x_fake: tf.Tensor,
    x_fake2: tf.Tensor,
    y_trg: tf.Tensor,
    s: tf.Tensor,
) -> Losses:
    """What G, F and E minimise: equations 1 to 4.

    Args:
      G: Maps an image and a style to an image, for the way back.
      E: Maps images and domains to styles.
      D: Maps images and domains to logits.
      x: (N, S, S, 3) real images.
      y_org: (N, K) one-hot, the domains of x.
      x_fake: (N, S, S, 3), G(x, s).
      x_fake2: (N, S, S, 3), G(x, s') with another style of y_trg, a constant here.
      y_trg: (N, K) one-hot, the domains of the fakes.
      s: (N, style_dim), from F or E; not detached, so that styles learn to be found again.
    """
    return {
        "adv": gan_losses.log_loss(D(x_fake, y_trg), real=True),
        "sty": tf.reduce_mean(tf.abs(E(x_fake, y_trg) - s)),
        "ds": tf.reduce_mean(tf.abs(x_fake - tf.stop_gradient(x_fake2))),
        "cyc": tf.reduce_mean(tf.abs(G(x_fake, E(x, y_org)) - x)),
    }


def total(losses: Losses, weights: Mapping[str, float | tf.Tensor]) -> tf.Tensor:
    """The full objective, equation 5. Unnamed weights are 1; that of ds is negative for G."""
    return tf.add_n([tf.cast(weights.get(k, 1.0), v.dtype) * v for k, v in losses.items()])
