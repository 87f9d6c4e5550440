"""Importing the authors' weights of CycleGAN: the run translates as their program does."""

import pathlib
import re

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.runs import importing, initial_weights, runs
from stargan_tf.weights import state_dicts
from tests import commands, tiny, torch_writer
from tests.algorithms.cyclegan import golden_test
from tests.golden import rule

FLAGS = {"generator_a": "G_A", "generator_b": "G_B", "discriminator_a": "D_A",
         "discriminator_b": "D_B"}  # fmt: skip
SHAPES = golden_test.EXPECTED["shapes"]


def weights(flag, dropout=False, statistics=False):
    """Returns the golden state dict of a network, as another version of their program saved it."""
    prefix = f"cyclegan.{FLAGS[flag]}"
    state = {n: rule.weight(n, s) for n, s in SHAPES.items() if n.startswith(f"{prefix}.")}
    state = state_dicts.prefixed(state, prefix)
    if dropout:
        state = {re.sub(r"(conv_block)\.5", r"\1.6", name): v for name, v in state.items()}
    if statistics:
        state["model.2.running_mean"] = state["model.2.running_var"] = np.ones(8, np.float32)
        state["model.2.num_batches_tracked"] = np.array(7)
    return state


class ReferenceFilesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.run_dir = self.root / "runs" / "imported"

    def _file(self, flag, name=None, **how):
        path = self.root / (name or f"200_net_{FLAGS[flag]}.pth")
        torch_writer.write(path, weights(flag, **how))
        return str(path)

    def _plan(self, files, domains="horse,zebra", step=None, image_size=64):
        given = {"image_size": image_size, **files}
        return importing.plan(
            importing.Request("cyclegan", str(self.run_dir), given, domains=domains, step=step)
        )

    def _import(self, files, **how):
        plan = self._plan(files, **how)
        loaded = importing.write(plan)
        run = runs.open_run(self.run_dir)
        algorithm = run.build(training=False)
        self.assertEqual(runs.restore_weights(run, algorithm), 200)
        return run, algorithm, "\n".join(commands.load("import_reference").report(plan, loaded))

    def _check(self, algorithm, source, name):
        x = golden_test._images("AB"[source], 0, "float32").numpy()
        eye = np.eye(2, dtype=np.float32)
        out = algorithm.translate_from(x, eye[[source] * 2], eye[[1 - source] * 2])
        out = golden_test._nchw(out)[..., ::4, ::4]
        self.assertAllClose(out, golden_test.ARRAYS[name], rtol=0, atol=1e-4)

    def test_all_four_networks_of_an_old_version(self):
        files = {flag: self._file(flag, statistics=flag == "generator_a") for flag in FLAGS}
        run, algorithm, report = self._import(files)
        self.assertEqual((run.config.hparams.g_conv_dim, run.config.hparams.g_repeat_num), (8, 6))
        self.assertEqual((run.config.hparams.d_conv_dim, run.config.hparams.d_layers), (8, 3))
        self.assertEqual(run.label_space.names, ("horse", "zebra"))
        self.assertIn("ignored  3 tensors without effect", report)
        self._check(algorithm, 0, "fake_B")
        self._check(algorithm, 1, "fake_A")
        b = golden_test._images("B", 0, "float32")
        score = golden_test._nchw(algorithm.networks["D_A"](b))
        self.assertAllClose(score, golden_test.ARRAYS["D_A_real"], rtol=1e-4, atol=1e-4)

    def test_a_single_generator_that_was_trained_with_dropout(self):
        file = self._file("generator_b", "latest_net_G.pth", dropout=True)
        run, algorithm, report = self._import({"generator_b": file}, step=200)
        self.assertEqual(run.imported.missing, ("G_A", "D_A", "D_B"))
        self.assertIn("--to=horse ", report)
        self._check(algorithm, 1, "fake_A")
        self.assertEqual(algorithm.directions, ((1, 0),))
        with self.assertRaisesRegex(errors.UserError, "No generator was trained from horse to zeb"):
            algorithm.translate(np.zeros((1, 8, 8, 3), np.float32), np.eye(2)[1:])
        # A training that starts from it takes the one network that there is.
        changes = {"algorithm": "cyclegan", "g_conv_dim": 8, "g_repeat_num": 6, "d_layers": 2}
        config = tiny.config(self.root / "new", init_from=str(self.run_dir), **changes)
        new = runs.Run(self.root / "new", config, run.label_space)
        lines = initial_weights.give(initial_weights.find(new), new, new.build())
        self.assertRegex(lines[0], "took G_B.$")
        self.assertIn("G_A, D_A, D_B starts with random weights", lines[1])

    def test_the_size_of_published_models_is_256(self):
        plan = self._plan({"generator_a": self._file("generator_a")}, image_size=None)
        self.assertEqual(plan.config.data.image_size, 256)

    @parameterized.parameters(
        ([], {}, "needs a file to import; received none; pass one or more of `generator_a`"),
        (["discriminator_a"], {}, "A discriminator alone can't translate; received only `discri"),
        (["generator_a"], {"domains": "a,b,c"}, "have 2 labels; received 3 .a, b, c."),
        (["generator_a"], {"domains": ""}, "needs `domains`.*received neither"),
        (["generator_a"], {"image_size": 66}, "multiple of 4 and at least 8.*image_size=66"),
    )
    def test_mistakes(self, flags, how, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._plan({flag: self._file(flag) for flag in flags}, **how)
        self.assertFalse(self.run_dir.exists())

    def test_a_file_of_another_network(self):
        files = {"generator_a": self._file("discriminator_a")}
        with self.assertRaisesRegex(
            errors.UserError, "`generator_a` is for a generator of CycleGAN; .* a discriminator of"
        ):
            self._plan(files)

    def test_files_of_two_trainings(self):
        state = weights("generator_b")
        del state["model.15.conv_block.1.weight"]
        torch_writer.write(self.root / "200_net_G_B.pth", state)
        files = {"generator_a": self._file("generator_a")}
        files["generator_b"] = str(self.root / "200_net_G_B.pth")
        message = "g_repeat_num is 6 in `generator_a` and 5 in `generator_b`; give the files of one"
        with self.assertRaisesRegex(errors.UserError, message):
            self._plan(files)

    def test_a_network_that_is_not_whole(self):
        state = weights("generator_a")
        del state["model.23.bias"]
        torch_writer.write(self.root / "200_net_G_A.pth", state)
        plan = self._plan({"generator_a": str(self.root / "200_net_G_A.pth")})
        with self.assertRaisesRegex(errors.UserError, r"1 missing \(model.23.bias\)"):
            importing.write(plan)
        self.assertFalse(self.run_dir.exists())


if __name__ == "__main__":
    tf.test.main()
