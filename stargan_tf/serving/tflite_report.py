"""Compares a TFLite file with the float networks: error, time, size, operations."""

import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.inference import batches
from stargan_tf.pictures import photos
from stargan_tf.reports import table as table_lib
from stargan_tf.serving import tflite_examples

# The PSNR in dB that a trained run should reach by scheme, for images clipped to [-1, 1] (peak 2).
PSNR = {"none": 80.0, "float16": 60.0, "dynamic": 35.0, "int8": 25.0, "int16x8": 25.0}
# Of sequences the ratio of signal to noise in dB, likewise: every feature's deviation counts as 1.
SNR = {"none": 80.0, "float16": 50.0, "dynamic": 25.0, "int16x8": 15.0}
# Of grey levels no more can be asked: a number between two may be rounded to either.
_PSNR_OF_LEVELS = 50.0
_UNWANTED = ("CUSTOM", "BROADCAST_TO")  # older GPU delegates lack the second
_MOST = 120.0  # dB: it is infinite for equal answers
_REPEATS = 20
_THREADS = (1, 2)

Inputs = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Report:
    """The comparison of a signature of a TFLite file with the run's float networks.

    Attributes:
      signature: The signature's name.
      images: The number of requests.
      psnr: Mean over images in dB, or None if the answer is no image.
      ssim: Mean over images, likewise.
      snr: Of sequences of features in dB, or None if the answer is none.
      largest: The largest difference of any number.
      milliseconds: Median time of one request, by the number of threads.
    """

    signature: str
    images: int
    psnr: float | None
    ssim: float | None
    snr: float | None
    largest: float
    milliseconds: dict[str, float]

    @property
    def decibels(self) -> float | None:
        """How near the answers are, as PSNR or SNR; None: they are neither images nor features."""
        return self.snr if self.psnr is None else self.psnr

    def wanted(self, scheme: str, io: str = "float32") -> float:
        """Returns what a trained run should reach in dB by a scheme, and with images as `io`."""
        least = (PSNR if self.snr is None else SNR)[scheme]
        return min(least, _PSNR_OF_LEVELS) if io == "uint8" else least

    def shortfall(self, scheme: str, io: str = "float32") -> str:
        """Returns a clause on how much less than `wanted` was reached; "": it was reached."""
        least = self.wanted(scheme, io)
        if self.decibels is None or self.decibels >= least:
            return ""
        return (
            f"{self.signature} reaches {self.decibels:.1f} dB, below the {least:.0f} dB that "
            f"{scheme} should on a trained run"
        )


def requests(
    algorithm: algorithm_lib.Algorithm,
    signature: algorithm_lib.Signature,
    examples: tflite_examples.Examples,
) -> Inputs:
    """Returns realistic inputs for a signature, with a request for each example on the first axis.

    The target of each is the label of the next, and its reference is the next image. Latent codes
    are random. Other inputs, such as masks of a network that was left out, are uniformly
    distributed in [0, 1).

    Args:
      algorithm: The algorithm with the weights of the run.
      signature: A signature for one example.
      examples: The images or sequences, with their labels or the run's labels in turn.
    """
    images, targets = examples.samples, np.roll(examples.labels, -1, axis=0)
    random = np.random.default_rng(0)

    def latents() -> np.ndarray:
        return latents_lib.draw(0, len(images), algorithm.latent_dim)

    made = {
        "image": lambda: images,
        "features": lambda: images,
        "source": lambda: examples.labels.argmax(axis=1).astype(np.int32),
        "label": lambda: targets.astype(np.float32),
        "domain": lambda: targets.argmax(axis=1).astype(np.int32),
        "latent": latents,
        "style": lambda: algorithm.map_latents(latents(), targets),
    }
    inputs = {}
    for name, spec in signature.inputs.items():
        make = made.get(signature.kinds.get(name))
        inputs[name] = make() if make else random.random((len(images), *spec.shape[1:]), np.float32)
        if signature.kinds.get(name) == "image":
            images = np.roll(images, -1, axis=0)  # the next one is a reference
        if spec.dtype == tf.uint8:
            inputs[name] = photos.to_uint8(inputs[name])
    return inputs


def each(inputs: Mapping[str, np.ndarray]) -> Iterator[Inputs]:
    """Yields the requests one by one, each with a first axis of length 1."""
    for part in batches.slices(len(next(iter(inputs.values()))), size=1):
        yield {name: value[part] for name, value in inputs.items()}


def measure(
    path: pathlib.Path, name: str, signature: algorithm_lib.Signature, inputs: Inputs
) -> Report:
    """Runs a TFLite file and the float networks, and compares them.

    Raises:
      RuntimeError: The interpreter is not installed or can't run the file.
    """
    answers, times = run(path, name, inputs)
    tensors = {key: tf.constant(value) for key, value in inputs.items()}
    expected = batches.in_batches(lambda part: signature.function(**part), tensors, size=1)
    key = next(iter(expected))
    wanted = expected[key]
    psnr = ssim = snr = None
    if signature.kinds.get(key) == "image":
        both = (wanted, answers[key])
        clipped = [photos.from_uint8(v) if v.dtype == np.uint8 else np.clip(v, -1, 1) for v in both]
        psnr = float(tf.reduce_mean(tf.minimum(tf.image.psnr(*clipped, 2.0), _MOST)))
        ssim = float(tf.reduce_mean(tf.image.ssim(*(tf.constant(c) for c in clipped), 2.0)))
        wanted, answers = clipped[0], {key: clipped[1]}
    if signature.kinds.get(key) == "features":
        snr = _signal_to_noise(wanted, answers[key])
    largest = float(np.abs(wanted - answers[key]).max())
    return Report(name, len(wanted), psnr, ssim, snr, largest, **times)


def _signal_to_noise(wanted: np.ndarray, found: np.ndarray) -> float:
    """Returns the ratio in dB over all frames (M, T, F), with each feature's deviation as 1."""
    deviation = np.maximum(wanted.std(axis=(0, 1)), 1e-6)
    noise = np.square((found - wanted) / deviation).mean()
    return float(min(-10 * np.log10(max(noise, 1e-30)), _MOST))


def run(path: pathlib.Path, name: str, inputs: Inputs) -> tuple[Inputs, dict]:
    """Returns the answers of a TFLite file, and its times, both from a separate process."""
    count = len(next(iter(inputs.values())))
    request = {"signature": name, "count": count, "threads": _THREADS, "repeats": _REPEATS}
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        (folder / "request.json").write_text(json.dumps(request))
        np.savez(folder / "inputs.npz", **inputs)
        command = [sys.executable, "-m", "stargan_tf.serving.litert_worker", str(path), directory]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise RuntimeError(
                f"The TFLite interpreter failed on {path} (status {done.returncode}: {last})"
            )
        with np.load(folder / "outputs.npz") as stored:
            answers = {key: stored[key] for key in stored.files}
        return answers, json.loads((folder / "report.json").read_text())


def table(path: pathlib.Path, reports: Sequence[Report], compared_on: str) -> str:
    """Returns the reports of one file as a table, under a heading that describes the examples."""
    of_images = ["PSNR", "SSIM"] if all(r.snr is None for r in reports) else ["SNR"]
    headings = ["signature", "MB", "ms, 1 thread", "2 threads", *of_images, "max error"]
    size = f"{path.stat().st_size / 2**20:.1f}"
    rows = []
    for r in reports:
        times = [f"{r.milliseconds[str(threads)]:.1f}" for threads in _THREADS]
        near = ["-" if r.decibels is None else f"{r.decibels:.1f} dB"]
        near += ["-" if r.ssim is None else f"{r.ssim:.4f}"] * (len(of_images) - 1)
        rows.append((r.signature, size, *times, *near, f"{r.largest:.1e}"))
    counts = ", ".join(f"{count} {name}" for name, count in operations(path).items())
    return (
        f"Compared with float32 on {reports[0].images} {compared_on}\n\n"
        f"{table_lib.table(headings, rows)}\noperations: {counts}"
    )


def operations(path: pathlib.Path) -> dict[str, int]:
    """Counts the operations in a file, over all its signatures.

    Raises:
      RuntimeError: One is not built into TFLite or not supported by GPU delegates. (These run no
        file with an open size.)
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    # Codes beyond 127 are in the newer field, the others in both.
    codes = [names[max(c.builtinCode, c.deprecatedBuiltinCode)] for c in model.operatorCodes]
    used = [codes[o.opcodeIndex] for graph in model.subgraphs for o in graph.operators]
    counts = {name: used.count(name) for name in sorted(set(used))}
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    is_open = any(-1 in (() if t.shapeSignature is None else t.shapeSignature) for t in tensors)
    unwanted = [name for name in _UNWANTED[: 1 if is_open else 2] if name in counts]
    if unwanted:
        raise RuntimeError(f"{path} holds {', '.join(unwanted)}, which not every device has.")
    return counts
