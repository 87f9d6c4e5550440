"""What papers share that convert sequences of features: scales, lengths, and what is exported."""

import abc
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm


class Scale:
    """Normalizes features by mean and deviation, and gives them back.

    Without statistics, as in tests, the mean is 0 and the deviation 1.

    Args:
      statistics: "mean" and "deviation" (K, F) of each domain, "mean_all" and "deviation_all" (F,)
        of all together; or none.
      domains: K.
      features: F.
      by_domain: Whether each domain has a scale of its own, or all have one.
      dtype: Of normalized features.
    """

    def __init__(
        self,
        statistics: Mapping[str, np.ndarray],
        domains: int,
        features: int,
        *,
        by_domain: bool,
        dtype: str = "float32",
    ):
        suffix = "" if by_domain else "_all"
        mean = statistics.get(f"mean{suffix}", np.zeros(features))
        deviation = np.asarray(statistics.get(f"deviation{suffix}", np.ones(features)))
        deviation = np.where(deviation > 0, deviation, 1.0)  # of what is the same in all frames
        size = (domains, features)
        self._mean, self._deviation = (
            np.broadcast_to(value, size).astype(dtype) for value in (mean, deviation)
        )

    def normalized(self, x: tf.Tensor, domains: tf.Tensor) -> tf.Tensor:
        """Returns (x - mean) / deviation of raw features x (N, T, F) of domains (N, K), one-hot."""
        mean, deviation = self._of(domains)
        return (tf.cast(x, mean.dtype) - mean) / deviation

    def raw(self, x: tf.Tensor, domains: tf.Tensor) -> tf.Tensor:
        """Returns normalized features x (N, T, F) in the scale of domains (N, K), one-hot."""
        mean, deviation = self._of(domains)
        return tf.cast(x, mean.dtype) * deviation + mean

    def _of(self, domains: tf.Tensor) -> list[tf.Tensor]:
        tables = (tf.constant(table) for table in (self._mean, self._deviation))
        return [tf.matmul(tf.cast(domains, t.dtype), t)[:, tf.newaxis] for t in tables]


class Converting(algorithm.Converts, algorithm.Exportable):
    """Converts with a network of normalized features.

    Attributes:
      scale: What the features are normalized by.
    """

    settings: algorithm.BuildSettings
    scale: Scale
    frames_multiple = 4
    _compiled: Callable | None = None

    @abc.abstractmethod
    def generate(self, x: tf.Tensor, sources: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns normalized features (N, T, F), T a multiple of `frames_multiple`, converted.

        Args:
          x: (N, T, F), normalized.
          sources: (N, K), one-hot.
          targets: (N, K), one-hot.
        """

    def convert(
        self,
        features: np.ndarray,
        sources: np.ndarray,
        labels: np.ndarray,
        *,
        differential: bool = False,
    ) -> np.ndarray:
        """Returns raw features, converted; see `Converts.convert`."""
        if self._compiled is None:
            self._compiled = tf.function(self._converted, reduce_retracing=True)
        inputs = (tf.constant(np.asarray(a, np.float32)) for a in (features, sources, labels))
        return tf.cast(self._compiled(*inputs, differential), tf.float32).numpy()

    def _converted(
        self, features: tf.Tensor, sources: tf.Tensor, labels: tf.Tensor, differential: bool
    ) -> tf.Tensor:
        frames = tf.shape(features)[1] if features.shape[1] is None else features.shape[1]
        x = self.scale.normalized(filled_up(features, self.frames_multiple), sources)
        made = self.scale.raw(self.generate(x, sources, labels), labels)
        if differential:
            same = self.scale.raw(self.generate(x, sources, sources), sources)
            return features + tf.cast((made - same)[:, :frames], features.dtype)
        return made[:, :frames]

    def serving_signatures(self, *, whole: bool = True) -> dict[str, algorithm.Signature]:
        """Returns convert(features (N, T, F), source (N,), target (N,)) -> converted (N, T, F).

        Features are raw, T is open; source and target are the domains' numbers, int32.
        """
        del whole  # No network only prepares an input.
        width, length = self.settings.label_space.width, self.settings.sample_shape[-1]

        def function(features, source, target):
            domains = (_one_hot(number, width) for number in (source, target))
            converted = self._converted(features, *domains, False)
            return {"converted": tf.ensure_shape(converted, (None, features.shape[1], length))}

        def requires(features, source, target):
            ends = tf.stack([tf.reduce_min(tf.concat([source, target], axis=0)),
                             tf.reduce_max(tf.concat([source, target], axis=0))])  # fmt: skip
            return {
                f"source and target must be from 0 to {width - 1}": (ends[0] >= 0)
                & (ends[1] < width),
                "features must have a frame or more": tf.shape(features)[1] > 0,
            }

        number = tf.TensorSpec((None,), tf.int32)
        inputs = {"features": tf.TensorSpec((None, None, length), tf.float32)}
        kinds = {"features": "features", "source": "source", "target": "domain"}
        return {
            "convert": algorithm.Signature(
                function,
                {**inputs, "source": number, "target": number},
                {**kinds, "converted": "features"},
                requires,
            )
        }


def filled_up(x: tf.Tensor, multiple: int) -> tf.Tensor:
    """Returns sequences (N, T, F) whose last frame is repeated until T is a multiple."""
    frames = x.shape[1]
    if frames is not None and frames % multiple == 0:
        return x
    frames = tf.shape(x)[1] if frames is None else frames
    # Of positive numbers only: the remainder of a negative one is another in ONNX.
    missing = tf.math.floormod(multiple - tf.math.floormod(frames, multiple), multiple)
    # Not tf.repeat, of which TFLite makes a BROADCAST_TO that older GPU delegates of devices lack.
    return tf.concat([x, tf.tile(x[:, -1:], (1, missing, 1))], axis=1)


def _one_hot(number: tf.Tensor, width: int) -> tf.Tensor:
    # Neither tf.one_hot nor tf.equal, of which TFLite makes operations without a 16-bit form.
    distance = tf.abs(number[:, tf.newaxis] - tf.range(width))
    return tf.cast(1 - tf.minimum(distance, 1), tf.float32)
