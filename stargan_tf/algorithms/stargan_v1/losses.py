"""The losses of StarGAN v1, in the paper's symbols (Choi et al. 2018, section 3 and 4).

x is a real image with its own label c, c_target the label to translate to. A loss is returned
unweighted, by name, as the mean over the batch; `total` weights and adds.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from stargan_tf.data import labels
from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]


def classification(c: tf.Tensor, logits: tf.Tensor, block: labels.Block) -> tf.Tensor:
    """L_cls, -log D_cls(c | x): equations 2 (x real) and 3 (x fake).

    Args:
      c: (N, labels) of 0 and 1.
      logits: (N, labels) float32.
      block: The labels that count; in a joint training those of the data set at hand (section 3.3).
        Attributes: sigmoid cross entropy, summed over them. Domains: c is one-hot there; softmax
        cross entropy. Both are divided by N.
    """
    c, logits = block.of(c), block.of(logits)
    if block.space.kind == "attributes":
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=c, logits=logits)
        return tf.reduce_mean(tf.reduce_sum(entropy, axis=1))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=c, logits=logits))


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
    """D's losses: L_adv of equation 8 (or 1) and L_cls^r of equation 2.

    Args:
      D: Maps images to (D_src, D_cls).
      x: (N, S, S, 3) real images in [-1, 1].
      c: (N, labels) their labels.
      x_fake: (N, S, S, 3) G(x, c_target), a constant here.
      alpha: (N,) uniform in [0, 1), where on the way from fake to real the penalty is taken.
      block: The labels that D_cls learns, as in `classification`.
      adversarial_loss: "wgan_gp" or "vanilla".
    """
    adversarial, penalised = _ADVERSARIAL[adversarial_loss]
    src, cls = D(x)
    losses = {
        "real": adversarial(src, real=True),
        "fake": adversarial(D(x_fake)[0], real=False),
        "cls": classification(c, cls, block),
    }
    if penalised:
        losses["gp"] = gan_losses.gradient_penalty(lambda xhat: D(xhat)[0], x, x_fake, alpha)
    return losses


def generator(
    G: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    D: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    x: tf.Tensor,
    c: tf.Tensor,
    c_target: tf.Tensor,
    *,
    block: labels.Block,
    adversarial_loss: str,
) -> Losses:
    """G's losses: L_adv, L_cls^f of equation 3 and L_rec of equation 4, ||x - G(G(x, c'), c)||_1.

    Args are those of `discriminator`; L_rec is the mean over pixels and channels.
    """
    adversarial, _ = _ADVERSARIAL[adversarial_loss]
    x_fake = G(x, c_target)
    x_rec = G(x_fake, c)
    src, cls = D(x_fake)
    return {
        "fake": adversarial(src, real=True),
        "cls": classification(c_target, cls, block),
        "rec": tf.reduce_mean(tf.abs(x - x_rec)),
    }


def total(losses: Losses, weights: Mapping[str, float]) -> tf.Tensor:
    """The full objective: equation 5 for D, equation 6 for G. Unnamed weights are 1."""
    return tf.add_n([weights.get(name, 1.0) * loss for name, loss in losses.items()])


_ADVERSARIAL = {
    "wgan_gp": (gan_losses.wasserstein, True),
    "vanilla": (gan_losses.log_loss, False),
}
