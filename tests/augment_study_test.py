"""A study of a run goes on where it was killed, and refuses what would make its answer wrong."""

import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.data import loading
from stargan_tf.evaluation.augmentation import arms
from stargan_tf.evaluation.augmentation import images as pool_lib
from stargan_tf.inference import model
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from tests import commands, tiny


def measure(arm, pool, held_out, flip, recipe, steps):
    """Stands in for the training of a classifier: its figures tell the arm, seed and steps."""
    name, seed = arms.ARMS.index(arm), recipe.seed
    figures = dict.fromkeys(pool.label_space.names, 0.5 + 0.05 * name + 0.01 * seed)
    return {**figures, "mean": 0.5 + 0.04 * name + 0.02 * seed + steps / 10_000}


class AugmentStudyTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path)
        self.done = []

    def run_study(self, *arguments, stop_after=99):
        def counted(arm, *rest):
            if len(self.done) == stop_after:
                raise KeyboardInterrupt
            self.done.append((arm.name, rest[3].seed))
            return measure(arm, *rest)

        with mock.patch.object(arms, "measure", counted):
            return commands.run("stargan_tf.augment_study", f"--run={self.run}", *arguments)

    def make_run(self, **changes):
        given = {"domains": "Black_Hair,Blond_Hair", "keep_share": "Blond_Hair:0.5", **changes}
        self.run = tiny.untrained_run(self.folder / "run", **given).directory

    def test_it_goes_on_where_it_was_killed(self):
        self.make_run()
        arguments = ["--steps=100", "--seeds=0,3", f"--output={self.folder / 'a'}"]
        killed = self.run_study(*arguments, stop_after=2)
        self.assertEqual(killed.returncode, 130, killed.stderr)
        self.assertIn(
            "Interrupted; files that were finished before are as they were", killed.stderr
        )
        self.assertEqual(self.done, [("real", 0), ("real, even", 0)])
        with mock.patch.object(model, "Model", None):  # the translations are there
            resumed = self.run_study(*arguments)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        names = [arm.name for arm in arms.ARMS]
        self.assertEqual(self.done, [(name, seed) for seed in (0, 3) for name in names])
        whole = self.run_study(*arguments[:2], f"--output={self.folder / 'b'}")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        reports = [json.loads((self.folder / n / "report.json").read_text()) for n in "ab"]
        self.assertEqual(*reports)
        self.check_report(reports[0], whole.stdout)
        images = [np.asarray(Image.open(self.folder / n / "accuracy.png")) for n in "ab"]
        self.assertAllEqual(*images)

    def check_report(self, report, printed):
        mean = report["arms"]["real + translated"]["mean"]
        self.assertAllClose(mean["values"], [0.63, 0.69])
        self.assertAllClose((mean["mean"], mean["gain"]), (0.66, 0.12))
        # t of one degree of freedom, 12.706, times the deviation .0424 over the root of 2.
        self.assertAllClose(mean["half_width"], 12.7062 * 0.03, rtol=1e-5)
        self.assertAllClose(mean["gain_half_width"], 0, atol=1e-9)
        self.assertRegex(printed, r"real \+ translated .*66\.0 ± 38\.1 % +\+12\.0 ± 0\.0 %")
        training = loading.load(runs.open_run(self.run).config.data, "train")
        black, blond = (int(n) for n in training.labels.sum(0))
        self.assertLess(blond, black)
        self.assertEqual(report["images"]["real"], {"Black_Hair": black, "Blond_Hair": blond})
        whole = black + blond
        self.assertEqual(report["images"]["real + translated"],
                         {"Black_Hair": whole, "Blond_Hair": whole})  # fmt: skip
        self.assertIn(
            f"the same {whole} training images ({black} Black_Hair, {blond} Blond_Hair); neither "
            "has seen the 4 held-out images",
            printed,
        )

    def test_translations_are_of_training_images_to_other_labels(self):
        self.make_run()
        finished = self.run_study("--seeds=0", f"--output={self.folder / 'a'}")
        self.assertEqual(finished.returncode, 0, finished.stderr)
        run = runs.open_run(self.run)
        training = loading.load(run.config.data, "train")
        about = json.loads((self.folder / "a" / "images.json").read_text())
        pixels = np.fromfile(self.folder / "a" / "images.npy", np.uint8)
        pixels = pixels.reshape(2 * training.size, 32, 32, 3)
        real = np.stack([training.load(tf.constant(i)).numpy() for i in range(training.size)])
        self.assertAllEqual(pixels[: training.size], real)
        labels = np.array(about["labels"], np.float32)
        self.assertAllEqual(labels[: training.size], training.labels)
        # Those that become Blond_Hair come first or last: sort both by the label.
        own = np.concatenate([np.flatnonzero(training.labels[:, k]) for k in (0, 1)])
        self.assertAllEqual(labels[training.size :], 1 - training.labels[own])
        made = model.Model(run).algorithm.translate(
            photos.from_uint8(real[own]), 1 - training.labels[own]
        )
        difference = np.abs(photos.to_uint8(made).astype(int) - pixels[training.size :])
        self.assertLessEqual(difference.max(), 1)

    def test_another_study_is_not_mixed_in(self):
        self.make_run()
        self.run_study("--steps=100", "--seeds=0")
        refused = self.run_study("--steps=200", "--seeds=0")
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr, r"another study: steps \(100 there, 200 here\); choose")
        self.assertTrue((self.run / "augment_study" / "report.json").exists())
        more = self.run_study("--steps=100", "--seeds=0,1")
        self.assertEqual(more.returncode, 0, more.stderr)
        self.assertEqual({seed for _, seed in self.done[5:]}, {1})

    def test_mistakes(self):
        self.make_run()
        for arguments, message in (
            (["--seeds=0,0"], "different whole numbers from 0 on.*received --seeds=0,0; pass"),
            (["--seeds=a"], "received --seeds=a;"),
            (["--seeds="], "received --seeds=;"),
            (["--checkpoint=9"], "has no checkpoint '9'; it has 7"),
        ):
            refused = self.run_study(*arguments)
            self.assertEqual(refused.returncode, 2)
            self.assertRegex(refused.stderr, message)
        self.assertFalse((self.run / "augment_study").exists())

    def test_runs_whose_training_images_are_unknown(self):
        self.make_run()
        path = self.run / "model.json"
        facts = json.loads(path.read_text())
        path.write_text(json.dumps({**facts, "imported": {"files": ["g.pt"], "classifies": False}}))
        self.assertRegex(self.run_study().stderr, "was imported, so it is not known whether")
        facts["options"]["domains"] = "Black_Hair,Brown_Hair"
        facts["options"]["keep_share"] = ""
        path.write_text(json.dumps(facts))
        self.assertRegex(
            self.run_study().stderr,
            "was trained on the labels Black_Hair, Blond_Hair, but its data set has Black_Hair, "
            "Brown_Hair now; restore it, or pass its folder with --data_dir",
        )

    def test_images_in_both_parts_are_counted(self):
        data = tiny.config(self.folder).data
        images = [tiny.Pictures(count) for count in (12, 5)]
        images[1].images = images[0].images[[3, 3, 8, 1, 0]].copy()
        images[1].images[4, 0, 0, 0] ^= 1
        pairs = [arms.images_lib.Images(loading.sampler(one, data, 0, augment=False),
                                        one.label_space, one.labels) for one in images]  # fmt: skip
        self.assertEqual(pool_lib.in_both(pairs[1], pairs[0]), 4)


if __name__ == "__main__":
    tf.test.main()
