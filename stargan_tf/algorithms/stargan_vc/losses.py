"""The losses of the authors' program, for a pair of speakers s < t with batches x_s and x_t.

ss = G(x_s, s), st = G(x_s, t), tt = G(x_t, t), ts = G(x_t, s). A "pooled mean" of several tensors
is the sum over all of their elements, divided by their number. x_s and x_t may have different
lengths. `generator` and `discriminator` return the terms by name, unweighted.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]
# How many batches D judges together at each of its uses: in `generator`, and in `discriminator`.
USES = ((2, 2), (3, 1, 3, 1))
ADVERSARIAL = ("wgan_gp", "lsgan", "cgan")


class Side(NamedTuple):
    """One speaker of a pair.

    Attributes:
      x: (N, T, F) normalized features.
      own: (N, K), one-hot: the speaker.
      other: (N, K), one-hot: the other speaker.
    """

    x: tf.Tensor
    own: tf.Tensor
    other: tf.Tensor


# G(x, target, source); D(x, use) -> (D_adv, D_cls), with `use` for the chance of its dropout.
Generator = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
Discriminator = Callable[[tf.Tensor, int], tuple[tf.Tensor, tf.Tensor]]


def generator(G: Generator, D: Discriminator, sides: Sequence[Side], *, adversarial: str) -> Losses:
    """Returns the terms of G's loss.

    - adv: on D_adv of ss, st, tt and ts: the pooled mean of -d, of (d - 1)^2 / 2, or of
      -log sigmoid(d).
    - cls: `classification` of the same four as s, t, t and s.
    - cyc: the pooled mean of |x_s - G(st, s)| and |x_t - G(ts, t)|.
    - rec: the pooled mean of |x_s - ss| and |x_t - tt|.

    Args:
      G: Told the source too, which it may ignore: in a cycle the speaker of its input.
      D: With dropout, whose chance is its second argument's own.
      sides: s and t.
      adversarial: One of `ADVERSARIAL`.
    """
    scores, entropies, cycles, same = [], [], [], []
    for use, (x, own, other) in enumerate(sides):
        kept, fake = _both(G, x, own, other)
        adv, cls = D(tf.concat([kept, fake], axis=0), use)
        scores.append(adv)
        entropies.append(_entropy(cls, tf.concat([own, other], axis=0)))
        cycles.append(tf.abs(x - G(fake, own, other)))
        same.append(tf.abs(x - kept))
    return {
        "adv": _judged(adversarial, scores, real=True),
        "cls": classification(entropies, sides[0].own.shape[1]),
        "cyc": pooled_mean(cycles),
        "rec": pooled_mean(same),
    }


def discriminator(
    G: Generator,
    D: Discriminator,
    sides: Sequence[Side],
    alphas: Sequence[tf.Tensor],
    *,
    adversarial: str,
) -> Losses:
    """Returns the terms of D's loss; no gradient flows to G.

    - real: on D_adv of x_s and x_t: the pooled mean of -d, of (d - 1)^2 / 2, or of -log sigmoid(d).
    - fake: on D_adv of ss, st, tt and ts: the pooled mean of d, of d^2 / 2, or of
      -log(1 - sigmoid(d)).
    - cls: `classification` of x_s and x_t as s and t.
    - gp: with each kind of loss the gradient penalty between x_s and st, plus that between x_t and
      ts: the mean of (|grad sum D_adv(alpha x + (1 - alpha) fake)| - 1)^2.

    Args:
      G: See `generator`.
      D: See `generator`.
      sides: s and t.
      alphas: Of each, (N,) uniform in [0, 1): the share of x in what the penalty is computed for.
      adversarial: One of `ADVERSARIAL`.
    """
    real, fake, entropies, penalties = [], [], [], []
    for use, (side, alpha) in enumerate(zip(sides, alphas, strict=True)):
        x = side.x
        fakes = [tf.stop_gradient(fake) for fake in _both(G, x, side.own, side.other)]
        adv, cls = D(tf.concat([x, *fakes], axis=0), 2 * use)
        of_real, *of_fakes = tf.split(adv, 3)
        real.append(of_real)
        fake += of_fakes
        entropies.append(_entropy(tf.split(cls, 3)[0], side.own))
        penalties.append(
            gan_losses.gradient_penalty(
                lambda xhat, use=use: D(xhat, 2 * use + 1)[0], x, fakes[1], alpha
            )
        )
    return {
        "real": _judged(adversarial, real, real=True),
        "fake": _judged(adversarial, fake, real=False),
        "cls": classification(entropies, sides[0].own.shape[1]),
        "gp": tf.add_n(penalties),
    }


def classification(entropies: Sequence[tf.Tensor], domains: int) -> tf.Tensor:
    """Returns the pooled mean of softmax cross entropies at all places, divided by K as there."""
    return pooled_mean(entropies) / domains


def pooled_mean(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
    """Returns the mean over all elements of all tensors."""
    count = sum(tf.size(one) for one in tensors)
    return tf.add_n([tf.reduce_sum(one) for one in tensors]) / tf.cast(count, tensors[0].dtype)


def _both(G: Generator, x: tf.Tensor, own: tf.Tensor, other: tf.Tensor) -> list[tf.Tensor]:
    """Returns x as its own speaker and as the other one says it, in one call."""
    targets = tf.concat([own, other], axis=0)
    return tf.split(G(tf.concat([x, x], axis=0), targets, tf.concat([own, own], axis=0)), 2)


def _entropy(logits: tf.Tensor, domains: tf.Tensor) -> tf.Tensor:
    """Returns the cross entropies (N, T / 4) of logits (N, T / 4, K) of one-hot domains (N, K)."""
    domains = tf.cast(domains, logits.dtype)[:, tf.newaxis] * tf.ones_like(logits)
    return tf.nn.softmax_cross_entropy_with_logits(domains, logits)


def _judged(adversarial: str, scores: Sequence[tf.Tensor], *, real: bool) -> tf.Tensor:
    if adversarial == "wgan_gp":
        return -pooled_mean(scores) if real else pooled_mean(scores)
    if adversarial == "lsgan":
        return pooled_mean([0.5 * tf.square(d - 1.0 if real else d) for d in scores])
    wanted = tf.ones_like if real else tf.zeros_like
    return pooled_mean(
        [tf.nn.sigmoid_cross_entropy_with_logits(wanted(score), score) for score in scores]
    )
