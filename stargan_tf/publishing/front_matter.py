"""The YAML at the top of a model card, which the Hugging Face hub reads."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stargan_tf.publishing import figures, kinds
from stargan_tf.runs import runs

LIBRARY = "stargan-tf"


def text(run: runs.Run, name: str, licence: str, measured: figures.Measured | None) -> str:
    """Returns the block with its two lines "---".

    Args:
      run: The run.
      name: The model's name.
      licence: As the hub writes it, such as "apache-2.0"; "": it is not known.
      measured: What was measured of it, which becomes the hub's "model-index".
    """
    content: dict[str, Any] = {"library_name": LIBRARY}
    if licence:
        content["license"] = licence
    task = kinds.of(run).task
    content |= {
        "pipeline_tag": task,
        "tags": [LIBRARY, "gan", "keras", "tensorflow", task, run.config.train.algorithm],
    }
    if measured:
        content["model-index"] = [{"name": name, "results": _results(run, task, measured)}]
    return "\n".join(["---", *_lines(content), "---"]) + "\n"


def _results(run: runs.Run, task: str, measured: figures.Measured) -> list[dict[str, Any]]:
    data = run.config.data.datasets or run.config.data.dataset
    metrics = [
        {"type": one.title.partition("/")[0], "name": f"{one.title}, {column}", "value": value}
        for one in measured.measurements
        for column, value in one.means.items()
        if one.better.get(column)
    ]
    if not metrics:
        return []
    return [{"task": {"type": task}, "dataset": {"type": data, "name": data}, "metrics": metrics}]


def _lines(value: Any, indent: int = 0) -> list[str]:
    """Returns a mapping or a list as lines of YAML; what is in it is written as JSON writes it."""
    space = "  " * indent
    lines = []
    items = value.items() if isinstance(value, Mapping) else [(None, one) for one in value]
    for key, one in items:
        head = space + ("-" if key is None else f"{key}:")
        if isinstance(one, Mapping | list) and one:
            inner = _lines(one, indent + 1)
            if key is None:  # "- " and the first entry share a line
                lines += [f"{head} {inner[0].lstrip()}", *inner[1:]]
            else:
                lines += [head, *inner]
        else:
            lines.append(f"{head} {_scalar(one)}")
    return lines


def _scalar(value: str | float | Sequence) -> str:
    return json.dumps(value, ensure_ascii=False)  # which every reader of YAML understands
