"""Tables and files of a comparison, from figures that are given."""

import json
import pathlib
import types

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.comparison import comparing, costs, report
from stargan_tf.data import labels as labels_lib
from stargan_tf.evaluation import measuring, metric
from stargan_tf.pictures import sheets
from stargan_tf.runs import training_time

SPACE = labels_lib.LabelSpace("domains", ("cat", "dog"))
RIGHT = metric.Figure("accuracy", "right", ".1%", "higher")
COUNT = metric.Figure("images", "images", ".0f", total=True)


def measured(mode, **rows):
    values = {
        row: {"accuracy": measuring.Value(value, 0.01), "images": measuring.Value(4)}
        for row, value in rows.items()
    }
    return measuring.Measured(
        "classification", "classification", mode, (RIGHT, COUNT), values, (), {}, "right: yes.", {}
    )  # fmt: skip


def entry(name, styled=False, imported=False, init_from=""):
    train = types.SimpleNamespace(algorithm=f"paper_{name}", init_from=init_from)
    config = types.SimpleNamespace(train=train)
    run = types.SimpleNamespace(directory=name, shown=name, config=config, imported=imported)
    return types.SimpleNamespace(name=name, run=run, step=2500, styled=styled)


def comparison():
    spent = training_time.Spent(180.0, 7200.0, ("GPU:0", "GPU:1"))
    plain, styled = entry("a", init_from="runs/o:3"), entry("b|c", styled=True, imported=True)
    updates = {"D": (5000,), "G": (2500, 2500, 2500), "F": (2, 3)}
    return comparing.Comparison(
        entries=(plain, styled),
        ground=types.SimpleNamespace(
            member=types.SimpleNamespace(space=SPACE, held_out=types.SimpleNamespace(size=1234)),
            notes=("They differ.",),
        ),
        images=12,
        reports={
            "a": measuring.Report(
                (measured("", cat2dog=0.5, dog2cat=0.7, mean=0.6),), {}, {}, {"algorithm": "x"}
            ),
            "b|c": measuring.Report(
                (measured("latent", cat2dog=0.8, dog2cat=0.8, mean=0.8),
                 measured("reference", cat2dog=0.9, dog2cat=0.9, mean=0.9)),
                {}, {}, {"algorithm": "y"},
            ),
        },
        left_out={"a": {}, "b|c": {}},
        costs={
            "a": costs.Costs(1_234_567, 2_000_000, updates, 80_000, spent),
            "b|c": costs.Costs(7, None, None, None, None),
        },
        seconds={"a": {1: 0.0081, 8: 0.002}, "b|c": {1: 0.01, 8: 0.004}},
        device="CPU",
        sheet=sheets.Sheet(("input",), np.zeros((1, 1, 32, 32, 3), np.float32)),
        plan=comparing.Plan(seed=4),
    )  # fmt: skip


class ReportTest(tf.test.TestCase):
    def test_rows(self):
        (headings, rows), (title, directions) = report.tables(comparison())
        self.assertEqual(headings, ["", "a", "b|c"])
        for row in (
            ["algorithm", "paper_a", "paper_b|c"],
            ["step", "2,500", "2,500"],
            ["parameters, to translate", "1,234,567", "7"],
            ["parameters, trained", "2,000,000", "unknown"],
            ["updates of D", "5,000", "unknown"],
            ["updates of G", "3 x 2,500", "unknown"],
            ["updates of F", "2 to 3, 2 of them", "unknown"],
            ["images in training", "80,000", "unknown"],
            ["training time, elapsed", "3.0 minutes", "unknown"],
            ["training time, processor", "2.0 hours", "unknown"],
            ["trained on", "GPU:0, GPU:1", "unknown"],
            ["time for an image alone", "8.1 ms", "10.0 ms"],
            ["time for an image of a batch of 8", "2.0 ms", "4.0 ms"],
            ["classification, right (more is better)", "60.0% ± 1.0%", "80.0% ± 1.0%"],
            ["classification, right, by reference (more is better)", "-", "90.0% ± 1.0%"],
        ):
            self.assertIn(row, rows)
        self.assertLen(rows, 15)  # numbers of images are no figures to compare
        self.assertEqual(title, ["classification, right", "a", "b|c"])
        self.assertEqual(directions[0], ["cat2dog", "50.0% ± 1.0%", "80.0% ± 1.0%"])

    def test_notes(self):
        text = report.as_text(comparison())
        for note in (
            "the same 12 held-out images of 1,234 to cat, dog.",
            "They differ.",
            "a started from the weights of runs/o:3;",
            "b|c was imported, so what its training took is not known.",
            "of the latent code of seed 4.",
            "classification. right: yes.",
        ):
            self.assertEqual(text.count(note), 1, note)

    def test_a_metric_that_one_run_lacks_is_explained(self):
        found = comparison()
        found.left_out["b|c"]["classification"] = "it needs dogs"
        del found.reports["b|c"]
        self.assertIn("b|c: without classification, as it needs dogs.", report.notes(found))

    def test_files(self):
        folder = pathlib.Path(self.create_tempdir().full_path) / "out"
        written = report.write(comparison(), folder)
        self.assertEqual([p.name for p in written], ["report.json", "table.md", "sheet.png"])
        table = (folder / "table.md").read_text()
        self.assertIn("\n|  | a | b\\|c |\n| --- | ---: | ---: |\n", table)
        self.assertIn("(sheet.png)", table)
        self.assertEqual(Image.open(folder / "sheet.png").mode, "RGB")
        for name, count in (("a", 1), ("b_c", 2)):
            own = json.loads((folder / name / "report.json").read_text())
            self.assertLen(own["measurements"], count)
        found = json.loads((folder / "report.json").read_text())
        self.assertEqual(found["runs"]["a"]["updates"]["G"], [2500] * 3)
        self.assertEqual(found["runs"]["a"]["training_seconds"]["processor"], 7200)
        self.assertIsNone(found["runs"]["b|c"]["training_seconds"])
        self.assertEqual(found["runs"]["b|c"]["seconds_for_an_image"], {"1": 0.01, "8": 0.004})
        by_label, by_reference = found["figures"]
        self.assertEqual(by_label["runs"]["b|c"]["mean"], {"mean": 0.8, "deviation": 0.01})
        self.assertEqual(list(by_reference["runs"]), ["b|c"])


if __name__ == "__main__":
    tf.test.main()
