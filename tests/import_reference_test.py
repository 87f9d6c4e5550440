"""Importing the authors' weights of StarGAN v1: the run translates as their program does."""

import dataclasses
import json
import pathlib
from unittest import mock

import numpy as np
import safetensors.numpy
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.inference import translation
from stargan_tf.runs import importing, runs
from stargan_tf.weights import state_dicts
from tests import commands, torch_writer
from tests.golden import rule

GOLDEN = pathlib.Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "stargan_v1.json").read_text())
ARRAYS = np.load(GOLDEN / "stargan_v1.npz")
CONFIG = EXPECTED["config"]
ATTRIBUTES = "Black_Hair,Blond_Hair,Brown_Hair,Male,Young"
NETWORKS = {"generator": "v1.G", "discriminator": "v1.D"}


def weights(network):
    """Returns the golden state dict of a network, with the statistics that the authors' G has."""
    prefix = NETWORKS[network]
    named = {n: s for n, s in EXPECTED["shapes"].items() if n.startswith(f"{prefix}.")}
    state = {name: rule.weight(name, shape) for name, shape in named.items()}
    if network == "generator":
        state["v1.G.main.1.running_mean"] = np.ones(CONFIG["conv_dim"], np.float32)
        state["v1.G.main.1.running_var"] = np.ones(CONFIG["conv_dim"], np.float32)
        state["v1.G.main.1.num_batches_tracked"] = np.array(7)
    return state_dicts.prefixed(state, prefix)


def write(path, state):
    """Writes a state dict in the format of the suffix."""
    if path.suffix == ".npz":
        np.savez(path, **state)
    elif path.suffix == ".safetensors":
        safetensors.numpy.save_file(state, path)
    else:
        torch_writer.write(path, state)
    return str(path)


class ImportReferenceTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.run_dir = self.root / "runs" / "imported"

    def _import(self, **given):
        importing.write(importing.plan(self._request(**given)))
        return runs.open_run(self.run_dir)

    def _request(self, **given):
        fields = {f.name for f in dataclasses.fields(importing.Request)}
        options = {"algorithm": "stargan_v1", "run_dir": str(self.run_dir),
                   "attributes": ATTRIBUTES, **given}  # fmt: skip
        options = {name: value for name, value in options.items() if name in fields}
        files = {name: value for name, value in given.items() if name not in fields}
        return importing.Request(given={"image_size": None, **files}, **options)

    def _files(self, suffix=".npz", networks=tuple(NETWORKS)):
        return {
            network: write(self.root / f"007000-{network[0].upper()}{suffix}", weights(network))
            for network in networks
        }

    def _built(self, run):
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        return algorithm

    @parameterized.parameters(".npz", ".safetensors", ".ckpt")
    def test_the_run_computes_what_the_reference_computes(self, suffix):
        run = self._import(**self._files(suffix))
        self.assertEqual(run.config.data.image_size, CONFIG["image_size"])
        self.assertEqual(run.label_space.names, tuple(ATTRIBUTES.split(",")))
        self.assertEqual(run.label_space.exclusive, (("Black_Hair", "Blond_Hair", "Brown_Hair"),))
        self.assertTrue(run.classifies)
        algorithm = run.build(training=False)
        self.assertEqual(runs.restore_weights(run, algorithm), 7000)
        n, size = CONFIG["batch"], CONFIG["image_size"]
        x = rule.image("v1.x_real", (n, 3, size, size)).transpose(0, 2, 3, 1)
        c = (rule.uniform("v1.c_trg", (n, CONFIG["c_dim"])) > 0.5).astype(np.float32)
        out = algorithm.translate(x, c).transpose(0, 3, 1, 2)[..., ::4, ::4]
        self.assertAllClose(out, ARRAYS["G_out"], rtol=0, atol=1e-4)
        src, cls = algorithm.D(x)
        self.assertAllClose(np.transpose(src, (0, 3, 1, 2)), ARRAYS["D_src"], rtol=1e-4, atol=1e-4)
        self.assertAllClose(cls, ARRAYS["D_cls"], rtol=1e-4, atol=1e-4)

    def test_without_a_discriminator_the_user_must_say_what_the_photo_shows(self):
        run = self._import(**self._files(networks=("generator",)), image_size=64)
        self.assertFalse(run.classifies)
        photo = self.root / "face.png"
        Image.new("RGB", (90, 80), "teal").save(photo)
        job = {"run": str(self.run_dir), "image": str(photo), "to": "Male"}
        job["output"] = str(self.root / "out.png")
        message = r"without a discriminator \(007000-G.npz\).*known=Young.*import the discr"
        with commands.given("translate", **job), self.assertRaisesRegex(errors.UserError, message):
            commands.load("translate").main()
        self.assertFalse((self.root / "out.png").exists())
        with self.assertRaisesRegex(errors.UserError, message.replace("--from", "`known`")):
            translation.ToLabels(run, run.framing(), ("Male",))
        with commands.given("translate", **{"from": "Black_Hair"}, **job):
            self.assertEqual(commands.load("translate").main(), 0)
        c = np.array([[1, 0, 0, 1, 0]], np.float32)
        x = np.full((1, 64, 64, 3), np.array([0, 128, 128]) / 127.5 - 1, np.float32)
        expected = self._built(run).translate(x, c)[0] * 127.5 + 127.5
        shown = np.asarray(Image.open(self.root / "out.png"), np.float32)
        self.assertAllClose(shown, expected.clip(0, 255), rtol=0, atol=0.6)

    def test_domains_need_no_discriminator(self):
        run = self._import(
            **self._files(networks=("generator",)), attributes="", domains="a,b,c,d,e", step=3
        )
        self.assertEqual((run.label_space.kind, run.config.data.image_size), ("domains", 128))
        photo = self.root / "face.png"
        Image.new("RGB", (128, 128), "teal").save(photo)
        translator = translation.ToLabels(run, run.framing(), ("c",))
        said = translator.translate(photo, self.root / "o.png")
        self.assertEqual(said, "from: not known; to: c")

    def test_an_imported_run_is_not_trained_on(self):
        run = self._import(**self._files())
        with self.assertRaisesRegex(errors.UserError, "007000-G.npz, 007000-D.npz.*optimizer"):
            run.check()

    @parameterized.named_parameters(
        ("missing", "drop", "1 missing .main.3.weight."),
        ("unknown", "add", "1 unknown .extra."),
        ("shape", "cut", r"1 of another shape .main.3.weight .*, 3, 4. for .*, 4, 4."),
        ("not_finite", "nan", "1 not finite .main.3.weight."),
    )
    def test_what_does_not_fit_is_named_and_nothing_written(self, damage, message):
        given = self._files(networks=("discriminator",))
        state = weights("generator")
        value = state["main.3.weight"]
        match damage:
            case "drop":
                del state["main.3.weight"]
            case "add":
                state["extra"] = np.ones(1)
            case "cut":
                state["main.3.weight"] = value[:, :, :3]
            case "nan":
                state["main.3.weight"] = np.full_like(value, np.nan)
        given["generator"] = write(self.root / "007000-G.npz", state)
        self._fails(f"the generator of StarGAN v1 are not as.*{message}", **given)

    @parameterized.named_parameters(
        ("swapped", {"generator": "D", "discriminator": "G"},
         "`generator` is for the generator.*007000-D.npz, which looks like the discriminator of"),
        ("labels", {"attributes": "Male,Young"}, "have 5 labels; received 2 .Male, Young."),
        ("no_labels", {"attributes": ""}, "needs `attributes` or `domains`.*received neither"),
        ("both", {"domains": "a,b"}, "received `attributes` and `domains`"),
        ("twice", {"attributes": "Male,Male,a,b,c"}, "hold a name twice"),
        ("minus", {"attributes": "Male,-Young,a,b,c"}, "begins with a minus.*; call it 'Young'"),
        ("exclusive", {"exclusive": "Male,Bald"}, "in `exclusive` 'Bald'"),
        ("exclusive_domains", {"attributes": "", "domains": "a,b,c,d,e", "exclusive": "a,b"},
         "Domains exclude each other already; received exclusive=a,b"),
        ("image_size", {"image_size": 128}, "for images of 64 pixels; received image_size=128"),
        ("no_generator", {"generator": ""}, "stargan_v1 needs `generator`: The file of G"),
        ("no_file", {"generator": "/nowhere/7000-G.ckpt"}, "no file /nowhere/7000-G.ckpt"),
    )  # fmt: skip
    def test_mistakes(self, changes, message):
        files = self._files()
        letters = {"G": files["generator"], "D": files["discriminator"]}
        changes = {name: letters.get(value, value) for name, value in changes.items()}
        self._fails(message, **{**files, **changes})

    def test_sizes_that_do_not_fit(self):
        files = self._files(networks=("generator",))
        self._fails("multiple of 4, since D.*received image_size=90", image_size=90, **files)
        state = weights("discriminator")
        state["conv2.weight"] = state["conv2.weight"][:3]
        files["discriminator"] = write(self.root / "d.npz", state)
        self._fails("takes 5 labels and the discriminator tells 3", **files)

    def test_the_step_comes_from_the_names(self):
        files = self._files()
        other = write(self.root / "8-D.npz", weights("discriminator"))
        self._fails("007000-G.npz, 8-D.npz begin with different numbers.*step=",
                    **{**files, "discriminator": other})  # fmt: skip
        named = write(self.root / "celeba.npz", weights("generator"))
        self._fails(
            "No number from 1 on stands at the beginning of celeba.npz.*step=", generator=named
        )
        run = self._import(generator=named, step=12, image_size=64)
        self.assertEqual(runs.restore_weights(run, run.build(training=False)), 12)

    def test_a_folder_that_is_not_empty_is_left_alone(self):
        self.run_dir.mkdir(parents=True)
        (self.run_dir / "model.json").write_text("mine")
        with self.assertRaisesRegex(errors.UserError, "is not empty, and nothing"):
            self._import(**self._files())
        self.assertEqual((self.run_dir / "model.json").read_text(), "mine")

    def test_a_file_of_something_else(self):
        path = self.root / "1.npz"
        np.savez(path, **{"layer1.0.conv.weight": np.ones((2, 2))})
        self._fails("looks like something else .1 tensors: layer1.0.conv.weight.", generator=path)

    def test_a_full_disk_leaves_no_run(self):
        with mock.patch("stargan_tf.base.files.os.fsync", side_effect=OSError(28, "No space left")):
            self._fails("Could not write .*No space left", **self._files())

    def _fails(self, message, **given):
        given = {name: str(v) if isinstance(v, pathlib.Path) else v for name, v in given.items()}
        with self.assertRaisesRegex(errors.UserError, message):
            self._import(**given)
        self.assertFalse(self.run_dir.exists())
        self.assertEqual(list(self.run_dir.parent.glob("*")), [])
        self.assertEqual(list(self.run_dir.parent.glob(".*")), [])


class CommandTest(tf.test.TestCase):
    """The command itself, from its arguments on."""

    def _run(self, *arguments):
        return commands.run("stargan_tf.import_reference", *arguments)

    def test_help_says_whose_a_flag_is(self):
        text = self._run("--help").stdout
        self.assertIn("--generator: [stargan_v1, needed]", text)
        self.assertRegex(text, r"--w_hpf: \[stargan_v2\]")

    def test_import_and_what_is_said(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        arguments = ["--algorithm=stargan_v1", f"--attributes={ATTRIBUTES}", "--image_size=64",
                     f"--run_dir={root / 'run'}"]  # fmt: skip
        path = write(root / "7000-G.npz", weights("generator"))
        result = self._run(*arguments, f"--generator={path}")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        names = ", ".join(ATTRIBUTES.split(","))
        self.assertEqual(lines[0], f"stargan_v1, 64 x 64 pixels, attributes {names}, step 7000")
        self.assertStartsWith(lines[1], "ignored  3 tensors without effect: main.1.running_mean,")
        self.assertIn(" --from=Young --to=Black_Hair ", lines[-1])
        self.assertEqual(runs.open_run(root / "run").imported.files, ("7000-G.npz",))
        again = self._run(*arguments, f"--generator={path}")
        self.assertEqual(again.returncode, 2)
        self.assertEqual(
            again.stderr,
            f"error: --run_dir={root / 'run'} is not empty, and nothing in it was changed; choose "
            "another.\n",
        )


if __name__ == "__main__":
    tf.test.main()
