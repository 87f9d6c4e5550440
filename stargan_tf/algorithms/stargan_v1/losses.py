"""StarGAN v1's losses, in the paper's symbols (Choi et al. 2018, sections 3 and 4).

x is a real image, c its label (the paper's c'), and c_target the label to translate to (the
paper's c). `discriminator` and `generator` return the terms by name, unweighted, each a mean over
the batch. `total` adds them up with their weights.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels
from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]


def classification(c: tf.Tensor, logits: tf.Tensor, block: labels.Block) -> tf.Tensor:
    """L_cls = mean(-log D_cls(c | x)): equation 2 for real x, equation 3 for fakes.

    Attributes use the sigmoid cross entropy, summed over the attributes. Domains use the softmax
    cross entropy.

    Args:
      c: (N, labels) of 0 and 1; one-hot for domains.
      logits: (N, labels) float32, from D_cls.
      block: Selects the labels that count: in joint training, those of x's data set (section 3.3).
    """
    c, logits = block.of(c), block.of(logits)
    if block.space.kind == "attributes":
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=c, logits=logits)
        return tf.reduce_mean(tf.reduce_sum(entropy, axis=1))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=c, logits=logits))


def chance(c: np.ndarray, block: labels.Block) -> float:
    """Returns L_cls of the best D_cls that gives all images the same logits.

    Its probabilities are the labels' frequencies, so L_cls is their entropy: of domains that are
    equally frequent ln K, of attributes that half of the images have ln 2 each.

    Args:
      c: (N, labels) of 0 and 1, of all images.
      block: As in `classification`.
    """
    p = block.of(np.asarray(c, np.float64)).mean(axis=0)
    if block.space.kind == "attributes":
        p = np.stack([p, 1 - p])
    return float(-(p * np.log(np.where(p > 0, p, 1))).sum())


def discriminator(
    D: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    x: tf.Tensor,
    c: tf.Tensor,
    x_fake: tf.Tensor,
    alpha: tf.Tensor,
    *,
    block: labels.Block,
    adversarial_loss: str,
) -> Losses:
    """The terms of L_D (equation 5): -L_adv (equation 8, or 1) and L_cls^r (equation 2).

    Args:
      D: Maps images to (D_src, D_cls).
      x: (N, S, S, 3) real images in [-1, 1].
      c: (N, labels), the labels of x.
      x_fake: (N, S, S, 3), G(x, c_target) without a gradient.
      alpha: (N,) uniform in [0, 1): the share of x in the images that the penalty is computed for.
      block: The labels that D_cls learns, as in `classification`.
      adversarial_loss: "wgan_gp" for equation 8, "vanilla" for equation 1.
    """
    adversarial, penalised = _ADVERSARIAL[adversarial_loss]
    # In one pass, which takes less time where batches are small. Nothing in D is normalized over a
    # batch, so its images don't see each other.
    src, cls = D(tf.concat([x, x_fake], axis=0))
    src_real, src_fake = tf.split(src, 2)
    losses = {
        "real": adversarial(src_real, real=True),
        "fake": adversarial(src_fake, real=False),
        "cls": classification(c, tf.split(cls, 2)[0], block),
    }
    if penalised:
        losses["gp"] = gan_losses.gradient_penalty(lambda xhat: D(xhat)[0], x, x_fake, alpha)
    return losses


def generator(
    G: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    D: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    x: tf.Tensor,
    c: tf.Tensor,
    x_fake: tf.Tensor,
    c_target: tf.Tensor,
    *,
    block: labels.Block,
    adversarial_loss: str,
) -> Losses:
    """The terms of L_G (equation 6): L_adv, L_cls^f (equation 3) and L_rec (equation 4).

    L_rec = ||x - G(G(x, c_target), c)||_1 is a mean over pixels and channels. x_fake is
    G(x, c_target), which D's update made already. The other arguments are those of `discriminator`.
    """
    adversarial, _ = _ADVERSARIAL[adversarial_loss]
    x_rec = G(x_fake, c)
    src, cls = D(x_fake)
    return {
        "fake": adversarial(src, real=True),
        "cls": classification(c_target, cls, block),
        "rec": tf.reduce_mean(tf.abs(x - x_rec)),
    }


def total(losses: Losses, weights: Mapping[str, float]) -> tf.Tensor:
    """The full objective, equation 5 for D and equation 6 for G. Weights are 1 unless given."""
    return tf.add_n([weights.get(name, 1.0) * loss for name, loss in losses.items()])


_ADVERSARIAL = {
    "wgan_gp": (gan_losses.wasserstein, True),
    "vanilla": (gan_losses.log_loss, False),
}
