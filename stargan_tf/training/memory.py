"""Explains that a training ran out of memory, and what to do about it."""

import contextlib
from collections.abc import Iterator

from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.runs import checkpoints, runs
from stargan_tf.runs import config as config_lib


def smaller(config: config_lib.Config, replicas: int = 1) -> str:
    """Returns options that reduce the memory of a training, as part of a sentence."""
    options = config.train
    half = options.batch_size // 2 // replicas * replicas
    ways = [f"batch_size={half}"] if half else []
    ways += ["a smaller `image_size`"]
    kind = algorithms.algorithm_class(options.algorithm)
    parts, share = options.accumulate, options.batch_size // replicas
    more = next((n for n in range(parts + 1, share + 1) if share % n == 0), 0)
    ways += [f"accumulate={more}"] if more and kind.accumulates else []
    ways += ["precision=bfloat16"] if options.precision == "float32" else []
    return " or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))


@contextlib.contextmanager
def explained(run: runs.Run, replicas: int) -> Iterator[None]:
    """Replaces errors of a full memory by one that says what needed it and what to do.

    Args:
      run: The run to train.
      replicas: The number of devices.

    Raises:
      UserError: If memory ran out. Other errors are raised unchanged.
    """
    try:
        yield
    except Exception as error:
        which = errors.exhausted_memory(error)
        if not which:
            raise
        options, size = run.config.train, run.config.data.image_size
        steps = checkpoints.Checkpoints(run.checkpoint_dir, {}).steps()
        newest = f"the checkpoint of step {steps[-1]} is intact" if steps else "nothing was saved"
        raise errors.UserError(
            f"The {which} ran out in a training with batch_size={options.batch_size} on "
            f"{replicas} {'device' if replicas == 1 else 'devices'}, images of {size} x {size} "
            f"pixels and precision={options.precision}; {newest}; start again in another "
            f"`run_dir` with {smaller(run.config, replicas)}, or run the same command where there "
            "is more memory or there are more GPUs."
        ) from error
