"""The losses of CycleGAN (section 3), as in equation 3, with least squares (section 4).

A and B are the two domains. |.| is the mean over all elements.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from stargan_tf.gan import losses

Losses = dict[str, tf.Tensor]
Network = Callable[[tf.Tensor], tf.Tensor]


def generators(
    G_A: Network,
    G_B: Network,
    D_A: Network,
    D_B: Network,
    a: tf.Tensor,
    b: tf.Tensor,
    *,
    identity: bool = True,
) -> tuple[Losses, tf.Tensor, tf.Tensor]:
    """Returns the losses of both generators, each unweighted, and their translations.

    - adv (equation 1): (D_A(G_A(a)) - 1)^2 and (D_B(G_B(b)) - 1)^2.
    - cycle (equation 2): |G_B(G_A(a)) - a|, which is G_A's by name, and |G_A(G_B(b)) - b|, G_B's.
    - idt (section 5.2): |G_A(b) - b| and |G_B(a) - a|; missing without `identity`.

    Args:
      G_A: Translates to B.
      G_B: Translates to A.
      D_A: Judges images of B.
      D_B: Judges images of A.
      a: (N, H, W, 3) images of A in [-1, 1].
      b: Likewise of B.
      identity: Whether the identity loss is computed.

    Returns:
      The losses by "network/name"; G_A(a); G_B(b).
    """
    # One call for both inputs: instance normalization keeps the images of a batch apart.
    fake_b, same_b = _both(G_A, a, b) if identity else (G_A(a), None)
    fake_a, same_a = _both(G_B, b, a) if identity else (G_B(b), None)
    found = {
        "G_A/adv": losses.least_squares(D_A(fake_b), real=True),
        "G_B/adv": losses.least_squares(D_B(fake_a), real=True),
        "G_A/cycle": _distance(G_B(fake_b), a),
        "G_B/cycle": _distance(G_A(fake_a), b),
    }
    if identity:
        found |= {"G_A/idt": _distance(same_b, b), "G_B/idt": _distance(same_a, a)}
    return found, fake_b, fake_a


def generators_total(
    found: Mapping[str, tf.Tensor], *, lambda_a: float, lambda_b: float, lambda_idt: float
) -> tf.Tensor:
    """Returns what both generators minimise together, from their losses.

    adv + lambda_a cycle_A + lambda_b cycle_B + lambda_idt (lambda_b idt_A + lambda_a idt_B): idt_A
    is about images of B, as is the cycle that begins there.
    """
    total = found["G_A/adv"] + found["G_B/adv"]
    total += lambda_a * found["G_A/cycle"] + lambda_b * found["G_B/cycle"]
    if "G_A/idt" in found:
        total += lambda_idt * (lambda_b * found["G_A/idt"] + lambda_a * found["G_B/idt"])
    return total


def discriminator(D: Network, real: tf.Tensor, fake: tf.Tensor) -> Losses:
    """Returns D's losses real = (D(real) - 1)^2 and fake = D(fake)^2; it minimises half their sum.

    Args:
      D: Judges images of one domain.
      real: (N, H, W, 3) images of it.
      fake: (N, H, W, 3) translations to it, of now or earlier; no gradient flows to them.
    """
    of_real, of_fake = _both(D, real, tf.stop_gradient(fake))
    return {
        "real": losses.least_squares(of_real, real=True),
        "fake": losses.least_squares(of_fake, real=False),
    }


def _both(network: Network, one: tf.Tensor, other: tf.Tensor) -> list[tf.Tensor]:
    return tf.split(network(tf.concat([one, other], axis=0)), 2)


def _distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(one - other))
