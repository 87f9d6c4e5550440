"""InceptionV3 against torchvision's and torch-fidelity's, and the files that users may give."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import inception_files
from tests import torch_writer
from tests.evaluation.features import golden


def _frozen_graph(extra=""):
    """A graph with the names and the resizing of that of 2015, and one convolution.

    Returns:
      The graph, and its kernel.
    """
    kernel = np.random.default_rng(0).standard_normal((1, 1, 3, 5)).astype(np.float32)
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        contents = v1.placeholder(tf.float32, (40, 40, 3), name="Cast")
        x = tf.expand_dims(contents, 0, name="ExpandDims")
        x = v1.image.resize_bilinear(x, (299, 299), name="ResizeBilinear")
        x = tf.multiply(tf.subtract(x, 128, name="Sub"), 1 / 128, name="Mul")
        x = tf.nn.relu(v1.nn.conv2d(x, kernel, strides=(1, 1, 1, 1), padding="SAME"))
        if extra:
            x = tf.reshape(v1.strings.to_number(tf.io.read_file(extra)), (1, 1, 1, 1)) + x
        v1.nn.avg_pool(x, (1, 299, 299, 1), (1, 1, 1, 1), "VALID", name="pool_3")
    return graph.as_graph_def(), kernel


class FilesTest(tf.test.TestCase):
    def _path(self, name):
        return pathlib.Path(self.get_temp_dir(), name)

    def test_a_frozen_graph(self):
        graph, kernel = _frozen_graph()
        path = self._path("classify_image_graph_def.pb")
        path.write_bytes(graph.SerializeToString())
        found = inception_files.load(path)
        self.assertEqual((found.protocol, found.remark), ("ttur", ""))
        images = np.random.default_rng(1).integers(0, 256, (3, 40, 40, 3), np.uint8)
        # Pixel i of the result lies at i 40 / 299 of the image.
        places = np.arange(299) * 40 / 299
        low = places.astype(int)
        high, share = np.minimum(low + 1, 39), (places - low)[:, None]
        x = images.astype(np.float64)
        x = x[:, low] * (1 - share[..., None]) + x[:, high] * share[..., None]
        x = x[:, :, low] * (1 - share) + x[:, :, high] * share
        wanted = np.maximum((x - 128) / 128 @ kernel[0, 0], 0).mean((1, 2))
        self.assertAllClose(found.network(images), wanted, rtol=1e-4)
        clean = inception_files.load(path, "clean")
        self.assertEqual(clean.network.resize, "antialiased bicubic")
        self.assertNotEqual(clean.network.key, found.network.key)

    def test_graphs_that_are_refused(self):
        for content, reason in (
            (_frozen_graph("secret.txt")[0].SerializeToString(), "ReadFile, StringToNumber"),
            (tf.compat.v1.GraphDef().SerializeToString(), "no ExpandDims and pool_3"),
            (b"no graph at all", "no frozen graph"),
        ):
            path = self._path("graph.pb")
            path.write_bytes(content)
            with self.assertRaisesRegex(errors.UserError, reason):
                inception_files.load(path)

    def test_files_of_another_network_or_protocol_are_refused(self):
        other = torch_writer.write(self._path("other.pth"), golden.lpips()[1])
        with self.assertRaisesRegex(errors.UserError, "no tensor 'Conv2d_1a_3x3.conv.weight'"):
            inception_files.load(other)
        with self.assertRaisesRegex(errors.UserError, "clean needs the weights of the graph of"):
            inception_files.load(other, "clean")
        damaged = self._path("keras.h5")
        damaged.write_bytes(b"nothing")
        with self.assertRaisesRegex(errors.UserError, "does not hold the weights of keras.app"):
            inception_files.load(damaged)


@pytest.mark.slow
class InceptionTest(tf.test.TestCase):
    def test_torchvisions_weights_as_the_reference_applies_them(self):
        path = pathlib.Path(self.get_temp_dir(), "inception.pth")
        torch_writer.write(path, golden.inception(1000))
        found = inception_files.load(path)
        self.assertEqual(found.protocol, "starganv2")
        self.assertIn("none of the published files", found.remark)
        self._compare(found, golden.images("features", 1, 299), "inception_torchvision")

    def test_the_weights_of_2015(self):
        path = pathlib.Path(self.get_temp_dir(), "inception.pth")
        torch_writer.write(path, golden.inception(1008))
        found = inception_files.load(path)
        self.assertEqual(found.protocol, "ttur")
        self._compare(found, golden.images("features", 1, 128), "inception_2015")

    def _compare(self, found, images, name):
        wanted = golden.outputs(name)
        self.assertAllClose(found.network(images), wanted, rtol=0, atol=1e-5 * wanted.max())

    def test_keras_own_files_with_the_top_and_without(self):
        images = golden.images("features", 1, 128)
        for top in (True, False):
            model = keras.applications.InceptionV3(
                include_top=top, weights=None, input_shape=(299, 299, 3), pooling="avg"
            )
            path = pathlib.Path(self.get_temp_dir(), "inception.weights.h5")
            model.save_weights(path)
            found = inception_files.load(path)
            self.assertEqual(found.protocol, "keras")
            resized = tf.image.resize(images, (299, 299), antialias=True)
            outputs = keras.Model(model.input, model.layers[-2 if top else -1].output)
            wanted = outputs(resized / 127.5 - 1, training=False)
            self.assertAllClose(found.network(images), wanted, atol=2e-3)  # 8 bits


if __name__ == "__main__":
    tf.test.main()
