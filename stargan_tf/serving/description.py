"""Describes an exported model, in the JSON beside it and in the model itself for clients."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

import stargan_tf
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import keras_versions
from stargan_tf.data.images import reading
from stargan_tf.inference import sounds
from stargan_tf.pictures import photos
from stargan_tf.runs import runs

FILE_NAME = "model.json"
_FORMAT = 2  # translations are called "translated"; in format 1 they were "image"

Description = dict[str, Any]

_MEANINGS = {
    "image": "batch, height, width, channels; red, green, blue; the smallest value is black",
    "label": "1 for each label that is wanted, else 0, in the order of labels",
    "domain": "the number of the wanted domain, from 0, in the order of labels",
    "source": "the number of the domain that the input is of, from 0, in the order of labels",
    "latent": "numbers drawn from the standard normal distribution: a random style",
    "style": "a style, as other signatures give it",
    "features": "batch, frames, features; raw, as sequences says",
}


def describe(
    run: runs.Run, algorithm: algorithm_lib.Algorithm, step: int, **more: Any
) -> Description:
    """Returns everything that a user of the exported model needs to know.

    `step` is that of the checkpoint whose weights `algorithm` has; `more` are entries that depend
    on the kind of export.
    """
    styled = isinstance(algorithm, algorithm_lib.Styled)
    return {
        "format": _FORMAT,
        "name": run.name,
        "algorithm": run.config.train.algorithm,
        "labels": run.label_space.to_json(),
        **({"targets": list(run.targets)} if run.targets != run.label_space.names else {}),
        "image_size": run.config.data.image_size,
        "pixel_range": [-1, 1],
        "crop_size": run.config.data.crop_size,
        "max_grey": run.config.data.max_grey,
        "latent_dim": algorithm.latent_dim if styled else None,
        "style_dim": algorithm.style_dim if styled else None,
        "directions": _directions(algorithm),
        **({"sequences": _sequences(run)} if run.converts else {}),
        "step": step,
        "weights_sha256": _digest(algorithm.weights()),
        "versions": {"stargan_tf": stargan_tf.__version__, **keras_versions.versions()},
        **more,
    }


def _directions(algorithm: algorithm_lib.Algorithm) -> list[tuple[int, int]] | None:
    """Returns from which to which domain it translates, as positions in labels; None: any."""
    directional = isinstance(algorithm, algorithm_lib.Directional)
    return list(algorithm.directions) if directional else None


def _sequences(run: runs.Run) -> Description:
    """Returns what a model of sequences takes, and what converting sound needs besides."""
    rule = sounds.rule(run.config.data, run.sample_shape)
    pitch = {
        name: np.asarray(run.statistics[name]).tolist()
        for name in sounds.PITCH_STATISTICS
        if name in run.statistics
    }
    return {
        "features": run.sample_shape[-1],
        "rule": rule and dataclasses.asdict(rule),
        "statistics": pitch,
    }


def settings(run: runs.Run) -> Description:
    """Returns how a run was trained, for who finds nothing but the exported file."""
    config = run.config
    return {
        "dataset": config.data.datasets or config.data.dataset,
        "batch_size": config.train.batch_size,
        "seed": config.train.seed,
        **dataclasses.asdict(config.hparams),
    }


def interface(
    inputs: Mapping[str, tf.TensorSpec],
    outputs: Mapping[str, tf.TensorSpec],
    kinds: Mapping[str, str],
) -> Description:
    """Returns what a signature takes and gives: shapes (null: open), types and meanings by name."""
    return {
        way: {name: _tensor(spec, kinds.get(name)) for name, spec in specs.items()}
        for way, specs in (("inputs", inputs), ("outputs", outputs))
    }


def _tensor(spec: tf.TensorSpec, kind: str | None) -> Description:
    described = {"kind": kind, "shape": spec.shape.as_list(), "dtype": spec.dtype.name}
    if kind == "image":
        described["range"] = [0, 255] if spec.dtype == tf.uint8 else [-1, 1]
    elif kind in ("label", "source") and spec.dtype.is_floating:
        described["range"] = [0, 1]
    return {**described, "meaning": _meaning(spec, kind)}


def _meaning(spec: tf.TensorSpec, kind: str | None) -> str:
    """Returns a sentence that says what a tensor holds."""
    if kind == "source" and spec.dtype.is_floating:
        return "1 at the place of the domain that the input shows, else 0, in the order of labels"
    return _MEANINGS.get(kind, "numbers")


def framing(description: Description) -> photos.Framing:
    """Returns how to turn photos into the model's images; older descriptions have no crop."""
    return photos.Framing(
        description["image_size"],
        crop_size=description.get("crop_size", 0),
        max_grey=description.get("max_grey", reading.MAX_GREY),
    )


def to_json(description: Description) -> str:
    """Returns a description as the text of model.json."""
    return json.dumps(description, indent=2) + "\n"


def from_json(text: str) -> Description:
    """Returns the description that `to_json` wrote."""
    return json.loads(text)


def _digest(variables: Mapping[str, tf.Variable]) -> str:
    """Returns the SHA-256 of the variables' names, shapes and values."""
    total = hashlib.sha256()
    for name in sorted(variables):
        value = np.ascontiguousarray(np.asarray(variables[name]))
        total.update(f"{name} {value.dtype} {value.shape}\n".encode())
        total.update(value.tobytes())
    return total.hexdigest()
