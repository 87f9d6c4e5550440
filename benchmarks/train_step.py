"""Measures a training step: steps/s, images/s, waiting for data, memory, share of the peak.

  python -m benchmarks.train_step --flagfile=configs/v1.flags --dataset=cartoon_faces --batch_size=4

The machine's convolution peak is measured in the same run, since machines and their load differ.
Steps run as training runs them: the same loop, pipeline and devices.
"""

import functools
import json
import resource
import statistics
import time

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags

_STEPS = flags.DEFINE_integer("steps", 5, "Steps to time, after one that compiles.", 1)
_PRECISIONS = flags.DEFINE_list("precisions", ["float32", "bfloat16"], "Precisions to measure.")
_TFLOP = flags.DEFINE_float(
    "tflop",
    0.0,
    "TFLOP of a step; 0: count the convolutions of the step's graph (not with --jit_compile). To "
    "compare with others' figures pass their count (stargan_v1 at 128 px, batch 4: 1.23).",
    0.0,
)
# (pixels, channels) of 3x3 SAME convolutions, batch 4: the best of them is called the peak.
_PEAK_CONVOLUTIONS = ((128, 128), (64, 256), (32, 512))
_BATCH = 4
_REPEATS = 4


def main() -> None:
    """Prints a JSON object for every precision."""
    config = train_flags.config_from_flags()
    if config.train.jit_compile and not _TFLOP.value:
        raise errors.UserError("With --jit_compile the step's TFLOP must be given: pass --tflop.")
    command_line.import_tensorflow()
    import tensorflow as tf

    from stargan_tf.data import loading
    from stargan_tf.training import devices

    strategy = devices.make_strategy(config.train.strategy, config.train.logical_cpus)
    devices.check_batch_size(config.train.batch_size, strategy)
    source = loading.load(config.data, "train")
    sampler = loading.sampler(source, config.data, config.train.seed)
    for precision in _PRECISIONS.value:
        peak = convolution_peak(tf.as_dtype(precision))
        row = measure(config, strategy, sampler, precision)
        row["peak_gflops_per_second"] = round(peak / 1e9, 1)
        row["share_of_peak"] = round(row["tflop_per_step"] * 1e12 / row["step_seconds"] / peak, 3)
        print(json.dumps(row), flush=True)


def convolution_peak(dtype) -> float:
    """Returns the most FLOP/s that a large convolution reaches here in `dtype`."""
    import tensorflow as tf

    best = 0.0
    for size, channels in _PEAK_CONVOLUTIONS:
        x = tf.cast(tf.random.normal((_BATCH, size, size, channels)), dtype)
        kernel = tf.cast(tf.random.normal((3, 3, channels, channels)), dtype)
        run = tf.function(functools.partial(_convolve, x, kernel))
        run().numpy()
        seconds = min(_timed(lambda: run().numpy()) for _ in range(5))  # noqa: B023
        best = max(best, _REPEATS * 2 * _BATCH * size**2 * channels**2 * 9 / seconds)
    return best


def _convolve(x, kernel):
    import tensorflow as tf

    for _ in range(_REPEATS):  # so that a GPU's launch and wait do not count
        x = tf.nn.conv2d(x, kernel, 1, "SAME")
    return tf.reduce_sum(x[:, 0, 0, 0])


def measure(config, strategy, sampler, precision: str) -> dict:
    """Times training steps; returns the figures of one precision."""
    import tensorflow as tf

    from stargan_tf import algorithms
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.training import loop

    with strategy.scope():
        algorithm = algorithms.algorithm_class(config.train.algorithm)(
            config.hparams,
            algorithm_lib.BuildSettings(
                sampler.source.label_space,
                config.data.image_size,
                total_steps=config.train.total_steps,
                replicas=strategy.num_replicas_in_sync,
                precision=precision,
                jit_compile=config.train.jit_compile,
                accumulate=config.train.accumulate,
                normalization_backend=config.train.normalization_backend,
            ),
        )
    batches = loop.distribute(strategy, algorithm, sampler, config.train.batch_size, 0)
    take = loop.compile_step(strategy, algorithm)
    step = tf.constant(0, tf.int64)
    batch = next(batches)
    tflop = _TFLOP.value or count_tflop(take.get_concrete_function(batch, step).graph)
    compile_seconds = _timed(lambda: _run(take, batch, step))
    waits, times = [], []
    for _ in range(_STEPS.value):
        start = time.perf_counter()
        batch = next(batches)
        waits.append(time.perf_counter() - start)
        _run(take, batch, step)
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    images = config.train.batch_size * algorithm.batches_per_step
    return {
        "algorithm": config.train.algorithm,
        "precision": precision,
        "image_size": config.data.image_size,
        "batch_size": config.train.batch_size,
        "step_seconds": round(seconds, 4),
        "fastest_seconds": round(min(times), 4),
        "steps_per_second": round(1 / seconds, 4),
        "images_per_second": round(images / seconds, 2),
        "waiting_for_data": round(sum(waits) / sum(times), 4),
        "first_step_seconds": round(compile_seconds, 2),
        # Of the process so far: that of the second precision includes the first's.
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "tflop_per_step": round(tflop, 4),
    }


def count_tflop(graph) -> float:
    """Returns the TFLOP of the convolutions on which a graph's results and updates depend."""
    pending = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    found = set()
    while pending:
        op = pending.pop()
        if op not in found:
            found.add(op)
            pending += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return sum(_convolution_flop(op) for op in found) / 1e12


def _convolution_flop(op) -> int:
    if op.type not in ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"):
        return 0
    # Every one of the three multiplies each entry of the small map with each of its k x k x C.
    small = {"Conv2D": op.outputs[0]}.get(op.type, op.inputs[-1]).shape
    kernel = {"Conv2DBackpropFilter": op.outputs[0]}.get(op.type, op.inputs[1]).shape
    if not (small.is_fully_defined() and kernel.is_fully_defined()):
        return 0
    return 2 * small.num_elements() * kernel.num_elements() // kernel[-1]


def _run(take, batch, step) -> None:
    for loss in take(batch, step).values():
        loss.numpy()


def _timed(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)
