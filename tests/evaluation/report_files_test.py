"""What a report's files hold, and what its text shows."""

import json
import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.evaluation import measuring, metric, report_files

FIGURES = (
    metric.Figure("", "level", ".2f", "lower"),
    metric.Figure("share", "share", ".1%", "higher"),
)
PICTURE = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)


def measured(name="level", mode="", rows=None, notes=(), figures=FIGURES):
    rows = rows or {
        "a2b": {"": measuring.Value(1.5, 0.25), "share": measuring.Value(0.5)},
        "mean": {"": measuring.Value(2.5, 0.5)},
    }
    about = {"network": "none"}
    return measuring.Measured(
        name, f"{name}_net", mode, figures, rows, notes, {"strip": PICTURE}, "What it is.", about
    )


def report(*measured_, step=3):
    return measuring.Report(measured_, {"a2b": 20, "b2a": 10}, {}, {"run": "r", "step": step})


class TextTest(tf.test.TestCase):
    def test_tables(self):
        text = report_files.as_text(
            report(measured(mode="latent", notes=("Few.",)), measured(mode="reference"))
        )
        self.assertEqual(
            text.splitlines()[:7],
            [
                "level_net, latent  outputs        level  share",
                "a2b                     20  1.50 ± 0.25  50.0%",
                "mean                    30  2.50 ± 0.50       ",
                "What it is.",
                "note: Few.",
                "",
                "level_net, reference  outputs        level  share",
            ],
        )
        self.assertEqual(text.count("What it is."), 1)

    def test_of_many_rows_some_are_shown(self):
        rows = {f"d{i}": {"": measuring.Value(i)} for i in range(100)}
        text = report_files.as_text(report(measured(rows=rows | {"mean": rows["d7"]})))
        self.assertIn("40 of 100 rows; report.json has all.", text)
        self.assertIn("\nmean ", text)
        self.assertNotIn("d41", text)

    def test_a_metric_that_counts_for_itself_has_no_other_column(self):
        figures = (*FIGURES, metric.Figure("faces", "faces", ".0f", total=True))
        text = report_files.as_text(report(measured(figures=figures)))
        self.assertNotIn("outputs", text)


class FilesTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.create_tempdir().full_path) / "evaluation"

    def _json(self, name="report.json"):
        return json.loads((self.folder / name).read_text())

    def test_the_report_holds_everything(self):
        written = report_files.write(report(measured(mode="latent")), self.folder)
        found = self._json()
        self.assertEqual((found["run"], found["step"]), ("r", 3))
        self.assertEqual(found["outputs"], {"a2b": 20, "b2a": 10})
        one = found["measurements"]["level_net/latent"]
        self.assertEqual(
            one["figures"],
            {
                "a2b": {
                    "level_net": {"mean": 1.5, "deviation": 0.25},
                    "share": {"mean": 0.5, "deviation": None},
                },
                "mean": {"level_net": {"mean": 2.5, "deviation": 0.5}},
            },
        )
        self.assertEqual(one["better"], {"level_net": "lower", "share": "higher"})
        self.assertEqual(one["network"], "none")
        picture = self.folder / "level_net-latent-strip.png"
        self.assertEqual(written, [self.folder / "report.json", picture])
        self.assertAllEqual(np.asarray(Image.open(picture)), PICTURE)

    def test_other_metrics_of_the_same_subject_stay(self):
        report_files.write(report(measured("first"), measured("both")), self.folder)
        report_files.write(report(measured("second"), measured("both")), self.folder)
        names = {"first_net", "second_net", "both_net"}
        self.assertEqual(set(self._json()["measurements"]), names)
        report_files.write(report(measured("third"), step=4), self.folder)
        self.assertEqual(set(self._json()["measurements"]), {"third_net"})

    def test_a_file_that_is_no_report_is_replaced(self):
        self.folder.mkdir()
        for text in ("", "[1]", "{}"):
            (self.folder / "report.json").write_text(text)
            report_files.write(report(measured()), self.folder)
            self.assertEqual(set(self._json()["measurements"]), {"level_net"})

    def test_the_files_of_the_authors_of_stargan_v2(self):
        some = [measured(name, "latent") for name in ("frechet", "lpips", "kid")]
        report_files.write(report(*some), self.folder, authors_step=100000)
        for name in ("FID", "LPIPS"):
            self.assertEqual(
                self._json(f"{name}_100000_latent.json"),
                {f"{name}_latent/a2b": 1.5, f"{name}_latent/mean": 2.5},
            )
        self.assertLen(list(self.folder.glob("*.json")), 3)


if __name__ == "__main__":
    tf.test.main()
