"""A paper whose examples are sequences of features and that converts them, as small as possible."""

import dataclasses
import pathlib

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm, hparams
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source
from stargan_tf.data.pipeline import samplers
from stargan_tf.optimization import adam
from stargan_tf.runs import checkpoints, runs
from tests import tiny

SPACE = labels_lib.LabelSpace("domains", ("anna", "ben", "cleo"))
FRAMES, FEATURES = 8, 5
# What each domain adds to every feature of whatever is said in it.
OFFSETS = np.float32([0.0, 2.0, 5.0])
# The weights of the toy that converts as this says, but for a third of it that is missing.
LEARNT = OFFSETS * 2 / 3


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """Invented."""


class Offset(keras.layers.Layer):
    """Adds what a domain adds."""

    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=(3,), initializer="zeros")

    def call(self, features, labels):
        return features + tf.reshape(tf.linalg.matvec(labels, self.offset), (-1, 1, 1))


class Model(keras.Model):
    """Takes away what the source adds and adds what the target does."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.offset = Offset(name="offset")

    def call(self, features, sources, labels):
        return self.offset(features, labels - sources)


class Toy(algorithm.Algorithm, algorithm.Converts, algorithm.Exportable):
    """Learns the offset of each domain from an example of it and one of another."""

    name = "toy"
    takes = {
        "features": tf.TensorSpec((None, None), tf.float32),
        "label": tf.TensorSpec((None,), tf.float32),
    }
    shaped_by = {"M": ()}
    converts_with = "M"
    batches_per_step = 1

    def __init__(self, hparams, settings):
        super().__init__(hparams, settings)
        self.M = Model(name="M")
        shape = (1, *settings.sample_shape)
        self.M(tf.zeros(shape), tf.zeros((1, 3)), tf.zeros((1, 3)))
        self.networks, self.trains, self.optimizers = {"M": self.M}, {"M": ("M",)}, {}
        if settings.training:
            self.optimizers = {"M": adam.Adam(0.1)}
            self.optimizers["M"].build(self.M.trainable_variables)

    def label_axes(self):
        return {"M/offset/offset": algorithm.LabelAxis(0)}

    def inputs(self, sampler, slices, first_step):
        def describe(positions):
            index = sampler.index(positions)
            return {"features": samplers.View(index), "label": sampler.label(index)}

        return sampler.load_batches(slices.positions(first_step, 1).unbatch().map(describe))

    def train_step(self, batch, step):
        zeros = tf.zeros_like(batch["label"])
        with tf.GradientTape() as tape:
            plain = self.M(batch["features"], batch["label"], zeros)
            loss = tf.reduce_mean(tf.abs(plain))
        variables = self.M.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizers["M"].apply_gradients(zip(gradients, variables, strict=True))
        return {"M/distance": loss}

    def convert(self, features, sources, labels, *, differential=False):
        made = self.M(features, sources, labels)
        if differential:
            made = features + made - self.M(features, sources, sources)
        return made.numpy()

    def serving_signatures(self, *, whole=True):
        def convert(features, source, target):
            sources, labels = (tf.one_hot(one, 3) for one in (source, target))
            return {"converted": self.M(features, sources, labels)}

        domain = tf.TensorSpec((None,), tf.int32)
        features = tf.TensorSpec((None, None, FEATURES), tf.float32)
        inputs = {"features": features, "source": domain, "target": domain}
        kinds = {"features": "features", "source": "domain", "target": "domain"}
        kinds["converted"] = "features"
        return {"convert": algorithm.Signature(convert, inputs, kinds)}


class Sequences(source.Source, source.Conversions):
    """Sequence i of a domain is a random walk of its own plus the domain's offset."""

    sample_name = "features"
    sample_spec = tf.TensorSpec((FRAMES, FEATURES), tf.float32)
    label_space = SPACE
    kind = "mcep"

    def __init__(self, split="train", count=4):
        self.labels = np.repeat(np.eye(3, dtype=np.float32), count, axis=0)
        self._seed, self._parallel = {"train": 0, "test": 1000}[split], split == "test"
        self._count = count

    @property
    def statistics(self):
        deviation = np.ones((3, FEATURES))
        return {
            "mean": np.tile(OFFSETS[:, np.newaxis], (1, FEATURES)).astype(np.float64),
            "deviation": deviation,
            "mean_all": np.full(FEATURES, OFFSETS.mean(), np.float64),
            "deviation_all": np.full(FEATURES, 2.0),
            "log_f0_mean": np.log([100.0, 200.0, 300.0]),
            "log_f0_deviation": np.array([0.1, 0.2, 0.3]),
        }

    def conversion(self, index, domain):
        number = index % self._count if self._parallel else index
        random = np.random.default_rng(self._seed + number)
        steps = random.normal(0, 0.5, (20 + number, FEATURES)).astype(np.float32)
        return np.cumsum(steps, axis=0) + OFFSETS[domain]

    def whole(self, index):
        return self.conversion(index, int(self.labels[index].argmax()))

    def f0(self, index):
        track = np.full(len(self.whole(index)), 100.0 * (1 + self.labels[index].argmax()))
        track[::4] = 0
        return track

    def load(self, index):
        def window(index):
            return self.whole(int(index))[:FRAMES]

        return tf.ensure_shape(
            tf.numpy_function(window, [index], tf.float32), self.sample_spec.shape
        )

    def describe(self, index):
        return f"sequence {index}"


class Recorded(source.Source, source.Parallel):
    """The same as recordings: how other domains would have an example is not known."""

    sample_name, sample_spec = Sequences.sample_name, Sequences.sample_spec
    label_space, kind = SPACE, "mcep"

    def __init__(self, split="train", count=4):
        self._drawn = Sequences(split, count)
        self.labels, self.statistics = self._drawn.labels, self._drawn.statistics
        self.whole, self.f0 = self._drawn.whole, self._drawn.f0

    def load(self, index):
        return self._drawn.load(index)

    def describe(self, index):
        return f"recording {index}"

    def parallel(self, index, domain):
        del index, domain


def untrained_run(path: pathlib.Path, offsets: np.ndarray = LEARNT, **changes) -> runs.Run:
    """Makes the folder of a run of the toy whose checkpoint, at step 7, has these weights.

    `algorithms.algorithm_class` has to give `Toy`.
    """
    data = Sequences()
    config = tiny.config(path, **changes)
    run = runs.Run(path, config, SPACE, data.sample_shape, statistics=data.statistics)
    run.create()
    built = run.build(training=False)
    built.M.offset.offset.assign(offsets)
    checkpoints.Checkpoints(run.checkpoint_dir, built.weights()).save(7)
    return run
