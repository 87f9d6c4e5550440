"""Chooses the devices to train on."""

import tensorflow as tf

from stargan_tf.base import errors


def make_strategy(name: str, logical_cpus: int = 0) -> tf.distribute.Strategy:
    """Returns the strategy for this machine. Call it before anything else uses TensorFlow.

    Args:
      name: "auto": all GPUs, or else the CPU; "mirrored": one replica on each GPU, or on each
        logical CPU; "one_device": the first GPU, or else the CPU.
      logical_cpus: If positive, split the CPU into so many devices and train on them.
    """
    if logical_cpus:
        _split_cpu(logical_cpus)
    devices = _chosen(name, logical_cpus)
    if name == "mirrored" or len(devices) > 1:
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.OneDeviceStrategy(devices[0])


def count(name: str, logical_cpus: int = 0) -> int:
    """Returns the number of replicas that `make_strategy` would use; starts no device."""
    return len(_chosen(name, logical_cpus))


def _chosen(name: str, logical_cpus: int) -> list[str]:
    gpus = tf.config.list_physical_devices("GPU")
    if logical_cpus:
        devices = [f"/CPU:{i}" for i in range(logical_cpus)]
    else:
        devices = [f"/GPU:{i}" for i in range(len(gpus))] or ["/CPU:0"]
    return devices[:1] if name == "one_device" else devices


def names(strategy: tf.distribute.Strategy) -> list[str]:
    """Returns the short names of a strategy's devices: GPU:0, CPU:1."""
    if not isinstance(strategy, tf.distribute.MirroredStrategy | tf.distribute.OneDeviceStrategy):
        return ["GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"]  # by TensorFlow
    return [":".join(d.rsplit(":", 2)[1:]) for d in strategy.extended.worker_devices]


def _split_cpu(count: int) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        )
    except (RuntimeError, ValueError):  # TensorFlow is in use, so the CPU must be split already.
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise errors.UserError(
                f"logical_cpus={count} must be set before TensorFlow is used in a process; start "
                "a new process."
            ) from None


def check_batch_size(
    batch_size: int, strategy: tf.distribute.Strategy, accumulate: int = 1
) -> None:
    """Raises a UserError unless the global batch can be divided equally.

    Args:
      batch_size: Of the global batch.
      strategy: Whose replicas share it.
      accumulate: In how many parts each replica computes its share.
    """
    check_shares(batch_size, strategy.num_replicas_in_sync, accumulate)


def check_shares(batch_size: int, replicas: int, accumulate: int = 1) -> None:
    """Makes the check of `check_batch_size` for a number of replicas."""
    if accumulate > 1 and batch_size % (replicas * accumulate):
        each = "" if replicas == 1 else f" on each of {replicas} replicas"
        parts = replicas * accumulate
        choices = [
            str(n) for n in (batch_size // parts * parts, -(-batch_size // parts) * parts) if n
        ]
        raise errors.UserError(
            f"With accumulate={accumulate}{each}, `batch_size` must be a multiple of {parts}; "
            f"received {batch_size}; pass batch_size={' or '.join(choices)}, or another "
            "`accumulate`."
        )
    if batch_size % replicas:
        lower = batch_size // replicas * replicas
        choices = [str(n) for n in (lower, lower + replicas) if n]
        raise errors.UserError(
            f"`batch_size` is that of the global batch and must be a multiple of the {replicas} "
            f"replicas; received {batch_size}; pass batch_size={' or '.join(choices)}."
        )
