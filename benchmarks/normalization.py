"""Measures instance normalization, forward and backward: each backend, and Keras' own layer.

  python -m benchmarks.normalization

tensorflow-addons is in an environment of its own: pip install -e ".[addons]". All of it in one run,
interleaved, since machines and their load differ; the median of --repeats.
"""

import json
import statistics
import time

from absl import flags

from stargan_tf.cli import command_line

_REPEATS = flags.DEFINE_integer("repeats", 30, "Times each is run, after one that prepares.", 1)
# The quickstart's first maps, the first and the smallest of StarGAN v1 at 128 px, one between.
_SHAPES = ((4, 64, 64, 16), (16, 32, 32, 64), (4, 128, 128, 64), (4, 32, 32, 256))


def main() -> None:
    """Prints a JSON object for every shape: milliseconds by backend."""
    command_line.import_tensorflow()
    import tensorflow as tf

    for shape in _SHAPES:
        steps = {name: _step(layer, shape) for name, layer in _layers(shape).items()}
        times: dict[str, list[float]] = {name: [] for name in steps}
        x = tf.random.stateless_normal(shape, (0, 0))
        for repeat in range(_REPEATS.value + 1):
            for name, step in steps.items():
                start = time.perf_counter()
                _ = [float(value) for value in step(x)]  # waits for it
                if repeat:
                    times[name].append(1000 * (time.perf_counter() - start))
        medians = {name: round(statistics.median(taken), 2) for name, taken in times.items()}
        print(json.dumps({"shape": shape, **medians}), flush=True)


def _layers(shape):
    """Returns (x) -> y by name: the backends, Keras' layer, and scales for each image (each)."""
    import keras
    import tensorflow as tf

    from stargan_tf.base import keras_versions
    from stargan_tf.layers import instance_norm, modulation

    found = {}
    addons = keras_versions.addons()
    for backend in ("native",) if addons is None else ("native", "addons"):
        with instance_norm.computed_by(backend):
            found[backend] = instance_norm.make(name=backend)
    scale, offset = (tf.random.stateless_normal((shape[0], 1, 1, shape[3]), (0, n)) for n in (1, 2))
    found["keras"] = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)
    found["native_each"] = lambda x: modulation.modulated(x, scale, offset, 1e-5)
    if addons is not None:
        plain = addons.layers.InstanceNormalization(epsilon=1e-5, center=False, scale=False)
        found["addons_each"] = lambda x: plain(x) * scale + offset
    return found


def _step(layer, shape):
    """Returns x -> sums of the output and of the gradients, compiled."""
    import tensorflow as tf

    weight = tf.random.stateless_normal(shape, (0, 3))

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(y * weight)
        watched = [x, *tape.watched_variables()]
        return [loss, *(tf.reduce_sum(g) for g in tape.gradient(loss, watched))]

    return step


if __name__ == "__main__":
    command_line.run(main)
