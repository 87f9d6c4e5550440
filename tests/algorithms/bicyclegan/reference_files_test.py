"""Importing the authors' weights of BicycleGAN: the run computes what their program computes."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.bicyclegan import reference_files
from stargan_tf.base import errors
from stargan_tf.runs import importing, runs
from stargan_tf.weights import state_dicts
from tests.algorithms.bicyclegan import golden
from tests.golden import rule
from tests.import_reference_test import write

GIVEN = {"image_size": None}


def weights(name, network):
    shapes = golden.read(name)[0]["shapes"]
    state = {key: rule.weight(key, shape) for key, shape in shapes.items()}
    return state_dicts.prefixed(state_dicts.prefixed(state, f"bicyclegan.{name}"), network)


class ImportTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _files(self, name, suffix=".pth"):
        return {
            f"net_{network.lower()}": write(
                self.root / f"300_net_{network}{suffix}", weights(name, network)
            )
            for network in "GE"
        }

    def _plan(self, files, domains="A,B", **given):
        run_dir = str(self.root / "run")
        given = {**GIVEN, **files, **given}
        return importing.plan(
            importing.Request("bicyclegan", run_dir, given=given, domains=domains)
        )

    @parameterized.parameters(("all", ".pth"), ("input", ".npz"))
    def test_the_run_computes_what_the_reference_computes(self, name, suffix):
        importing.write(self._plan(self._files(name, suffix)))
        run = runs.open_run(self.root / "run")
        config, arrays = golden.read(name)[0]["config"], golden.read(name)[1]
        for key, value in golden.options(config).items():
            if key in ("where_add", "encoder", "input_channels", "g_channels", "latent_dim"):
                self.assertEqual(getattr(run.config.hparams, key), value, key)
        self.assertEqual((run.config.data.image_size, run.config.data.dataset), (128, "pairs"))
        self.assertEqual((run.label_space.names, run.targets), (("A", "B"), ("B",)))
        algorithm = run.build(training=False)
        self.assertEqual(runs.restore_weights(run, algorithm), 300)
        prefix, channels = f"bicyclegan.{name}.", config["input_nc"]
        a, b = (
            rule.image(f"{prefix}{side}0", (4, n, 128, 128))[:2].transpose(0, 2, 3, 1)
            for side, n in (("A", channels), ("B", 3))
        )
        a = np.repeat(a, 3 // channels, axis=3)
        styles = algorithm.encode(b, np.repeat([[0, 1]], 2, axis=0))
        self.assertAllClose(styles, arrays["mu"], rtol=1e-4, atol=1e-4)
        outputs = algorithm.render(a, styles).transpose(0, 3, 1, 2)[..., ::4, ::4]
        self.assertAllClose(outputs, arrays["fake_B_mean"], rtol=0, atol=1e-4)

    def test_what_a_file_is(self):
        for name in ("all", "input"):
            found = [reference_files.recognize(weights(name, n)) for n in ("G", "E", "D", "D2")]
            a = "a discriminator of BicycleGAN"
            generator, encoder = (file.content for file in reference_files.FILES)
            self.assertEqual(found, [generator, encoder, a, a])
        self.assertEqual(reference_files.recognize({"main.0.weight": np.zeros((4, 3, 7, 7))}), "")

    def test_networks_of_256_pixels(self):
        states = {f"net_{n.lower()}": weights("256", n) for n in "GE"}
        values = reference_files.describe(states, GIVEN).values
        expected = {"image_size": 256, "g_channels": 4, "e_channels": 4, "encoder": "resnet"}
        self.assertEqual({**values, **expected}, dict(values))

    @parameterized.parameters(
        ({"net_e": "G"}, "`net_e` is for the encoder of BicycleGAN; received .*generator of Bicyc"),
        ({"net_g": "D"}, "`net_g` is for the generator .* looks like a discriminator of BicycleG"),
    )
    def test_the_wrong_file(self, swaps, message):
        files = self._files("all")
        for flag, network in swaps.items():
            path = self.root / f"300_net_other{network}.pth"
            files[flag] = write(path, weights("all", network))
        with self.assertRaisesRegex(errors.UserError, message):
            self._plan(files)

    def test_files_that_do_not_belong_together(self):
        files = self._files("all")
        files["net_e"] = write(self.root / "300_E.npz", weights("256", "E"))
        with self.assertRaisesRegex(errors.UserError, "128 pixels and 11 input.*for 256 pixels"):
            self._plan(files)

    def test_other_mistakes(self):
        files = self._files("all")
        with self.assertRaisesRegex(
            errors.UserError, "images of 128 pixels; received image_size=6"
        ):
            self._plan(files, image_size=64)
        with self.assertRaisesRegex(errors.UserError, "have 2 labels; received 3"):
            self._plan(files, domains="a,b,c")
        with self.assertRaisesRegex(errors.UserError, "needs `net_e`"):
            self._plan({"net_g": files["net_g"]})
        broken = weights("all", "G")
        broken.pop("model.up.1.bias")
        files["net_g"] = write(self.root / "300_G.npz", broken)
        with self.assertRaisesRegex(errors.UserError, "1 missing .model.up.1.bias"):
            importing.write(self._plan(files))
        self.assertFalse((self.root / "run").exists())


if __name__ == "__main__":
    tf.test.main()
