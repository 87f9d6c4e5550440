"""The commands as users run them: processes, exit statuses, one clear sentence for a mistake."""

import os
import pathlib
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.cli import command_line
from tests import commands, tiny

# A training of seconds; --run_dir and more are added.
TRAIN = [f"--{k}={v}" for k, v in tiny.config(pathlib.Path("x")).values().items() if k != "run_dir"]


def command(module, *arguments, timeout=240):
    """Runs `python -m module arguments`; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )


class HelpTest(tf.test.TestCase):
    def test_flags_of_training_are_listed_with_their_defaults(self):
        text = commands.run("stargan_tf.train", "--help").stdout
        for flag in ("--batch_size", "--[no]flip", "--lambda_rec", "--attributes", "--run_dir"):
            self.assertIn(flag, text)
        # A flag of both papers has the default of each.
        self.assertRegex(" ".join(text.split()), "0.5 in stargan_v1, 0.0 in stargan_v2")


class TrainMistakesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("no_data_dir", ["--dataset=image_folder"], "expected DIR/train/<domain>/.*cartoon_faces"),
        ("missing", ["--dataset=celeba", "--data_dir=/nowhere"], "no data folder '/nowhere'"),
        ("attribute", ["--attributes=Blond,Smiling"], "Unknown attribute 'Blond'.*Blond_Hair"),
        ("exclusive", ["--exclusive=Smiling,Glasses"], "in --exclusive 'Glasses'.*Eyeglasses"),
        ("image_size", ["--image_size=20"], "multiple of 8.*received --image_size=20"),
        ("too_large", ["--image_size=1024"], "32 to 512 pixels; received --image_size=1024"),
        ("seed", ["--seed=-1"], "seed must be from 0 to 4294967295; received -1"),
        ("crop", ["--crop_size=-5"], "crop_size must be at least 0; received -5"),
        ("ignored", ["--data_dir=photos"], "reads no folder; received --data_dir=photos"),
        ("learning_rate", ["--g_lr=-1"], "g_lr must be a finite number, at least 0; received -1"),
        ("batch", ["--batch_size=3", "--logical_cpus=2"], "multiple of the 2 replicas; received 3"),
        ("not_a_number", ["--batch_size=many"], "batch_size.*many"),
        ("choice", ["--precision=float8"], "precision.*float8"),
        ("argument", ["images/"], "Unexpected argument 'images/'"),
    )
    def test_one_sentence_and_no_traceback(self, arguments, message):
        directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        result = commands.run("stargan_tf.train", *TRAIN, f"--run_dir={directory}", *arguments)
        self._check(result, message)
        self.assertFalse(directory.exists())

    def test_without_a_log_level_there_is_nothing_but_the_sentence(self):
        if command_line.has_nvidia_driver():
            self.skipTest("with an NVIDIA driver TensorFlow's notes are shown")
        arguments = (*TRAIN, "--dataset=celeba", "--data_dir=/nowhere")
        with mock.patch.dict(os.environ):
            os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)  # of these tests
            os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # with which TensorFlow has a note to write
            result = command("stargan_tf.train", *arguments)
        self.assertStartsWith(result.stderr, "error: There is no data folder '/nowhere'")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_an_unknown_flag_in_a_flag_file_is_named_with_its_place(self):
        path = self.create_tempfile(content="--seed=1\n--batchsize=2\n").full_path
        result = commands.run("stargan_tf.train", f"--flagfile={path}")
        self._check(result, f"'batchsize'.*batch_size.*It stands in {path}, line 2")

    def test_a_flag_file_that_is_not_there(self):
        result = commands.run("stargan_tf.train", "--flagfile=configs/v7.flags")
        names = ".*quickstart.flags, .*v2.flags"
        self._check(result, f"configs/v7.flags: No such file.*package: {names}")

    def test_domains_and_images_that_can_not_be_used(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        folder = ["--dataset=image_folder", f"--data_dir={root}", f"--run_dir={root / 'run'}"]
        for split in ("train", "val"):
            for domain in ("cat", "dog"):
                (root / split / domain).mkdir(parents=True)
                if domain == "cat":
                    Image.new("RGB", (40, 40), "red").save(root / split / domain / "a.JPG")
        self._check(commands.run("stargan_tf.train", *TRAIN, *folder), "train/dog' holds no image")
        for split in ("train", "val"):
            (root / split / "dog" / "b.png").write_bytes(b"")
            (root / split / "dog" / "c.heic").write_bytes(b"x")
        result = commands.run("stargan_tf.train", *TRAIN, *folder)
        self.assertRegex(result.stdout, "left out of .*: 2 files that are not images .*.heic 2")
        self._check(result, "1 of 2 images cannot be used: .*train/dog/b.png .empty")
        for split in ("train", "val"):
            (root / split / "dog" / "b.png").unlink()
            (root / split / "dog" / "c.heic").unlink()
            (root / split / "dog").rmdir()
        self._check(commands.run("stargan_tf.train", *TRAIN, *folder), "1 domains .cat.*at least 2")
        self.assertFalse((root / "run").exists())

    def _check(self, result, message):
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
        self.assertLen(errors, 1, result.stderr)
        self.assertRegex(errors[0], message)


class WholeWayTest(tf.test.TestCase):
    """Train on a folder of images, stop it, continue, translate, as a user would."""

    def test_train_stop_continue_translate(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        random = np.random.default_rng(0)
        for split in ("train", "val"):
            for domain, colour in (("red", (220, 40, 40)), ("blue", (40, 40, 220))):
                (root / "data" / split / domain).mkdir(parents=True)
                for i in range(6):
                    pixels = random.integers(-30, 30, (40, 50, 3)) + colour
                    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
                        root / "data" / split / domain / f"{i}.png"
                    )
        run = root / "run"
        arguments = [*TRAIN, "--dataset=image_folder", f"--data_dir={root / 'data'}",
                     f"--run_dir={run}", "--checkpoint_every=1000"]  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "stargan_tf.train", *arguments, "--total_steps=100000"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        while not (run / "metrics.jsonl").exists() or not (run / "metrics.jsonl").read_text():
            self.assertIsNone(process.poll())
            time.sleep(0.2)
        process.send_signal(2)  # Ctrl-C
        output = process.communicate(timeout=120)[0]
        self.assertEqual(process.returncode, 130, output)
        self.assertRegex(output, r"Stopped at step \d+, saved. The same command continues")
        (checkpoint,) = (run / "checkpoints").iterdir()
        step = int(checkpoint.stem.removeprefix("step-"))

        result = command("stargan_tf.train", *arguments, f"--total_steps={step + 1}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"Continuing {run} from step {step}.", result.stdout)
        self.assertIn(f"--run_dir={run}\n", (run / "train.flags").read_text())

        translate = ["--run=" + str(run), f"--output={root / 'out.png'}"]
        photo = root / "data" / "val" / "red" / "0.png"
        result = commands.run("stargan_tf.translate", *translate, f"--image={photo}", "--to=blue")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("as classified; to: blue", result.stdout)
        with Image.open(root / "out.png") as image:
            self.assertEqual(image.size, (32, 32))
        result = commands.run("stargan_tf.translate", *translate, f"--image={photo}", "--to=bleu")
        self.assertEqual(result.returncode, 2)
        self.assertIn("Unknown domain 'bleu'", result.stderr)
        self.assertIn("Did you mean blue?", result.stderr)

        result = commands.run("stargan_tf.evaluate", f"--run={run}", "--metrics=renders")
        self.assertEqual(result.returncode, 2)
        self.assertIn("renders does not apply: it needs a data set that can draw", result.stderr)


if __name__ == "__main__":
    tf.test.main()
