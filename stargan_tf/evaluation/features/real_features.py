"""The features of real images, computed once and kept in files."""

import contextlib
import hashlib
import os
import pathlib

import numpy as np

from stargan_tf.base import errors, files
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import options as options_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.evaluation.features import network as network_lib

_FORMAT = 1  # of the files and of how features are computed; another: all are computed anew


def of(
    subject: subject_lib.Subject,
    direction: subject_lib.Direction,
    network: network_lib.FeatureNetwork,
    options: options_lib.MetricOptions,
) -> np.ndarray:
    """Returns the features (N, width) float32 of the real images that a direction asks for.

    Those of a whole data set are computed together, as directions share many of its images.

    Raises:
      UserError: An image can't be read any more.
    """
    training = subject.members[direction.labels_of].training
    features = subject.once(
        ("real features", network.key, direction.labels_of),
        lambda: cached(training, network, options.cache_folder / "features"),
    )
    return features[subject.real_numbers(direction)]


def cached(
    images: images_lib.Images, network: network_lib.FeatureNetwork, folder: pathlib.Path
) -> np.ndarray:
    """Returns the features of images, (size, width) float32, from their file or computed now.

    The file's name is a hash of all that decides the features: the images and how they are read,
    the network's weights and the rule of resizing. Where nothing can be written, nothing is kept.
    """
    facts = f"{_FORMAT}, {images.key}, {network.key}"
    name = hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()
    path = folder / f"{name}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # no file, or no whole one
        kept = np.load(path, mmap_mode="r")
        if len(kept) == images.size:
            return kept
    features = np.concatenate([network(batch) for batch in images.batches()])
    with contextlib.suppress(errors.UserError):
        files.make_folder(folder)
        own = path.with_suffix(f".{os.getpid()}.npy")  # several runs may begin with one data set
        with files.atomic(own) as file:
            np.save(file, features)
        with contextlib.suppress(OSError):
            os.replace(own, path)
    return features
