"""Runs small enough for tests: the flags, the data and the algorithm of each."""

import atexit
import dataclasses
import functools
import pathlib
import shutil
import tempfile

import keras
import numpy as np
import tensorflow as tf

from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading, source
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import checkpoints, runs
from stargan_tf.runs import config as config_lib
from stargan_tf.training import devices, loop
from stargan_tf.voices import speakers

# What makes each paper's networks tiny; everything else is its default. "PAPER/NAME" is a variant:
# other networks of the paper, which most functions here take in place of its name.
HPARAMS = {
    "bicyclegan": {
        "latent_dim": 4,
        "g_channels": 4,
        "e_channels": 4,
        "d_channels": 4,
    },
    "cyclegan": {
        "g_conv_dim": 4,
        "g_repeat_num": 1,
        "d_conv_dim": 4,
        "d_layers": 2,
        "pool_size": 3,
    },
    "stargan_v1": {
        "g_conv_dim": 4,
        "g_repeat_num": 1,
        "d_conv_dim": 4,
        "d_repeat_num": 3,
        "n_critic": 2,
    },
    "stargan_vc": {
        "hidden_dim": 4,
        "bottleneck_dim": 3,
        "embedding_dim": 2,
        "d_hidden_dim": 4,
    },
    # With the rate of the paper's flag file: a larger one enlarges what rounding makes different.
    "stargan_vc/2d": {"architecture": "2d", "channels": 4, "g_lr": 1e-4},
    "stargan_vc/2d_batch_norm": {
        "architecture": "2d",
        "channels": 4,
        "norm": "batch",
        "segments": "mean",
        "lambda_gp": 0.0,
    },
    "stargan_vc2": {
        "g_channels": 2,
        "d_channels": 2,
        "g_repeat_num": 1,
    },
    "stargan_v2": {
        "channel_base": 4,
        "max_channels": 8,
        "hidden_units": 8,
        "style_dim": 8,
        "ema_decay": 0.5,
        "f_lr": 1e-4,
        "lambda_ds": 2.0,
        "ds_iter": 8,
    },
}
# With these the last gradient of each optimizer in a step is that at the initial weights.
FIRST_GRADIENTS = {
    "bicyclegan": {},
    "cyclegan": {},
    "stargan_v1": {"n_critic": 1},
    "stargan_v2": {"lr": 0.0, "f_lr": 0.0},
    "stargan_vc": {"g_lr": 0.0},
    "stargan_vc2": {"d_lr": 0.0},
}
# What data each paper is tried on, and two labels in it.
LABELS = {
    "bicyclegan": labels_lib.LabelSpace("domains", ("A", "B")),
    "cyclegan": labels_lib.LabelSpace("domains", ("Black", "Blond")),
    "stargan_v1": labels_lib.LabelSpace(
        "attributes", ("Black", "Blond", "Smiling"), (("Black", "Blond"),)
    ),
    "stargan_v2": labels_lib.LabelSpace("domains", ("Black", "Blond", "Brown")),
    "stargan_vc": labels_lib.LabelSpace("domains", ("anna", "ben")),
    "stargan_vc2": labels_lib.LabelSpace("domains", ("anna", "ben")),
}
TARGETS = {
    "bicyclegan": np.array([[0, 1], [0, 1]], np.float32),
    "cyclegan": np.array([[1, 0], [0, 1]], np.float32),
    "stargan_v1": np.array([[1, 0, 0], [0, 1, 1]], np.float32),
    "stargan_v2": np.array([[1, 0, 0], [0, 0, 1]], np.float32),
    "stargan_vc": np.array([[1, 0], [0, 1]], np.float32),
    "stargan_vc2": np.array([[1, 0], [0, 1]], np.float32),
}
# The labels of two images, where they are not those that others are translated to.
SHOWN = {"bicyclegan": np.eye(2, dtype=np.float32)}
SIZE = 16
# The examples of papers that learn from sequences: frames of features.
WINDOWS = {"stargan_vc": (16, 5), "stargan_vc2": (16, 5)}
# The same for variants.
WINDOWS |= dict.fromkeys([name for name in HPARAMS if "/" in name], (32, 36))


def paper(name: str) -> str:
    """Returns the paper of a variant, or of itself."""
    return name.partition("/")[0]


class Pictures(source.Source):
    """`count` random pictures in memory."""

    def __init__(self, count: int = 12, label_space: labels_lib.LabelSpace = LABELS["stargan_v1"]):
        random = np.random.default_rng(0)
        self.label_space = label_space
        self.images = random.integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)
        self.labels = (random.uniform(size=(count, 3)) > 0.5).astype(np.float32)
        self.labels[:, 1] = 1 - self.labels[:, 0]
        if label_space.kind == "domains":
            width = label_space.width
            self.labels = np.eye(width, dtype=np.float32)[np.arange(count) % width]
            if width == 2:  # of which papers that learn from pairs make pairs
                self.pairs = np.arange(count // 2 * 2).reshape(-1, 2)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self.images), index)

    def describe(self, index: int) -> str:
        return f"picture {index}"


class Sequences(source.Source):
    """`count` random sequences of features in memory, each half as long again as a window."""

    sample_name = "features"
    in_memory = True

    def __init__(
        self, window: tuple[int, int], label_space: labels_lib.LabelSpace, count: int = 12
    ):
        random = np.random.default_rng(0)
        self.sample_spec = tf.TensorSpec(window, tf.float32)
        self.label_space = label_space
        long = (count, window[0] * 3 // 2, window[1])
        self.features = random.normal(0.5, 2, long).astype(np.float32)
        self.labels = np.eye(label_space.width, dtype=np.float32)[
            np.arange(count) % label_space.width
        ]
        self.statistics = {
            "mean": np.stack([self._of(k).mean(axis=0) for k in range(label_space.width)]),
            "deviation": np.stack([self._of(k).std(axis=0) for k in range(label_space.width)]),
            "mean_all": self.features.mean(axis=(0, 1)),
            "deviation_all": self.features.std(axis=(0, 1)),
        }

    def _of(self, domain: int) -> np.ndarray:
        return self.features[self.labels[:, domain] == 1].reshape(-1, self.features.shape[2])

    def load(self, index: tf.Tensor) -> tf.Tensor:
        return self._window(index, self.sample_spec.shape[0] // 4)

    def load_part(self, index: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        places = self.features.shape[1] - self.sample_spec.shape[0] + 1
        return self._window(index, tf.cast(start * places, tf.int32))

    def _window(self, index: tf.Tensor, first: tf.Tensor | int) -> tf.Tensor:
        frames = tf.range(self.sample_spec.shape[0]) + first
        return tf.gather(tf.gather(tf.constant(self.features), index), frames)

    def describe(self, index: int) -> str:
        return f"sequence {index}"


def examples(name: str, count: int = 12, space: labels_lib.LabelSpace | None = None):
    """Returns a small data set of what a paper takes, with its labels unless others are given."""
    space = space or LABELS[paper(name)]
    return Sequences(WINDOWS[name], space, count) if name in WINDOWS else Pictures(count, space)


@functools.cache
def two_devices() -> tf.distribute.Strategy:
    """Returns the process's one strategy of two logical CPUs.

    One for all tests: every MirroredStrategy numbers its all-reduces from the same start, while the
    runtime remembers the shape of each number for as long as the process lives.
    """
    return devices.make_strategy("mirrored", 2)


def hparams(name: str, **changes):
    return dataclasses.replace(
        algorithms.hparams_class(paper(name))(), **{**HPARAMS[name], **changes}
    )


def build(name: str, strategy=None, seed: int = 0, changes=None, **settings):
    """Returns a built tiny algorithm in the scope of the strategy."""
    strategy = strategy or tf.distribute.get_strategy()
    keras.utils.set_random_seed(seed)
    settings = {"total_steps": 10, "replicas": strategy.num_replicas_in_sync, **settings}
    if name in WINDOWS:
        statistics = examples(name).statistics
        settings = {"sample_shape": WINDOWS[name], "statistics": statistics, **settings}
    with strategy.scope():
        return algorithms.algorithm_class(paper(name))(
            hparams(name, **(changes or {})),
            algorithm_lib.BuildSettings(LABELS[paper(name)], SIZE, **settings),
        )


def batches(algorithm, strategy=None, batch_size: int = 4, first_step: int = 0):
    """Returns the batches of a tiny run from a step on."""
    space, shape = algorithm.settings.label_space, algorithm.settings.sample_shape
    found = Sequences(shape, space) if shape else Pictures(label_space=space)
    sampler = samplers.Sampler(found, seed=1, image_size=SIZE)
    strategy = strategy or tf.distribute.get_strategy()
    return loop.distribute(strategy, algorithm, sampler, batch_size, first_step)


def steps(algorithm, count: int, strategy=None, first_step: int = 0, take=None, given=None):
    """Takes steps, by a compiled step and on batches where they are given; returns the losses."""
    strategy = strategy or tf.distribute.get_strategy()
    take = take or loop.compile_step(strategy, algorithm)
    found = []
    source_ = iter(given or batches(algorithm, strategy, first_step=first_step))
    for step in range(first_step, first_step + count):
        losses = take(next(source_), tf.constant(step, tf.int64))
        found.append({name: float(value) for name, value in losses.items()})
    return found


def made(algorithm, targets, seed: int | None = None):
    """Returns what an algorithm makes of two small inputs for two targets: images or features.

    Args:
      algorithm: Translates images, or converts sequences.
      targets: (2, width), as of `TARGETS`.
      seed: Of random inputs; None: they rise evenly.
    """
    shape = (len(targets), *(algorithm.settings.sample_shape or (SIZE, SIZE, 3)))
    if seed is None:
        inputs = np.linspace(-1, 1, np.prod(shape)).reshape(shape).astype(np.float32)
    else:
        inputs = np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)
    if isinstance(algorithm, algorithm_lib.Converts):
        return algorithm.convert(inputs, targets[::-1], targets)
    return algorithm.translate(tf.constant(inputs), targets)


def values(variables):
    """Returns the values of named variables as NumPy arrays."""
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def config(path: pathlib.Path, **changes) -> config_lib.Config:
    """Returns the configuration of a run on drawn data that takes seconds."""
    name = changes.get("algorithm", "stargan_v1")
    # Of v1 half the graph to trace, in every test that trains a run; of v2 the domains.
    papers = {
        "bicyclegan": {"dataset": "cartoon_pairs"},
        "cyclegan": {"domains": "Black_Hair,Blond_Hair"},
        "stargan_v1": {"n_critic": 1},
        "stargan_v2": {"domains": "Black_Hair,Blond_Hair,Brown_Hair"},
    }
    data = {
        "dataset": "cartoon_faces",
        "image_size": 32,
        "cartoon_train_size": 16,
        "cartoon_test_size": 4,
    }
    if name in WINDOWS:
        data = {
            "dataset": "drawn_voices",
            "domains": ",".join(speakers.SPEAKERS[:2]),
            "frames": WINDOWS[name][0],
            "coefficients": WINDOWS[name][1],
            "voice_train_size": 2,
            "voice_test_size": 1,
        }
    options = {
        "algorithm": name,
        **data,
        "batch_size": 4,
        "total_steps": 4,
        "log_every": 1,
        "checkpoint_every": 2,
        "sample_every": 100,
        "sample_count": 2,
        "run_dir": str(path),
        **HPARAMS[name],
        **papers.get(name, {}),
        **changes,
    }
    return config_lib.Config.from_values(options)


def untrained_run(path: pathlib.Path, **changes) -> runs.Run:
    """Makes the folder of a run on drawn data with a checkpoint of first weights, at step 7."""
    run = _new_run(path, config(path, **changes))
    run.create()
    shutil.copy(_first_weights(tuple(sorted(changes.items()))), run.checkpoint_dir)
    return run


def _new_run(path: pathlib.Path, made: config_lib.Config) -> runs.Run:
    found = loading.load(made.data, "test")
    run = runs.Run(path, made, found.label_space, found.sample_shape)
    return run.with_statistics(found.statistics)


@functools.cache
def _first_weights(changes: tuple[tuple[str, object], ...]) -> pathlib.Path:
    """Returns a checkpoint of the first weights of a run of `config`, made once in a process."""
    folder = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    run = _new_run(folder, config(folder, **dict(changes)))
    keras.utils.set_random_seed(1)
    algorithm = run.build(training=False)
    checkpoints.Checkpoints(folder, algorithm.weights()).save(7)
    return next(folder.iterdir())
