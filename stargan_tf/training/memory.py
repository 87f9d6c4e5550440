"""What to say where a training needs more memory than there is."""

import contextlib
from collections.abc import Iterator

from stargan_tf import hyperparameters
from stargan_tf.base import errors
from stargan_tf.runs import checkpoints, runs


def smaller(config: hyperparameters.Config, replicas: int = 1) -> str:
    """Returns the flags, as part of a sentence, with which a training takes less memory."""
    options = config.train
    half = options.batch_size // 2 // replicas * replicas
    flags = [f"--batch_size={half}"] if half else []
    flags += ["a smaller --image_size"]
    flags += ["--precision=bfloat16"] if options.precision == "float32" else []
    return " or ".join(filter(None, (", ".join(flags[:-1]), flags[-1])))


@contextlib.contextmanager
def explained(run: runs.Run, replicas: int) -> Iterator[None]:
    """Turns the errors of a full memory into one that says what took it and what to do.

    Args:
      run: The run that is trained.
      replicas: On how many devices.

    Raises:
      UserError: If the memory ran out. All other errors go on as they are.
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
            f"The {which} ran out in a training with --batch_size={options.batch_size} on "
            f"{replicas} {'device' if replicas == 1 else 'devices'}, images of {size} x {size} "
            f"pixels and --precision={options.precision}; {newest}; start again in another "
            f"--run_dir with {smaller(run.config, replicas)}, or run the same command where there "
            "is more memory or there are more GPUs."
        ) from error
