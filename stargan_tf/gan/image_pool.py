"""A pool of earlier fake images, from which D is shown some again (Shrivastava et al. 2017).

arXiv 1612.07828, section 2.3; with the rule of CycleGAN (arXiv 1703.10593, section 4): image by
image, each with a chance of one half to be exchanged for one from the pool.
"""

import tensorflow as tf


class ImagePool:
    """Holds up to `size` images in variables, which belong to the state of a training.

    Create it inside `strategy.scope()`. All replicas have the same images in it, because each lets
    those of all pass.

    Args:
      size: How many images it holds at most, at least 1.
      shape: (H, W, C) of an image.
      dtype: Of an image.
    """

    def __init__(self, size: int, shape: tuple[int, int, int], dtype: str = "float32"):
        # Every replica assigns the same, so that of the first is taken.
        how = {"trainable": False, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
        self.images = tf.Variable(tf.zeros((size, *shape), dtype), name="images", **how)
        self.count = tf.Variable(0, dtype=tf.int32, name="count", **how)

    def state(self) -> dict[str, tf.Variable]:
        """Returns, by name, the images (size, H, W, C) and how many of them are held."""
        return {"images": self.images, "count": self.count}

    def exchange(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Lets images pass the pool one after the other; call it in replica context.

        While the pool is not full, it keeps and returns an image. Later it returns, with a
        probability of one half, one of those that it holds, and keeps the new one in its place.

        Args:
          images: (N, H, W, C), the replica's slice of a global batch; N must be known.
          draws: (N, 2), uniform in [0, 1), for each image: whether it is exchanged (above one
            half), and for which, as a share of `size`.

        Returns:
          (N, H, W, C): an image for each.
        """
        context = tf.distribute.get_replica_context()
        own, first = images.shape[0], 0
        if context.num_replicas_in_sync > 1:  # in the order of the global batch
            images, draws = (context.all_gather(value, axis=0) for value in (images, draws))
            draws = tf.ensure_shape(draws, (own * context.num_replicas_in_sync, 2))
            first = context.replica_id_in_sync_group * own
        size = self.images.shape[0]
        held, given, count = exchanged(self.count.read_value(), size, draws)
        both = tf.concat([self.images.read_value(), images], axis=0)
        given = tf.gather(both, given[first : first + own])
        with tf.control_dependencies([given]):
            self.images.assign(tf.gather(both, held))
            self.count.assign(count)
        return given


def exchanged(
    count: tf.Tensor, size: int, draws: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Computes what a pool holds, and gives, when images pass it, as numbers of images.

    0 to size - 1 are the images held before, size + k is the k-th that passes.

    Args:
      count: int32 scalar, how many images are held before.
      size: Of the pool, at least 1.
      draws: (N, 2) as in `ImagePool.exchange`; N must be known.

    Returns:
      held: (size,) int32. Of a pool that is not full, entries from the new count on mean nothing.
      given: (N,) int32.
      count: int32 scalar, how many are held after.
    """
    places = tf.range(size)
    held, given = places, []
    for k in range(draws.shape[0]):
        fills, swaps = count < size, draws[k, 0] > 0.5
        drawn = tf.cast(draws[k, 1] * size, tf.int32)
        place = tf.where(fills, count, drawn)
        given.append(tf.where(swaps & ~fills, held[place], size + k))
        held = tf.where((places == place) & (fills | swaps), size + k, held)
        count = tf.minimum(count + 1, size)
    return held, tf.stack(given), count
