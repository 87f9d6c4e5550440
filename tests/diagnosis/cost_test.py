"""What a trial of a step tells of a training: its time, its memory, and what to do."""

import pathlib

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.diagnosis import cost, trial
from tests import tiny

GB = 10**9
MACHINE = cost.Machine(memory=16 * GB, free_disk=100 * GB)
LARGE = {"image_size": 128, "g_conv_dim": 64, "total_steps": 40_000, "batch_size": 16}


def config(**changes):
    return tiny.config(pathlib.Path("runs/x"), **changes)


def measured(**changes):
    values = {"devices": ("CPU:0",), "tracing": 20.0, "first_step": 60.0, "step": 55.0,
              "memory": 5 * GB, "checkpoint": 640 * 10**6, "images_per_step": 80,
              "seconds": 200.0, **changes}  # fmt: skip
    return trial.Trial(values.pop("outcome", "measured"), **values)


def findings(tried, machine=MACHINE, **changes):
    return {f.kind: f for f in cost.findings(tried, config(**changes), machine)}


class CostTest(tf.test.TestCase, parameterized.TestCase):
    def test_lines(self):
        self.assertEqual(
            cost.lines(measured(), config(**LARGE), MACHINE, 1500),
            [
                "A step takes 55 s on CPU:0; the first, with what it prepares, 80 s.",
                "40,000 steps: 25 days.",
                "Images: 80 a step, 3,200,000 in all: each of the 1,500 on average 2,133 times.",
                "Memory: 5.0 GB of the machine's 16 GB.",
                "Checkpoints: 640 MB each, 3 are kept; 100 GB are free.",
            ],
        )
        lines = cost.lines(
            measured(devices=("GPU:0", "GPU:1"), gpus=True, gpu_memory=(7 * GB, 6 * GB)),
            config(), MACHINE, 1500,
        )  # fmt: skip
        self.assertEqual(
            lines[3], "Memory: 5.0 GB of the machine's 16 GB; on GPU:0 7.0 GB; on GPU:1 6.0 GB."
        )

    def test_a_long_training(self):
        found = findings(measured(), **LARGE)
        self.assertEqual(list(found), ["time"])
        self.assertEqual(
            found["time"].message, "A step takes about 55 s here, 40,000 steps 25 days."
        )
        self.assertRegex(found["time"].advice, "^Pass image_size=64 g_conv_dim=16 .*or use a GPU")
        self.assertNotIn("g_repeat_num", found["time"].advice)  # is smaller already
        found = findings(measured(gpus=True, step=10.0), **LARGE)  # under a week
        self.assertEqual(found, {})
        self.assertIn("use more GPUs", findings(measured(gpus=True), **LARGE)["time"].advice)

    def test_a_small_model_that_is_to_train_for_long(self):
        found = findings(measured(), total_steps=2000)
        self.assertEqual(found["time"].advice, "Pass a smaller `total_steps`, or use a GPU")

    @parameterized.named_parameters(
        ("early", {"tracing": None, "first_step": None, "step": None},
         "cut off after 3.3 minutes, before the first step; pass a longer", "^Pass a longer"),
        ("first", {"first_step": None, "step": None, "prepared": 30.0},
         "the first step had not ended after 2.5 minutes; if each takes as long, 4 steps take "
         "10 minutes", "^Pass a smaller `total_steps`, or use a GPU; or a longer `time_limit`$"),
        ("early_in_the_first", {"first_step": None, "step": None, "prepared": 150.0},
         "the first step had not ended after 30 s", "^Pass a longer"),
        ("second", {"step": None},
         "in the second step; the first, in which much is prepared, took 60 s: 4 steps take less "
         "than 4.0 minutes", "^Pass a longer"),
    )  # fmt: skip
    def test_cut_off(self, known, line, advice):
        tried = measured(outcome="cut_off", **known)
        self.assertRegex("\n".join(cost.lines(tried, config(), MACHINE, 9)), line)
        found = findings(tried)["time"]
        self.assertEqual(found.severity, "warning")
        self.assertRegex(found.advice, advice)

    @parameterized.parameters(
        (
            "out_of_memory",
            "The memory did not suffice .words",
            "batch_size=2, a smaller `image_size`, accumulate=2 or",
        ),
        ("crashed", "The trial of a step crashed .words", "Send the message"),
        ("refused", "words; do that instead", "^do that instead$"),
    )
    def test_what_makes_training_fail(self, outcome, message, advice):
        detail = "words; do that instead."
        (found,) = findings(trial.Trial(outcome, detail)).values()
        self.assertEqual((found.kind, found.severity), (outcome, "failure"))
        self.assertRegex(found.message, message)
        self.assertRegex(found.advice, advice)

    def test_memory_disk_and_a_gpu_that_is_not_used(self):
        found = findings(measured(step=0.1), cost.Machine(6 * GB, 2 * GB, idle_gpu=True))
        self.assertEqual(list(found), ["memory", "disk", "idle_gpu"])
        self.assertIn("83%", found["memory"].message)
        self.assertIn("4 checkpoints need 2.6 GB, but 2.0 GB are free", found["disk"].message)
        self.assertIn('pip install -e ".[cuda]"', found["idle_gpu"].advice)

    def test_this_machine(self):
        machine = cost.Machine.this(str(self.create_tempdir().full_path) + "/not/there/yet")
        self.assertGreater(machine.memory, 10**8)
        self.assertGreater(machine.free_disk, 0)

    @parameterized.parameters(
        (12, "12 bytes"), (4_200, "4.2 kB"), (640e6, "640 MB"), (5.14e9, "5.1 GB"), (2e12, "2.0 TB")
    )
    def test_size_text(self, size, expected):
        self.assertEqual(cost.size_text(size), expected)


if __name__ == "__main__":
    tf.test.main()
