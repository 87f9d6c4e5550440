"""Exports a run as ONNX files, one for each signature, and compares each with the run."""

import contextlib
import dataclasses
import importlib.util
import logging
import pathlib
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.layers import portability
from stargan_tf.reports import table as table_lib
from stargan_tf.runs import licences, runs
from stargan_tf.serving import description as description_lib
from stargan_tf.serving import parity, saved_model

OPSET = 17  # of ONNX; runtimes have it since 2022
METADATA = "stargan_tf"  # the key of a file's metadata that holds its description
REPORT = "report.txt"
_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
_REPEATS = 5
# What the open axes of a tensor of each kind are called.
_AXES = {"image": ("batch", "height", "width"), "features": ("batch", "frames")}

Inputs = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Report:
    """The comparison of a file with the run.

    Attributes:
      signature: The signature that the file holds.
      size: Of the file, in bytes.
      error: How far its answers are from those of the run's networks, in the answer's units.
      milliseconds: The median time of a request with one image, with ONNX Runtime's own choice of
        threads.
    """

    signature: str
    size: int
    error: parity.Error
    milliseconds: float


@dataclasses.dataclass(frozen=True)
class Exported:
    """A folder that was written: NAME.onnx for each signature, and model.json.

    Attributes:
      directory: The folder.
      reports: One for each file.
    """

    directory: pathlib.Path
    reports: tuple[Report, ...]


def export(
    run: runs.Run,
    output: pathlib.Path,
    *,
    signatures: Sequence[str] = (),
    checkpoint: str = "latest",
    licence: str = "",
) -> Exported:
    """Writes a folder of ONNX files if ONNX Runtime answers with them as the run does.

    Args:
      run: The run to export, with its moving averages if it has them.
      output: The folder to write; it must not exist, or be empty.
      signatures: Which signatures to convert; empty: all.
      checkpoint: "latest", "best" or a step.
      licence: Of the weights, as the hub writes it; "": that of weights of drawings, or none.

    Raises:
      UserError: A package is missing, there is no checkpoint or no such signature, or `output` is
        not free.
      RuntimeError: A signature can't be converted, or the answers differ from the run's.
    """
    _check_packages()
    run.require(algorithm_lib.Exportable)
    files.check_free(output)
    licence = licences.licence(run, licence)
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    chosen = _chosen(algorithm, signatures)
    step = runs.restore_weights(run, algorithm, checkpoint)
    described = description_lib.describe(
        run, algorithm, step, licence=licence or None, settings=description_lib.settings(run)
    )
    requests = saved_model.example_requests(
        algorithm, description_lib.framing(described), dict(chosen)
    )
    with files.new_folder(output) as folder:
        reports, interfaces = [], {}
        for name, signature in chosen.items():
            path = folder / f"{name}.onnx"
            content, about = convert(name, signature, described)
            with files.atomic(path, "no folder was made") as file:
                file.write(content)
            wanted = parity.expected(name, algorithm, requests[name])
            reports.append(measure(path, requests[name], wanted))
            interfaces[name] = {"file": path.name, **about}
        described["signatures"] = interfaces
        texts = {description_lib.FILE_NAME: description_lib.to_json(described)}
        for file_name, text in {**texts, REPORT: table(reports) + "\n"}.items():
            with files.atomic(folder / file_name, "no folder was made") as file:
                file.write(text.encode())
    return Exported(output, tuple(reports))


def convert(
    name: str, signature: algorithm_lib.Signature, described: description_lib.Description
) -> tuple[bytes, description_lib.Description]:
    """Returns an ONNX file of a signature, with its weights, its names and open axes.

    Beside it comes what the signature takes and gives, which the file's metadata say, too.

    Args:
      name: The signature's.
      signature: Of an algorithm in float32.
      described: What else the file's metadata says, as JSON.

    Raises:
      RuntimeError: tf2onnx can't convert it.
    """
    import onnx
    import tf2onnx

    names = list(signature.inputs)
    specs = [
        tf.TensorSpec(spec.shape, spec.dtype, name=key) for key, spec in signature.inputs.items()
    ]
    try:
        with portability.portable(), _quiet():
            # By position: of arguments by name tf2onnx takes one name for another's.
            function = tf.function(
                lambda *values: _outputs(signature, dict(zip(names, values, strict=True)))
            )
            outputs = function.get_concrete_function(*specs).structured_outputs
            model, _ = tf2onnx.convert.from_function(function, specs, opset=OPSET)
        model.graph.name = name
        model.doc_string = f"{described['algorithm']}: {name}"
        _name_axes(model, signature.kinds)
        _use_plain_resizing(model)
        about = description_lib.interface(signature.inputs, outputs, signature.kinds)
        described = {**described, "signatures": {name: about}}
        onnx.helper.set_model_props(model, {METADATA: description_lib.to_json(described)})
        onnx.checker.check_model(model)
    except Exception as error:  # tf2onnx raises many kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise RuntimeError(f"{name} could not be converted to ONNX ({reason})") from error
    return model.SerializeToString(), about


def load(path: pathlib.Path) -> Any:
    """Returns an `onnxruntime.InferenceSession` of a file, on the CPU.

    Raises:
      RuntimeError: ONNX Runtime can't run the file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # it raises kinds of its own
        raise RuntimeError(f"ONNX Runtime can't run {path.name} ({error})") from error


def measure(path: pathlib.Path, request: Inputs, wanted: Mapping[str, np.ndarray]) -> Report:
    """Runs a file and compares its answers, to a whole request and to its first part alone.

    Args:
      path: The file, called after its signature.
      request: Inputs by name, with two images or more.
      wanted: What the run's networks answer, by output.

    Raises:
      RuntimeError: It can't be run, or differs from the run by more than rounding.
    """
    session = load(path)
    names = [output.name for output in session.get_outputs()]
    first = {name: value[:1] for name, value in request.items()}
    times, found = [], []
    try:
        for inputs in (request, *(_REPEATS + 1) * [first]):
            start = time.perf_counter()
            found.append(dict(zip(names, session.run(names, dict(inputs)), strict=True)))
            times.append(1000 * (time.perf_counter() - start))
    except Exception as error:
        raise RuntimeError(f"ONNX Runtime failed on {path.name} ({error})") from error
    of_one = {name: value[:1] for name, value in wanted.items()}
    compared = [
        parity.compare(path.stem, answers, expected)
        for answers, expected in ((found[0], wanted), (found[1], of_one))
    ]
    error = max(compared, key=lambda one: one.largest)
    return Report(path.stem, path.stat().st_size, error, statistics.median(times[2:]))


def describe(path: pathlib.Path) -> description_lib.Description:
    """Returns what an exported file says of itself; raises a UserError if it says nothing."""
    session = load(path)
    properties = session.get_modelmeta().custom_metadata_map
    if METADATA not in properties:
        raise errors.UserError(f"{path} was not exported by this package; it says nothing.")
    return description_lib.from_json(properties[METADATA])


def table(reports: Sequence[Report]) -> str:
    """Returns reports as a table."""
    rows = [
        (r.signature, f"{r.size / 2**20:.1f}", f"{r.milliseconds:.1f}", f"{r.error.largest:.1e}",
         f"{r.error.mean:.1e}")
        for r in reports
    ]  # fmt: skip
    return table_lib.table(["signature", "MB", "ms, 1 image", "max error", "mean error"], rows)


def _check_packages() -> None:
    missing = [name for name in _PACKAGES if not importlib.util.find_spec(name)]
    if missing:
        raise errors.UserError(
            f"ONNX files need the packages {', '.join(_PACKAGES)}, of which "
            f"{', '.join(missing)} can't be found; install them with "
            f"{errors.install_command('onnx')}."
        )


def _chosen(
    algorithm: algorithm_lib.Exportable, names: Sequence[str]
) -> dict[str, algorithm_lib.Signature]:
    # What is for servers only may choose a network for each image, which tf2onnx can't convert.
    signatures = algorithm.serving_signatures()
    every = {name: s for name, s in signatures.items() if s.only_for != "servers"}
    for name in names:
        if name not in every:
            raise errors.UserError(
                f"There is no signature {name!r} of this run for ONNX; choose among "
                f"{', '.join(every)}."
            )
    return {name: every[name] for name in every if name in (names or every)}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences what tf2onnx tells of single nodes: whether a file is right is measured."""
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _outputs(
    signature: algorithm_lib.Signature, inputs: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    # A tensor that is an input and an output would have one name.
    return {key: tf.identity(value) for key, value in signature.function(**inputs).items()}


def _name_axes(model: Any, kinds: Mapping[str, str]) -> None:
    """Names the open axes of inputs and outputs, such as "batch", instead of numbering them."""
    for value in (*model.graph.input, *model.graph.output):
        names = _AXES.get(kinds.get(value.name), ("batch",))
        for axis, name in zip(value.type.tensor_type.shape.dim, names, strict=False):
            if not axis.HasField("dim_value"):
                axis.dim_param = name


def _use_plain_resizing(model: Any) -> None:
    """Makes nearest upsampling by whole factors the form that every runtime has.

    tf2onnx writes one that only TensorFlow's users had, of which ONNX Runtime warns. For whole
    factors both pick the same pixels.
    """
    for node in model.graph.node:
        if node.op_type == "Resize":
            attributes = {attribute.name: attribute for attribute in node.attribute}
            how = attributes.get("coordinate_transformation_mode")
            if how is not None and how.s == b"tf_half_pixel_for_nn":
                how.s = b"asymmetric"
                attributes["nearest_mode"].s = b"floor"
