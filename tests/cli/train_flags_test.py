"""Flags: generated from dataclasses, resolved, replayable, refused where they don't belong."""

import dataclasses
import math
import pathlib
import re

import tensorflow as tf
from absl import flags
from absl.testing import parameterized

from stargan_tf import algorithms
from stargan_tf.base import errors, options
from stargan_tf.cli import train_flags
from stargan_tf.runs import config as config_lib
from tests import tiny


@dataclasses.dataclass(frozen=True)
class Ranges:
    """An option for each kind of range."""

    count: int = options.option(1, "", minimum=1)
    seed: int = options.option(0, "", minimum=0, maximum=9)
    share: float = options.option(0.5, "", above=0, below=1, advice="pass 0.1")
    decay: float = options.option(0.5, "", minimum=0, below=1)
    rate: float = options.option(0.5, "", minimum=0)
    any: float = options.option(0.5, "")
    most: int = options.option(0, "", maximum=3)


class RangesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"count": 0}, "count must be at least 1; received 0."),
        ({"seed": 10}, "seed must be from 0 to 9; received 10."),
        ({"seed": -1}, "seed must be from 0 to 9; received -1."),
        ({"share": 0.0}, "share must be above 0 and below 1; received 0.0; pass 0.1."),
        ({"share": 1.0}, "share must be above 0 and below 1; received 1.0; pass 0.1."),
        ({"decay": 1.0}, "decay must be at least 0 and below 1; received 1.0."),
        ({"decay": math.nan}, "decay must be at least 0 and below 1; received nan."),
        ({"rate": -0.1}, "rate must be a finite number, at least 0; received -0.1."),
        ({"rate": math.inf}, "rate must be a finite number, at least 0; received inf."),
        ({"any": math.nan}, "any must be a finite number; received nan."),
        ({"most": 4}, "most must be at most 3; received 4."),
    )
    def test_a_number_outside_its_range_is_refused(self, changes, message):
        with self.assertRaisesRegex(errors.UserError, f"^{re.escape(message)}$"):
            options.check_ranges(Ranges(**changes))

    def test_the_ends_of_a_range_belong_to_it(self):
        options.check_ranges(Ranges(seed=0, decay=0.0, rate=0.0, any=-1.0, most=3))
        options.check_ranges(Ranges(seed=9, most=-100))


class ConfigTest(tf.test.TestCase):
    def test_values_round_trip(self):
        config = tiny.config(pathlib.Path("runs/x"), flip=False, g_lr=3e-4)
        again = config_lib.Config.from_values(config.values())
        self.assertEqual(config, again)

    def test_the_flag_file_gives_the_same_configuration(self):
        config = tiny.config(pathlib.Path("runs/x"), flip=False, g_lr=3e-4, exclusive="A,B;C,D")
        path = self.create_tempfile(content=config.to_flagfile()).full_path
        self.assertEqual(_parse([f"--flagfile={path}"]), config)

    def test_values_of_another_type_are_refused(self):
        values = tiny.config(pathlib.Path("runs/x")).values()
        with self.assertRaisesRegex(TypeError, "image_size is 'abc'"):
            config_lib.Config.from_values({**values, "image_size": "abc"})

    def test_a_flag_after_the_flag_file_overrides_it(self):
        path = self.create_tempfile(content="--batch_size=2\n--g_lr=0.5\n").full_path
        config = _parse([f"--flagfile={path}", "--batch_size=6"])
        self.assertEqual(config.train.batch_size, 6)
        self.assertEqual(config.hparams.g_lr, 0.5)

    def test_a_flag_file_of_the_time_of_the_disk_cache(self):
        config = tiny.config(pathlib.Path("runs/x"))
        path = self.create_tempfile(content=config.to_flagfile() + "--cache_dir=\n").full_path
        self.assertEqual(_parse([f"--flagfile={path}"]), config)
        for flag in ("--cache_dir=/tmp", "--cache=disk"):
            with self.assertRaisesRegex(errors.UserError, "cache on a disk is gone; pack the im"):
                _parse([f"--flagfile={path}", flag, "--dataset=celeba"])
        values = {**config.values(), "cache": "disk", "cache_dir": "/tmp"}
        opened = config_lib.Config.from_values(values)
        self.assertEqual(opened.values(identity=True), config.values(identity=True))

    def test_defaults_are_the_papers(self):
        config = _parse([])
        self.assertEqual(config.hparams, algorithms.hparams_class("stargan_v1")())
        self.assertEqual((config.train.batch_size, config.train.total_steps), (16, 40_000))
        self.assertEqual((config.hparams.g_lr, config.hparams.beta_1), (1e-4, 0.5))
        self.assertEqual((config.hparams.lambda_rec, config.hparams.n_critic), (10.0, 5))

    def test_identity_leaves_out_what_may_change(self):
        identity = tiny.config(pathlib.Path("runs/x")).values(identity=True)
        for name in ("total_steps", "log_every", "checkpoint_every", "keep",
                     "strategy", "init_from", "logical_cpus", "jit_compile", "run_dir",
                     "data_dir"):  # fmt: skip
            self.assertNotIn(name, identity)
        for name in ("batch_size", "seed", "precision", "g_lr", "dataset", "image_size"):
            self.assertIn(name, identity)

    def test_numbers_that_make_no_sense(self):
        for flag, message in (
            ("--batch_size=0", "batch_size must be at least 1; received 0"),
            ("--image_size=100", "multiple of 64.*received image_size=100"),
            ("--image_size=0", "received image_size=0"),
            ("--lr_decay_start=2", "share of total_steps"),
            ("--n_critic=0", "n_critic must be at least 1"),
        ):
            with self.assertRaisesRegex(errors.UserError, message):
                _parse([flag])

    def test_papers_that_share_a_flag_agree_on_its_type(self):
        types = {}
        for name in algorithms.names():
            for field in dataclasses.fields(algorithms.hparams_class(name)):
                self.assertEqual(types.setdefault(field.name, type(field.default)),
                                 type(field.default))  # fmt: skip
        general = {f.name for f in dataclasses.fields(config_lib.TrainOptions)}
        self.assertEmpty(general & set(types))

    def test_a_flag_of_another_paper_is_refused_by_name(self):
        for name, flag in (("stargan_v1", "lambda_ds"), ("stargan_v2", "n_critic")):
            other = next(
                n for n in algorithms.names() if hasattr(algorithms.hparams_class(n), flag)
            )
            with self.assertRaisesRegex(errors.UserError, f"--{flag} is a flag of {other}"):
                _parse([f"--{flag}=2", f"--algorithm={name}"])

    def test_a_flag_of_both_papers_has_the_default_of_each(self):
        for name, expected in (("stargan_v1", 0.5), ("stargan_v2", 0.0)):
            self.assertEqual(_parse([f"--algorithm={name}"]).hparams.beta_1, expected)

    def test_the_default_run_directory_is_named_after_the_flag_file(self):
        name = train_flags.default_run_dir
        self.assertEqual(name(["--flagfile=configs/v1.flags", "--seed=1"], "x"), "runs/v1")
        self.assertEqual(name(["--flagfile", "a/b.flags"], "x"), "runs/b")
        self.assertEqual(name(["--seed=1"], "stargan_v1"), "runs/stargan_v1")


class FlagFilesTest(tf.test.TestCase):
    def test_every_flag_file_parses(self):
        for path in pathlib.Path("configs").glob("*.flags"):
            _parse([f"--flagfile={path}"])

    def test_v1_is_the_papers_setting(self):
        config = _parse(["--flagfile=configs/v1.flags"])
        self.assertEqual(config.hparams, algorithms.hparams_class("stargan_v1")())
        self.assertEqual(config.data.dataset, "celeba")
        self.assertEqual(
            (config.train.total_steps, config.train.batch_size, config.data.image_size),
            (40_000, 16, 128),
        )

    def test_the_flags_for_laptops_fit_and_stand_in_the_header_of_a_flag_file(self):
        headers = [
            re.sub(r"\n# +", " ", path.read_text()) for path in pathlib.Path("configs").iterdir()
        ]
        for name in algorithms.names():
            text = algorithms.hparams_class(name).for_laptops
            if not text:  # none are known
                continue
            images = "--image_size" in text
            data = [] if images else ["--dataset=drawn_voices"]
            config = _parse([f"--algorithm={name}", *data, *text.split()])
            if images:
                self.assertEqual(config.data.image_size, 64)
            self.assertTrue(any(text in header for header in headers), name)


def _parse(arguments):
    """Parses into flags of its own, not into those of the process."""
    values = flags.FlagValues()
    original = train_flags.flags.FLAGS
    makers = {n: getattr(flags, n) for n in dir(flags) if n.startswith("DEFINE_")}
    try:
        train_flags.flags.FLAGS = values
        for name, maker in makers.items():
            setattr(flags, name, lambda *a, _m=maker, **k: _m(*a, flag_values=values, **k))
        train_flags.define_train_flags()
        flags.DEFINE_string("flagfile", "", "")
        values(["test", *arguments])
        return train_flags.config_from_flags()
    finally:
        train_flags.flags.FLAGS = original
        for name, maker in makers.items():
            setattr(flags, name, maker)


if __name__ == "__main__":
    tf.test.main()
