"""The landmark network, the masks and the landmarks against the reference program's."""

import json
import math
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms import algorithm
from stargan_tf.base import errors
from stargan_tf.landmarks import alignment, masks, network
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
SHAPES = {
    name.removeprefix("fan."): shape
    for name, shape in json.loads((GOLDEN / "fan.json").read_text())["shapes"].items()
}


def state():
    """The reference's weights, by name."""
    return {name: rule.weight(f"fan.{name}", shape) for name, shape in SHAPES.items()}


class GoldenTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("float64", 1e-6), ("float32", 1e-4))
    def test_heatmaps_masks_and_landmarks(self, dtype, tolerance):
        expected = np.load(GOLDEN / "fan.npz")
        made = network.built(dtype)
        network.assign(made, state())

        @tf.function
        def compute(x):
            heatmaps = masks.heatmaps(made, x)
            return heatmaps, *masks.masks(heatmaps)

        x = rule.image("fan.x", (2, 3, 256, 256)).transpose(0, 2, 3, 1)
        heatmaps, mask0, mask1 = (v.numpy() for v in compute(tf.constant(x, dtype)))
        self.assertEqual(heatmaps.shape, (2, 64, 64, 98))
        self.assertAllClose(
            heatmaps[..., ::7].transpose(0, 3, 1, 2),
            expected["heatmaps"],
            rtol=tolerance,
            atol=tolerance,
        )
        for name, mask in (("mask0", mask0), ("mask1", mask1)):
            self.assertEqual(mask.shape, (2, 256, 256, 1))
            self.assertAllClose(
                mask.transpose(0, 3, 1, 2)[..., ::4, ::4],
                expected[name],
                rtol=tolerance,
                atol=tolerance,
            )
        self.assertAllEqual(alignment.landmarks(heatmaps), expected["landmarks"] * 4)


class WeightsTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = network.built()
        cls.variables = network.reference_names(cls.network)

    def test_every_variable_has_its_path(self):
        # Refuses names that are not distinct.
        found = algorithm.named_variables("landmarks", self.network)
        self.assertLen(found, len(SHAPES))
        self.assertContainsSubset(
            ["landmarks/conv_in/kernel", "landmarks/block1/bn1/gamma", "landmarks/heads/bias"],
            found,
        )

    def test_every_name_of_the_reference_has_its_variable(self):
        self.assertCountEqual(self.variables, SHAPES)
        self.assertLen(self.network.variables, len(SHAPES))
        self.assertLen({id(v) for v in self.variables.values()}, len(SHAPES))
        self.assertEmpty(self.network.trainable_variables)
        counts = {name: math.prod(v.shape) for name, v in self.variables.items()}
        self.assertEqual(sum(n for name, n in counts.items() if "running" not in name), 6_333_603)

    @parameterized.parameters("", "state_dict.", "fan.")
    def test_where_the_names_stand(self, prefix):
        given = {name: np.full(shape, 0.5, np.float32) for name, shape in SHAPES.items()}
        given["m0.b3_1.conv1.weight"][3, 200, 1, 2] = 7
        given = {prefix + name: value for name, value in given.items()}
        given |= {prefix + "bn1.num_batches_tracked": np.array(9), "generator.x": np.zeros(3)}
        network.assign(self.network, given)
        self.assertEqual(self.variables["m0.b3_1.conv1.weight"].numpy()[1, 2, 200, 3], 7)
        for name in ("conv1.conv.bias", "conv4.downsample.0.running_var", "l0.weight"):
            self.assertAllEqual(np.unique(self.variables[name].numpy()), [0.5], name)

    @parameterized.named_parameters(
        (
            "missing",
            ["l0.bias", "bn1.weight"],
            None,
            "2 of the 281 tensors .*: bn1.weight, l0.bias",
        ),
        ("all", list(SHAPES), None, "281 of the 281 .*conv1.conv.weight.* and 278 more"),
        ("shape", [], ("l0.weight", (68, 256, 1, 1)), r"1 tensors .*l0.weight \(68.*not \(99, 256"),
        ("transposed", [], ("l0.weight", (256, 99, 1, 1)), r"l0.weight \(256, 99, 1, 1\), not"),
    )
    def test_what_does_not_fit_changes_nothing(self, without, other, message):
        given = {name: np.ones(shape, np.float32) for name, shape in SHAPES.items()}
        given = {name: value for name, value in given.items() if name not in without}
        if other:
            given[other[0]] = np.ones(other[1], np.float32)
        before = [v.numpy() for v in self.network.variables]
        with self.assertRaisesRegex(errors.UserError, message):
            network.assign(self.network, given)
        for old, new in zip(before, self.network.variables, strict=True):
            self.assertAllEqual(old, new.numpy())


if __name__ == "__main__":
    tf.test.main()
