#!/usr/bin/env python3
r"""Measures an exported .tflite file on the device that it runs on.

  python benchmark.py quickstart-64px-*.tflite --threads=1,2,4

Prints the median, fastest and slowest of 20 runs of every signature. Needs ai-edge-litert and
NumPy only; inputs are noise, which costs the same as photographs.
"""

import argparse
import statistics
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def noise(details, random):
    """Returns an input of a tensor's shape and type."""
    if np.issubdtype(details["dtype"], np.integer):
        return np.zeros(details["shape"], details["dtype"])
    return random.uniform(-1, 1, details["shape"]).astype(details["dtype"])


def measure(path, signature, threads, repeats):
    """Returns the times of `repeats` runs in milliseconds, the first one aside."""
    interpreter = Interpreter(path, num_threads=threads)
    run = interpreter.get_signature_runner(signature)
    random = np.random.default_rng(0)
    inputs = {name: noise(d, random) for name, d in run.get_input_details().items()}
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run(**inputs)
        times.append(1000 * (time.perf_counter() - start))
    return times[1:]


def main():
    """Prints a line for every file, signature and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help=".tflite files")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, comma-separated")
    parser.add_argument("--repeats", type=int, default=20, help="runs of each")
    args = parser.parse_args()
    print(f"{'median':>9}{'fastest':>9}{'slowest':>9}  ms, threads, signature, file")
    for path in args.models:
        try:
            signatures = Interpreter(path).get_signature_list()
        except ValueError as error:
            print(f"error: {path} is no .tflite file that this can read ({error})", file=sys.stderr)
            return 2
        for signature in signatures:
            for threads in map(int, args.threads.split(",")):
                times = measure(path, signature, threads, args.repeats)
                print(
                    f"{statistics.median(times):9.1f}{min(times):9.1f}{max(times):9.1f}  "
                    f"{threads}  {signature}  {path}"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
