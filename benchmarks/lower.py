r"""Writes a whole training step as StableHLO, which machines without TensorFlow can run.

  python -m benchmarks.lower --flagfile=configs/v1.flags --dataset=cartoon_faces --attributes= \
      --output=lowered/v1
  python benchmarks/run_lowered.py lowered/v1        # needs JAX, but no TensorFlow

The output folder gets `step.mlir` and `signature.json` (what it takes and gives).
With --values its `values.npz` holds the inputs of a first step and the losses that TensorFlow finds
with them, so that another machine's answer can be compared.
"""

import json
import pathlib
import re

import numpy as np
from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags

_OUTPUT = flags.DEFINE_string("output", "", "Folder for the lowered step; it is made.")
_VALUES = flags.DEFINE_bool(
    "values", False, "Write the values of a first step too: all weights and optimizers' state."
)
_ALIAS = re.compile(r"\{(\d+)\}: \((\d+), \{\}")  # output, parameter


def main() -> None:
    """Lowers the step of the flags, and says where it is."""
    config = train_flags.config_from_flags()
    if not _OUTPUT.value:
        raise errors.UserError("Nothing says where the lowered step goes; pass --output=FOLDER.")
    command_line.import_tensorflow()
    module, signature, values = lower(config, with_values=_VALUES.value)
    folder = pathlib.Path(_OUTPUT.value)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "step.mlir").write_text(module)
    (folder / "signature.json").write_text(json.dumps(signature, indent=1) + "\n")
    if values:
        np.savez(folder / "values.npz", **values)
    numbers = sum(int(np.prod(one["shape"])) for one in signature["inputs"])
    print(
        f"{folder}: {len(module):,} characters, {len(signature['inputs'])} inputs, "
        f"{numbers:,} numbers"
    )


def lower(config, *, with_values: bool = False) -> tuple[str, dict, dict[str, np.ndarray]]:
    """Lowers one whole step: losses, gradients, optimizers, moving averages.

    Args:
      config: Of a run (`runs.config.Config`). Its data set gives the shapes of a batch.
      with_values: Whether to take a first step, for the values.

    Returns:
      The module as text, in StableHLO; its signature; and the values:
      of inputs by name, and what the losses are as "expected/NAME". The signature has "inputs",
      {"name", "shape", "dtype"} in the module's order, "outputs", the names in order, where that of
      an input is its new value, and "about", what was lowered.
    """
    import tensorflow as tf

    from benchmarks import train_step
    from stargan_tf.layers import portability

    algorithm, batch = _first_step(config)
    step = tf.constant(0, tf.int64)
    # One function, in which no form is chosen that only this processor is fast with.
    take = portability.compiled(algorithm.train_step)
    concrete = take.get_concrete_function(batch, step)
    # Some variables are no state: nothing that a training does depends on them.
    state = {id(v.handle): (f"variable/{v.name}", v) for v in concrete.graph.variables}
    state |= {id(v.handle): (name, v) for name, v in algorithm.state().items()}
    given = [(f"batch/{n}", t) for n, t in _named(batch)] + [("step", step)]
    given += [
        state.get(id(captured), (f"constant/{number}", captured))
        for number, captured in enumerate(concrete.captured_inputs)
    ]
    lowered = take.experimental_get_compiler_ir(batch, step)
    header = lowered(stage="hlo").partition("\n")[0].partition("entry_computation_layout")[0]
    outputs = sorted(concrete.structured_outputs) + [
        given[int(parameter)][0] for _, parameter in sorted(
            _ALIAS.findall(header), key=lambda pair: int(pair[0])
        )
    ]  # fmt: skip
    signature = {
        "about": {
            "algorithm": config.train.algorithm,
            "image_size": config.data.image_size,
            "batch_size": config.train.batch_size,
            "precision": config.train.precision,
            "tflop": train_step.count_tflop(concrete.graph),
        },
        "inputs": [
            {"name": name, "shape": list(value.shape), "dtype": tf.as_dtype(value.dtype).name}
            for name, value in given
        ],
        "outputs": outputs,
    }
    module = _portable(lowered(stage="stablehlo"))
    values = {
        name: value.numpy()
        for name, value in given
        if with_values or name.startswith(("constant/", "variable/"))
    }
    if not with_values:
        return module, signature, values
    values |= {f"expected/{name}": loss.numpy() for name, loss in take(batch, step).items()}
    return module, signature, values


def _portable(module: str) -> str:
    """Returns the module with operations of StableHLO alone, and without places in Python's files.

    TensorFlow copies results by an operation of MHLO, XLA's own dialect, which other programs than
    XLA for CPUs refuse. As in every functional program, a copy is the value itself.
    """
    module = re.sub(r"mhlo\.copy (%\S+) : (\S+)", r"stablehlo.reshape \1 : (\2) -> \2", module)
    module = re.sub(r' loc\((#loc\d*|"[^"]*")\)', "", module)
    return "".join(line for line in module.splitlines(keepends=True) if not line.startswith("#loc"))


def _first_step(config):
    """Returns the algorithm of a run, and the batch of its first step."""
    from stargan_tf import algorithms
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.data import loading
    from stargan_tf.data.pipeline import samplers

    source = loading.load(config.data, "train")
    sampler = loading.sampler(source, config.data, config.train.seed)
    algorithm = algorithms.algorithm_class(config.train.algorithm)(
        config.hparams,
        algorithm_lib.BuildSettings(
            source.label_space,
            config.data.image_size,
            total_steps=config.train.total_steps,
            precision=config.train.precision,
            accumulate=config.train.accumulate,
            normalization_backend="native",
            sample_shape=source.sample_shape,
        ),
    )
    slices = samplers.Slices(config.train.batch_size)
    return algorithm, next(iter(algorithm.inputs(sampler, slices, 0)))


def _named(batch) -> list[tuple[str, object]]:
    """Returns a batch's tensors in the order in which TensorFlow flattens it, with names."""
    import tensorflow as tf

    flat = tf.nest.flatten(batch)
    return [(str(number), tensor) for number, tensor in enumerate(flat)]


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)
