"""The classifier of a data set's labels: trained once, then kept in a file."""

import hashlib
import json
import pathlib
import tempfile
import zipfile
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import loading
from stargan_tf.data import options as options_lib
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import options as metric_options
from stargan_tf.evaluation.classifiers import heads as heads_lib
from stargan_tf.evaluation.classifiers import network as network_lib
from stargan_tf.evaluation.classifiers import training
from stargan_tf.inference import batches

_BATCH = 64
_FORMAT = 1  # of the files and the recipe's meaning; another: all is trained anew


class Classifier:
    """Tells the labels of images.

    Attributes:
      space: What the labels mean: attributes or domains.
      image_size: Height and width of the images in pixels.
      heads: Which labels exclude each other.
    """

    def __init__(self, network: keras.Model, space: labels_lib.LabelSpace, image_size: int,
                 flip: bool):  # fmt: skip
        """Wraps a trained network; `flip` says that a mirrored image has the same labels."""
        self.space, self.image_size = space, image_size
        self.heads = heads_lib.Heads(space)

        @tf.function(input_signature=[tf.TensorSpec((None, image_size, image_size, 3), tf.uint8)])
        def logits(images: tf.Tensor) -> tf.Tensor:
            x = transforms.to_unit_range(images)
            seen = network(x, training=False)
            return (seen + network(x[:, :, ::-1], training=False)) / 2 if flip else seen

        self._logits = logits

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Returns the probability of every label, (N, width) float32.

        Of domains they add up to 1. Of attributes each is for itself, and those of an exclusive
        group add up to at most 1.

        Args:
          images: (N, S, S, 3) uint8, S the image size.
        """
        logits = batches.in_batches(lambda part: self._logits(part).numpy(), images, size=_BATCH)
        return self.heads.probabilities(logits)

    def labels(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns the likeliest labels, (N, width) float32 of 0 and 1.

        Of labels that exclude each other at most one is 1, of domains exactly one.

        Args:
          probabilities: As from `predict`.
        """
        return self.heads.decided(probabilities)


def for_data(
    options: options_lib.DataOptions, folder: pathlib.Path | None = None, seed: int = 0
) -> Classifier:
    """Returns the classifier of the training images that the options name; see `for_sampler`.

    Raises:
      UserError: The data can't be loaded, or are several sets (each needs its own classifier).
    """
    if options.datasets:
        raise errors.UserError(
            f"A classifier is of one data set; received datasets={options.datasets}; ask for each."
        )
    sampler = loading.sampler(loading.load(options, "train"), options, seed)
    return for_sampler(sampler, folder, training.Recipe(seed=seed))


def for_sampler(
    sampler: samplers.Sampler,
    folder: pathlib.Path | None = None,
    recipe: training.Recipe = training.RECIPE,
) -> Classifier:
    """Returns the classifier of the images of a sampler, from its file, or trained now and kept.

    The file's name is a hash of all that decides the weights: the images and their labels, how they
    are read, and the recipe. Training shows its progress.

    Args:
      sampler: Of the training images; its `flip` says whether mirrored images have the same labels.
      folder: In whose `classifiers` they are kept; None: `MetricOptions.cache_folder`.
      recipe: How to train.

    Raises:
      UserError: The folder can't be written, an image can't be read, or examples are no images.
    """
    images, space = sampler.source, sampler.source.label_space
    if images.sample_shape:
        raise errors.UserError(
            f"A classifier is trained on images; received examples of the kind "
            f"{images.sample_name}; measure this run without classification."
        )
    folder = (folder or metric_options.MetricOptions().cache_folder) / "classifiers"
    path = folder / f"{_identity(sampler, recipe)}.npz"
    network = _kept(path, sampler.image_size, space.width)
    if network is None:
        _refuse_unwritable(folder)
        print(
            f"A classifier learns {', '.join(space.names)} from {images.size} real training "
            f"images, and is kept in {folder}",
            flush=True,
        )
        network = training.train(sampler, recipe, recipe.steps(images.size), "loss")
        with files.atomic(path) as file:
            np.savez(file, **{name: v.numpy() for name, v in _variables(network).items()})
    return Classifier(network, space, sampler.image_size, sampler.flip)


def _identity(sampler: samplers.Sampler, recipe: training.Recipe) -> str:
    """Returns a hash of all that decides a classifier's weights, as text."""
    images = sampler.source
    facts = {
        "format": _FORMAT,
        "images": images_lib.Images(sampler, images.label_space, images.labels).key,
        "labels": images.label_space.to_json(),
        "flip": sampler.flip,
        "recipe": vars(recipe),
    }
    digest = hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(images.labels, np.float32).tobytes())
    return digest.hexdigest()


def _kept(path: pathlib.Path, image_size: int, width: int) -> keras.Model | None:
    """Returns the network of a file; None: there is no file, or it is no whole one."""
    try:
        with np.load(path) as stored:
            values: Mapping[str, Any] = dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    network = network_lib.for_size(image_size, width)
    variables = _variables(network)
    shapes = {name: tuple(v.shape) for name, v in variables.items()}
    if shapes != {name: value.shape for name, value in values.items()}:
        return None
    for name, variable in variables.items():
        variable.assign(values[name])
    return network


def _variables(network: keras.Model) -> dict[str, tf.Variable]:
    return algorithm_lib.named_variables("classifier", network)


def _refuse_unwritable(folder: pathlib.Path) -> None:
    """Raises a UserError if no file can be written there, before minutes of training."""
    files.make_folder(folder, "folder for caches")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise errors.UserError(
            f"The classifier can't be kept in {folder}: {error.strerror}; choose another "
            "folder for caches."
        ) from error
