"""The command on tiny runs of both papers; and users' mistakes."""

import dataclasses
import json
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.comparison import costs, entries
from stargan_tf.data import latents, loading
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import measuring, run_subject
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, training_time
from tests import commands, shared, tiny

HAIR = ("Black_Hair", "Blond_Hair", "Brown_Hair")
DOMAINS = {"domains": ",".join(HAIR)}


class CompareTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def _run(self, name, **changes):
        return tiny.untrained_run(self.root / name, **{**DOMAINS, **changes})

    def _compare(self, *arguments, status=0):
        found = commands.run("stargan_tf.compare", *arguments)
        self.assertEqual(found.returncode, status, found.stderr)
        return found.stdout if status == 0 else found.stderr

    def test_two_papers(self):
        one, two = self._run("one"), self._run("two", algorithm="stargan_v2")
        out = self.root / "out"
        said = self._compare(
            f"--runs={one.directory},{two.directory}:latest", "--num_images=6", "--metrics=cycle",
            "--timings=3", "--sheet_images=3", "--seed=5", f"--output={out}",
        )  # fmt: skip
        found = json.loads((out / "report.json").read_text())
        self.assertEqual(found["labels"]["names"], list(HAIR))
        self.assertRegex(said, r"(?m)^ +one +two$")
        self.assertRegex(said, r"(?m)^algorithm +stargan_v1 +stargan_v2$")
        self.assertRegex(said, r"(?m)^training time, elapsed +unknown +unknown$")
        self.assertIn("of the latent code of seed 5", said)
        self.assertIn("](sheet.png)", (out / "table.md").read_text())
        for name in ("one", "two"):
            times = found["runs"][name]["seconds_for_an_image"]
            self.assertEqual(list(times), ["1", "8"])
            self.assertAllGreater(list(times.values()), 0)
        figures = {f["by_reference"]: f["runs"] for f in found["figures"]}
        self.assertEqual({k: list(v) for k, v in figures.items()},
                         {False: ["one", "two"], True: ["two"]})  # fmt: skip
        models = [model_lib.Model(run).algorithm for run in (one, two)]
        for run, model in zip((one, two), models, strict=True):
            self._check_figures(run, model, figures)
        self._check_sheet(out / "sheet.png", *models)

    def _check_figures(self, run, model, figures):
        """Measures a run alone, as `evaluate` does."""
        data = dataclasses.replace(run.config.data, cartoon_test_size=6)
        held_out = loading.load(data, "test")
        members = run_subject.members(held_out, held_out, data)
        alone = run_subject.RunSubject(model, members, run_subject.Plan(outputs=2))
        for measured in measuring.measure(alone, ["cycle"]).measured:
            expected = {row: values["l1"].mean for row, values in measured.rows.items()}
            values = figures[measured.mode == "reference"][run.directory.name]
            self.assertAllClose({row: value["mean"] for row, value in values.items()}, expected)

    def _check_sheet(self, path, labelled, styled):
        """Cuts the cells out of the picture; they are enlarged three times, with margins of 4."""
        picture = np.asarray(Image.open(path))
        faces = cartoon_faces.CartoonFaces("test", 32, 6, HAIR, as_domains=True)
        rows = [int(np.flatnonzero(faces.labels[:, k])[0]) for k in range(3)]  # one of each
        images = photos.from_uint8(np.stack([faces.image(i) for i in rows]))
        lefts = [4] + [4 + 100 + 12 + 100 * k for k in range(3)]
        lefts += [4 + 400 + 24 + 100 * k for k in range(3)]
        light = (picture == 255).all(axis=(1, 2))  # rows of pixels between the cells
        top = max(y for y in range(len(light) - 200) if light[y - 4 : y].all()
                  and not light[y : y + 96].any() and not light[y + 100 : y + 196].any()
                  and not light[y + 200 : y + 290].any())  # fmt: skip
        cells = [
            [picture[top + 100 * r : top + 100 * r + 96 : 3, x : x + 96 : 3] for x in lefts]
            for r in range(3)
        ]
        expected = [images]
        labels = np.eye(3, dtype=np.float32)
        expected += [labelled.translate(images, labels[[k] * 3]) for k in range(3)]
        z = np.repeat(latents.draw(5, 1, styled.latent_dim), 3, axis=0)
        for k in range(3):
            styles = styled.map_latents(z, labels[[k] * 3])
            expected.append(styled.render(images, styles))
        expected = photos.to_uint8(np.stack(expected, axis=1)).astype(int)
        self.assertAllClose(np.array(cells).astype(int), expected, atol=1)

    def test_costs_are_those_of_the_checkpoint(self):
        run = self._run("run", total_steps=9, n_critic=2)
        algorithm = run.build()
        for name, count in (("G", 14), ("D", 15)):
            algorithm.optimizers[name].iterations.assign(count)
        checkpoints.Checkpoints(run.checkpoint_dir, algorithm.state()).save(8)
        (run.directory / training_time.FILE).write_text(
            '{"step": 8, "elapsed": 1.5, "processor": 3, "devices": ["CPU:0"]}\n'
        )
        (new, old) = entries.find([str(run.directory), f"{run.directory}:7"])
        self.assertEqual((new.name, old.name), ("run:8", "run:7"))
        found = costs.of(loaded := entries.load(new))
        counts = {n: network.count_params() for n, network in algorithm.networks.items()}
        self.assertEqual(found.translating, counts["G"])
        self.assertEqual(found.trained, counts["G"] + counts["D"])
        self.assertEqual(found.updates, {"D": (15,), "G": (14,)})
        self.assertEqual(found.images, 8 * 2 * 4)  # two batches of four in a step
        self.assertEqual(found.spent, training_time.Spent(1.5, 3, ("CPU:0",)))
        # The checkpoint of step 7 has weights alone, as that of an imported run.
        imported = costs.of(entries.Entry("run:7", run, 7, loaded.model))
        self.assertEqual(imported.translating, found.translating)
        self.assertEqual((imported.trained, imported.updates, imported.spent), (None,) * 3)

    @parameterized.parameters(
        ([], "--runs must have a value|Flag --runs"),
        (["--runs=ONE"], "two runs or more, each named once; received --runs="),
        (["--runs=ONE,ONE"], "two runs or more, each named once; received --runs="),
        (["--runs=ONE,gone"], "gone is not the folder of a run"),
        (["--runs=ONE,OTHER:3"], "has no checkpoint '3'; it has 7"),
        (["--runs=ONE,OTHER", "--metrics=cylce"], "Unknown metric 'cylce'.* Did you mean cycle?"),
        (["--runs=ONE,OTHER", "--protocol=starganv2"], "--protocol=starganv2 says how a single"),
        (["--runs=ONE,OTHER"], r"different kinds; received ONE: domains; OTHER: attributes; comp"),
        (["--runs=ONE,JOINT"], "was trained on several data sets"),
        (["--runs=ONE,OTHER", "--timings=-1"], "timings"),
    )
    def test_mistakes(self, arguments, message):
        self._run("ONE")
        self._run("OTHER", domains="")
        self._run("JOINT", domains="", datasets="cartoon_faces,cartoon_faces",
                  attributes="Black_Hair,Blond_Hair;Smiling")  # fmt: skip
        names = ("ONE", "OTHER", "JOINT")
        for name in names:
            arguments = [
                one.replace(name, str(self.root / name)) if one.startswith("--runs") else one
                for one in arguments
            ]
        said = self._compare(*arguments, f"--output={self.root / 'out'}", status=2)
        self.assertRegex(said, message)
        self.assertEqual(said.count("\n"), 1)
        self.assertFalse((self.root / "out").exists())

    def test_a_damaged_run(self):
        self.enter_context(shared.in_runs())
        one, two = self._run("one"), self._run("two")
        path = two.checkpoint_dir / "step-00000007.npz"
        path.write_bytes(path.read_bytes()[:-40])
        arguments = f"--runs={two.directory},{one.directory}", f"--output={self.root / 'out'}"
        self.assertIn("step-00000007.npz is damaged", self._compare(*arguments, status=2))
        (two.directory / "model.json").write_text("{")
        self.assertIn("model.json can't be read", self._compare(*arguments, status=2))
        self.assertFalse((self.root / "out").exists())


if __name__ == "__main__":
    tf.test.main()
