"""The chain from heatmaps to masks, where it is used: in graphs, in losses, in exports."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.landmarks import masks
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
# What SavedModel, TFLite and its delegates all know; no Roll, Einsum, BroadcastTo or Pow.
COMMON = {
    "Add", "AddN", "AddV2", "Cast", "ConcatV2", "Const", "ExpandDims", "Identity", "Less", "MatMul",
    "Max", "Maximum", "Min", "Minimum", "Mul", "Placeholder", "RealDiv", "Reshape",
    "SelectV2", "StopGradient", "StridedSlice", "Sub", "Sum", "Transpose", "ZerosLike",
}  # fmt: skip


def _pictures(x):
    """Stands for the network: its 99 heatmaps are the first channel."""
    return tf.repeat(x[..., :1], 99, axis=-1)


class MasksTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("float64", 1e-6), ("float32", 1e-5))
    def test_peaks_become_the_references_masks(self, dtype, tolerance):
        expected = np.load(GOLDEN / "masks.npz")
        centres = rule.uniform("peaks", (1, 98, 2)) * 200 + 28
        place = np.arange(256)
        rows = (place[:, np.newaxis] - centres[..., 0, np.newaxis, np.newaxis]) ** 2
        columns = (place[np.newaxis] - centres[..., 1, np.newaxis, np.newaxis]) ** 2
        found = masks.combine(tf.constant(np.exp(-(rows + columns) / 200), dtype))
        for name, mask in zip(("mask0", "mask1"), found, strict=True):
            mask = mask.numpy().transpose(0, 3, 1, 2)[..., ::4, ::4]
            self.assertAllClose(mask, expected[name], rtol=tolerance, atol=tolerance)

    def test_a_face_that_shows_nothing_has_empty_masks(self):
        for mask in masks.masks(tf.fill((2, 64, 64, 98), 0.0999)):
            self.assertAllEqual(mask, np.zeros((2, 256, 256, 1)))

    def test_enlarging_joins_corners_by_straight_lines(self):
        maps = np.random.default_rng(0).normal(size=(2, 64, 64, 3))
        at, cells = np.linspace(0, 63, 256), np.arange(64)
        for axis in (1, 2):
            maps = np.apply_along_axis(lambda line: np.interp(at, cells, line), axis, maps)
        small = np.random.default_rng(0).normal(size=(2, 64, 64, 3))
        found = masks.enlarge(tf.constant(small)).numpy()
        self.assertAllClose(found, maps.transpose(0, 3, 1, 2), rtol=1e-12, atol=1e-12)

    def test_other_sizes_are_resized_by_half_pixel_centres(self):
        x = np.random.default_rng(1).uniform(-1, 1, (1, 128, 128, 3)).astype(np.float32)
        expected = x[..., 0] * 0.5 + 0.5
        at, pixels = (np.arange(256) + 0.5) / 2 - 0.5, np.arange(128)
        for axis in (1, 2):
            expected = np.apply_along_axis(lambda v: np.interp(at, pixels, v), axis, expected)
        found = masks.heatmaps(_pictures, tf.constant(x))
        self.assertEqual(found.shape, (1, 256, 256, 98))
        self.assertAllClose(found[..., 97], expected, rtol=1e-5, atol=1e-5)

    def test_no_gradient_flows(self):
        x = tf.random.stateless_uniform((1, 256, 256, 3), (0, 1))
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(masks.heatmaps(_pictures, x) * x[..., :1])
        # Of the product only the factor outside: the heatmaps themselves.
        expected = np.zeros(x.shape)
        expected[..., 0] = 98 * (x[..., 0].numpy() * 0.5 + 0.5)
        self.assertAllClose(tape.gradient(total, x), expected, rtol=1e-4, atol=1e-4)

    def test_the_graph_has_common_operations_only_and_any_batch_size(self):
        compute = tf.function(
            masks.masks, input_signature=[tf.TensorSpec((None, 64, 64, 98), tf.float32)]
        )
        graph = compute.get_concrete_function().graph
        self.assertContainsSubset({op.type for op in graph.get_operations()}, COMMON)
        maps = tf.random.stateless_uniform((3, 64, 64, 98), (1, 2)) ** 20
        together = compute(maps)
        for i in range(3):
            for mask, alone in zip(together, compute(maps[i : i + 1]), strict=True):
                self.assertAllClose(mask[i], alone[0], rtol=1e-5, atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
