"""Turning PyTorch's layouts into ours: every weight applied, by hand, as PyTorch would."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.weights import torch_layouts


class LayoutsTest(tf.test.TestCase, parameterized.TestCase):
    def test_a_convolution(self):
        theirs = np.random.default_rng(0).normal(size=(5, 3, 2, 4))  # (out, in, h, w)
        x = np.random.default_rng(1).normal(size=(1, 2, 4, 3))
        expected = np.einsum("ohwi,nhwi->no", theirs.transpose(0, 2, 3, 1), x)
        y = tf.nn.conv2d(x, torch_layouts.to_ours(theirs), 1, "VALID")
        self.assertAllClose(y[:, 0, 0], expected)

    def test_a_transposed_convolution(self):
        theirs = np.random.default_rng(0).normal(size=(3, 5, 2, 4))  # (in, out, h, w)
        x = np.random.default_rng(1).normal(size=(1, 1, 1, 3))
        y = tf.nn.conv2d_transpose(x, torch_layouts.to_ours(theirs), (1, 2, 4, 5), 1, "VALID")
        self.assertAllClose(y, np.einsum("iohw,nxyi->nhwo", theirs, x))

    def test_convolutions_along_one_axis(self):
        theirs = np.random.default_rng(0).normal(size=(5, 3, 4))  # (out, in, w)
        x = np.random.default_rng(1).normal(size=(1, 4, 3))
        y = tf.nn.conv1d(x, torch_layouts.to_ours(theirs), 1, "VALID")
        self.assertAllClose(y[:, 0], np.einsum("owi,nwi->no", theirs.transpose(0, 2, 1), x))
        theirs = np.random.default_rng(0).normal(size=(3, 5, 4))  # (in, out, w)
        y = tf.nn.conv1d_transpose(x[:, :1], torch_layouts.to_ours(theirs), (1, 4, 5), 1, "VALID")
        self.assertAllClose(y, np.einsum("iow,nxi->nwo", theirs, x[:, :1]))

    def test_a_linear_layer_and_a_vector(self):
        theirs, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 10.0, 100.0])
        self.assertAllEqual(x @ torch_layouts.to_ours(theirs), theirs @ x)
        self.assertAllEqual(torch_layouts.to_ours(x), x)

    @parameterized.parameters((2, 3, 4, 5), (2, 3, 4), (2, 3), (4,), ())
    def test_shapes_are_turned_back(self, *theirs):
        ours = torch_layouts.to_ours(np.zeros(theirs)).shape
        self.assertEqual(torch_layouts.to_theirs(ours), theirs)
        self.assertEqual(torch_layouts.shapes({"w": tf.Variable(tf.zeros(ours))}), {"w": theirs})

    def test_variables_get_their_values(self):
        state = {"w": np.arange(24.0).reshape(2, 1, 3, 4), "b": np.arange(2.0), "other": np.ones(3)}
        variables = {"w": tf.Variable(tf.zeros((3, 4, 1, 2))), "b": tf.Variable(tf.zeros(2))}
        torch_layouts.assign(variables, state)
        self.assertAllEqual(variables["w"][2, 1, 0, 1], state["w"][1, 0, 2, 1])
        self.assertAllEqual(variables["b"], state["b"])
        with self.assertRaises(KeyError):
            torch_layouts.assign({"gone": variables["b"]}, state)
        with self.assertRaises(ValueError):
            torch_layouts.assign({"other": variables["b"]}, state)


if __name__ == "__main__":
    tf.test.main()
