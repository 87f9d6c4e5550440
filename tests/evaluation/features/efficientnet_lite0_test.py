"""EfficientNet-Lite0 with the weights of its package against what PyTorch computes with them."""

import importlib.util
from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import efficientnet_lite0
from tests.evaluation.features import golden


class EfficientNetLite0Test(tf.test.TestCase):
    def test_features_equal_pytorchs_whatever_comes_with_them(self):
        network = efficientnet_lite0.load()
        self.assertStartsWith(network.sha256, "57934424")
        images = golden.images("features", 2, 224)
        alone = network(images)
        self.assertAllClose(alone, golden.outputs("efficientnet_lite0"), atol=2e-5, rtol=0)
        # More images than one batch, and less than two.
        others = np.random.default_rng(0).integers(0, 256, (15, 224, 224, 3), np.uint8)
        together = network(np.concatenate([others, images]))
        self.assertAllClose(together[-2:], alone, atol=1e-6, rtol=0)
        self.assertLen(together, 17)
        with self.assertRaisesRegex(ValueError, "uint8"):
            network(images.astype(np.float32))

    def test_without_the_package(self):
        with (
            mock.patch.object(importlib.util, "find_spec", lambda name: None),
            self.assertRaisesRegex(errors.UserError, r"not installed.*pip install.*\[metrics\]"),
        ):
            efficientnet_lite0.load()


if __name__ == "__main__":
    tf.test.main()
