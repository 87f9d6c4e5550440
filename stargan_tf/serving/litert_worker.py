"""Runs a TFLite file in a separate process and measures its time.

  python -m stargan_tf.serving.litert_worker MODEL.tflite FOLDER

FOLDER holds request.json: {"signature", "count", "threads": [...], "repeats"}, and inputs.npz, with
`count` requests on the first axis of each input. outputs.npz and report.json are written there.

The process is separate because an interpreter may abort it if it can't run a file, and because
nothing else should run while it measures. It needs only ai-edge-litert and NumPy.
"""

import json
import pathlib
import statistics
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(model: str, folder: pathlib.Path) -> None:
    """Measures the time of the first request, then answers all requests."""
    request = json.loads((folder / "request.json").read_text())
    with np.load(folder / "inputs.npz") as stored:
        inputs = {name: stored[name] for name in stored.files}
    answers, milliseconds = [], {}
    for threads in request["threads"]:
        run = Interpreter(model, num_threads=threads).get_signature_runner(request["signature"])
        first = {name: value[:1] for name, value in inputs.items()}
        times = []
        for _ in range(request["repeats"] + 1):
            start = time.perf_counter()
            run(**first)
            times.append(1000 * (time.perf_counter() - start))
        milliseconds[str(threads)] = statistics.median(times[1:])  # the first run is slower
    for i in range(request["count"]):
        answer = run(**{name: value[i : i + 1] for name, value in inputs.items()})
        answers.append({name: value.copy() for name, value in answer.items()})
    outputs = {name: np.concatenate([a[name] for a in answers]) for name in answers[0]}
    np.savez(folder / "outputs.npz", **outputs)
    (folder / "report.json").write_text(json.dumps({"milliseconds": milliseconds}))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
