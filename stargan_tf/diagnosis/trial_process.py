"""The process that `trial` starts: takes a few steps and reports them line by line."""

import contextlib
import json
import math
import pathlib
import resource
import signal
import sys
import time
from typing import Any

_MOST_STEPS = 12
_ENOUGH = 5.0  # seconds of steps after the first
_NO_CACHE = {"cache": "off"}  # not worth it for so few images
_GRACE = 10.0  # seconds after the time limit, in case the parent process has died


def main() -> None:
    """Reads a request as JSON from stdin; writes fields of `Trial` as lines of JSON to stdout."""
    start = time.monotonic()
    request = json.load(sys.stdin)
    signal.alarm(math.ceil(request["time_limit"] + _GRACE))  # ends the process by default
    with contextlib.suppress(OSError):  # Linux ends this process first if memory runs out
        pathlib.Path("/proc/self/oom_score_adj").write_text("1000")

    from stargan_tf.base import errors

    try:
        _try(request, start)
        outcome = {"outcome": "measured"}
    except errors.UserError as error:
        outcome = {"outcome": "refused", "detail": str(error)}
    except Exception as error:
        if not errors.exhausted_memory(error):
            raise
        outcome = {"outcome": "out_of_memory", "detail": str(error).partition("\n")[0][:300]}
    _report(**outcome, seconds=time.monotonic() - start)


def _try(request: dict[str, Any], begin: float) -> None:
    import keras
    import tensorflow as tf

    from stargan_tf.data import loading
    from stargan_tf.runs import config as config_lib
    from stargan_tf.runs import runs
    from stargan_tf.training import devices, loop

    config = config_lib.Config.from_values({**request["options"], **_NO_CACHE})
    options = config.train
    strategy = devices.make_strategy(options.strategy, options.logical_cpus)
    devices.check_batch_size(options.batch_size, strategy, options.accumulate)
    names = devices.names(strategy)
    _report(devices=names, gpus=names[0].startswith("GPU"))
    broken = dict.fromkeys(request["broken"], "")
    images = loading.without(loading.load(config.data, "train"), broken)
    keras.utils.set_random_seed(options.seed)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    directory = pathlib.Path(options.run_dir)
    run = runs.Run(directory, config, images.label_space, images.sample_shape)
    run = run.with_statistics(images.statistics)
    with strategy.scope():
        algorithm = run.build(replicas=strategy.num_replicas_in_sync)
    size = sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in algorithm.state().values())
    start = time.monotonic()
    images_per_step = options.batch_size * algorithm.batches_per_step
    _report(prepared=start - begin, checkpoint=size, images_per_step=images_per_step)
    sampler = loading.sampler(images, config.data, options.seed)
    batches = loop.distribute(strategy, algorithm, sampler, options.batch_size, 0)
    take = loop.compile_step(strategy, algorithm)
    batch = next(batches)
    take.get_concrete_function(batch, tf.constant(0, tf.int64))
    _report(tracing=time.monotonic() - start)
    spent = 0.0
    for step in range(_MOST_STEPS):
        start = time.monotonic()
        losses = take(batch, tf.constant(step, tf.int64))
        _ = {name: float(value) for name, value in losses.items()}  # waits for them
        batch = next(batches)
        seconds = time.monotonic() - start
        _report(step=seconds, **_memory(names))
        spent += seconds if step else 0.0
        if spent > _ENOUGH:
            break


def _memory(names: list[str]) -> dict[str, Any]:
    import tensorflow as tf

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used = {"memory": peak * (1 if sys.platform == "darwin" else 1024)}  # macOS counts bytes
    if names[0].startswith("GPU"):
        info = tf.config.experimental.get_memory_info
        used["gpu_memory"] = [info(name)["peak"] for name in names]
    return used


def _report(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
