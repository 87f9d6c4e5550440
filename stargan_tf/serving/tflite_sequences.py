"""The sequences to calibrate a TFLite file with, and to compare it with the run."""

import dataclasses

import numpy as np

from stargan_tf.data import loading
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import runs

NOISE = "random sequences in the range of the run's data"
_MULTIPLE = 4  # of frames, that data sets give


@dataclasses.dataclass(frozen=True)
class Sequences:
    """Sequences of features, all of one length.

    Attributes:
      samples: (M, T, F) float32, raw.
      labels: (M, K) float32, one-hot: their domains.
      what: A description for people: "held-out sequences of ...".
    """

    samples: np.ndarray
    labels: np.ndarray
    what: str


def of_data_set(
    run: runs.Run, split: str, count: int, frames: int, data_dir: str = ""
) -> Sequences:
    """Returns evenly spaced windows of a split of the run's data set, with their domains.

    There are `count`, or all of a smaller split, of `frames` frames each. `data_dir` is the current
    folder of the data set; "": where it was in training.

    Raises:
      UserError: The data set is missing.
    """
    options = run.config.data
    whole = frames + -frames % _MULTIPLE
    options = dataclasses.replace(options, data_dir=data_dir or options.data_dir, frames=whole)
    sampler = loading.sampler(loading.load(options, split), options, seed=0, augment=False)
    features, labels = samplers.spread_out(sampler, count)
    part = "held-out" if split == "test" else "training"
    what = f"{part} sequences of the run's data set ({options.dataset})"
    return Sequences(features[:, :frames], labels, what)


def noise(run: runs.Run, count: int, frames: int) -> Sequences:
    """Returns slow random walks with the mean and deviation that the run keeps of its data."""
    width, length = run.label_space.width, run.sample_shape[-1]
    steps = np.random.default_rng(0).standard_normal((count, frames, length))
    walks = np.cumsum(steps, axis=1)
    walks -= walks.mean(axis=1, keepdims=True)
    walks /= np.maximum(walks.std(axis=1, keepdims=True), 1e-3)
    mean = run.statistics.get("mean_all", np.zeros(length))
    deviation = run.statistics.get("deviation_all", np.ones(length))
    labels = np.eye(width, dtype=np.float32)[np.arange(count) % width]
    return Sequences((walks * deviation + mean).astype(np.float32), labels, NOISE)
