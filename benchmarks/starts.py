"""Counts how many trainings of StarGAN v1 get past their start, with the flags that are given.

  python -m benchmarks.starts --flagfile=configs/faces_laptop.flags --data_dir=DIR --seeds=20

A start is dead if D's classification of real images is still at chance after --steps steps: G then
learns to return its input. It lives once that loss falls clearly below chance. The same flags may
give both, so many starts are needed: of several seeds, and of each seed with weights shifted by so
little that only rounding could do it. One process compiles the step once, and gives the networks
new weights for each start.
"""

import json
import math
import pathlib
import time

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags
from stargan_tf.reports import table

_SEEDS = flags.DEFINE_integer("seeds", 10, "Starts from the seeds --seed, --seed + 1, ...", 1)
_SHIFTS = flags.DEFINE_integer("shifts", 0, "Further starts of each seed, with shifted weights.", 0)
_SHIFT = flags.DEFINE_float("shift", 1e-6, "The standard deviation of a shift.", 0.0)
_STEPS = flags.DEFINE_integer("steps", 300, "The most steps of a start.", 1)
_OUTPUT = flags.DEFINE_string("output", "", "Also write the starts to this JSON file.")

# In units of chance: the loss of one who knows how frequent each label is, and sees no image.
_LIVES, _DEAD = 0.8, 0.95
_WINDOW = 50  # steps over which the loss is averaged, and between two looks at D's units
_PROBED = 64  # images that D's units are looked at with, and as many translations of them


def main() -> None:
    """Prints a JSON object for every start, then a table of all."""
    config = train_flags.config_from_flags()
    if config.train.algorithm != "stargan_v1" or config.data.datasets:
        raise errors.UserError("Starts are measured of stargan_v1 with one data set.")
    command_line.import_tensorflow()
    bench = _Bench(config)
    starts = []
    for seed in range(config.train.seed, config.train.seed + _SEEDS.value):
        for shift in range(_SHIFTS.value + 1):
            starts.append(bench.start(seed, shift))
            print(json.dumps(starts[-1]), flush=True)
    if _OUTPUT.value:
        pathlib.Path(_OUTPUT.value).write_text(json.dumps(starts, indent=1) + "\n")
    print(table.table(list(starts[0]), [[str(cell) for cell in row.values()] for row in starts]))
    fates = [start["fate"] for start in starts]
    print(", ".join(f"{fates.count(fate)} {fate}" for fate in ("lives", "slow", "dead")))


class _Bench:
    """The compiled step of one configuration."""

    def __init__(self, config):
        from stargan_tf.data import loading
        from stargan_tf.data.pipeline import samplers
        from stargan_tf.runs import runs
        from stargan_tf.training import devices, loop

        self.config = config
        self.source = loading.load(config.data, "train")
        self.run = runs.Run(pathlib.Path("unused"), config, self.source.label_space)
        self.strategy = devices.make_strategy("one_device")
        self.algorithm = self.run.build(replicas=1)
        self.take = loop.compile_step(self.strategy, self.algorithm)
        self.probed, labels = samplers.spread_out(
            loading.sampler(self.source, config.data, seed=0, augment=False), _PROBED
        )
        self.targets = labels[::-1]
        self.chance = chance(self.source.labels, self.source.label_space.kind)

    def start(self, seed: int, shift: int) -> dict:
        """Trains from a seed's weights until its fate is clear; returns what became of it."""
        import tensorflow as tf

        from stargan_tf.data import loading
        from stargan_tf.training import loop

        self._reset(seed, shift)
        sampler = loading.sampler(self.source, self.config.data, seed)
        batch_size = self.config.train.batch_size
        batches = loop.distribute(self.strategy, self.algorithm, sampler, batch_size, 0)
        losses, fate, began = [], "", time.monotonic()
        while not fate:
            step = tf.constant(len(losses), tf.int64)
            losses.append(float(self.take(next(batches), step)["D/cls"]))
            if len(losses) % _WINDOW == 0 or len(losses) == _STEPS.value:
                fate = self._fate(losses)
        return {
            "seed": seed,
            "shift": shift,
            "fate": fate,
            "steps": len(losses),
            "seconds": round(time.monotonic() - began, 1),
            "loss": round(_recent(losses), 3),
            "chance": round(self.chance, 3),
            "silent": round(self._silent(), 3),
        }

    def _fate(self, losses) -> str:
        """Returns "" while a start may still go either way."""
        share = _recent(losses) / self.chance
        if share < _LIVES:
            return "lives"
        return ("dead" if share > _DEAD else "slow") if len(losses) == _STEPS.value else ""

    def _reset(self, seed: int, shift: int) -> None:
        """Gives networks and optimizers what a training from `seed` begins with."""
        import keras
        import numpy as np

        keras.utils.set_random_seed(seed)  # as the training loop does
        fresh = self.run.build(replicas=1).state()
        random = np.random.default_rng((seed, shift))
        weights = self.algorithm.weights()
        for name, variable in self.algorithm.state().items():
            value = fresh[name].numpy()
            if shift and name in weights:
                value += random.normal(0, _SHIFT.value, value.shape).astype(value.dtype)
            variable.assign(value)

    def _silent(self) -> float:
        """Returns the share of units of D's last layer that no probed image makes positive."""
        import numpy as np
        import tensorflow as tf

        from stargan_tf.layers import activations

        x = tf.constant(np.concatenate([self.probed, self._translated()]))
        for layer in self.algorithm.D.down:
            before = layer(x)
            x = activations.leaky_relu(before, 0.01)
        return float(np.mean(tf.reduce_max(before, axis=(0, 1, 2)).numpy() <= 0))

    def _translated(self):
        return self.algorithm.translate(self.probed, self.targets)


def chance(labels, kind: str) -> float:
    """Returns the entropy of labels (N, width): of domains jointly, of attributes summed up."""
    shares = labels.mean(axis=0)
    if kind == "domains":
        return float(-sum(p * math.log(p) for p in shares if p))
    both = [q for p in shares for q in (p, 1 - p)]
    return float(-sum(q * math.log(q) for q in both if q))


def _recent(losses) -> float:
    recent = losses[-_WINDOW:]
    return sum(recent) / len(recent)


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)
