"""The graphs that TensorFlow's optimizer for oneDNN gets: without what makes it fail.

It fuses a convolution, its bias and a leaky ReLU into one operation though something else still
reads the biased convolution, then finds that it is gone ("remapper failed"), and leaves the whole
graph without fusions. Seen on processors with AVX-512; here the graphs themselves are read, so that
the test does not depend on the processor.
"""

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import networks as v1
from stargan_tf.algorithms.stargan_v2 import networks as v2
from stargan_tf.gan import losses

SIZE, DOMAINS = 16, 3
TINY = {"channel_base": 4, "max_channels": 8}


def _clashes(function):
    """Returns the biased convolutions that a leaky ReLU reads, and something else reads too."""
    graph = function.get_concrete_function().graph
    found = []
    for operation in graph.get_operations():
        if operation.type == "BiasAdd":
            readers = _readers(operation.outputs[0])
            if len(readers) > 1 and "LeakyRelu" in [reader.type for reader in readers]:
                found.append((operation.name, [reader.name for reader in readers]))
    return found


def _readers(tensor):
    """Returns what reads a tensor, behind the identities that are optimized away."""
    found = []
    for reader in tensor.consumers():
        if reader.type in ("Identity", "IdentityN"):
            same = [o for i, o in zip(reader.inputs, reader.outputs, strict=True) if i is tensor]
            found += [one for output in same for one in _readers(output)]
        else:
            found.append(reader)
    return found


class FusionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.x = tf.random.stateless_normal((2, SIZE, SIZE, 3), (0, 1))
        self.y = tf.one_hot([0, 2], DOMAINS)

    def test_what_would_fail_is_found(self):
        kernel, bias = tf.ones((3, 3, 3, 4)), tf.zeros(4)

        def clash():
            x = tf.nn.bias_add(tf.nn.conv2d(self.x, kernel, 1, "SAME"), bias)
            return tf.nn.leaky_relu(x), tf.identity(tf.nn.avg_pool2d(tf.identity(x), 2, 2, "SAME"))

        self.assertLen(_clashes(tf.function(clash)), 1)

    def test_style_encoder(self):
        E = v2.StyleEncoder(SIZE, DOMAINS, style_dim=8, **TINY)
        E(self.x, self.y)

        def gradients():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(E(self.x, self.y))
            return tape.gradient(loss, E.trainable_variables)

        self.assertEmpty(_clashes(tf.function(lambda: E(self.x, self.y))))
        self.assertEmpty(_clashes(tf.function(gradients)))

    @parameterized.parameters("stargan_v1", "stargan_v2")
    def test_discriminator_with_its_penalty(self, paper):
        network = v2.Discriminator(SIZE, DOMAINS, **TINY)
        if paper == "stargan_v1":
            network = v1.Discriminator(SIZE, DOMAINS, 4, 3)
        network(self.x, *([self.y] if paper == "stargan_v2" else []))

        def penalty():
            if paper == "stargan_v2":
                return losses.r1(lambda x: network(x, self.y), self.x)[1]
            alpha = tf.constant([0.2, 0.7])
            return losses.gradient_penalty(lambda x: network(x)[0], self.x, -self.x, alpha)

        def gradients():
            with tf.GradientTape() as tape:
                loss = penalty()
            return tape.gradient(loss, network.trainable_variables)

        self.assertEmpty(_clashes(tf.function(gradients)))


if __name__ == "__main__":
    tf.test.main()
