"""The command on tiny runs of both papers, a joint run and folders; and users' mistakes."""

import json
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from tests import commands, shared, tiny

JOINT = {
    "datasets": "cartoon_faces,cartoon_faces",
    "attributes": "Black_Hair,Blond_Hair;Smiling",
}


class CommandTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())

    def _evaluate(self, *arguments, status=0):
        found = commands.run("stargan_tf.evaluate", *arguments)
        self.assertEqual(found.returncode, status, found.stderr)
        return found.stdout if status == 0 else found.stderr

    def _report(self, name="step-00000007"):
        path = self.root / "run" / "evaluation" / name / "report.json"
        return json.loads(path.read_text())

    def _run(self, **changes):
        return tiny.untrained_run(self.root / "run", **changes)

    def test_labels(self):
        run = self._run()
        said = self._evaluate(f"--run={run.directory}", "--num_images=5")
        found = self._report()
        self.assertEqual((found["step"], found["images"]), (7, [5]))
        self.assertCountEqual(found["measurements"], ["cycle", "renders"])
        self.assertIn("left out     diversity: there is only one translation", said)
        algorithm = run.build(training=False)
        runs.restore_weights(run, algorithm)
        self._check_cycle(run, algorithm, found["measurements"]["cycle"]["figures"])
        for name in ("cycle-strip", "renders-sheet"):
            path = self.root / "run" / "evaluation" / "step-00000007" / f"{name}.png"
            self.assertIn(str(path), said)
            self.assertEqual(Image.open(path).mode, "RGB")

    def _check_cycle(self, run, algorithm, figures):
        """Computes the figure of one direction anew."""
        from stargan_tf.data.sources import cartoon_faces

        faces = cartoon_faces.CartoonFaces("test", 32, 5)
        rows = np.flatnonzero(faces.labels[:, 0] == 0)
        images, own = np.stack([faces.image(i) for i in rows]), faces.labels[rows]
        wanted = run.label_space.changed(own, ("Black_Hair",))
        there = photos.to_uint8(algorithm.translate(photos.from_uint8(images), wanted))
        back = photos.to_uint8(algorithm.translate(photos.from_uint8(there), own))
        expected = np.abs(back.astype(float) - images).mean()
        self.assertAllClose(figures["Black_Hair"]["l1"]["mean"], expected, atol=0.02)

    def test_styles_and_draws(self):
        run = self._run(algorithm="stargan_v2")
        said = self._evaluate(
            f"--run={run.directory}", "--num_images=6", "--draws=2", "--metrics=diversity",
        )  # fmt: skip
        found = self._report()
        self.assertEqual((found["draws"], found["outputs_of_each"]), (2, 2))
        self.assertCountEqual(found["measurements"], ["diversity/latent", "diversity/reference"])
        figures = found["measurements"]["diversity/latent"]["figures"]
        self.assertLen(figures, 7)  # six pairs, and their mean
        self.assertGreater(figures["mean"]["pixels"]["deviation"], 0)
        self.assertRegex(said, r"mean +24 +\d+\.\d\d ± \d+\.\d\d")

    def test_a_joint_run(self):
        run = self._run(**JOINT)
        self._evaluate(f"--run={run.directory}", "--num_images=4", "--metrics=renders")
        figures = self._report()["measurements"]["renders"]["figures"]
        for name in ("cartoon_faces", "cartoon_faces_2"):
            self.assertEqual(figures[f"{name}: Smiling / -Smiling"]["images"]["mean"], 4)

    @parameterized.parameters(
        (["--metrics=cylce", "--run=RUN"], "Unknown metric 'cylce'.* Did you mean cycle?"),
        (["--metrics=diversity", "--run=RUN"], "diversity does not apply: there is only one"),
        ([], "a run .--run=runs/x., or two folders .*; received neither"),
        (["--generated=a"], "received --generated; pass one or the other"),
        (["--generated=a", "--real=b", "--run=RUN"], "received --run and --generated and --real"),
        (["--generated=a", "--real=b", "--outputs=3"], "--outputs says nothing about folders"),
        (["--run=RUN", "--image_size=3"], "--image_size says nothing about a run"),
        (["--run=RUN", "--protocol=starganv2", "--num_images=9"], "received --num_images=9"),
        (["--run=RUN", "--protocol=starganv2"], "can't translate images to a style"),
        (["--run=gone"], "is not the folder of a run"),
    )
    def test_mistakes(self, arguments, message):
        run = self._run()
        arguments = [one.replace("RUN", str(run.directory)) for one in arguments]
        said = self._evaluate(*arguments, status=2)
        self.assertRegex(said, message)
        self.assertEqual(said.count("\n"), 1)
        self.assertFalse((run.directory / "evaluation").exists())


if __name__ == "__main__":
    tf.test.main()
