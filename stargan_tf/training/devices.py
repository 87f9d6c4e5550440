"""The devices to train on."""

import tensorflow as tf

from stargan_tf.base import errors


def make_strategy(name: str, logical_cpus: int = 0) -> tf.distribute.Strategy:
    """Returns the strategy for this machine. Call it before anything else uses TensorFlow.

    Args:
      name: "auto": all GPUs, or else the CPU; "mirrored": one replica on each GPU, or on each
        logical CPU; "one_device": the first GPU, or else the CPU.
      logical_cpus: Where positive, split the CPU into so many devices and train on them.
    """
    if logical_cpus:
        _split_cpu(logical_cpus)
    devices = _chosen(name, logical_cpus)
    if name == "mirrored" or len(devices) > 1:
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.OneDeviceStrategy(devices[0])


def count(name: str, logical_cpus: int = 0) -> int:
    """Returns how many replicas `make_strategy` would make; starts no device."""
    return len(_chosen(name, logical_cpus))


def _chosen(name: str, logical_cpus: int) -> list[str]:
    gpus = tf.config.list_physical_devices("GPU")
    if logical_cpus:
        devices = [f"/CPU:{i}" for i in range(logical_cpus)]
    else:
        devices = [f"/GPU:{i}" for i in range(len(gpus))] or ["/CPU:0"]
    return devices[:1] if name == "one_device" else devices


def names(strategy: tf.distribute.Strategy) -> list[str]:
    """Returns the devices of a strategy as people call them: GPU:0, CPU:1."""
    return [":".join(d.rsplit(":", 2)[1:]) for d in strategy.extended.worker_devices]


def _split_cpu(count: int) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        )
    except (RuntimeError, ValueError):  # TensorFlow has been used: then the split must be there.
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise errors.UserError(
                f"logical_cpus={count} must be set before TensorFlow is used in a process; start "
                "a new one."
            ) from None


def check_batch_size(batch_size: int, strategy: tf.distribute.Strategy) -> None:
    """Raises a UserError where the replicas can't have equal shares of the global batch."""
    check_shares(batch_size, strategy.num_replicas_in_sync)


def check_shares(batch_size: int, replicas: int) -> None:
    """Does what `check_batch_size` does, with the number of replicas."""
    if batch_size % replicas:
        lower = batch_size // replicas * replicas
        choices = [str(n) for n in (lower, lower + replicas) if n]
        raise errors.UserError(
            f"batch_size is of the global batch and must be a multiple of the {replicas} replicas; "
            f"received {batch_size}; pass --batch_size={' or '.join(choices)}."
        )
