"""Measures a translation: one image and a batch of 8, as Keras, SavedModel, TFLite and ONNX.

  python -m benchmarks.generator --run=runs/quickstart
  python -m benchmarks.generator --algorithm=stargan_v1 --image_size=128
  python -m benchmarks.generator --algorithm=stargan_v2 --image_size=256

Without --run the paper's networks with random weights: speed does not depend on the weights. All of
it in one run, interleaved, since machines and their load differ; the median of --repeats. ONNX
Runtime is a yardstick where tf2onnx and onnxruntime are installed.
"""

import contextlib
import json
import pathlib
import statistics
import tempfile
import time

import numpy as np
from absl import flags

from stargan_tf import algorithms
from stargan_tf.base import errors
from stargan_tf.cli import command_line

_RUN = flags.DEFINE_string("run", None, "The directory of a run; or give --algorithm.")
_ALGORITHM = flags.DEFINE_enum("algorithm", None, algorithms.names(), "The paper.")
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 128, "Pixels, with --algorithm.", 16)
_BATCHES = flags.DEFINE_list("batches", ["1", "8"], "Batch sizes of Keras and SavedModel.")
_REPEATS = flags.DEFINE_integer("repeats", 10, "Times each is run, after one that prepares.", 1)
_SCHEMES = flags.DEFINE_list(
    "quantize", ["none", "float16", "dynamic", "int8"], "Of the TFLite files to measure."
)
_SIGNATURE = {"stargan_v1": "translate", "stargan_v2": "translate_style"}


def main() -> None:
    """Prints a JSON object for every form, fastest last."""
    if bool(_RUN.value) == bool(_ALGORITHM.value):
        raise errors.UserError("Pass --run or --algorithm; one of the two.")
    command_line.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        forms = {
            **_graphs("float32", pathlib.Path(folder)),
            **_graphs("bfloat16", pathlib.Path(folder)),
            **_tflite(),
        }
        times = {name: [] for name in forms}
        for repeat in range(_REPEATS.value + 1):
            for name, form in forms.items():
                start = time.perf_counter()
                form()
                if repeat:  # the first prepares
                    times[name].append(1000 * (time.perf_counter() - start))
    for name in sorted(times, key=lambda n: -statistics.median(times[n])):
        row = {"form": name, "median_ms": round(statistics.median(times[name]), 2),
               "fastest_ms": round(min(times[name]), 2)}  # fmt: skip
        print(json.dumps(row), flush=True)


def _algorithm(precision: str):
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.data import labels
    from stargan_tf.runs import runs

    if _RUN.value:
        run = runs.open_run(_RUN.value)
        algorithm = run.build(training=False, precision=precision, jit_compile=False)
        runs.restore_weights(run, algorithm)
        return algorithm
    name = _ALGORITHM.value
    kind = "domains" if name == "stargan_v2" else "attributes"
    space = labels.LabelSpace(kind, ("a", "b", "c", "d", "e"))
    problem = algorithm_lib.BuildSettings(
        space,
        _IMAGE_SIZE.value,
        precision=precision,
        normalization_backend="native",  # as of a run that is not trained
        training=False,
    )
    return algorithms.algorithm_class(name)(algorithms.hparams_class(name)(), problem)


def _inputs(signature, count: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = {
        name: [count, *(_size() if n is None else n for n in spec.shape[1:])]
        for name, spec in signature.inputs.items()
    }
    return {name: random.uniform(-1, 1, s).astype(np.float32) for name, s in shapes.items()}


def _size() -> int:
    if not _RUN.value:
        return _IMAGE_SIZE.value
    from stargan_tf.runs import runs

    return runs.open_run(_RUN.value).config.data.image_size


def _graphs(precision: str, folder: pathlib.Path) -> dict:
    """Returns Keras' graph, the SavedModel with variables, frozen, and ONNX (float32)."""
    import tensorflow as tf

    from stargan_tf.layers import portability
    from stargan_tf.serving import module

    algorithm = _algorithm(precision)
    key = _SIGNATURE[algorithm.name]
    signature = algorithm.serving_signatures()[key]
    served = module.Served(algorithm, {"image_size": _size()})
    path = folder / precision
    tf.saved_model.save(served, str(path), signatures={key: served.functions[key]})
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(path)).signature_def[key]
    with portability.portable():
        specs = {n: tf.TensorSpec(s.shape, s.dtype, name=n) for n, s in signature.inputs.items()}
        frozen = _frozen(tf.function(signature.function).get_concrete_function(**specs))
    graph = tf.function(signature.function)
    found = {}
    for batch in map(int, _BATCHES.value):
        inputs = _inputs(signature, batch)
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        feeds = {loaded.inputs[name].name: value for name, value in inputs.items()}
        fetch = loaded.outputs["translated"].name
        ordered = [tensors[t.name.split(":")[0]] for t in frozen.inputs]
        found |= {
            f"Keras graph, {precision}, batch {batch}": lambda t=tensors: graph(**t)[
                "translated"
            ].numpy(),
            f"SavedModel, {precision}, batch {batch}": lambda f=feeds, o=fetch: session.run(o, f),
            f"SavedModel frozen, {precision}, batch {batch}": lambda o=ordered: frozen(*o)[
                0
            ].numpy(),
        }
        if precision == "float32":
            with contextlib.suppress(ImportError):
                found[f"ONNX Runtime, float32, batch {batch}"] = _onnx(frozen, inputs)
    return found


def _frozen(concrete):
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    return convert_variables_to_constants_v2(concrete)


def _onnx(frozen, inputs: dict[str, np.ndarray]):
    import onnxruntime
    import tf2onnx

    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
        opset=17,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feeds = {f"{name}:0": value for name, value in inputs.items()}
    return lambda: session.run(None, feeds)


def _tflite() -> dict:
    from ai_edge_litert.interpreter import Interpreter

    from stargan_tf.serving import tflite

    algorithm = _algorithm("float32")
    key = _SIGNATURE[algorithm.name]
    signature = tflite.signatures(algorithm, _size())[key]
    inputs, found = _inputs(signature, 1), {}
    for scheme in _SCHEMES.value:
        content = tflite.convert({key: signature}, scheme, lambda name: [inputs] * 4)
        for threads in (1, 2):
            run = Interpreter(model_content=content, num_threads=threads).get_signature_runner(key)
            found[f"TFLite, {scheme}, {threads} threads"] = lambda r=run: r(**inputs)
    return found


if __name__ == "__main__":
    command_line.run(main)
