"""Pairs of images in files: two files, or the two halves of one."""

import os
from collections.abc import Mapping, Sequence

import tensorflow as tf

from stargan_tf.data import source
from stargan_tf.data.images import decoding, reading
from stargan_tf.data.sources import image_files, pairing


class PairedFiles(image_files.ImageFiles):
    """Pairs of two files each, which have to have the same size.

    Image k is the k-th file to translate, and image P + k, of P pairs, its true translation.
    """

    def __init__(
        self,
        paths: Sequence[str],
        targets: Sequence[str],
        direction: str,
        missing: Mapping[str, str] | None = None,
    ):
        """Creates the source; opens no file.

        Args:
          paths: The files to translate.
          targets: Their true translations, in the same order.
          direction: "AtoB" or "BtoA".
          missing: Why a path is not there, for messages.
        """
        labels, self.pairs = pairing.labels_and_pairs(len(paths))
        super().__init__([*paths, *targets], labels, pairing.label_space(direction))
        self._missing = dict(missing or {})

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each file; of two that differ in size, with the second."""
        missing = {i: self._missing[p] for i, p in enumerate(self.paths) if p in self._missing}
        found = super().problems(thorough=thorough) | missing
        whole = [pair for pair in self.pairs.tolist() if not found.keys() & set(pair)]

        def differs(k: int) -> str:
            sizes = [size_of(self.paths[i]) for i in whole[k]]
            if sizes[0] == sizes[1] or not all(sizes):
                return ""
            (height, width), (own_height, own_width) = sizes
            partner = self.paths[whole[k][0]]
            return f"{own_width} x {own_height}, but its partner {partner} is {width} x {height}"

        unlike = image_files.problems_of_each(differs, len(whole))
        found |= {whole[k][1]: reason for k, reason in unlike.items()}
        return dict(sorted(found.items()))


class SideBySide(source.Source):
    """Pairs in files that hold both images: A is the left half, and B the right one.

    The halves are cut from the decoded picture, so they have the same size.
    """

    def __init__(self, paths: Sequence[str], direction: str, max_grey: int = reading.MAX_GREY):
        """Creates the source; opens no file.

        Args:
          paths: The files.
          direction: "AtoB" or "BtoA".
          max_grey: The value that becomes white in grey images of 16 bits.
        """
        self.labels, self.pairs = pairing.labels_and_pairs(len(paths))
        self.label_space = pairing.label_space(direction)
        self.paths, self._max_grey = tuple(paths), max_grey
        self._files = image_files.ImageFiles(paths, self.labels[: len(paths)], self.label_space)

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` (int64 scalar) as (height, width, 3) uint8; a graph function."""
        count = len(self.paths)
        picture = decoding.decode(self._files.read(index % count), self._max_grey)
        half = tf.shape(picture)[1] // 2
        right = (index >= count) == (self.label_space.names[1] == "B")
        start = tf.where(right, half, 0)
        return tf.ensure_shape(picture[:, start : start + half], (None, None, 3))

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each file that can't be used, for both of its images."""
        found = self._files.problems(thorough=thorough)

        def odd(k: int) -> str:
            size = None if k in found else size_of(self.paths[k])
            return f"{size[1]} pixels wide, which can't be halved" if size and size[1] % 2 else ""

        found |= image_files.problems_of_each(odd, len(self.paths))
        both = [*found.items(), *((k + len(self.paths), reason) for k, reason in found.items())]
        return dict(sorted(both))

    def describe(self, index: int) -> str:
        """Returns the path of the file, and which half of it image `index` is."""
        number = index % len(self.paths)
        domain = self.label_space.names[index // len(self.paths)]
        return f"{self.paths[number]} ({'left' if domain == 'A' else 'right'} half)"

    def key(self, index: int) -> bytes:
        """Returns 16 bytes that identify image `index` and its file's current content."""
        number, side = index % len(self.paths), index // len(self.paths)
        name = self.label_space.names[side].encode()
        return self._files.key(number)[:-1] + name


def size_of(path: str) -> tuple[int, int] | None:
    """Returns height and width of the upright image in a file; None: it can't be told."""
    try:
        with open(os.fspath(path), "rb") as file:
            return reading.upright_size(file.read())
    except (OSError, reading.UnreadableError):
        return None
