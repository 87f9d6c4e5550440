"""The losses of the paper (Kameoka et al. 2018, section 3), in its symbols.

x is real and of speaker c, c' (`target`) another one. D and C judge segments; what they say of a
whole sequence is the product of the segments' probabilities (section 3.3), or, with pooling "mean",
a loss is the mean of the segments'. Each function returns terms by name, unweighted.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from stargan_tf.gan import losses as gan_losses

Losses = dict[str, tf.Tensor]
OfSpeaker = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # G(x, target), D(x, c)


def classifier(
    C: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, c: tf.Tensor, *, pooling: str
) -> Losses:
    """Returns C's loss: cls = -log p_C(c | x), equation 4."""
    return {"cls": classification(C(x), c, pooling)}


def discriminator(
    G: OfSpeaker,
    D: OfSpeaker,
    x: tf.Tensor,
    c: tf.Tensor,
    target: tf.Tensor,
    alpha: tf.Tensor | None,
    *,
    pooling: str,
) -> Losses:
    """Returns D's terms (equation 1); no gradient flows to G.

    - real: -log D(x, c).
    - fake: -log(1 - D(G(x, c'), c')).
    - gp, only if there is `alpha`: the gradient penalty of D(., c'), which the paper has not.

    Args:
      G: Converts.
      D: Gives logits of segments.
      x: (N, T, F) normalized features.
      c: (N, K), one-hot: who says them.
      target: (N, K), one-hot.
      alpha: (N,) uniform in [0, 1): the share of x in what the penalty is computed for.
      pooling: "product" or "mean".
    """
    fake = tf.stop_gradient(G(x, target))
    found = {
        "real": adversarial(D(x, c), pooling, real=True),
        "fake": adversarial(D(fake, target), pooling, real=False),
    }
    if alpha is not None:
        found["gp"] = gan_losses.gradient_penalty(lambda xhat: D(xhat, target), x, fake, alpha)
    return found


def generator(
    G: OfSpeaker,
    D: OfSpeaker,
    C: Callable[[tf.Tensor], tf.Tensor],
    x: tf.Tensor,
    c: tf.Tensor,
    target: tf.Tensor,
    *,
    pooling: str,
) -> Losses:
    """Returns G's terms (equations 2, 5, 6 and 7); |.| is the mean over all elements.

    - adv: -log D(G(x, c'), c').
    - cls: -log p_C(c' | G(x, c')).
    - cyc: |x - G(G(x, c'), c)|.
    - id: |x - G(x, c)|.

    The arguments are those of `discriminator`; C gives logits of segments.
    """
    fake = G(x, target)
    return {
        "adv": adversarial(D(fake, target), pooling, real=True),
        "cls": classification(C(fake), target, pooling),
        "cyc": tf.reduce_mean(tf.abs(x - G(fake, c))),
        "id": tf.reduce_mean(tf.abs(x - G(x, c))),
    }


def total(found: Losses, weights: Mapping[str, float]) -> tf.Tensor:
    """Returns the sum of terms, each with its weight, 1 unless given (equations 8 to 10)."""
    return tf.add_n([weights.get(name, 1.0) * loss for name, loss in found.items()])


def adversarial(logits: tf.Tensor, pooling: str, *, real: bool) -> tf.Tensor:
    """Returns -log D if sequences should be judged real, -log(1 - D) otherwise; a mean over N.

    Args:
      logits: (N, S), of the segments.
      pooling: "product": log D is the sum of the segments' log sigmoids. "mean": what is returned
        is the mean of the segments' own losses.
      real: How the sequences should be judged.
    """
    if pooling == "mean":
        return gan_losses.log_loss(logits, real=real)
    log_d = log_product(logits)
    if real:
        return -tf.reduce_mean(log_d)
    # log(1 - e^a) for a < 0; a is bounded where D is 1, in rounding.
    log_d = tf.minimum(log_d, -tf.constant(1e-7, log_d.dtype))
    return -tf.reduce_mean(tf.math.log(-tf.math.expm1(log_d)))


def log_product(logits: tf.Tensor) -> tf.Tensor:
    """Returns log D (N,), of which D is the product of the segments' sigmoids."""
    return tf.reduce_sum(tf.math.log_sigmoid(logits), axis=1)


def log_probabilities(logits: tf.Tensor, pooling: str) -> tf.Tensor:
    """Returns log p_C(. | x) (N, K): the sum, or the mean, over segments (N, S, K)."""
    pooled = tf.reduce_mean if pooling == "mean" else tf.reduce_sum
    return pooled(tf.nn.log_softmax(logits), axis=1)


def classification(logits: tf.Tensor, c: tf.Tensor, pooling: str) -> tf.Tensor:
    """Returns the mean over N of -log p_C(c | x), of logits (N, S, K) and one-hot c (N, K)."""
    own = tf.reduce_sum(log_probabilities(logits, pooling) * tf.cast(c, logits.dtype), axis=1)
    return -tf.reduce_mean(own)
