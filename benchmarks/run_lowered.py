"""Runs a training step that `benchmarks.lower` wrote, on whatever device JAX finds.

  python benchmarks/run_lowered.py lowered/v1 --steps=20

It needs JAX and NumPy, and neither TensorFlow nor this package. Every line that it prints is a JSON
object: the time of a step, its share of the fastest convolution that is measured in the same run,
memory, and, where the folder holds the values of a first step, how far the losses are from those
that TensorFlow found.
"""

import argparse
import json
import pathlib
import statistics
import time
from importlib import metadata

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)  # else int64 inputs become int32

# (pixels, channels) of 3x3 convolutions, 16 images: the best of them is called the peak.
_PEAK_CONVOLUTIONS = ((128, 256), (64, 512), (32, 1024))
_BATCH, _REPEATS = 16, 4


def main() -> None:
    """Runs the steps of the folders that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "folders", nargs="+", type=pathlib.Path, help="What benchmarks.lower wrote."
    )
    parser.add_argument("--steps", type=int, default=20, help="Steps to time, after three others.")
    parser.add_argument("--no_peak", action="store_true", help="Leave the peak out.")
    options = parser.parse_args()
    device = jax.devices()[0]
    print(json.dumps({"device": device.device_kind, "jax": metadata.version("jax")}), flush=True)
    peaks = {}
    for folder in options.folders:
        lowered = Lowered(folder)
        precision = lowered.about["precision"]
        if not options.no_peak and precision not in peaks:
            peaks[precision] = convolution_peak(jnp.dtype(precision))
        print(json.dumps(measure(lowered, options.steps, peaks.get(precision))), flush=True)


class Lowered:
    """A compiled step and its state.

    Attributes:
      about: What was lowered.
      expected: The losses of the first step by name, as TensorFlow finds them; {}: not known.
      compile_seconds: How long compiling took.
    """

    def __init__(self, folder: pathlib.Path):
        signature = json.loads((folder / "signature.json").read_text())
        self.about = {"lowered": folder.name, **signature["about"]}
        self._inputs = [one["name"] for one in signature["inputs"]]
        self._outputs = signature["outputs"]
        values = {}
        if (folder / "values.npz").exists():
            with np.load(folder / "values.npz") as file:
                values = dict(file)
        self.expected = {
            name.partition("/")[2]: float(value)
            for name, value in values.items()
            if name.startswith("expected/")
        }
        start = time.perf_counter()
        self._run = _compiled((folder / "step.mlir").read_text())
        self.compile_seconds = time.perf_counter() - start
        random = np.random.default_rng(0)
        self._given = {
            one["name"]: jax.device_put(values.get(one["name"], _made(one, random)))
            for one in signature["inputs"]
        }
        jax.block_until_ready(list(self._given.values()))

    def step(self) -> dict[str, jax.Array]:
        """Takes a step; returns the losses by name."""
        # The state's memory is given away: what was passed must not be used again.
        outputs = self._run([self._given[name] for name in self._inputs])
        results = dict(zip(self._outputs, outputs, strict=True))
        self._given |= {name: results.pop(name) for name in self._outputs if name in self._given}
        return results


def _compiled(module: str):
    """Returns a function from a list of arrays to the module's results, on the first device."""
    # JAX's public interface only runs what JAX itself exported. These parts of jaxlib are what it
    # calls; jax 0.10 and 0.11 have them.
    from jax._src.lib import _jax

    devices = jax.devices()[:1]
    executable = devices[0].client.compile_and_load(
        module, _jax.DeviceList(tuple(devices)), _jax.CompileOptions()
    )

    def run(arrays: list[jax.Array]) -> list[jax.Array]:
        results = executable.execute_sharded(arrays).disassemble_into_single_device_arrays()
        return [shards[0] for shards in results]

    return run


def _made(one: dict, random: np.random.Generator) -> np.ndarray:
    """Returns an input of whose values none was written: what suits its name, roughly."""
    shape, dtype, name = one["shape"], one["dtype"], one["name"]
    if dtype == "uint8":
        return random.integers(0, 256, shape, np.uint8)
    if not name.startswith("batch/") and np.issubdtype(dtype, np.floating):
        # Slots of optimizers are small and not negative; so are variances.
        scale = 1e-4 if name.startswith("optimizers/") else 0.02
        made = np.abs(random.standard_normal(shape, np.float32)) * scale
        return (made if name.startswith("optimizers/") else made - scale * 0.8).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        return random.random(shape, np.float32).astype(dtype)
    return np.zeros(shape, dtype)


def measure(lowered: Lowered, steps: int, peak: float | None) -> dict:
    """Returns the figures of a step."""
    first = {name: float(loss) for name, loss in lowered.step().items()}
    for _ in range(2):
        losses = lowered.step()
    jax.block_until_ready(list(losses.values()))
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        jax.block_until_ready(list(lowered.step().values()))
        times.append(time.perf_counter() - start)
    # Back to back, as a training does: no waiting between steps.
    start = time.perf_counter()
    for _ in range(steps):
        losses = lowered.step()
    jax.block_until_ready(list(losses.values()))
    streamed = (time.perf_counter() - start) / steps
    statistics_of_memory = jax.devices()[0].memory_stats() or {}
    row = {
        **lowered.about,
        "step_ms": [round(1000 * f(times), 3) for f in (min, statistics.median, max)],
        "streamed_ms": round(1000 * streamed, 3),
        "compile_seconds": round(lowered.compile_seconds, 1),
        "peak_memory_gib": round(statistics_of_memory.get("peak_bytes_in_use", 0) / 2**30, 3),
        "tflops_per_second": round(lowered.about["tflop"] / streamed, 2),
    }
    if peak:
        row["peak_tflops_per_second"] = round(peak / 1e12, 1)
        row["share_of_peak"] = round(lowered.about["tflop"] * 1e12 / streamed / peak, 3)
    if lowered.expected:
        row["largest_error_of_losses"] = max(
            abs(first[name] - value) / max(1e-3, abs(value))
            for name, value in lowered.expected.items()
        )
    row["finite"] = all(np.isfinite(float(loss)) for loss in losses.values())
    return row


def convolution_peak(dtype) -> float:
    """Returns the most FLOP/s that a large convolution reaches here."""
    best = 0.0
    for size, channels in _PEAK_CONVOLUTIONS:
        keys = jax.random.split(jax.random.key(0))
        x = jax.random.normal(keys[0], (_BATCH, size, size, channels), dtype)
        kernel = jax.random.normal(keys[1], (3, 3, channels, channels), dtype) * 0.01

        @jax.jit
        def run(x, kernel):
            for _ in range(_REPEATS):
                x = jax.lax.conv_general_dilated(
                    x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
            return x

        run(x, kernel).block_until_ready()
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            run(x, kernel).block_until_ready()
            seconds.append(time.perf_counter() - start)
        flop = _REPEATS * 2 * _BATCH * size**2 * channels**2 * 9
        best = max(best, flop / min(seconds))
    return best


if __name__ == "__main__":
    main()
