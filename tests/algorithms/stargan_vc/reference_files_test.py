"""Importing checkpoints of the author's program of StarGAN-VC: the run converts as it does."""

import json
import pathlib

import numpy as np
import soundfile
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.runs import importing, runs
from tests import commands, torch_writer
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
PREFIXES = {"stargan_vc": "vc", "stargan_vc_source": "vcsrc"}
LENGTH = 20
MEAN, DEVIATION = np.linspace(-3, 3, LENGTH), np.linspace(0.5, 2, LENGTH)


class Case(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.run_dir = self.root / "runs" / "imported"

    def _files(self, name="stargan_vc"):
        """Writes checkpoints as the author's program does, with its optimizer, and the scale."""
        shapes = json.loads((GOLDEN / f"{name}.json").read_text())["shapes"]
        given = {"statistics": str(self.root / "stat.npz")}
        for flag, letter in (("gen", "G"), ("dis", "D")):
            prefix = f"{PREFIXES[name]}.{letter}."
            state = {n[len(prefix) :]: rule.weight(n, s) for n, s in shapes.items() if prefix in n}
            slot = {"step": 3, "exp_avg": np.zeros(2, np.float32)}
            slots = {"state": {0: slot}, "param_groups": [{"lr": 5e-4, "params": [0]}]}
            tree = {"epoch": 600, "model_state_dict": state, "optimizer_state_dict": slots}
            path = self.root / f"600.{flag}.pt"
            torch_writer.write(path, tree)
            given[flag] = str(path)
        np.savez(given["statistics"], mean=MEAN, deviation=DEVIATION)
        return given

    def _import(self, domains="anna,ben,cleo", **given):
        given = {"features": "mcep", "image_size": None, **given}
        request = importing.Request("stargan_vc", str(self.run_dir), given, domains=domains)
        plan = importing.plan(request)
        importing.write(plan)
        return runs.open_run(self.run_dir)

    def _fails(self, message, **given):
        with self.assertRaisesRegex(errors.UserError, message):
            self._import(**given)
        self.assertFalse(self.run_dir.exists())


class ImportTest(Case):
    @parameterized.parameters(*PREFIXES)
    def test_the_run_converts_as_the_program_does(self, name):
        run = self._import(**self._files(name))
        self.assertEqual(run.sample_shape, (128, LENGTH))
        self.assertEqual(run.label_space.names, ("anna", "ben", "cleo"))
        algorithm = run.build(training=False)
        self.assertEqual(runs.restore_weights(run, algorithm), 600)
        arrays, one_hot = np.load(GOLDEN / f"{name}.npz"), np.eye(3, dtype=np.float32)
        x = rule.normal("vc.x_s", (2, LENGTH, 32)).transpose(0, 2, 1)
        for frames, key in ((32, "G_st"), (30, "forward_30_frames")):
            raw = x[:, :frames] * DEVIATION + MEAN
            found = algorithm.convert(raw, one_hot[[0, 0]], one_hot[[2, 2]])
            normalized = ((found - MEAN) / DEVIATION).transpose(0, 2, 1)
            self.assertAllClose(normalized, arrays[key], rtol=0, atol=2e-5)
        adv, cls = algorithm.networks["D"](tf.constant(x))
        self.assertAllClose(np.transpose(adv, (0, 2, 1)), arrays["D_adv"], atol=1e-4)
        self.assertAllClose(np.transpose(cls, (0, 2, 1)), arrays["D_cls"], atol=1e-4)

    def test_the_scale_is_taken_from_recordings(self):
        given = self._files()
        del given["statistics"], given["dis"]
        random = np.random.default_rng(0)
        for speaker in ("ben", "anna", "cleo"):
            folder = self.root / "voices" / speaker
            folder.mkdir(parents=True)
            for i in range(2):
                soundfile.write(folder / f"{i}.wav", random.normal(0, 0.1, 8_000), 16_000)
        self._fails("(?i)unknown speaker .*dan", **given, data_dir=str(self.root / "voices"),
                    domains="anna,ben,dan")  # fmt: skip
        run = self._import(**given, data_dir=str(self.root / "voices"), domains="ben,anna,cleo")
        self.assertEqual(run.statistics["mean_all"].shape, (LENGTH,))
        self.assertEqual(run.statistics["log_f0_mean"].shape, (3,))
        self.assertEqual(run.imported.missing, ("D",))

    @parameterized.named_parameters(
        ("no_scale", {"statistics": None}, "takes? normalized features.*statistics=FILE.npz, or"),
        ("features", {"features": None}, "take 20 features, and the files do not tell.*=mcep if"),
        ("mel", {"features": "mel"}, "80 bands here, and the networks take 20 features"),
        ("speakers", {"domains": "anna,ben"}, "have 3 labels; received 2 .anna, ben."),
        ("image_size", {"image_size": 64}, "features of sound; received image_size=64"),
        ("swapped", {"gen": "dis"}, "`gen` is for the generator.*looks like the discriminator of"),
        ("scale", {"statistics": "gen"}, "`statistics` is for the mean.*like the generator of"),
    )
    def test_mistakes(self, changes, message):
        files = self._files()
        self._fails(message, **{**files, **{k: files.get(v, v) for k, v in changes.items()}})

    @parameterized.parameters(
        ({"mean": MEAN[1:], "deviation": DEVIATION}, r"'mean'.*each of 20.*float64 \(19,\)"),
        ({"mean": MEAN, "deviation": 0 * DEVIATION}, "'deviation' .*number above 0"),
    )
    def test_a_scale_that_does_not_fit(self, arrays, message):
        files = self._files()
        np.savez(files["statistics"], **arrays)
        self._fails(message, **files)

    def test_networks_of_two_trainings(self):
        files = self._files()
        state = {"le1.conv1.weight_v": np.ones((12, 19, 9)), "le_adv.weight": np.ones((1, 6, 5)),
                 "le_cls.weight": np.ones((3, 6, 5))}  # fmt: skip
        np.savez(self.root / "600.dis.npz", **state)
        files["dis"] = str(self.root / "600.dis.npz")
        self._fails("of 3 speakers and 20 features, and the discriminator of 3 and 19", **files)

    def test_the_command(self):
        files = [f"--{flag}={path}" for flag, path in self._files().items()]
        done = commands.run(
            "stargan_tf.import_reference", "--algorithm=stargan_vc", *files, "--features=mcep",
            "--domains=anna,ben,cleo", f"--run_dir={self.run_dir}",
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        first, *_, last = done.stdout.splitlines()
        self.assertEqual(
            first, "stargan_vc, frames of 20 features, domains anna, ben, cleo, step 600"
        )
        self.assertRegex(
            last, "^next .*convert --run=.* --audio=YOURS.wav --from=anna --to=ben --o"
        )


if __name__ == "__main__":
    tf.test.main()
