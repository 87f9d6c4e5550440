"""Starting a run from the weights of another: what is kept, what is new, what is refused."""

import dataclasses
import json
import pathlib
import re
import shutil
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf import algorithms
from stargan_tf.algorithms.stargan_v1 import algorithm as v1
from stargan_tf.base import errors, keras_versions
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading
from stargan_tf.data.pipeline import samplers
from stargan_tf.diagnosis import cost, examination
from stargan_tf.runs import checkpoints, importing, initial_weights, runs
from stargan_tf.training import loop
from tests import import_reference_test, tiny

ABC = ("Black_Hair", "Blond_Hair", "Brown_Hair")
SMALL = {"algorithm": "stargan_v2", "image_size": 16}


def images(size, count=2):
    random = np.random.default_rng(5)
    return random.uniform(-1, 1, (count, size, size, 3)).astype(np.float32)


def given(space, *names):
    """Returns the label vector (1, width) in which only these labels are 1."""
    label = np.zeros((1, space.width), np.float32)
    label[0, [space.names.index(name) for name in names]] = 1
    return label


def run_of(path, space=None, **changes):
    """Returns a run that is not on disk, with labels of its own where they are given."""
    config = tiny.config(path, **changes)
    window = config.data.frames, config.data.coefficients
    shape = window if config.train.algorithm in tiny.WINDOWS else ()
    return runs.Run(path, config, space or loading.load(config.data, "test").label_space, shape)


def trained(path, space=None, **changes):
    """Makes a run as training leaves it at step 4: every variable has a number of its own."""
    run = run_of(path, space, **changes)
    run.create()
    algorithm = run.build()
    random = np.random.default_rng(1)
    for variable in algorithm.state().values():
        if variable.dtype == "int64":
            variable.assign(9)
        else:
            variable.assign(random.normal(0, 0.1, variable.shape))
    checkpoints.Checkpoints(run.checkpoint_dir, algorithm.state()).save(4)
    return run, algorithm


def begun(run):
    """Returns the algorithm of a new run as its first step finds it, and what is printed."""
    keras.utils.set_random_seed(run.config.train.seed)
    algorithm = run.build()
    return algorithm, initial_weights.give(initial_weights.find(run), run, algorithm)


class StartTestCase(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def assert_fresh_optimizers(self, algorithm):
        slots = {n: v for n, v in algorithm.state().items() if n.startswith("optimizers/")}
        self.assertNotEmpty(slots)
        for name, variable in slots.items():
            self.assertAllEqual(variable, np.zeros(variable.shape), msg=name)


class StarGANv1Test(StartTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old_dir = pathlib.Path(cls().create_tempdir("shared").full_path) / "old"
        cls.run_, cls.old = trained(cls.old_dir, attributes=",".join((*ABC, "Smiling")))

    def _begun(self, space=None, **changes):
        changes = {"init_from": str(self.old_dir), **changes}
        return begun(run_of(self.root / "new", space, **changes))

    def test_the_same_labels_take_every_weight(self):
        new, lines = self._begun(attributes=",".join((*ABC, "Smiling")), batch_size=8, g_lr=3e-4)
        state, old = new.state(), self.old.state()
        for name in (n for n in state if not n.startswith("optimizers/")):
            self.assertAllEqual(state[name], old[name], msg=name)
        self.assert_fresh_optimizers(new)
        self.assertEqual(
            lines,
            [
                f"Starting from {self.old_dir}, step 4, with new optimizers: took G, D.",
                "Labels carried over: Black_Hair, Blond_Hair, Brown_Hair, Smiling.",
            ],
        )

    def test_labels_added_dropped_and_in_another_order(self):
        space = labels_lib.LabelSpace("domains", ("Hat", "Smiling", "Brown_Hair", "Black_Hair"))
        new, lines = self._begun(space)
        self.assertEqual(
            lines[1],
            "Labels carried over: Smiling, Brown_Hair, Black_Hair; new: Hat; not used: Blond_Hair.",
        )
        x = images(32, 1)
        for names in (["Smiling"], ["Brown_Hair", "Smiling"], ["Black_Hair"], []):
            expected = self.old.translate(x, given(self.run_.label_space, *names))
            self.assertAllClose(new.translate(x, given(space, *names)), expected, atol=1e-6)
        src, cls = self.old.D(x)
        new_src, new_cls = new.D(x)
        self.assertAllClose(new_src, src, atol=1e-6)
        self.assertAllClose(np.array(new_cls)[:, 1:], np.array(cls)[:, [3, 2, 0]], atol=1e-6)
        # What is new has the initial values of the run's own seed.
        keras.utils.set_random_seed(0)
        fresh = run_of(self.root / "fresh", space).build().state()
        state = new.state()
        for name, at in (("G/conv_in/kernel", np.s_[:, :, 3]), ("D/cls/kernel", np.s_[..., 0])):
            self.assertAllEqual(np.array(state[name])[at], np.array(fresh[name])[at])

    def test_joint_labels_go_by_data_set_and_name(self):
        attributes = "Black_Hair,Smiling;Eyeglasses,Smiling"
        joint = {"datasets": "cartoon_faces,cartoon_faces"}
        old_run, old = trained(self.root / "joint", attributes=attributes, **joint)
        one, two = (name for name, _ in old_run.label_space.sets)
        hair = labels_lib.LabelSpace("attributes", ("Smiling", "Brown_Hair", "Black_Hair"))
        glasses = labels_lib.LabelSpace("attributes", ("Smiling", "Eyeglasses"))
        space = labels_lib.JointSpace.of([(two, glasses), (one, hair)])
        new, lines = self._begun(space, init_from=f"{self.root}/joint:4", **joint)
        self.assertEndsWith(lines[1], f"the mask of {two}, the mask of {one}; new: Brown_Hair.")
        x = images(32, 1)
        for new_set, mine, old_set, theirs in (
            (0, [1, 0], 1, [0, 1]), (0, [0, 1], 1, [1, 0]), (1, [1, 0, 1], 0, [1, 1]),
            (1, [0, 0, 1], 0, [1, 0]),
        ):  # fmt: skip
            expected = old.translate(x, old_run.label_space.unified(old_set, theirs)[None])
            found = new.translate(x, space.unified(new_set, mine)[None])
            self.assertAllClose(found, expected, atol=1e-6)
        expected, found = (np.array(algorithm.D(x)[1]) for algorithm in (old, new))
        self.assertAllClose(found[:, [4, 2, 1, 0]], expected, atol=1e-6)

    def test_each_replica_gets_the_weights(self):
        run = run_of(self.root / "new", init_from=str(self.old_dir), attributes=",".join(ABC))
        with tiny.two_devices().scope():
            algorithm = run.build(replicas=2)
        initial_weights.give(initial_weights.find(run), run, algorithm)
        for name in ("G/down1/kernel", "D/src/kernel"):
            copies = keras_versions.tf_variable(algorithm.state()[name]).values
            self.assertLen(copies, 2)
            for copy in copies:
                self.assertAllEqual(copy, self.old.state()[name])

    @parameterized.named_parameters(
        ("widths", {"g_conv_dim": 8, "d_repeat_num": 2},
         r"do not fit G, D, which depend on: g_conv_dim \(4 there, 8 here\), d_repeat_num "
         r"\(3 there, 2 here\); pass g_conv_dim=4 d_repeat_num=3, or start"),
        ("image_size", {"image_size": 64}, r"fit D, .*: image_size \(32 there, 64 here\); pass"),
    )  # fmt: skip
    def test_other_shapes(self, changes, message):
        run = run_of(self.root / "new", init_from=str(self.old_dir), **changes)
        algorithm = run.build()
        before = tiny.values(algorithm.state())
        with self.assertRaisesRegex(errors.UserError, message):
            initial_weights.give(initial_weights.find(run), run, algorithm)
        for name, value in tiny.values(algorithm.state()).items():
            self.assertAllEqual(value, before[name])

    def test_mistakes_are_told_before_anything_is_written(self):
        old = self.old_dir
        for changes, message in (
            ({"init_from": f"{old}-1"}, f"init_from={old}-1 is not the folder of a run"),
            ({"init_from": f"{old}:3"}, "old has no checkpoint '3'; it has 4; name one"),
            ({"init_from": str(old), "algorithm": "stargan_v2"},
             "old is a run of stargan_v1, whose weights .*pass algorithm=stargan_v1"),
            ({"init_from": f"{self.root}/new/../new"}, "is the new run's own folder; choose an"),
        ):  # fmt: skip
            with self.assertRaisesRegex(errors.UserError, message):
                initial_weights.find(run_of(self.root / "new", **changes))
        self.assertEmpty(list(self.root.iterdir()))

    def test_a_colon_belongs_to_the_folder_but_before_a_number(self):
        shutil.copytree(self.old_dir, self.root / "a:b")
        for text in ("a:b", "a:b:4", "a:b:latest"):
            start = initial_weights.find(run_of(self.root / "new", init_from=f"{self.root}/{text}"))
            self.assertEqual((start.run.directory, start.step), (self.root / "a:b", 4))
        path = self.root / "a:b" / "checkpoints" / "step-00000004.npz"
        path.write_bytes(path.read_bytes()[:-400])
        with self.assertRaisesRegex(errors.UserError, "step-00000004.npz is damaged"):
            self._begun(init_from=f"{self.root}/a:b")

    def test_the_doctor_compares_without_training(self):
        machine = cost.Machine(memory=8 * 10**9, free_disk=10**12)
        for changes, message in (
            ({}, None),
            ({"g_conv_dim": 8}, "do not fit G.*pass g_conv_dim=4"),
        ):
            changes = {"init_from": str(self.old_dir), **changes}
            report, _ = examination.examine(tiny.config(self.root / "new", **changes), machine)
            told = [f.message for f in report.findings if f.kind == "init_from"]
            self.assertEqual(report.fails, message is not None)
            self.assertLen(told, int(report.fails))
            if message:
                self.assertRegex(told[0], message)
        self.assertFalse((self.root / "new").exists())

    def test_an_imported_generator_without_a_discriminator(self):
        weights = import_reference_test.weights("generator")
        path = import_reference_test.write(self.root / "7-G.npz", weights)
        request = importing.Request(
            "stargan_v1",
            str(self.root / "imported"),
            {"image_size": 32, "generator": path},
            attributes="Male,Black_Hair,Blond_Hair,Smiling,Young",
        )
        importing.write(importing.plan(request))
        imported = runs.open_run(self.root / "imported")
        old = imported.build(training=False)
        runs.restore_weights(imported, old)
        hparams = imported.config.hparams
        shapes = {"g_conv_dim": hparams.g_conv_dim, "g_repeat_num": hparams.g_repeat_num}
        space = labels_lib.LabelSpace.of_attributes(("Hat", "Young", "Smiling"), ())
        new, lines = self._begun(space, init_from=str(self.root / "imported"), **shapes)
        self.assertEndsWith(lines[0], "imported, step 7, with new optimizers: took G.")
        self.assertStartsWith(lines[1], "D starts with random weights: ")
        x = images(32, 1)
        expected = old.translate(x, given(imported.label_space, "Young"))
        self.assertAllClose(new.translate(x, given(space, "Young")), expected, atol=1e-6)


class StarGANv2Test(StartTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = pathlib.Path(cls().create_tempdir("shared").full_path)
        cls.old_space = labels_lib.LabelSpace("domains", ABC)
        cls.run_, cls.old = trained(root / "old", cls.old_space, **SMALL)
        # One for all tests: whatever it has started from before, it gets what it is given next.
        cls.space = labels_lib.LabelSpace("domains", ("Brown_Hair", "Bald", "Black_Hair"))
        cls.new_run = run_of(root / "new", cls.space, **SMALL, init_from=f"{root}/old", lr=1e-3)
        cls.new = cls.new_run.build()

    def _given(self, run):
        return initial_weights.give(initial_weights.find(run), run, self.new)

    def test_a_run_of_this_program(self):
        old, new, space, lines = self.old, self.new, self.space, self._given(self.new_run)
        self.assertRegex(lines[0], r"took G \(from G_ema\), F \(from F_ema\), E \(from E_ema\), D.")
        self.assertEqual(
            lines[1],
            "Labels carried over: Brown_Hair, Black_Hair; new: Bald; not used: Blond_Hair.",
        )
        self.assert_fresh_optimizers(new)
        x, z = images(16), np.random.default_rng(2).normal(size=(2, 16)).astype(np.float32)
        for name in ("Brown_Hair", "Black_Hair"):
            y, y_old = (np.repeat(given(s, name), 2, 0) for s in (space, self.old_space))
            self.assertAllClose(new.translate(x, y), old.translate(x, y_old), atol=1e-6)
            self.assertAllClose(new.map_latents(z, y), old.map_latents(z, y_old), atol=1e-6)
            self.assertAllClose(new.encode(x, y), old.encode(x, y_old), atol=1e-6)
            self.assertAllClose(new.D(x, y), old.D(x, y_old), atol=1e-6)
        state = tiny.values(new.state())
        for name in (n for n in state if re.match("[GFE]/", n)):  # the new domain's part, too
            self.assertAllEqual(state[f"{name[0]}_ema{name[1:]}"], state[name], msg=name)

    def test_imported_averages(self):
        imported = dataclasses.replace(
            self.run_,
            directory=self.root / "imported",
            imported=runs.Imported(("100000_nets_ema.ckpt",), classifies=False),
        )
        imported.create()
        averages = {n: v for n, v in self.old.weights().items() if not n.startswith("D/")}
        checkpoints.Checkpoints(imported.checkpoint_dir, averages).save(100_000)
        before = self.new.D.get_weights()
        run = run_of(self.root / "new", self.space, **SMALL, init_from=str(imported.directory))
        lines = self._given(run)
        self.assertRegex(lines[1], "^D starts with random weights: .*imported has none that were")
        x, names = images(16, 2), ("Brown_Hair", "Black_Hair")
        y_old, y = (
            np.concatenate([given(s, n) for n in names]) for s in (self.old_space, self.space)
        )
        self.assertAllClose(self.new.translate(x, y), self.old.translate(x, y_old), atol=1e-6)
        for value, kept in zip(self.new.D.get_weights(), before, strict=True):
            self.assertAllEqual(value, kept)

    @pytest.mark.slow
    def test_networks_and_their_averages_are_named_once(self):
        old = str(self.run_.directory)
        run = run_of(self.root / "new", self.old_space, **SMALL, init_from=old)
        hparams = dataclasses.replace(run.config.hparams, style_dim=4)
        run = dataclasses.replace(run, config=dataclasses.replace(run.config, hparams=hparams))
        with self.assertRaisesRegex(
            errors.UserError,
            r"fit G, F, E, which .*: style_dim \(8 there, 4 here\); pass style_d",
        ):
            begun(run)

    @pytest.mark.slow
    def test_the_landmark_network_comes_with_the_rest(self):
        """Where no file is given; the other run may be gone when the new one is continued."""
        skip = {"algorithm": "stargan_v2", "image_size": 64, "w_hpf": 1.0}
        with mock.patch("stargan_tf.landmarks.weights.load_into"):
            wing = self.create_tempfile("wing.npz").full_path
            _, old = trained(self.root / "old", **skip, landmark_weights=wing)
        new, _ = begun(run_of(self.root / "new", **skip, init_from=str(self.root / "old")))
        names = [name for name in new.state() if name.startswith("landmarks/")]
        self.assertNotEmpty(names)
        for name in names:
            self.assertAllEqual(new.state()[name], old.state()[name])


class LoopTest(StartTestCase):
    def _train(self, name, **changes):
        config = tiny.config(self.root / name, **changes)
        train, test = (loading.load(config.data, split) for split in ("train", "test"))
        held_out = samplers.spread_out(loading.sampler(test, config.data, 0, augment=False), 2)
        run = runs.Run(self.root / name, config, train.label_space)
        sampler = loading.sampler(train, config.data, config.train.seed)
        no_sheets = mock.patch.object(v1.StarGANv1, "sample_sheets", return_value={})
        with no_sheets, mock.patch("builtins.print") as printed:
            status = loop.train(run, tf.distribute.get_strategy(), sampler, held_out)
        self.assertEqual(status, 0)
        return [str(call.args[0]) for call in printed.call_args_list if call.args]

    def _checkpoint(self, name, step):
        with np.load(self.root / name / "checkpoints" / f"step-{step:08d}.npz") as file:
            return {n: file[n] for n in file.files}

    def test_training_begins_there_and_goes_on_without_the_other_run(self):
        _, old = trained(self.root / "old", attributes="Smiling,Black_Hair")
        tiny_run = {"total_steps": 1, "attributes": "Black_Hair,Smiling,Eyeglasses"}
        tiny_run["init_from"] = str(self.root / "old")
        with self.assertRaisesRegex(errors.UserError, "do not fit G"):
            self._train("new", **tiny_run, g_conv_dim=8)
        self.assertFalse((self.root / "new").exists())

        # Stopped before its first step; then the other run is deleted.
        with mock.patch.object(loop._Loop, "steps", return_value=0):
            (told,) = [line for line in self._train("new", **tiny_run) if "Starting" in line]
        self.assertStartsWith(told, f"Starting from {self.root}/old, step 4, with new optimizers:")
        first = self._checkpoint("new", 0)
        self.assertAllEqual(first["D/src/kernel"], old.state()["D/src/kernel"])
        self.assertEqual(first["optimizers/G/iterations"], 0)
        shutil.rmtree(self.root / "old")
        told = self._train("new", **tiny_run)
        self.assertIn(f"Continuing {self.root}/new from step 0.", told)
        after = self._checkpoint("new", 1)
        self.assertEqual(after["optimizers/G/iterations"], 1)
        # A step of Adam at 1e-4 from there: the first moves each weight by that, or not at all.
        change = np.abs(after["G/down1/kernel"] - old.state()["G/down1/kernel"])
        self.assertBetween(change.max(), 0.9e-4, 1.1e-4)

        # The record stays, whether the flag is given again or not; another start is refused.
        again = {name: value for name, value in tiny_run.items() if name != "init_from"}
        for changes in ({}, {"init_from": f"{self.root}/old:4"}):
            self._train("new", **again, **changes)
            options = json.loads((self.root / "new" / "model.json").read_text())["options"]
            self.assertEqual(options["init_from"], f"{self.root}/old:4")
            flags = (self.root / "new" / "train.flags").read_text().splitlines()
            self.assertIn(f"--init_from={self.root}/old:4", flags)
        for name, value in self._checkpoint("new", 1).items():
            self.assertAllEqual(value, after[name], msg=name)
        with self.assertRaisesRegex(
            errors.UserError, "new has begun already, from .*old:4; received .*old:2; leave"
        ):
            self._train("new", **again, init_from=f"{self.root}/old:2")


class AdviceTest(StartTestCase):
    def test_flags_are_ready_to_paste_and_name_a_new_folder(self):
        run = self.root / "my run"
        (self.root / "my run-2").mkdir()
        self.assertEqual(
            checkpoints.options_to_start_from(run, 3000),
            f"'init_from={run}:3000' 'run_dir={run}-3'",
        )

    def test_where_a_run_can_not_be_continued(self):
        old = run_of(self.root / "x")
        old.create()
        flags = f"init_from={self.root}/x run_dir={self.root}/x-2"
        with self.assertRaisesRegex(errors.UserError, f"another model: batch_size.*: {flags}$"):
            run_of(self.root / "x", batch_size=8).check()
        dataclasses.replace(old, imported=runs.Imported(("7-G.npz",), False)).create()
        with self.assertRaisesRegex(errors.UserError, f"optimizer's state.*: {flags}$"):
            old.check()

    def test_numbers_that_are_not_finite(self):
        variable = tf.Variable(1.0)
        saved = checkpoints.Checkpoints(self.root / "x" / "checkpoints", {"G/x": variable})
        self.assertStartsWith(saved.start_again(), "start again in another `run_dir` with a lower")
        saved.save(3000)
        variable.assign(np.nan)
        flags = f"init_from={self.root}/x:3000 run_dir={self.root}/x-2"
        with self.assertRaisesRegex(errors.UserError, rf"from that checkpoint \({flags}\) with a"):
            saved.save(3001)


OF_OTHERS = (("stargan_vc", "channels"), ("stargan_vc", "c_lr"))


class ContractTest(StartTestCase):
    """What a paper says of its networks, against the shapes that they have."""

    def _shapes(self, name, width=3, image_size=16, **changes):
        """Returns the algorithm, and the shapes of its networks' variables by name."""
        kind = tiny.LABELS[name].kind
        space = labels_lib.LabelSpace(kind, tuple(f"label{i}" for i in range(width)))
        if name not in tiny.WINDOWS:
            changes["image_size"] = image_size
        run = run_of(self.root / "x", space, algorithm=name, **changes)
        algorithm = run.build(starts_from_run=True)
        state = algorithm.state().items()
        others = ("optimizers/", "extra/")
        shapes = {n: tuple(v.shape) for n, v in state if not n.startswith(others)}
        return algorithm, shapes

    @parameterized.parameters(*algorithms.names())
    @pytest.mark.slow
    def test_where_labels_are(self, name):
        algorithm, few = self._shapes(name)
        _, more = self._shapes(name, 5)
        axes = algorithm.label_axes()
        self.assertCountEqual(axes, [key for key in few if few[key] != more[key]])
        for key, axis in axes.items():
            self.assertEqual(few[key][axis.axis], axis.first + axis.vectors * 3)
            self.assertEqual(more[key][axis.axis], axis.first + axis.vectors * 5)

    @parameterized.parameters(*algorithms.names())
    @pytest.mark.slow
    def test_which_networks_a_flag_shapes(self, name):
        values = {"image_size": 16, "w_hpf": 1.0, "bottleneck_size": 8, "max_channels": 4,
                  "d_repeat_num": 2, "d_layers": 1, "input_channels": 1, "where_add": "input",
                  "encoder": "conv", "coefficients": 10}  # fmt: skip
        bases = {size: self._shapes(name, image_size=size) for size in (32, 64)}
        shaped_by = bases[32][0].shaped_by
        for flag in dict.fromkeys(flag for flags in shaped_by.values() for flag in flags):
            size = 64 if flag == "w_hpf" else 32  # the skip's masks need that
            algorithm, before = bases[size]
            given = getattr(tiny.hparams(name), flag, None)
            value = not given if isinstance(given, bool) else values.get(flag) or 2 * given
            _, after = self._shapes(name, **{"image_size": size, flag: value})
            changed = {k.split("/")[0] for k in before | after if before.get(k) != after.get(k)}
            changed = {algorithm.averages.get(network, network) for network in changed}
            self.assertEqual(changed, {n for n, flags in shaped_by.items() if flag in flags}, flag)

    @parameterized.parameters(*algorithms.names())
    @pytest.mark.slow
    def test_other_flags_shape_nothing(self, name):
        claimed = {
            f for flags in algorithms.algorithm_class(name).shaped_by.values() for f in flags
        }
        hparams = tiny.hparams(name)
        changes = {
            field.name: type(field.default)(getattr(hparams, field.name) / 2 + 1)
            if isinstance(field.default, int)
            else getattr(hparams, field.name) / 2
            for field in dataclasses.fields(hparams)
            if field.name not in claimed
            and not isinstance(field.default, str)
            # Of another architecture of the paper, with which alone it may be given.
            and (name, field.name) not in OF_OTHERS
        }
        self.assertNotEmpty(changes)
        self.assertEqual(self._shapes(name)[1], self._shapes(name, **changes)[1])


if __name__ == "__main__":
    tf.test.main()
