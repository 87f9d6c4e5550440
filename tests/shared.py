"""Algorithms that tests share: to build one, and to trace its step, takes seconds of a processor.

There is one for each paper, strategy and configuration in a process. Whoever asks for it gets it
with every variable as it was when it was built, so it does not matter which tests ran before. A
test that replaces something inside of an algorithm builds its own, with `tiny.build`.
"""

import contextlib
import functools
import random
from unittest import mock

import keras
import tensorflow as tf

from stargan_tf import algorithms
from stargan_tf.runs import runs
from stargan_tf.training import loop
from tests import tiny

_compile_step, _build = loop.compile_step, runs.Run.build
_kept = {}


def build(name, strategy=None, changes=None, **settings):
    """Returns the shared algorithm that `tiny.build` would make, in its first state."""
    strategy = strategy or tf.distribute.get_strategy()
    key = (name, strategy, repr((changes, sorted(settings.items()))))
    return _first_state(
        key, lambda: tiny.build(name, strategy=strategy, changes=changes, **settings)
    )


def steps(algorithm, count, strategy=None, first_step=0):
    """Takes steps by the step that is compiled once, on batches made once; returns the losses."""
    strategy = strategy or tf.distribute.get_strategy()
    made, more = _batches(strategy, algorithm)
    while len(made) < first_step + count:
        made.append(next(more))
    take = compiled_step(strategy, algorithm)
    return tiny.steps(algorithm, count, strategy, first_step, take, made[first_step:])


@functools.cache
def _batches(strategy, algorithm):
    """Returns a list of the batches from the first on, and the iterator of those that follow."""
    return [], tiny.batches(algorithm, strategy)


def compiled_step(strategy, algorithm):
    """Returns what `loop.compile_step` makes, once for each algorithm; as if unused."""
    step = _step(strategy, algorithm)
    step._note = tf.zeros_like(step._note)  # of losses that were not finite
    return step


_step = functools.cache(_compile_step)


@contextlib.contextmanager
def in_runs():
    """Lets runs of equal configurations have one algorithm, and trainings one compiled step.

    Not for tests that need the weights of two runs at a time: they would be those of the last.
    """
    with (
        mock.patch.object(runs.Run, "build", _build_shared),
        mock.patch.object(loop, "compile_step", compiled_step),
    ):
        yield


def _build_shared(run, **settings):
    """Stands in for `Run.build`."""
    real = algorithms.algorithm_class
    with mock.patch.object(
        algorithms, "algorithm_class", lambda name: functools.partial(_constructed, real(name))
    ):
        return _build(run, **settings)


def _constructed(kind, hparams, settings):
    """Stands in for an algorithm's constructor."""
    # First weights are functions of this state; what translates gets its weights from a file.
    state = random.getstate() if settings.training else None

    def make():
        if not settings.training:
            keras.utils.set_random_seed(1)  # as in tiny.untrained_run
        return kind(hparams, settings)

    strategy = tf.distribute.get_strategy()
    return _first_state((kind, strategy, repr((hparams, settings)), state), make)


def _first_state(key, make):
    if key not in _kept:
        algorithm = make()
        _kept[key] = algorithm, tiny.values(algorithm.state())
    algorithm, values = _kept[key]
    for name, variable in algorithm.state().items():
        variable.assign(values[name])
    return algorithm
