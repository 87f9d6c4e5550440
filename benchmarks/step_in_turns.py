"""Measures the training step of two working trees in turns, on a machine that others use as well.

  python -m benchmarks.step_in_turns --against=DIR --flagfile=configs/quickstart.flags

DIR is another working tree of this project (`git worktree add DIR COMMIT`). Each tree has a process
of its own, and only one of them runs at a time. Compare the ratios: load comes and goes, but it
meets both. Processor time suffers less by it than time does.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags

_AGAINST = flags.DEFINE_string(
    "against", "", "The other working tree. Without it, this process takes steps when it is told."
)
_ROUNDS, _STEPS = 8, 3


def main() -> None:
    """Prints, for the time and the processor time of a step, milliseconds and their ratio."""
    if not _AGAINST.value:
        _take_steps()
        return
    arguments = [word for word in sys.argv[1:] if not word.startswith("--against")]
    own = pathlib.Path(__file__).resolve().parents[1]
    trees = [pathlib.Path(_AGAINST.value).resolve(), own]
    processes = [_started(tree, arguments) for tree in trees]
    found = [[], []]
    for _ in range(_ROUNDS):
        for process, seconds in zip(processes, found, strict=True):
            process.stdin.write("go\n")
            process.stdin.flush()
            seconds += json.loads(process.stdout.readline())
    for process in processes:
        process.stdin.close()
        process.wait()
    for number, what in enumerate(("time", "processor time")):
        row = [[1000 * both[number] for both in seconds] for seconds in found]
        for name, figure in (("least", min), ("median", statistics.median)):
            other, here = map(figure, row)
            print(f"{what}, {name}: {other:.1f} ms, here {here:.1f} ms: {other / here:.2f} times")


def _started(tree: pathlib.Path, arguments: list[str]) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdout.readline() != "ready\n":
        raise errors.UserError(
            f"against={_AGAINST.value}: the program of {tree} could not take a step; see above."
        )
    return process


def _take_steps() -> None:
    """Takes steps whenever a line is read, and prints their [time, processor time] in seconds."""
    config = train_flags.config_from_flags()
    command_line.import_tensorflow()
    import tensorflow as tf

    from stargan_tf import algorithms
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.data import loading
    from stargan_tf.training import devices, loop

    strategy = devices.make_strategy(config.train.strategy, config.train.logical_cpus)
    source = loading.load(config.data, "train")
    sampler = loading.sampler(source, config.data, config.train.seed)
    with strategy.scope():
        algorithm = algorithms.algorithm_class(config.train.algorithm)(
            config.hparams,
            algorithm_lib.BuildSettings(
                source.label_space, config.data.image_size, total_steps=config.train.total_steps
            ),
        )
    batches = loop.distribute(strategy, algorithm, sampler, config.train.batch_size, 0)
    take, batch = loop.compile_step(strategy, algorithm), next(batches)

    def timed() -> tuple[float, float]:
        before = time.perf_counter(), time.process_time()
        for loss in take(batch, tf.constant(0, tf.int64)).values():
            loss.numpy()
        return time.perf_counter() - before[0], time.process_time() - before[1]

    timed()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps([timed() for _ in range(_STEPS)]), flush=True)


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)
