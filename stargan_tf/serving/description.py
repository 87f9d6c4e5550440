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


def _digest(variables: Mapping[str, tf.Variable]) -> str:
    """Returns the SHA-256 of the variables' names, shapes and values."""
    total = hashlib.sha256()
    for name in sorted(variables):
        value = np.ascontiguousarray(np.asarray(variables[name]))
        total.update(f"{name} {value.dtype} {value.shape}\n".encode())
        total.update(value.tobytes())
    return total.hexdigest()
