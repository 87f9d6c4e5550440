"""What is measured of conversions of sequences, on a toy whose conversions are known."""

import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.data import loading
from stargan_tf.evaluation import measuring, sequence_subject, subject
from stargan_tf.evaluation.distances import sequences as distances
from stargan_tf.evaluation.metrics import dtw_mcd
from tests import commands, sequences

PLAIN = sequence_subject.Plan(modes=("",))


def distortion(offset):
    """MCD of sequences that differ by an offset in all features but the 0th."""
    return 10 / np.log(10) * np.sqrt(2 * (sequences.FEATURES - 1)) * abs(offset)


class SubjectTestCase(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(
            mock.patch.object(algorithms, "algorithm_class", lambda name: sequences.Toy)
        )

    def algorithm(self, offsets=sequences.LEARNT, **statistics):
        run = sequences.untrained_run(self.root / "run", offsets)
        built = run.build(training=False)
        built.M.offset.offset.assign(offsets)
        return built

    def subject(self, algorithm=None, plan=PLAIN, **sources):
        given = {"training": sequences.Sequences(), "held_out": sequences.Sequences("test", 2)}
        return sequence_subject.SequenceSubject(
            algorithm or self.algorithm(), **{**given, **sources}, plan=plan
        )

    def rows(self, name, **given):
        report = measuring.measure(self.subject(**given), [name])
        return {
            row: {key: value.mean for key, value in values.items()}
            for row, values in report.measured[0].rows.items()
        }


class BatchesTest(SubjectTestCase):
    def test_every_direction_has_its_inputs(self):
        measured = self.subject()
        batches = list(measured.batches(""))
        names = [batch.direction.name for batch in batches]
        self.assertEqual(names, ["anna2ben", "anna2cleo", "ben2anna", "ben2cleo",
                                 "cleo2anna", "cleo2ben"])  # fmt: skip
        self.assertEqual([b.indices.tolist() for b in batches[:3]], [[0, 1], [0, 1], [2, 3]])
        self.assertEqual(measured.total, 12)
        data = sequences.Sequences("test", 2)
        offset = sequences.LEARNT[2] - sequences.LEARNT[1]
        for index, given, made, mapped in zip(
            batches[3].indices, batches[3].inputs, batches[3].outputs, batches[3].mapped,
            strict=True,
        ):  # fmt: skip
            self.assertAllEqual(given, data.whole(index))
            self.assertAllClose(made, given + offset, atol=1e-5)
            # Deviations are 1, and means the offsets: the linear map is exact.
            self.assertAllClose(mapped, data.conversion(index, 2), atol=1e-5)

    def test_few_inputs_are_spread_over_the_domains(self):
        plan = sequence_subject.Plan(inputs=3, modes=("",))
        indices = [b.indices.tolist() for b in self.subject(plan=plan).batches("")]
        self.assertEqual(indices, [[0], [0], [2], [2], [5], [5]])

    def test_the_differential_form_is_a_mode(self):
        measured = self.subject(plan=sequence_subject.Plan())
        self.assertEqual(measured.modes, ("", "differential"))
        with mock.patch.object(
            sequences.Model, "call", lambda self, x, s, y: 0.5 * self.offset(x, y)
        ):
            plain, kept = (next(measured.batches(mode)).outputs[0] for mode in measured.modes)
        x, offset = sequences.Sequences("test", 2).whole(0), sequences.LEARNT[1]
        self.assertAllClose(plain, 0.5 * (x + offset), atol=1e-5)
        self.assertAllClose(kept, x + 0.5 * offset, atol=1e-5)

    def test_networks_that_give_no_numbers(self):
        measured = self.subject()
        measured.algorithm.M.offset.offset.assign([0, np.nan, 0])
        with self.assertRaisesRegex(errors.UserError, "not finite: the training has diverged"):
            list(measured.batches(""))


class MetricsTest(SubjectTestCase):
    def test_true_conversions(self):
        # What is learnt is 0, 4/3, 10/3 instead of 0, 2, 5; what is missing depends on both.
        found = self.rows("true_conversions")
        missing = {"anna2ben": 2 / 3, "anna2cleo": 5 / 3, "ben2cleo": 1.0, "ben2anna": 2 / 3}
        for name, offset in missing.items():
            self.assertAllClose(found[name]["mcd"], distortion(offset), rtol=1e-4)
            self.assertAllClose(found[name]["mcd_linear"], 0, atol=1e-4)
            self.assertEqual(found[name]["nearest_linear"], 1)
        self.assertAllClose(found["ben2cleo"]["mcd_input"], distortion(3), rtol=1e-4)
        # 10/3 is nearer to 2 than to 5; from ben it is 2 + 2 of 5, nearest to cleo's.
        self.assertEqual(found["anna2cleo"]["nearest"], 0)
        self.assertEqual(found["ben2cleo"]["nearest"], 1)
        self.assertAllClose(found["mean"]["nearest"], 2 / 3)

    def test_only_loud_frames_count(self):
        class Soft(sequences.Sequences):
            def conversion(self, index, domain):
                soft = super().conversion(index, domain)
                soft[10:, 0] -= 30
                return soft

        def call(self, features, sources, labels):
            soft = tf.cast(features[..., :1] < -15, tf.float32)
            return self.offset(features, labels - sources) + 99 * soft

        with mock.patch.object(sequences.Model, "call", call):
            found = self.rows("true_conversions", held_out=Soft("test", 2))
        self.assertAllClose(found["ben2cleo"]["mcd"], distortion(1.0), rtol=1e-4)

    def test_warped_distortion_needs_no_equal_lengths(self):
        class Slow(sequences.Sequences):
            def conversion(self, index, domain):
                return np.repeat(super().conversion(index, domain), 1 + domain, axis=0)

        found = self.rows("dtw_mcd", held_out=Slow("test", 2), training=Slow())
        self.assertAllClose(found["anna2ben"]["linear"], 0, atol=1e-4)
        self.assertAllClose(found["anna2ben"][""], distortion(2 / 3), rtol=0.2)
        self.assertEqual(found["anna2ben"]["compared"], 2)
        self.assertEqual(found["mean"]["compared"], 12)

    def test_content_that_the_target_does_not_have_is_left_out(self):
        measured = self.subject()
        metric = dtw_mcd.DtwMcd(measured, None)
        with mock.patch.object(
            measured, "parallel", lambda index, domain: None if index % 2 else np.zeros((9, 5))
        ):
            for batch in measured.batches(""):
                metric.add(batch)
        self.assertEqual(metric.result().rows["anna2ben"]["compared"], 1)

    def test_recordings_of_the_same_sentence(self):
        class Recorded(sequences.Recorded):
            """Nobody but cleo says what anna says; the second of each says nothing of others."""

            def parallel(self, index, domain):
                return {(0, 2): 4, (4, 0): 0}.get((index, domain))

        found = self.rows("dtw_mcd", held_out=Recorded("test", 2))
        self.assertCountEqual(found, ["anna2cleo", "cleo2anna", "mean"])
        self.assertAllClose(found["anna2cleo"]["linear"], 0, atol=1e-4)
        self.assertAllClose(found["anna2cleo"][""], distortion(5 / 3), rtol=0.2)
        self.assertEqual(found["anna2cleo"]["compared"], 1)
        measured = self.subject(held_out=Recorded("test", 2))
        chosen, _ = measuring.choose(measured, ["default"], None)
        self.assertEqual([kind.name for kind in chosen], ["domain_accuracy", "dtw_mcd", "msd"])
        report = measuring.measure(measured, ["dtw_mcd"])
        self.assertRegex(report.measured[0].notes[0], "same name were taken for the same content")

    def test_recordings_of_which_no_two_are_the_same_sentence(self):
        measured = self.subject(held_out=sequences.Recorded("test", 2))
        _, left_out = measuring.choose(measured, ["default"], None)
        self.assertRegex(left_out["dtw_mcd"], "^it needs held-out examples with the same content")
        with self.assertRaisesRegex(errors.UserError, "dtw_mcd does not apply: it needs held-out"):
            measuring.choose(measured, ["dtw_mcd"], None)

    def test_modulation(self):
        found = self.rows("msd")
        data = sequences.Sequences()
        real = np.mean([distances.modulation(data.whole(i)) for i in range(4, 8)], axis=0)
        held_out = sequences.Sequences("test", 2)
        for key, offset in (("", sequences.LEARNT[1]), ("linear", 2.0), ("input", 0.0)):
            own = np.mean(
                [distances.modulation(held_out.whole(i) + offset) for i in (0, 1)], axis=0
            )
            expected = np.sqrt(np.mean((own - real) ** 2))
            self.assertAllClose(found["anna2ben"][key], expected, rtol=1e-4)

    def test_accuracy(self):
        class Separate(sequences.Sequences):
            def conversion(self, index, domain):
                return super().conversion(index, domain) / 20 + sequences.OFFSETS[domain]

        sources = {"training": Separate(), "held_out": Separate("test", 2)}
        found = self.rows("domain_accuracy", **sources)
        self.assertEqual(found["mean"]["real"], 1)
        self.assertEqual(found["mean"]["linear"], 1)
        # 10/3 is nearer to 2 than to 5.
        self.assertEqual(found["anna2cleo"][""], 0)
        self.assertEqual(found["ben2cleo"][""], 1)

    def test_what_applies(self):
        chosen, left_out = measuring.choose(self.subject(), ["default"], None)
        self.assertEqual([kind.name for kind in chosen], ["true_conversions"])
        self.assertCountEqual(left_out, ["dtw_mcd", "msd", "domain_accuracy"])
        measured = self.subject()
        measured.offers -= {subject.Need.RENDERS, subject.Need.CEPSTRA}
        chosen, left_out = measuring.choose(measured, ["default"], None)
        self.assertEqual([kind.name for kind in chosen], ["domain_accuracy", "msd"])
        self.assertIn("mel-cepstra", left_out["dtw_mcd"])
        with self.assertRaisesRegex(errors.UserError, "kid .*: it measures images, and these are"):
            measuring.choose(measured, ["kid"], None)


class CommandTest(SubjectTestCase):
    def setUp(self):
        super().setUp()
        sequences.untrained_run(self.root / "run")
        self.enter_context(mock.patch.object(
            loading, "load", lambda data, split: sequences.Sequences(split, 2)
        ))  # fmt: skip

    def evaluate(self, *flags):
        return commands.run("stargan_tf.evaluate", f"--run={self.root}/run", *flags)

    def test_it_writes_a_report_with_the_linear_map_beside(self):
        done = self.evaluate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"true_conversions +outputs +nearest +linear map")
        self.assertIn("true_conversions, differential", done.stdout)
        self.assertRegex(done.stdout, "next .*convert --run=.* --from=anna --to=ben")
        path = self.root / "run" / "evaluation" / "step-00000007" / "report.json"
        report = json.loads(path.read_text())
        mean = report["measurements"]["true_conversions"]["figures"]["mean"]
        self.assertAlmostEqual(mean["nearest"]["mean"], 2 / 3)
        self.assertEqual(mean["nearest_linear"]["mean"], 1)
        self.assertEqual(report["images"], [6])

    def test_metrics_by_name(self):
        done = self.evaluate("--metrics=msd,dtw_mcd", "--num_images=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"msd, differential +outputs +dB")
        done = self.evaluate("--metrics=kid")
        self.assertRegex(done.stderr, "error: The metric kid does not apply: it measures images")

    def test_flags_of_images_are_refused(self):
        for flag in ("--outputs=3", "--num_real=9", "--protocol=clean"):
            done = self.evaluate(flag)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, f"is of images, and .* received {flag}; leave it out")

    def test_other_speakers_are_refused(self):
        class Others(sequences.Sequences):
            label_space = sequences.labels_lib.LabelSpace("domains", ("x", "y", "z"))

        with mock.patch.object(loading, "load", lambda data, split: Others(split)):
            done = self.evaluate()
        self.assertRegex(done.stderr, "received a data set of x, y, z; give the one")


if __name__ == "__main__":
    tf.test.main()
