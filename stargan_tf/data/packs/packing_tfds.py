"""Packing data sets of TensorFlow Datasets, which may be stored without random access."""

import itertools
import json
import warnings
from collections.abc import Iterator
from typing import Literal

from stargan_tf.base import errors
from stargan_tf.data import options as options_lib
from stargan_tf.data.packs import packing, shard_writer
from stargan_tf.data.sources import image_files
from stargan_tf.data.tfds import labelling, tfds_source

_NAMED = 5  # how many bad images a message names


def split_of_tfds(
    options: options_lib.DataOptions, split: Literal["train", "test"]
) -> tuple[packing.Split, dict[str, str]]:
    """Returns one split as it is packed, read in order, and what is wrong with images left out.

    All images are read once for this, to find those that can't be used.

    Args:
      options: The data flags, of a data set "tfds:NAME".
      split: "train" or "test".

    Raises:
      UserError: As of `tfds_source.load_tfds`; or some images can't be used and
        `options.on_corrupt` is "error".
    """
    name, selection = (
        options.dataset.partition(":")[2],
        labelling.Selection.from_options(options, split),
    )

    def everything() -> Iterator[shard_writer.Item]:
        _, found = tfds_source.iterate_tfds(name, options.data_dir, selection)
        return itertools.starmap(shard_writer.Item, found)

    space, _ = tfds_source.iterate_tfds(name, options.data_dir, selection)
    problems, size = _problems(everything(), thorough=options.on_corrupt == "skip")
    if problems and options.on_corrupt == "error":
        listed = ", ".join(f"{n} ({why})" for n, why in list(problems.items())[:_NAMED])
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise errors.UserError(
            f"{len(problems)} of {size} images cannot be used: {listed}{more}; pass "
            "--on_corrupt=skip to pack the others."
        )

    def start(first: int) -> Iterator[shard_writer.Item]:
        usable = (item for item in everything() if item.name not in problems)
        return itertools.islice(usable, first, None)

    part = labelling.open_split(name, options.data_dir, selection)
    identity = json.dumps([part.examples.identity, space.to_json(), sorted(problems)])
    made = packing.Split(space, options.crop_size, identity, start, size - len(problems))
    return made, problems


def _problems(items: Iterator[shard_writer.Item], *, thorough: bool) -> tuple[dict[str, str], int]:
    """Returns what is wrong with each image that can't be used, by name, and how many there are."""
    found, size = {}, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about large images and odd metadata
        for item in items:
            size += 1
            reason = image_files.find_problem(item.image, thorough=thorough)
            if reason:
                found[item.name] = reason
    return found, size
