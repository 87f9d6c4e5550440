"""Which images a step of a paper that learns domains sees: every domain equally often.

StarGAN v2 draws sources and references so, whatever the sizes of the domains, with replacement.
"""

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.data.pipeline import draws, samplers


class Balanced:
    """Maps positions in the endless sequence of samples to images of equally likely domains.

    All is a pure function of the sampler's seed and the position (int64 scalar); graph functions.

    Attributes:
      sampler: Loads the images that are drawn here.
    """

    def __init__(self, sampler: samplers.Sampler):
        """Sorts the images of the sampler's source by domain.

        Raises:
          UserError: If the labels are attributes, not domains, or a domain has no image.
        """
        space, labels = sampler.source.label_space, sampler.source.labels
        if space.kind != "domains":
            raise errors.UserError(
                "Each image must belong to one domain; received images labelled with the "
                f"attributes {', '.join(space.names)}; name those that become domains, as in "
                f"domains={','.join(space.names[:2])}."
            )
        domains = labels.argmax(axis=1)
        self.sampler = sampler
        self._sorted = np.argsort(domains, kind="stable").astype(np.int64)
        self._sizes = np.bincount(domains, minlength=space.width).astype(np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        empty = [name for name, n in zip(space.names, self._sizes, strict=True) if not n]
        if empty:
            raise errors.UserError(
                f"Every domain needs an image, but {', '.join(empty)} has none among the "
                f"{len(labels)} images of {', '.join(space.names)}; add images or leave it out."
            )

    def source(self, position: tf.Tensor) -> tf.Tensor:
        """Returns the number (int64) of the image to translate."""
        return self._pair(position, draws.Draw.SOURCE)[0]

    def references(self, position: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the numbers (int64) of two images of one domain, the target.

        They are different images, unless the domain has only one.
        """
        return self._pair(position, draws.Draw.REFERENCE)

    def _pair(self, position: tf.Tensor, draw: draws.Draw) -> tuple[tf.Tensor, tf.Tensor]:
        domain, place, step = tf.unstack(draws.integers(self.sampler.seed, draw, position, 3))
        domain = tf.math.floormod(domain, len(self._sizes))
        size, start = tf.constant(self._sizes)[domain], tf.constant(self._starts)[domain]
        place = tf.math.floormod(place, size)
        # Around the circle of the domain's images: every other place is equally likely, and the
        # only image of a domain of one is its own neighbour.
        step = 1 + tf.math.floormod(step, tf.maximum(size - 1, 1))
        other = tf.math.floormod(place + step, size)
        images = tf.constant(self._sorted)
        return images[start + place], images[start + other]
