"""A run that converts sequences, published: what its card says is true of it."""

import contextlib
import json
import pathlib
import re

import numpy as np
import tensorflow as tf
import yaml
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.data.sources import drawn_voices
from stargan_tf.inference import sounds
from stargan_tf.publishing import folder
from stargan_tf.publishing.kinds import sequences
from stargan_tf.runs import licences, runs
from tests import commands, shared, tiny

FIGURES = {"nearest": 0.75, "nearest_linear": 0.5, "mcd": 4.25, "mcd_linear": 3.5}
HEARD = [f"{i}-{way}-{part}.wav" for i, way in ((0, "anna-to-ben"), (2, "ben-to-anna"))
         for part in ("converted", "input", "true")]  # fmt: skip


class SequencesTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(shared.in_runs())
        cls.root = pathlib.Path(cls().create_tempdir().full_path)
        cls.run_ = tiny.untrained_run(cls.root / "run", algorithm="stargan_vc")
        samples = cls.run_.directory / "samples"
        for name in [*HEARD, "1-anna-to-ben-converted.wav"]:  # of the first step input and truth
            step = 7 if "converted" in name else 2
            sounds.Sound(np.full(160, 0.1), 16_000).save(samples / f"step-{step:08d}-{name}")
        for step in (2, 7, 9):
            picture = Image.new("RGB", (9, 9), (step, 0, 0))
            picture.save(samples / f"step-{step:08d}-conversions.png")
        values = {key: {"mean": value, "deviation": None} for key, value in FIGURES.items()}
        one = {"metric": "true_conversions", "mode": "", "better": {"nearest": "higher"}}
        one |= {"figures": {"mean": values}, "notes": [], "explanation": "nearest: share."}
        report = {"format": 1, "step": 7, "images": [2], "measurements": {"true_conversions": one}}
        path = cls.run_.directory / "evaluation" / "step-00000007" / "report.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(report))

    def publish(self, name, **changes):
        output = self.root / name
        facts = folder.write(folder.Request(changes.pop("run", self.run_), output, **changes))
        return facts, output, (output / "README.md").read_text()

    def test_a_copy_and_what_its_card_says(self):
        facts, output, text = self.publish("whole", address="hf://me/voices")
        self.assertEqual((facts.copy.largest, facts.copy.left_out), (0, ()))
        there = {p.relative_to(output).as_posix() for p in output.rglob("*.*")}
        self.assertEqual(there, {
            "README.md", "model.json", "train.flags", "statistics.npz",
            "checkpoints/step-00000007.npz", "samples/conversions.jpg",
            *(f"samples/{name}" for name in HEARD),
        })  # fmt: skip
        head = yaml.safe_load(text.split("---\n")[1])
        self.assertEqual((head["pipeline_tag"], head["license"]), ("audio-to-audio", "apache-2.0"))
        (result,) = head["model-index"][0]["results"]
        self.assertEqual(result["task"], {"type": "audio-to-audio"})
        for part in (
            "5 mel-cepstral coefficients for every 5 ms of sound at 16000 Hz",
            "from any of 2 domains to any other: anna, ben.",
            "![conversions](samples/conversions.jpg)",
            "[anna to ben: input](samples/0-anna-to-ben-input.wav), [anna to ben: converted](",
            "Data: drawn_voices, which this package draws: nobody's voice is in it.",
            "| `hidden_dim` | 4 |",
            "on 2 held-out recordings.",
            "| nearest (higher is better) | nearest_linear | mcd | mcd_linear |",
            "| mean | 0.75 | 0.5 | 4.25 | 3.5 |",
            "Sound is mixed down and resampled to 16000 Hz.",
            "It has heard drawn voices only",
            'pip install "stargan-tf[hub,voice]"',
            "stargan convert --run=hf://me/voices --audio=me.wav --from=anna --to=ben",
        ):
            self.assertIn(part, text)
        for word in ("photo", "pixel", "image ", "images", str(self.root)):
            self.assertNotIn(word, text.partition("# whole")[2])

    def test_the_python_lines_of_the_card_run(self):
        _, output, text = self.publish("used", address="used")
        (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        given = drawn_voices.DrawnVoices("test", ("anna", "ben"), 1).sound(0)[:8000]
        sounds.Sound(given, 16_000).save(self.root / "me.wav")
        with contextlib.chdir(self.root):
            exec(code, {})
        made = sounds.read(self.root / "out.wav")
        self.assertEqual(made.rate, 16_000)
        self.assertBetween(len(made.samples), 8000, 8160)  # whole frames
        features = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
        way = {"source": "ben", "target": "anna"}
        self.assertAllEqual(
            stargan_tf.load(output).convert(features, **way),
            stargan_tf.load(self.run_.directory).convert(features, **way),
        )

    def test_rounded_weights_of_what_converts_and_published_again(self):
        facts, output, text = self.publish("small", weights="float16", networks="translating")
        self.assertEqual(facts.copy.left_out, ("D",))
        self.assertBetween(facts.copy.largest, 1e-6, 0.1)
        self.assertRegex(text, r"on random features the conversions differ by \S+ of a feature's d")
        again, _, _ = self.publish("again", run=runs.open_run(output), pictures=("sounds",))
        self.assertEqual(again.pictures, {})
        self.assertLen(again.sounds, len(HEARD))
        sheets, _, _ = self.publish("quiet", pictures=("conversions",))
        self.assertEqual((list(sheets.pictures), sheets.sounds), (["conversions"], {}))
        with self.assertRaisesRegex(errors.UserError, "'hats'; it has: conversions, sounds; name"):
            self.publish("none", pictures=("hats",))
        self.assertFalse((self.root / "none").exists())

    def test_of_recordings_it_says_whose_word_a_voice_is(self):
        data = {**self.run_.config.values(), "dataset": "voice_folder", "data_dir": "/x/voices"}
        changed = runs.Run(
            self.run_.directory, type(self.run_.config).from_values(data),
            self.run_.label_space, self.run_.sample_shape, statistics=self.run_.statistics,
        )  # fmt: skip
        kind = sequences.Sequences(changed)
        self.assertFalse(kind.is_drawn)
        self.assertRegex(kind.limits()[-1], "let nobody be taken for somebody who has not agreed")
        self.assertEqual(licences.licence(changed), "")

    def test_the_command(self):
        flags = [f"--run={self.run_.directory}", f"--output={self.root / 'out'}"]
        done = commands.run("stargan_tf.export.hub", *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("conversions of random features differ from the run's by 0 of a", done.stdout)
        done = commands.run("stargan_tf.export.hub", *flags)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is not empty, and nothing in it was changed", done.stderr)


if __name__ == "__main__":
    tf.test.main()
