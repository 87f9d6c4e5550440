"""Importing the authors' weights of StarGAN v2: the run computes what their program computes."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.stargan_v1 import reference_files as v1_files
from stargan_tf.algorithms.stargan_v2 import reference_files
from stargan_tf.base import errors
from stargan_tf.runs import importing, runs
from stargan_tf.weights import state_dicts
from tests import torch_writer
from tests.golden import rule
from tests.import_reference_test import write

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
EXPECTED = {n: json.loads((GOLDEN / f"stargan_v2_hpf{n}.json").read_text()) for n in (0, 1)}
FAN = json.loads((GOLDEN / "fan.json").read_text())["shapes"]
DOMAINS = "cat,dog,wild"
FILTER = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float32)
GIVEN = {"image_size": None, "w_hpf": None}


def weights(n):
    """Returns the golden averaged networks as the authors' file has them."""
    shapes = EXPECTED[n]["shapes"]
    state = {name: rule.weight(name, s) for name, s in shapes.items() if "discrim" not in name}
    return state_dicts.prefixed(state_dicts.prefixed(state, "v2"), f"hpf{n}")


def nested(state):
    """Returns a flat state dict as the authors write it: one for each network, below "module"."""
    tree = {}
    for name, value in state.items():
        network, rest = name.split(".", 1)
        tree.setdefault(network, {})[f"module.{rest}"] = value
    return tree


def inputs(n):
    """Returns the golden x_real, x_ref (NHWC), z and one-hot y_trg."""
    prefix, config = f"v2.hpf{n}.", EXPECTED[n]["config"]
    x, x_ref = (
        rule.image(f"{prefix}{name}", (2, 3, 256, 256)).transpose(0, 2, 3, 1)
        for name in ("x_real", "x_ref")
    )
    y = np.eye(config["num_domains"], dtype=np.float32)[config["y_trg"]]
    return x, x_ref, rule.normal(f"{prefix}z", (2, 16)), y


class ImportTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _request(self, files):
        return importing.Request(
            "stargan_v2", str(self.root / "run"), GIVEN | files, domains=DOMAINS
        )

    @parameterized.parameters(".safetensors", ".ckpt")
    def test_every_format_gives_the_same(self, suffix):
        path = self.root / f"100000_nets_ema{suffix}"
        expected = weights(0)
        if suffix == ".ckpt":
            torch_writer.write(path, nested(expected))
        else:
            write(path, expected)
        plan = importing.plan(self._request({"checkpoint": str(path)}))
        found = plan.states["checkpoint"]
        self.assertCountEqual(found, expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, name)

    def test_the_run_computes_what_the_reference_computes(self):
        path = write(self.root / "100000_nets_ema.npz", weights(0))
        importing.write(importing.plan(self._request({"checkpoint": path})))
        run = runs.open_run(self.root / "run")
        algorithm = run.build(training=False)
        self.assertEqual(runs.restore_weights(run, algorithm), 100_000)
        hparams = run.config.hparams
        self.assertEqual((run.config.data.image_size, hparams.w_hpf), (256, 0))
        self.assertEqual((hparams.max_channels, hparams.channel_base), (32, 0))
        self.assertEqual(run.label_space.names, ("cat", "dog", "wild"))
        arrays = np.load(GOLDEN / "stargan_v2_hpf0.npz")
        x, x_ref, z, y = inputs(0)
        self._close(algorithm.map_latents(z, y), arrays["mapping"])
        self._close(algorithm.encode(x_ref, y), arrays["style"])
        fake = algorithm.render(x, arrays["mapping"].astype(np.float32))
        self._close(fake.transpose(0, 3, 1, 2)[..., ::4, ::4], arrays["fake"])

    @pytest.mark.slow
    def test_with_a_high_pass_skip(self):
        fan = {name: rule.weight(name, shape) for name, shape in FAN.items()}
        spare = {"generator.hpf.filter": FILTER, "fan.bn1.num_batches_tracked": np.array(3)}
        path = write(self.root / "100000_nets_ema.npz", weights(1) | fan | spare)
        plan = importing.plan(self._request({"checkpoint": path}))
        self.assertEqual(plan.config.hparams.w_hpf, 1)
        algorithm = runs.Run(self.root, plan.config, plan.label_space).build(training=False)
        ignored = reference_files.load(algorithm, plan.states).ignored
        self.assertCountEqual(ignored, [*spare, "generator.decode.6.conv1x1.weight"])
        arrays = np.load(GOLDEN / "stargan_v2_hpf1.npz")
        masks = tuple(
            rule.uniform(f"v2.hpf1.mask{i}", (2, 1, 256, 256)).transpose(0, 2, 3, 1) for i in (0, 1)
        )
        fake = algorithm.networks["G_ema"](inputs(1)[0], arrays["mapping"], masks)
        self._close(np.transpose(fake, (0, 3, 1, 2))[..., ::4, ::4], arrays["fake"])
        kernel = fan["fan.conv1.conv.weight"].transpose(2, 3, 1, 0)
        landmarks = algorithm.weights()["landmarks/conv_in/kernel"]
        self.assertAllEqual(landmarks, kernel)

        # The landmark network in a file of its own; all weights are loaded, or none.
        states = {"checkpoint": {name: -value for name, value in weights(1).items()}}
        states["wing"] = {name: -value for name, value in state_dicts.prefixed(fan, "fan").items()}
        bias = states["wing"].pop("bn1.bias")
        with self.assertRaisesRegex(errors.UserError, "1 of the .*missing: bn1.bias"):
            reference_files.load(algorithm, states)
        self.assertAllEqual(landmarks, kernel)
        self.assertAllEqual(
            algorithm.weights()["G_ema/to_rgb/bias"], weights(1)["generator.to_rgb.2.bias"]
        )
        reference_files.load(algorithm, states | {"wing": states["wing"] | {"bn1.bias": bias}})
        self.assertAllEqual(landmarks, -kernel)

    def _close(self, found, expected):
        self.assertAllClose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


class DescribeTest(tf.test.TestCase, parameterized.TestCase):
    """What shapes tell, and what does not fit together: before anything is built."""

    def setUp(self):
        super().setUp()
        self.state = {n: weights(n) for n in (0, 1)}

    def _describe(self, state, wing=None, **given):
        states = {"checkpoint": state} | ({"wing": wing} if wing else {})
        return reference_files.describe(states, GIVEN | given)

    def test_the_paper_s_networks(self):
        """At 512 px and with 512 channels all but one hyperparameter is the default."""
        shapes = {
            "generator.from_rgb.weight": (32, 3, 3, 3),
            "mapping_network.shared.0.weight": (512, 16),
            "style_encoder.shared.9.weight": (512, 512, 4, 4),
            **{f"generator.encode.{i}.conv1.weight": (1,) for i in range(7)},
            **{f"style_encoder.shared.{i + 1}.conv1.weight": (1,) for i in range(7)},
            **{f"style_encoder.unshared.{i}.weight": (64, 512) for i in range(4)},
        }
        found = self._describe({name: np.zeros(shape) for name, shape in shapes.items()})
        self.assertEqual(found.labels, 4)
        self.assertEqual(
            found.values,
            {"image_size": 512, "latent_dim": 16, "style_dim": 64, "hidden_units": 512,
             "channel_base": 0, "w_hpf": 0.0},
        )  # fmt: skip

    @parameterized.parameters(1.0, 0.5, 3.0)
    def test_w_hpf_is_told_by_the_filter_or_by_the_user(self, w_hpf):
        fan = {"fan.x": np.ones(1)}
        state = self.state[1] | fan
        self.assertEqual(self._describe(state, w_hpf=w_hpf).values["w_hpf"], w_hpf)
        state |= {"generator.hpf.filter": (FILTER / w_hpf)[None, None]}
        self.assertEqual(self._describe(state).values["w_hpf"], w_hpf)

    @parameterized.named_parameters(
        ("untold", 1, {}, "does not hold its weight; pass it as w_hpf=1"),
        ("no_landmarks", 1, {"w_hpf": 1.0}, "w_hpf 1 and needs the landmark.*as wing=wing.ckpt"),
        ("contradicted", 0, {"w_hpf": 1.0}, "has w_hpf 0; received w_hpf=1"),
        (
            "no_use_for_landmarks",
            0,
            {"wing": {"x": np.ones(1)}},
            "no high-pass skip.*received `wing`",
        ),
        ("size", 0, {"image_size": 128}, "images of 256 pixels; received image_size=128"),
    )
    def test_what_does_not_fit_together(self, n, given, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._describe(self.state[n], **given)

    def test_a_network_that_is_missing(self):
        state = {n: v for n, v in self.state[0].items() if not n.startswith("style_encoder.")}
        with self.assertRaisesRegex(errors.UserError, "1 missing .style_encoder.shared"):
            self._describe(state)

    def test_files_are_told_apart(self):
        fan = {name: np.ones(1) for name in FAN}
        averaged = "the averaged networks of StarGAN v2"
        self.assertEqual(reference_files.recognize(self.state[0]), averaged)
        self.assertEqual(reference_files.recognize(self.state[1] | fan), averaged)
        training = self.state[0] | {"discriminator.main.0.weight": np.ones(1)}
        self.assertIn("in training", reference_files.recognize(training))
        landmarks = "the landmark network of StarGAN v2"
        self.assertEqual(reference_files.recognize(fan), landmarks)
        self.assertEqual(reference_files.recognize(state_dicts.prefixed(fan, "fan")), landmarks)
        generator = {"main.0.weight": np.ones((64, 8, 7, 7))}
        self.assertEqual(reference_files.recognize(generator), "")
        self.assertEqual(v1_files.recognize(generator), "the generator of StarGAN v1")
        self.assertEqual(v1_files.recognize(self.state[0]), "")


class OtherPaperTest(tf.test.TestCase):
    """One paper's files and flags where the other's belong."""

    def _fails(self, message, algorithm, given, **labels):
        request = importing.Request(algorithm, "/nowhere/run", GIVEN | given, **labels)
        with self.assertRaisesRegex(errors.UserError, message):
            importing.plan(request)

    def test_the_other_paper_s(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        v2 = write(root / "100000_nets_ema.npz", weights(0))
        v1 = write(root / "200000-G.npz", {"main.0.weight": np.ones((64, 8, 7, 7), np.float32)})
        self._fails(
            "`generator` is for the generator of StarGAN v1; received .*100000_nets_ema.npz, which "
            "looks like the averaged networks of StarGAN v2",
            "stargan_v1", {"generator": v2}, attributes="a,b",
        )  # fmt: skip
        self._fails("which looks like the generator of StarGAN v1",
                    "stargan_v2", {"checkpoint": v1}, domains=DOMAINS)  # fmt: skip
        self._fails("`generator` belongs to stargan_v1; received it with algorithm=stargan_v2",
                    "stargan_v2", {"generator": v1}, domains=DOMAINS)  # fmt: skip
        self._fails("`wing` belongs to stargan_v2", "stargan_v1", {"generator": v1, "wing": v1})
        self._fails("stargan_v2 needs .*domains.*, .*received .*attributes",
                    "stargan_v2", {"checkpoint": v2}, attributes="a,b")  # fmt: skip
        self._fails("have 3 labels; received 2 .cat, dog.",
                    "stargan_v2", {"checkpoint": v2}, domains="cat,dog")  # fmt: skip


if __name__ == "__main__":
    tf.test.main()
