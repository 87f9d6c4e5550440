"""Measures a translation through an exported ONNX file, beside the run's graph and the SavedModel.

  python -m benchmarks.onnx_files --algorithm=stargan_v1 --image_size=128
  python -m benchmarks.onnx_files --algorithm=stargan_v2 --image_size=256

The paper's networks with random weights: speed does not depend on the weights. The forms take
turns, since machines and their load differ: the least, median and most of --repeats are printed as
JSON, one line for each form and batch, and the least time of all processors, which other work
disturbs less. ONNX Runtime and TensorFlow choose their threads themselves.
"""

import json
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
from absl import flags

from stargan_tf import algorithms
from stargan_tf.cli import command_line

_ALGORITHM = flags.DEFINE_enum("algorithm", "stargan_v1", algorithms.names(), "The paper.")
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 128, "Pixels.", 16)
_BATCHES = flags.DEFINE_list("batches", ["1", "8"], "How many images at once.")
_REPEATS = flags.DEFINE_integer("repeats", 3, "Times each is run, after one that prepares.", 1)


def main() -> None:
    """Prints the times of every form, and how far the answers are from those of the first."""
    command_line.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        algorithm = _algorithm()
        signatures = algorithm.serving_signatures()
        # Of styles the translation alone, without a network that makes the style.
        name = "translate_style" if "translate_style" in signatures else next(iter(signatures))
        forms = _forms(algorithm, name, pathlib.Path(folder))
        for count in map(int, _BATCHES.value):
            inputs = _inputs(signatures[name], count)
            _measure(forms, count, inputs)


def _measure(
    forms: dict[str, Callable[..., np.ndarray]], count: int, inputs: dict[str, np.ndarray]
) -> None:
    times, busy, answers = {form: [] for form in forms}, {form: [] for form in forms}, {}
    for repeat in range(_REPEATS.value + 1):
        for form, run in forms.items():
            start, used = time.perf_counter(), time.process_time()
            answers[form] = run(**inputs)
            if repeat:  # the first prepares
                times[form].append(1000 * (time.perf_counter() - start))
                busy[form].append(1000 * (time.process_time() - used))
    expected = next(iter(answers.values()))
    for form, measured in times.items():
        row = {"form": form, "images": count, "least_ms": min(measured),
               "median_ms": statistics.median(measured), "most_ms": max(measured),
               "least_processor_ms": min(busy[form])}  # fmt: skip
        row = {key: round(v, 1) if isinstance(v, float) else v for key, v in row.items()}
        difference = float(np.abs(answers[form] - expected).max())
        print(json.dumps({**row, "max_difference": float(f"{difference:.1e}")}), flush=True)


def _algorithm():
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.data import labels

    algorithm_class = algorithms.algorithm_class(_ALGORITHM.value)
    styled = issubclass(algorithm_class, algorithm_lib.Styled)
    space = labels.LabelSpace("domains" if styled else "attributes", ("a", "b", "c", "d", "e"))
    settings = algorithm_lib.BuildSettings(space, _IMAGE_SIZE.value, training=False)
    return algorithm_class(algorithms.hparams_class(_ALGORITHM.value)(), settings)


def _inputs(signature, count: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = {
        name: [count, *(_IMAGE_SIZE.value if n is None else n for n in spec.shape[1:])]
        for name, spec in signature.inputs.items()
    }
    return {name: random.uniform(-1, 1, s).astype(np.float32) for name, s in shapes.items()}


def _forms(algorithm, name: str, folder: pathlib.Path) -> dict[str, Callable[..., np.ndarray]]:
    """Returns, by name, what computes a translation: of arrays by name, to an array."""
    import tensorflow as tf

    from stargan_tf.serving import module, onnx

    signature = algorithm.serving_signatures()[name]
    served = module.Served(algorithm, {"image_size": _IMAGE_SIZE.value})
    tf.saved_model.save(served, str(folder / "saved"), signatures={name: served.functions[name]})
    loaded = tf.saved_model.load(str(folder / "saved"))
    saved = loaded.signatures[name]
    path = folder / f"{name}.onnx"
    content, _ = onnx.convert(name, signature, {"algorithm": algorithm.name})
    path.write_bytes(content)
    session = onnx.load(path)

    def of_run(image: np.ndarray, **others: np.ndarray) -> np.ndarray:
        (other,) = others.values()
        call = algorithm.render if "style" in others else algorithm.translate
        return call(tf.constant(image), other)

    def of_saved_model(**inputs: np.ndarray) -> np.ndarray:
        return saved(**{key: tf.constant(value) for key, value in inputs.items()})[
            "translated"
        ].numpy()

    of_saved_model.loaded = loaded  # which owns the weights
    return {
        "stargan_tf.load": of_run,
        "SavedModel": of_saved_model,
        "ONNX Runtime": lambda **inputs: session.run(None, inputs)[0],
    }


if __name__ == "__main__":
    command_line.run(main)
