"""The doctor as users call it: exit statuses, the report, the files, a real trial of a step."""

import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.base import errors, keras_versions
from stargan_tf.cli import train_flags
from stargan_tf.data import labels
from stargan_tf.diagnosis import trial
from stargan_tf.runs import runs
from tests import commands, tiny
from tests.diagnosis import broken_folder


class MainTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(mock.patch("tensorflow.config.set_visible_devices"))

    def main(self, changes=None, **flags):
        """Returns the exit status and what was printed."""
        module = commands.load("doctor")
        changes = {"dataset": "image_folder", "data_dir": str(self.root), **(changes or {})}
        config = tiny.config(self.root / "run", **changes)
        with (
            commands.given("doctor", **{"time": False, **flags}),
            mock.patch.object(train_flags, "config_from_flags", return_value=config),
            mock.patch("builtins.print") as printed,
        ):
            status = module.main()
        return status, "\n".join(str(call.args[0]) for call in printed.call_args_list)

    def test_a_whole_report_with_a_real_trial_in_its_own_process(self):
        broken_folder.write_good(self.root, size=32)
        (self.root / "train" / "cat" / "broken.jpg").write_bytes(b"")
        path = self.root / "report.json"
        status, text = self.main({"on_corrupt": "skip"}, time=True, json=str(path))
        self.assertEqual(status, 0)
        self.assertRegex(text, r"cat +7 +2\n +dog +6 +2\n")
        self.assertRegex(text, r"A step takes [0-9.]+ s on CPU:0")
        self.assertIn("broken.jpg (empty)", text)
        self.assertIn(f"Contact sheet: {self.root}/run/doctor/contact_sheet.png", text)
        self.assertEqual([path.name for path in (self.root / "run").iterdir()], ["doctor"])
        with Image.open(self.root / "run" / "doctor" / "contact_sheet.png") as sheet:
            # Two columns of images of 32 px, tripled; six rows; a heading.
            self.assertEqual(sheet.size[0], 2 * (96 + 4) + 4)
            self.assertGreater(sheet.size[1], 6 * (96 + 4))
        report = json.loads(path.read_text())
        self.assertFalse(report["fails"])
        self.assertEqual(report["flags"]["g_conv_dim"], tiny.HPARAMS["stargan_v1"]["g_conv_dim"])
        self.assertIn("unreadable", [found["kind"] for found in report["findings"]])
        told = report["trial"]
        self.assertEqual((told["outcome"], told["devices"]), ("measured", ["CPU:0"]))
        self.assertEqual(told["images_per_step"], 4)
        self.assertGreater(told["memory"], 10**8)
        space = labels.LabelSpace("domains", ("cat", "dog"))
        config = tiny.config(self.root / "x")
        state = runs.Run(self.root / "x", config, space).build().state().values()
        self.assertEqual(told["checkpoint"], sum(np.asarray(v).nbytes for v in state))

    def test_an_empty_folder_fails(self):
        status, text = self.main()
        self.assertEqual(status, 1)
        self.assertIn("Copy images into", text)
        self.assertFalse((self.root / "run").exists())

    def test_what_is_only_worse_does_not_fail(self):
        broken_folder.write_good(self.root)
        status, text = self.main(output=str(self.root / "out"), max_listed=2)
        self.assertEqual(status, 0)
        self.assertIn("Under 100 training images", text)
        self.assertTrue((self.root / "out" / "contact_sheet.png").exists())

    def test_broken_images_fail(self):
        broken_folder.write_good(self.root)
        for i in range(4):
            (self.root / "val" / "dog" / f"b{i}.jpg").write_bytes(b"")
        status, text = self.main(max_listed=3)
        self.assertEqual(status, 1)
        self.assertIn("b2.jpg (empty)\n       and 1 more", text)
        self.assertNotIn("b3.jpg", text)

    def test_tensorflow_addons_that_are_not_there_fail_without_a_trial(self):
        broken_folder.write_good(self.root, size=32)
        with mock.patch.object(keras_versions, "_addons", lambda: (None, "No module")):
            for backend, expected in (("addons", 1), ("auto", 0)):
                status, text = self.main({"normalization_backend": backend})
                self.assertEqual(status, expected)
                self.assertEqual("pass --normalization_backend=auto" in text, bool(expected))

    def test_the_trial_gets_the_limit_and_the_broken_images(self):
        broken_folder.write_good(self.root)
        (self.root / "train" / "cat" / "00.jpg").write_bytes(b"")
        with mock.patch.object(trial, "measure") as measure:
            measure.return_value = trial.Trial("out_of_memory", "the system ended it")
            status, text = self.main(time=True, time_limit=9)
        self.assertEqual(measure.call_args.args[1], [1])  # after 0.png
        self.assertEqual(measure.call_args.kwargs, {"time_limit": 9})
        self.assertEqual(status, 1)
        self.assertIn("The memory did not suffice (the system ended it)", text)
        self.assertIn("Pass --batch_size=2", text)

    def test_a_sheet_that_can_not_be_written_does_not_cost_the_report(self):
        broken_folder.write_good(self.root)
        (self.root / "file").write_text("in the way")
        status, text = self.main(output=str(self.root / "file"))
        self.assertEqual(status, 0)
        self.assertIn("The contact sheet was not written", text)
        self.assertIn("Under 100 training images", text)
        with self.assertRaisesRegex(errors.UserError, "Could not write"):
            self.main(json=str(self.root / "nowhere" / "report.json"))


class CommandTest(tf.test.TestCase):
    def test_a_bad_command_line(self):
        for flag, message in (
            ("--dataset=image_foldr", "Unknown --dataset 'image_foldr'.*Did you mean image_folder"),
            ("--time_limit=0", "time_limit"),
        ):
            result = commands.run("stargan_tf.doctor", flag)
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, f"^error: .*{message}")


if __name__ == "__main__":
    tf.test.main()
