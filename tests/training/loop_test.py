"""The loop: what a run directory holds, continuing, stopping, refusing."""

import errno
import io
import json
import os
import pathlib
import signal
import socket
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading, names
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import checkpoints, runs
from stargan_tf.training import guarded_step, loop, summaries
from tests import shared, tiny
from tests.training import stub


class LoopTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.enter_context(shared.in_runs())
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "run"

    def _train(self, directory=None, strategy=None, **changes):
        config = tiny.config(directory or self.directory, **changes)
        images = loading.load(config.data, "train")
        held_out = samplers.spread_out(
            loading.sampler(loading.load(config.data, "test"), config.data, 0, augment=False),
            config.train.sample_count,
        )
        run = runs.Run(directory or self.directory, config, images.label_space)
        sampler = loading.sampler(images, config.data, config.train.seed)
        return loop.train(run, strategy or tf.distribute.get_strategy(), sampler, held_out)

    def _metrics(self, directory=None):
        text = ((directory or self.directory) / "metrics.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def _checkpoint(self, step, directory=None):
        with np.load((directory or self.directory) / f"checkpoints/step-{step:08d}.npz") as file:
            return {name: file[name] for name in file.files}

    def test_a_run_directory_holds_what_other_commands_need(self):
        self.assertEqual(self._train(), 0)
        names = {p.name for p in self.directory.iterdir()}
        self.assertEqual(
            names,
            {
                "train.flags",
                "model.json",
                "checkpoints",
                "samples",
                "metrics.jsonl",
                "times.jsonl",
                "tensorboard",
            },
        )
        self.assertEqual([line["step"] for line in self._metrics()], [1, 2, 3, 4])
        samples = sorted(p.name for p in (self.directory / "samples").iterdir())
        self.assertEqual(
            samples,
            [f"step-00000004-{n}.png" for n in ("combinations", "reconstructions", "targets")],
        )
        opened = runs.open_run(self.directory)
        self.assertEqual(opened.config, tiny.config(self.directory))
        self.assertEqual(opened.label_space.names[0], "Black_Hair")

    def test_continuing_equals_never_stopping(self):
        whole = self.directory.with_name("whole")
        self._train(whole, deterministic=False)
        self._train(total_steps=2, lr_decay_start=1.0)
        self._train(self.directory.with_name("constant"), lr_decay_start=1.0)
        self._train(total_steps=4, lr_decay_start=1.0)
        expected = self._checkpoint(4, self.directory.with_name("constant"))
        for name, value in self._checkpoint(4).items():
            self.assertAllEqual(value, expected[name], msg=name)
        self.assertEqual(self._metrics(), self._metrics(self.directory.with_name("constant")))
        # The comparison can tell runs apart: with the decay, the last weights are others.
        self.assertNotAllEqual(
            self._checkpoint(4)["G/conv_in/kernel"], self._checkpoint(4, whole)["G/conv_in/kernel"]
        )

    def test_a_signal_saves_and_the_same_command_continues(self):
        original = summaries.Progress.show

        def interrupt(progress, step, losses):
            if step == 1:
                os.kill(os.getpid(), signal.SIGTERM)
            return original(progress, step, losses)

        summaries.Progress.show = interrupt
        try:
            status = self._train(checkpoint_every=100)
        finally:
            summaries.Progress.show = original
        self.assertEqual(status, 128 + signal.SIGTERM)
        (saved,) = [p.name for p in (self.directory / "checkpoints").iterdir()]
        self.assertIn(saved, ("step-00000001.npz", "step-00000002.npz"))
        self.assertEqual(self._train(checkpoint_every=100), 0)
        self.assertEqual([line["step"] for line in self._metrics()], [1, 2, 3, 4])

    def test_metrics_after_the_restored_step_are_cut(self):
        self._train(total_steps=2)
        with open(self.directory / "metrics.jsonl", "a") as file:
            file.write('{"step": 3, "D/real": 1.0}\n{"step": 4, "D/re')
        self._train(total_steps=4)
        lines = self._metrics()
        self.assertEqual([line["step"] for line in lines], [1, 2, 3, 4])
        self.assertIn("G/rec", lines[2])

    def test_the_time_of_a_training_is_carried_on(self):
        self._train(total_steps=2)
        (first,) = self._times()
        with open(self.directory / "times.jsonl", "a") as file:  # of a save that was killed
            file.write(json.dumps({**first, "step": 3}) + "\n")
        self._train(total_steps=5)
        lines = self._times()
        self.assertEqual([line["step"] for line in lines], [2, 4, 5])
        self.assertEqual(lines[0], first)
        for name in ("elapsed", "processor"):
            self.assertGreater(lines[0][name], 0)
            self.assertGreaterEqual(lines[1][name], lines[0][name])
        self.assertEqual(lines[2]["devices"], ["CPU:0"])
        (self.directory / "times.jsonl").unlink()  # as if an earlier version had trained it
        self._train(total_steps=6)
        self.assertFalse((self.directory / "times.jsonl").exists())

    def _times(self):
        text = (self.directory / "times.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def test_another_model_is_refused_with_the_differing_names(self):
        self._train(total_steps=2)
        with self.assertRaisesRegex(
            errors.UserError, r"holds another model: batch_size \(4 there, 2 here\), g_lr"
        ):
            self._train(batch_size=2, g_lr=0.5)
        with self.assertRaisesRegex(errors.UserError, "labels"):
            self._train(attributes="Black_Hair,Blond_Hair")

    def test_what_may_change_may_change(self):
        self._train(total_steps=2)
        changes = {"log_every": 2, "checkpoint_every": 1, "keep": 1, "sample_every": 7}
        self.assertEqual(self._train(total_steps=4, **changes), 0)
        self.assertLen(list((self.directory / "checkpoints").iterdir()), 1)

    def test_a_loss_that_is_not_finite_stops_the_run(self):
        self._train(total_steps=2)
        flags = r"init_from=\S+/run:\d+ run_dir=\S+/run-2"
        message = rf"The loss ./\w+ is (nan|-?inf) at step \d.*from that checkpoint \({flags}\)"
        with self.assertRaisesRegex(errors.UserError, message):
            # A learning rate as large as this can't be used by anyone; it is no other model's.
            config = tiny.config(self.directory)
            path = self.directory / "model.json"
            path.write_text(path.read_text().replace('"g_lr": 0.0001', '"g_lr": 1e+30'))
            self._train(g_lr=1e30, total_steps=config.train.total_steps + 4)
        steps = [p.name for p in (self.directory / "checkpoints").iterdir()]
        self.assertIn("step-00000002.npz", steps)
        for step in steps:
            with np.load(self.directory / "checkpoints" / step) as file:
                self.assertTrue(all(np.isfinite(file[name]).all() for name in file.files))

    def test_an_image_that_breaks_during_training_is_named(self):
        root = self.directory.with_name("images")
        for split in ("train", "val"):
            for domain in ("cat", "dog"):
                (root / split / domain).mkdir(parents=True)
                for i in range(4):
                    image = Image.effect_noise((40, 40), 60).convert("RGB")
                    image.save(root / split / domain / f"{i}.png")
        broken = root / "train" / "dog" / "2.png"
        content = bytearray(broken.read_bytes())
        half = len(content) // 2
        content[half : half + 100] = bytes(100)
        broken.write_bytes(content)
        with self.assertRaisesRegex(errors.UserError, r"train/dog/2.png is damaged or gone.*step"):
            self._train(dataset="image_folder", data_dir=str(root))

    def test_a_batch_that_replicas_can_not_share_is_refused(self):
        strategy = tiny.two_devices()
        with self.assertRaisesRegex(errors.UserError, "multiple of the 2 replicas; received 5"):
            self._train(strategy=strategy, batch_size=5)
        self.assertFalse(self.directory.exists())

    def test_celeba_trains_from_its_real_layout(self):
        root = self.directory.with_name("celeba")
        (root / "images").mkdir(parents=True)
        names = [f"{i + 1:06d}.jpg" for i in range(2010)]  # more than the test set of 1,999
        Image.effect_noise((178, 218), 60).convert("RGB").save(root / "images" / names[0])
        for name in names[1:]:
            os.link(root / "images" / names[0], root / "images" / name)
        lines = [f"{name} {'1 -1' if i % 2 else '-1 1'} 1" for i, name in enumerate(names)]
        table = [str(len(names)), "Black_Hair Blond_Hair Male", *lines]
        (root / "list_attr_celeba.txt").write_text("\n".join(table) + "\n")
        options = {"dataset": "celeba", "data_dir": str(root)}
        status = self._train(attributes="Black_Hair,Blond_Hair,Male", total_steps=1, **options)
        self.assertEqual(status, 0)
        space = runs.open_run(self.directory).label_space
        self.assertEqual(space.exclusive, (("Black_Hair", "Blond_Hair"),))

    def test_two_devices_train_like_one(self):
        self._train(self.directory.with_name("one"), total_steps=2)
        self._train(strategy=tiny.two_devices(), total_steps=2)
        one = self._metrics(self.directory.with_name("one"))
        self.assertAllClose(one, self._metrics(), rtol=1e-4, atol=1e-4)

    def test_checkpoints_without_model_json_are_refused(self):
        (self.directory / "checkpoints").mkdir(parents=True)
        with self.assertRaisesRegex(errors.UserError, "checkpoints but no model.json"):
            self._train()

    def test_a_run_directory_that_can_not_be_made(self):
        self.directory.write_text("a file")
        with self.assertRaisesRegex(errors.UserError, "Could not make the run directory"):
            self._train()

    def test_the_trained_state_depends_on_the_seed(self):
        self._train(total_steps=2)
        self._train(self.directory.with_name("other"), total_steps=2, seed=1)
        self.assertNotAllEqual(
            self._checkpoint(2)["G/conv_in/kernel"],
            self._checkpoint(2, self.directory.with_name("other"))["G/conv_in/kernel"],
        )


class StepsTest(tf.test.TestCase, parameterized.TestCase):
    """What the loop does around its steps."""

    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(self.create_tempdir().full_path) / "run"
        self.taken = []  # the steps, as the loop has begun them

    def _train(self, losses, at_step=lambda step: None, **changes):
        """Trains with `losses(step)`, which is part of the graph, in the place of a step's."""

        def given(progress):
            self.taken.append(len(self.taken))
            at_step(len(self.taken))

        algorithm = stub.Stub(losses)
        with (
            mock.patch.object(algorithm, "sample_sheets", return_value={}) as self.sheets,
            mock.patch.object(summaries.Progress, "given", given),
        ):
            return stub.train(self.directory, algorithm, **changes)

    def _saved(self):
        return sorted(path.name for path in (self.directory / "checkpoints").iterdir())

    def test_losses_are_read_only_where_they_are_logged(self):
        read, call = [], guarded_step.GuardedStep.__call__

        class Loss:
            def __init__(self, tensor, step):
                self.tensor, self.step = tensor, step

            def __float__(self):
                read.append(self.step)
                return float(self.tensor)

        def watched(take, batch, step):
            found = call(take, batch, step)
            return {name: Loss(loss, int(step) + 1) for name, loss in found.items()}

        with mock.patch.object(guarded_step.GuardedStep, "__call__", watched):
            self._train(lambda step: {"G/x": tf.cast(step, tf.float32)}, total_steps=7, log_every=3)
        self.assertEqual(read, [3, 6, 7])
        lines = (self.directory / "metrics.jsonl").read_text().splitlines()
        self.assertEqual(lines, [f'{{"step": {k}, "G/x": {k - 1}.0}}' for k in (3, 6, 7)])

    @parameterized.named_parameters(
        ("save", {"checkpoint_every": 2}, 4, ["step-00000002.npz"]),
        ("log", {"checkpoint_every": 2, "log_every": 3}, 3, ["step-00000002.npz"]),
        ("sheets", {"checkpoint_every": 50, "sample_every": 5}, 5, []),
        ("nothing", {"checkpoint_every": 50}, 10, []),
        ("end", {"checkpoint_every": 50, "total_steps": 8}, 8, []),
    )
    def test_the_first_loss_that_is_not_finite_is_named_later(self, changes, taken, saved):
        bad = tf.constant([1.0, 1.0, np.inf, np.nan, 1.0, 1.0, np.nan])

        def losses(step):
            return {"G/x": tf.constant(0.5), "D/y": tf.gather(bad, tf.minimum(step, 6))}

        changes = {"total_steps": 30, "log_every": 1000, "sample_every": 1000, **changes}
        with (
            mock.patch.object(loop, "_LOOK_EVERY", 10),
            self.assertRaisesRegex(errors.UserError, "^The loss D/y is inf at step 3, so training"),
        ):
            self._train(losses, **changes)
        self.assertLen(self.taken, taken)
        self.assertEqual(self._saved(), saved)
        self.assertEqual((self.directory / "metrics.jsonl").read_text(), "")
        self.sheets.assert_not_called()

    def test_a_training_that_is_stopped_saves_nothing_after_such_a_loss(self):
        def stop(step):
            if step == 4:
                os.kill(os.getpid(), signal.SIGTERM)

        with self.assertRaisesRegex(errors.UserError, "D/y is nan at step 4, so .* not written"):
            self._train(lambda step: {"D/y": tf.where(step < 3, 1.0, np.nan)}, stop,
                        total_steps=30, log_every=1000, checkpoint_every=1000)  # fmt: skip
        self.assertEmpty(self._saved())

    def test_a_second_training_in_the_same_folder_is_refused(self):
        message = (
            f"^Another training is under way in {self.directory} .process {os.getpid()} on "
            f"{socket.gethostname()}.; wait"
        )
        tried = []

        def second(step):
            before = self._state()
            with self.assertRaisesRegex(errors.UserError, message):
                stub.train(self.directory, stub.Stub())
            self.assertEqual(self._state(), before)
            if step == 3:  # Other commands read the run as ever.
                opened, reader = runs.open_run(self.directory), stub.Stub()
                self.assertEqual(runs.restore_weights(opened, reader), 2)
                self.assertEqual(float(reader.count), 2.0)
            tried.append(step)

        one = {"D/y": tf.constant(1.0)}
        self.assertEqual(self._train(lambda step: one, second, total_steps=3), 0)
        self.assertEqual(tried, [1, 2, 3])
        self.assertNotIn(".lock", self._state())
        self.assertEqual(self._train(lambda step: one, total_steps=4), 0)

    def test_a_folder_that_is_held_elsewhere_is_not_changed(self):
        with stub.run_of(self.directory).claimed():
            before = self._state()
            with self.assertRaisesRegex(errors.UserError, "Another training is under way"):
                stub.train(self.directory, stub.Stub())
            self.assertEqual(self._state(), before)
        self.assertFalse(self.directory.exists())

    def _state(self):
        paths = [self.directory, *self.directory.rglob("*")]
        return {str(p.relative_to(self.directory)): p.stat().st_mtime_ns for p in paths}

    def test_a_file_system_without_locks_is_told_once(self):
        losses = {"D/y": tf.constant(1.0)}
        with (
            mock.patch("fcntl.flock", side_effect=OSError(errno.ENOLCK, "No locks available")),
            mock.patch("sys.stdout", io.StringIO()) as stdout,
        ):
            self.assertEqual(self._train(lambda step: losses), 0)
        self.assertEqual(stdout.getvalue().count("has no locks, so nothing keeps a second"), 1)


class OpenRunTest(tf.test.TestCase):
    def test_names_that_no_command_can_be_told(self):
        """Only new runs are refused."""
        root = pathlib.Path(self.create_tempdir().full_path)
        config = tiny.config(root / "run", dataset="image_folder")
        space = labels_lib.LabelSpace("domains", ("dog", "cats, big"))
        run = runs.Run(root / "run", config, space)
        with self.assertRaisesRegex(
            errors.UserError, "rename the folder 'cats, big' to 'cats_big'"
        ):
            run.create()
        self.assertFalse(run.directory.exists())
        with mock.patch.object(names, "refuse"):  # as before there was that check
            run.create()
        self.assertEqual(runs.open_run(run.directory), run)
        run.create()  # it continues

    def test_a_joint_run_tells_which_data_set(self):
        config = tiny.config(pathlib.Path("run"), datasets="image_folder,manifest")
        spaces = [("image_folder", labels_lib.LabelSpace("domains", ("a", "b"))),
                  ("manifest", labels_lib.LabelSpace("attributes", ("-c",)))]  # fmt: skip
        run = runs.Run(pathlib.Path("run"), config, labels_lib.JointSpace.of(spaces))
        with self.assertRaisesRegex(errors.UserError, "attribute '-c'.*; call it 'c' in the table"):
            run.check()

    def test_no_run(self):
        directory = pathlib.Path(self.create_tempdir().full_path)
        with self.assertRaisesRegex(errors.UserError, "not the folder of a run .no model.json"):
            runs.open_run(directory)
        with self.assertRaisesRegex(errors.UserError, "does not exist"):
            runs.open_run(directory / "nothing")
        (directory / "photo.png").touch()
        with self.assertRaisesRegex(
            errors.UserError, r"received the file .*/photo.png; pass the `run_dir` of a training"
        ):
            runs.open_run(directory / "photo.png")
        (directory / "model.json").write_text(
            '{"format": 1, "options": {"algorithm": "stargan_v9"}, "labels": {}}'
        )
        with self.assertRaisesRegex(errors.UserError, "algorithm that this version does not have"):
            runs.open_run(directory)
        (directory / "model.json").write_text('{"format": 1, "options": []}')
        with self.assertRaisesRegex(errors.UserError, "model.json can't be read"):
            runs.open_run(directory)
        (directory / "model.json").write_text("{")
        with self.assertRaisesRegex(errors.UserError, "model.json can't be read"):
            runs.open_run(directory)

    def test_what_is_in_a_run_names_the_run(self):
        root = pathlib.Path(self.create_tempdir().full_path)
        folder = root / "x"
        tiny.untrained_run(folder)
        for part, received, instead in (
            ("checkpoints/step-00000007.npz", "file", " checkpoint=7"),
            ("checkpoints", "folder", ""),
            ("checkpoints/", "folder", ""),
            ("model.json", "file", ""),
            ("samples", "folder", ""),
        ):
            for base in (root, pathlib.Path(os.path.relpath(root))):
                path = base / "x" / part
                with self.assertRaises(errors.UserError) as caught:
                    runs.open_run(str(path))
                self.assertEqual(
                    str(caught.exception),
                    f"`run` is the folder of a run; received the {received} {path}; pass "
                    f"run={base / 'x'}{instead}.",
                )
        path = folder / "checkpoints" / "step-00000007.npz"
        with self.assertRaisesRegex(errors.UserError, f"; pass init_from={folder}:7[.]$"):
            runs.open_run(path, "init_from")
        with self.assertRaisesRegex(errors.UserError, "step-00000008.npz does not exist"):
            runs.open_run(folder / "checkpoints" / "step-00000008.npz")

    def test_checkpoints_that_are_not_there(self):
        run = runs.Run(
            pathlib.Path(self.create_tempdir().full_path),
            tiny.config(pathlib.Path("unused")),
            loading.load(tiny.config(pathlib.Path("unused")).data, "test").label_space,
        )
        algorithm = run.build(training=False)
        with self.assertRaisesRegex(errors.UserError, "has no checkpoint yet"):
            runs.restore_weights(run, algorithm)
        run.create()
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.weights()).save(3)
        with self.assertRaisesRegex(errors.UserError, "no checkpoint '4'; it has 3"):
            runs.restore_weights(run, algorithm, "4")
        self.assertEqual(runs.restore_weights(run, algorithm), 3)


if __name__ == "__main__":
    tf.test.main()
