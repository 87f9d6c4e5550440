"""StarGAN v2's losses, in the paper's symbols (Choi et al. 2020, section 2.2).

x is a real image of the domain y_org, y_trg (the paper's y~) the domain to translate to, s (the
paper's s~) a style of y_trg, and x_fake = G(x, s). `discriminator` and `generator` return the terms
by name, unweighted, each a mean over the batch. `total` adds them up with their weights. In place
of log(1 - D), G minimises the non-saturating -log D.
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
    """What D minimises: -L_adv (equation 1), and R1 for real images.

    Args:
      D: Maps real images and their domains to logits (N,).
      D_fake: Maps fakes and their domains to logits (N,): the same D, which may only augment them
        with other draws.
      x: (N, S, S, 3) in [-1, 1].
      y_org: (N, K) one-hot, the domains of x.
      x_fake: (N, S, S, 3), without a gradient.
      y_trg: (N, K) one-hot, the domains of x_fake.
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
    """What G, F and E minimise: L_adv, L_sty, L_ds and L_cyc, equations 1 to 4.

    Args:
      G: Maps images and styles to images; reconstructs x from x_fake.
      E: Maps images and domains to styles.
      D: Maps images and domains to logits.
      x: (N, S, S, 3) real images.
      y_org: (N, K) one-hot, the domains of x.
      x_fake: (N, S, S, 3), G(x, s).
      x_fake2: (N, S, S, 3), G(x, s') with another style s' of y_trg; no gradient flows to it.
      y_trg: (N, K) one-hot, the domains of the fakes.
      s: (N, style_dim), from F or E. L_sty's gradient flows to s too, which makes styles easier to
        recover from the images.
    """
    return {
        "adv": gan_losses.log_loss(D(x_fake, y_trg), real=True),
        "sty": tf.reduce_mean(tf.abs(E(x_fake, y_trg) - s)),
        "ds": tf.reduce_mean(tf.abs(x_fake - tf.stop_gradient(x_fake2))),
        "cyc": tf.reduce_mean(tf.abs(G(x_fake, E(x, y_org)) - x)),
    }


def total(losses: Losses, weights: Mapping[str, float | tf.Tensor]) -> tf.Tensor:
    """The full objective, equation 5. Weights are 1 unless given; the weight of ds is negative."""
    return tf.add_n([tf.cast(weights.get(k, 1.0), v.dtype) * v for k, v in losses.items()])
