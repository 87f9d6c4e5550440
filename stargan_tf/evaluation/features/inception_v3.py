"""InceptionV3 over the tensors of a PyTorch file: the pooled 2,048 features before the classifier.

The network is that of "Rethinking the Inception Architecture for Computer Vision" (Szegedy et al.,
2016), as torchvision's file names its parts. The graph of 2015, in which Heusel et al. (2017)
defined the FID, differs in how it pools, which is said where it does.
"""

from collections.abc import Callable

import tensorflow as tf

from stargan_tf.evaluation.features import convolutions

_Pool = Callable[[tf.Tensor], tf.Tensor]


def features(images: tf.Tensor, convolve: convolutions.Convolutions, of_2015: bool) -> tf.Tensor:
    """Returns (N, 2048) float32 of normalized images (N, 299, 299, 3) float32.

    Args:
      images: Normalized as the weights expect it.
      convolve: The convolutions of the file.
      of_2015: Whether the weights are those of the graph of 2015, which averages over the pixels
        inside the map alone, and in its last block takes the largest instead.
    """
    net = _Blocks(convolve)
    x = net.convolve(images, "Conv2d_1a_3x3", strides=2, padding="VALID")
    x = net.convolve(x, "Conv2d_2a_3x3", padding="VALID")
    x = net.convolve(x, "Conv2d_2b_3x3")
    x = _max_pool(x)
    x = net.convolve(x, "Conv2d_3b_1x1")
    x = net.convolve(x, "Conv2d_4a_3x3", padding="VALID")
    x = _max_pool(x)
    average = _average_inside if of_2015 else _average_with_border
    for letter in "bcd":
        x = net.at_35_pixels(x, f"Mixed_5{letter}", average)
    x = net.from_35_to_17_pixels(x, "Mixed_6a")
    for letter in "bcde":
        x = net.at_17_pixels(x, f"Mixed_6{letter}", average)
    x = net.from_17_to_8_pixels(x, "Mixed_7a")
    x = net.at_8_pixels(x, "Mixed_7b", average)
    x = net.at_8_pixels(x, "Mixed_7c", _largest if of_2015 else average)
    return tf.reduce_mean(x, (1, 2))


class _Blocks:
    """The kinds of blocks; each joins branches of chained convolutions."""

    def __init__(self, convolve: convolutions.Convolutions):
        self._convolve = convolve

    def convolve(
        self, x: tf.Tensor, name: str, strides: int = 1, padding: str = "SAME"
    ) -> tf.Tensor:
        """A convolution, its normalization and ReLU."""
        return tf.nn.relu(self._convolve(x, f"{name}.conv", f"{name}.bn", strides, padding))

    def chain(self, x: tf.Tensor, *names: str) -> tf.Tensor:
        """Convolutions one after the other, of stride 1."""
        for name in names:
            x = self.convolve(x, name)
        return x

    def halve(self, x: tf.Tensor, *names: str) -> tf.Tensor:
        """The same, the last one with stride 2 and no padding."""
        return self.convolve(self.chain(x, *names[:-1]), names[-1], 2, "VALID")

    def at_35_pixels(self, x: tf.Tensor, name: str, pool: _Pool) -> tf.Tensor:
        """The block of figure 5, with a 5x5 convolution in the second branch."""
        branch = f"{name}.branch"
        return tf.concat(
            [
                self.chain(x, f"{branch}1x1"),
                self.chain(x, f"{branch}5x5_1", f"{branch}5x5_2"),
                self.chain(x, *(f"{branch}3x3dbl_{i}" for i in (1, 2, 3))),
                self.chain(pool(x), f"{branch}_pool"),
            ],
            -1,
        )

    def from_35_to_17_pixels(self, x: tf.Tensor, name: str) -> tf.Tensor:
        """The block of figure 10."""
        branch = f"{name}.branch"
        return tf.concat(
            [
                self.halve(x, f"{branch}3x3"),
                self.halve(x, *(f"{branch}3x3dbl_{i}" for i in (1, 2, 3))),
                _max_pool(x),
            ],
            -1,
        )

    def at_17_pixels(self, x: tf.Tensor, name: str, pool: _Pool) -> tf.Tensor:
        """The block of figure 6, of 1x7 and 7x1 convolutions."""
        branch = f"{name}.branch"
        return tf.concat(
            [
                self.chain(x, f"{branch}1x1"),
                self.chain(x, *(f"{branch}7x7_{i}" for i in (1, 2, 3))),
                self.chain(x, *(f"{branch}7x7dbl_{i}" for i in (1, 2, 3, 4, 5))),
                self.chain(pool(x), f"{branch}_pool"),
            ],
            -1,
        )

    def from_17_to_8_pixels(self, x: tf.Tensor, name: str) -> tf.Tensor:
        """The block of figure 10, with 1x7 and 7x1 convolutions in the second branch."""
        branch = f"{name}.branch"
        return tf.concat(
            [
                self.halve(x, f"{branch}3x3_1", f"{branch}3x3_2"),
                self.halve(x, *(f"{branch}7x7x3_{i}" for i in (1, 2, 3, 4))),
                _max_pool(x),
            ],
            -1,
        )

    def at_8_pixels(self, x: tf.Tensor, name: str, pool: _Pool) -> tf.Tensor:
        """The block of figure 7, whose branches part a second time."""
        branch = f"{name}.branch"
        single = self.chain(x, f"{branch}3x3_1")
        double = self.chain(x, f"{branch}3x3dbl_1", f"{branch}3x3dbl_2")
        return tf.concat(
            [
                self.chain(x, f"{branch}1x1"),
                *(self.chain(single, f"{branch}3x3_2{letter}") for letter in "ab"),
                *(self.chain(double, f"{branch}3x3dbl_3{letter}") for letter in "ab"),
                self.chain(pool(x), f"{branch}_pool"),
            ],
            -1,
        )


def _max_pool(x: tf.Tensor) -> tf.Tensor:
    """Halves the maps."""
    return tf.nn.max_pool2d(x, 3, 2, "VALID")


def _average_inside(x: tf.Tensor) -> tf.Tensor:
    """Averages 3x3 pixels, at the border those inside."""
    return tf.nn.avg_pool2d(x, 3, 1, "SAME")


def _average_with_border(x: tf.Tensor) -> tf.Tensor:
    """Averages 3x3 pixels, with a border of zeros."""
    return tf.nn.avg_pool2d(tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 1, "VALID")


def _largest(x: tf.Tensor) -> tf.Tensor:
    """Takes the largest of 3x3 pixels."""
    return tf.nn.max_pool2d(x, 3, 1, "SAME")
