"""The process that `trial` starts: takes a few steps and tells, line by line, what came of it."""

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
_NO_CACHE = {"cache": "off"}  # of so few images
_GRACE = 10.0  # seconds that an orphan of the process that started this one may last


def main() -> None:
    """Reads what to try from stdin, as JSON; writes to stdout lines of JSON, fields of `Trial`."""
    start = time.monotonic()
    asked = json.load(sys.stdin)
    signal.alarm(math.ceil(asked["time_limit"] + _GRACE))  # the default is to die of it
    with contextlib.suppress(OSError):  # Linux: where memory ends, end this process, no other
        pathlib.Path("/proc/self/oom_score_adj").write_text("1000")

    from stargan_tf.base import errors

    try:
        _try(asked, start)
        outcome = {"outcome": "measured"}
    except errors.UserError as error:
        outcome = {"outcome": "refused", "detail": str(error)}
    except Exception as error:
        if not errors.exhausted_memory(error):
            raise
        outcome = {"outcome": "out_of_memory", "detail": str(error).partition("\n")[0][:300]}
    _tell(**outcome, seconds=time.monotonic() - start)


def _try(asked: dict[str, Any], begin: float) -> None:
    import keras
    import tensorflow as tf

    from stargan_tf import hyperparameters
    from stargan_tf.data import loading
    from stargan_tf.runs import runs
    from stargan_tf.training import devices, loop

    config = hyperparameters.Config.from_values({**asked["options"], **_NO_CACHE})
    options = config.train
    strategy = devices.make_strategy(options.strategy, options.logical_cpus)
    devices.check_batch_size(options.batch_size, strategy)
    names = devices.names(strategy)
    _tell(devices=names, gpus=names[0].startswith("GPU"))
    images = loading.without(loading.load(config.data, "train"), dict.fromkeys(asked["broken"], ""))
    keras.utils.set_random_seed(options.seed)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    run = runs.Run(pathlib.Path(options.run_dir), config, images.label_space)
    with strategy.scope():
        algorithm = run.build(replicas=strategy.num_replicas_in_sync)
    size = sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in algorithm.state().values())
    start = time.monotonic()
    images_per_step = options.batch_size * algorithm.batches_per_step
    _tell(prepared=start - begin, checkpoint=size, images_per_step=images_per_step)
    sampler = loading.sampler(images, config.data, options.seed)
    batches = loop.distribute(strategy, algorithm, sampler, options.batch_size, 0)
    take = loop.compile_step(strategy, algorithm)
    batch = next(batches)
    take.get_concrete_function(batch, tf.constant(0, tf.int64))
    _tell(tracing=time.monotonic() - start)
    spent = 0.0
    for step in range(_MOST_STEPS):
        start = time.monotonic()
        losses = take(batch, tf.constant(step, tf.int64))
        _ = {name: float(value) for name, value in losses.items()}  # waits for them
        batch = next(batches)
        seconds = time.monotonic() - start
        _tell(step=seconds, **_memory(names))
        spent += seconds if step else 0.0
        if spent > _ENOUGH:
            break


def _memory(names: list[str]) -> dict[str, Any]:
    import tensorflow as tf

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"memory": peak * (1 if sys.platform == "darwin" else 1024)}  # macOS counts bytes
    if names[0].startswith("GPU"):
        info = tf.config.experimental.get_memory_info
        found["gpu_memory"] = [info(name)["peak"] for name in names]
    return found


def _tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
