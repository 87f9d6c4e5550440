"""A new paper is only a folder: a toy one trains, is killed, continues, translates, is exported."""

import pathlib
import signal
import subprocess
import sys
import textwrap

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib

HPARAMS = '''
    """Hyperparameters of a toy: a convolution that learns to keep an image."""

    import dataclasses

    from stargan_tf.algorithms import hparams
    from stargan_tf.base.options import option


    @dataclasses.dataclass(frozen=True)
    class HParams(hparams.HParams):
        """Invented."""

        toy_lr: float = option(0.01, "Learning rate.", above=0)
        toy_pool: int = option(3, "How many earlier images G is kept away from.", minimum=1)
'''
ALGORITHM = '''
    """A toy: G(x, c) is near x, and away from a pool of its earlier images."""

    import keras
    import tensorflow as tf

    from stargan_tf.algorithms import algorithm
    from stargan_tf.data.images import transforms
    from stargan_tf.data.pipeline import samplers
    from stargan_tf.optimization import adam


    class Generator(keras.Model):
        """x + conv(x, c)."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.conv = keras.layers.Conv2D(3, 3, padding="same", name="conv")

        def call(self, x, c):
            c = tf.broadcast_to(c[:, None, None, :], [*tf.unstack(tf.shape(x)[:3]), c.shape[1]])
            return tf.tanh(x + self.conv(tf.concat([x, c], axis=3)))


    class Toy(algorithm.Algorithm, algorithm.Translates, algorithm.Exportable):
        name = "toy"
        shaped_by = {"G": ()}
        batches_per_step = 1

        def __init__(self, hparams, problem):
            super().__init__(hparams, problem)
            hparams.check(problem.image_size)
            size, self.width = problem.image_size, problem.label_space.width
            self.G = Generator(name="G")
            self.G(tf.zeros((1, size, size, 3)), tf.zeros((1, self.width)))
            self.networks, self.trains, self.optimizers = {"G": self.G}, {"G": ("G",)}, {}
            if problem.training:
                self.optimizers["G"] = adam.Adam(hparams.toy_lr)
                self.optimizers["G"].build(self.G.trainable_variables)
                self.pool = tf.Variable(tf.zeros((hparams.toy_pool, size, size, 3)))

        def extra_state(self):
            return {"pool": self.pool} if self.settings.training else {}

        def inputs(self, sampler, slices, first_step):
            def describe(positions):
                index = sampler.index(positions)
                return {"x": samplers.View(index), "c": sampler.label(index)}

            return sampler.load_batches(slices.positions(first_step, 1).unbatch().map(describe))

        def train_step(self, batch, step):
            x, variables = transforms.as_floats(batch["x"]), self.G.trainable_variables
            with tf.GradientTape() as tape:
                fake = self.G(x, batch["c"])
                away = tf.reduce_mean(tf.abs(fake[:1] - self.pool))
                loss = tf.reduce_mean(tf.abs(fake - x)) - 0.1 * away
            gradients = tape.gradient(loss, variables)
            self.optimizers["G"].apply_gradients(zip(gradients, variables, strict=True))
            self.pool.assign(tf.concat([fake[:1], self.pool[:-1]], axis=0))
            return {"G/near": loss, "G/away": away}

        def label_axes(self):
            return {"G/conv/kernel": algorithm.LabelAxis(2, first=3)}

        def translate(self, images, labels):
            return self.G(tf.constant(images), tf.constant(labels)).numpy()

        def serving_signatures(self, *, whole=True):
            size = self.settings.image_size
            inputs = {
                "image": tf.TensorSpec((None, size, size, 3), tf.float32),
                "label": tf.TensorSpec((None, self.width), tf.float32),
            }
            kinds = {"image": "image", "label": "label", "translated": "image"}
            function = lambda image, label: {"translated": self.G(image, label)}
            return {"translate": algorithm.Signature(function, inputs, kinds)}


    ALGORITHM = Toy
'''
# What a test's process does before it imports anything else: the package finds the folder.
FOUND = """
    import os, pathlib, signal, sys
    root = pathlib.Path(sys.argv[1])
    import stargan_tf.algorithms
    stargan_tf.algorithms.__path__.append(str(root / "papers"))
    from tests import commands

    def run(module, *arguments):
        done = commands.run(module, *arguments)
        assert done.returncode == 0, (module, done.stdout, done.stderr)
        return done.stdout

    TRAIN = (
        "stargan_tf.train", "--algorithm=toy", "--image_size=32", "--cartoon_train_size=8",
        "--cartoon_test_size=2", "--batch_size=2", "--total_steps=4", "--checkpoint_every=2",
        "--deterministic", "--strategy=one_device", "--toy_pool=2", "--watch_every=2",
    )
"""
KILLED = """
    from stargan_tf.runs import checkpoints
    run(*TRAIN, f"--run_dir={root}/whole")
    save = checkpoints.Checkpoints.save

    def save_and_die(self, step, **how):
        save(self, step, **how)
        os.kill(os.getpid(), signal.SIGKILL)

    checkpoints.Checkpoints.save = save_and_die
    run(*TRAIN, f"--run_dir={root}/killed")
"""
CONTINUED = """
    print(run(*TRAIN, f"--run_dir={root}/killed"))
    print(run("stargan_tf.translate", f"--run={root}/killed", f"--image={root}/photo.png",
              f"--output={root}/out.png", "--to=Blond_Hair", "--from=Black_Hair"))
    print(run("export.saved_model", f"--run={root}/killed", f"--output={root}/served"))

    def refused(module, output, *flags):
        done = commands.run(module, f"--run={root}/killed", f"--output={root}/{output}", *flags)
        assert done.returncode != 0 and "Traceback" not in done.stderr, done
        print(done.stderr)

    ASKED = (f"--image={root}/photo.png", "--to=Blond_Hair")
    refused("stargan_tf.translate", "no.png", *ASKED)
    refused("stargan_tf.animate", "no.gif", *ASKED)
    from stargan_tf.algorithms.toy import algorithm as toy
    toy.ALGORITHM = toy.algorithm.Algorithm  # with none of the capabilities
    refused("stargan_tf.translate", "no.png", *ASKED)
    refused("export.saved_model", "no")
"""


class NewPaperTest(tf.test.TestCase):
    def _python(self, program):
        source = textwrap.dedent(FOUND) + textwrap.dedent(program)
        return subprocess.run(
            [sys.executable, "-c", source, str(self.root)], capture_output=True, text=True
        )

    def test_a_folder_trains_continues_translates_and_exports(self):
        self.root = pathlib.Path(self.create_tempdir().full_path)
        paper = self.root / "papers" / "toy"
        paper.mkdir(parents=True)
        (paper / "__init__.py").write_text('"""A toy."""\n')
        (paper / "hparams.py").write_text(textwrap.dedent(HPARAMS))
        (paper / "algorithm.py").write_text(textwrap.dedent(ALGORITHM))
        Image.fromarray(np.full((40, 40, 3), 99, np.uint8)).save(self.root / "photo.png")

        done = self._python(KILLED)
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        done = self._python(CONTINUED)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"Continuing {self.root}/killed from step 2.", done.stdout)
        self.assertIn("every signature verified", done.stdout)
        # Mistakes are told in a sentence each.
        self.assertIn("can't classify images", done.stdout)
        self.assertIn("have no styles; translate to its labels", done.stdout)
        for capability in (algorithm_lib.Translates, algorithm_lib.Exportable):
            can = [
                n
                for n in algorithms.names()
                if issubclass(algorithms.algorithm_class(n), capability)
            ]
            others = f"use a run of an algorithm whose networks can: {', '.join(can)}."
            self.assertIn(f"(toy) can't {capability.ability}; {others}", done.stdout)
        self.assertEqual(Image.open(self.root / "out.png").size, (32, 32))

        # It is watched, too, as far as it can.
        lines = [(self.root / run / "metrics.jsonl").read_text() for run in ("whole", "killed")]
        self.assertEqual(*lines)
        self.assertIn('"watch/by_label"', lines[0])

        whole, killed = (
            np.load(self.root / run / "checkpoints" / "step-00000004.npz")
            for run in ("whole", "killed")
        )
        self.assertIn("extra/pool", whole.files)
        self.assertEqual(whole["extra/pool"].shape, (2, 32, 32, 3))
        self.assertNotAllClose(whole["extra/pool"][0], whole["extra/pool"][1])
        for name in whole.files:
            self.assertAllEqual(whole[name], killed[name], msg=name)


if __name__ == "__main__":
    tf.test.main()
