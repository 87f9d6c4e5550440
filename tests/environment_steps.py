"""Takes steps of a run in float64 and writes their losses: what two environments are compared by.

python -m tests.environment_steps OUTPUT STEPS --flagfile=... [flags of training]
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from absl import flags


def main(output, count, *arguments):
    import keras
    import tensorflow as tf

    from stargan_tf.cli import train_flags
    from stargan_tf.data import loading
    from stargan_tf.data.images import transforms
    from stargan_tf.runs import runs
    from stargan_tf.training import devices, loop

    train_flags.define_train_flags()
    flags.FLAGS(["train", *arguments])
    config = train_flags.config_from_flags()
    as_floats = transforms.as_floats
    transforms.as_floats = lambda values: tf.cast(as_floats(values), tf.float64)
    keras.utils.set_random_seed(config.train.seed)
    strategy = devices.make_strategy("one_device")
    images = loading.load(config.data, "train")
    run = runs.Run(pathlib.Path(output).parent, config, images.label_space)
    with strategy.scope():
        algorithm = run.build(precision="float64")
    sampler = loading.sampler(images, config.data, config.train.seed)
    batches = loop.distribute(strategy, algorithm, sampler, config.train.batch_size, 0)
    take = loop.compile_step(strategy, algorithm)
    rows = []
    for step in range(int(count)):
        batch = tf.nest.map_structure(_widened, next(batches))
        losses = take(batch, tf.constant(step, tf.int64))
        rows.append({name: float(value) for name, value in losses.items()})
    pathlib.Path(output).write_text(json.dumps(rows))


def _widened(value):
    import tensorflow as tf

    return tf.cast(value, tf.float64) if value.dtype == tf.float32 else value


if __name__ == "__main__":
    main(*sys.argv[1:])
