"""The command on tiny runs of both papers, a joint run and folders; and users' mistakes."""

import json
import pathlib
import types
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation.features import efficientnet_lite0, inception_files, lpips, network
from stargan_tf.pictures import photos
from stargan_tf.runs import runs
from tests import commands, shared, tiny

JOINT = {
    "datasets": "cartoon_faces,cartoon_faces",
    "attributes": "Black_Hair,Blond_Hair;Smiling",
}


def _colours():
    """Returns a network whose features are an image's mean colour."""
    how = "antialiased bilinear, 8 bits"
    return network.FeatureNetwork("toy", "00", 8, how, lambda x: tf.reduce_mean(x, (1, 2)))


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

    def _folders(self, domains, **counts):
        """Writes pictures of noise to data/<part>/<domain>/."""
        for part, count in counts.items():
            for domain in domains:
                folder = self.root / "data" / part / domain
                folder.mkdir(parents=True)
                for i in range(count):
                    Image.effect_noise((40, 40), 50).save(folder / f"{i}.png")
        return str(self.root / "data")

    def test_the_protocol_of_stargan_v2(self):
        data = self._folders(("cat", "dog", "fox"), train=4, val=2)
        run = self._run(algorithm="stargan_v2", dataset="image_folder", data_dir=data, domains="")
        inception = inception_files.Inception(_colours(), "starganv2", "")
        distances = types.SimpleNamespace(
            sha256={}, remark="",
            mean_pairwise_distance=lambda images: float(len(images)),
            distances=lambda first, second: np.zeros(len(first)),
        )  # fmt: skip
        with (
            mock.patch.object(inception_files, "load", lambda path, protocol: inception),
            mock.patch.object(lpips, "load", lambda paths: distances),
        ):
            self._evaluate(
                f"--run={run.directory}", "--protocol=starganv2", "--inception_weights=i.pth",
                "--lpips_weights=l.pth", f"--metrics_cache={self.root / 'cache'}",
            )  # fmt: skip
        found = self._report("step-00000007-starganv2")
        pairs = ["cat2dog", "cat2fox", "dog2cat", "dog2fox", "fox2cat", "fox2dog"]
        self.assertEqual(found["outputs"], dict.fromkeys(pairs, 2 * 10))
        one = found["measurements"]["frechet_starganv2/latent"]
        self.assertEqual(one["real_images"], dict.fromkeys(pairs, 4))
        self.assertEqual(one["generated_images"], dict.fromkeys(pairs, 20))
        for mode in ("latent", "reference"):
            files = self.root / "run" / "evaluation" / "step-00000007-starganv2"
            fid, perceptual = (
                json.loads((files / f"{name}_7_{mode}.json").read_text())
                for name in ("FID", "LPIPS")
            )
            self.assertEqual(list(fid), [f"FID_{mode}/{name}" for name in (*pairs, "mean")])
            self.assertEqual(
                perceptual, {f"LPIPS_{mode}/{name}": 10.0 for name in (*pairs, "mean")}
            )
            values = list(fid.values())
            self.assertAllClose(values[-1], np.mean(values[:-1]))
            self.assertAllGreater(values, 0)

    def test_folders(self):
        self._folders(("cat", "dog"), made=4, real=6)
        with (
            mock.patch.object(efficientnet_lite0, "missing", lambda: ""),
            mock.patch.object(efficientnet_lite0, "load", _colours),
        ):
            said = self._evaluate(
                f"--generated={self.root / 'data/made'}", f"--real={self.root / 'data/real'}",
                "--metrics=frechet_lite0", f"--output={self.root / 'out'}",
                f"--metrics_cache={self.root / 'cache'}",
            )  # fmt: skip
        found = json.loads((self.root / "out" / "report.json").read_text())
        one = found["measurements"]["frechet_lite0"]
        self.assertEqual(one["generated_images"], {"cat": 4, "dog": 4})
        self.assertEqual(one["real_images"], {"cat": 6, "dog": 6})
        self.assertIn(f"report       {self.root / 'out' / 'report.json'}", said)

    def test_a_data_set_of_other_labels(self):
        run = tiny.untrained_run(self.root / "run")
        data = self._folders(("cats", "dogs"), train=1, val=1)
        model = self.root / "run" / "model.json"
        options = json.loads(model.read_text())
        options["options"] |= {"dataset": "image_folder", "data_dir": "gone"}
        model.write_text(json.dumps(options))
        said = self._evaluate(f"--run={run.directory}", f"--data_dir={data}", status=2)
        self.assertRegex(said, "translates to Black_Hair, .* a data set of cats, dogs; give the")

    @parameterized.parameters(
        (["--metrics=cylce", "--run=RUN"], "Unknown metric 'cylce'.* Did you mean cycle?"),
        (["--metrics=diversity", "--run=RUN"], "diversity does not apply: there is only one"),
        (["--metrics=kid", "--run=RUN"], "kid does not apply: .* pass --inception_weights=FILE"),
        (
            ["--metrics=kid", "--run=RUN", "--inception_weights=gone.pth"],
            "Could not read gone.pth: No such file",
        ),
        (["--run=RUN", "--lpips_weights=gone.pth"], "Could not read gone.pth: No such file"),
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
