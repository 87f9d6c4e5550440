"""Two folders as what is measured: images that anyone's generator made, beside real ones."""

import os
from collections.abc import Iterator

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import source as source_lib
from stargan_tf.data.pipeline import samplers
from stargan_tf.data.sources import folder_layout, image_files
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.inference import batches
from stargan_tf.pictures import photos

_ALL = "all"  # what flat folders are called
_BATCH = 32


class FolderSubject(subject_lib.Subject):
    """Images in folders, of which nothing is known but what they are to look like.

    Both folders hold images, or both hold folders of them with equal names: the domains. A folder
    of generated images may also be called "cat2dog", where "dog" is a domain of the real ones.
    Images are cut to the centred square and resized to one size.
    """

    def __init__(self, generated: str, real: str, image_size: int = 0, most_real: int = 0):
        """Lists the images and checks that they can be read.

        Args:
          generated: The folder of the images to measure.
          real: The folder of the images that they are to be like.
          image_size: What all are resized to, in pixels; 0: the smaller side of the first
            generated image.
          most_real: How many real images are looked at, evenly spaced; 0: all.

        Raises:
          UserError: A folder is missing, empty or laid out in another way than the other; an image
            can't be read.
        """
        super().__init__()
        parts, real_parts = _listed(generated, "generated"), _listed(real, "real")
        targets = {name: _target(name, real_parts, generated, real) for name in parts}
        self.image_size = image_size or min(photos.read_photo(next(iter(parts.values()))[0]).size)
        space = labels_lib.LabelSpace("domains", tuple(real_parts))
        reals = self._images(real_parts, space, {name: name for name in real_parts})
        self.members = (subject_lib.Member("", space, reals.spread(most_real)),)
        self._generated = self._images(parts, space, targets)
        self._counts = {name: len(paths) for name, paths in parts.items()}
        self.total = self._generated.size
        self.directions = tuple(
            subject_lib.Direction(name, target, source=_source(name, target))
            for name, target in targets.items()
        )
        self.offers = frozenset({subject_lib.Need.REAL})
        self.about = {
            "generated": generated,
            "real": real,
            "real_images": self.members[0].training.size,
            "image_size": self.image_size,
            "generated_images_key": self._generated.key,
            "real_images_key": self.members[0].training.key,
        }

    def batches(self, mode: str, draw: int = 0) -> Iterator[subject_lib.Batch]:
        """Yields the generated images, folder by folder; they do not vary."""
        del mode, draw
        start = 0
        for direction in self.directions:
            count = self._counts[direction.name]
            for part in batches.slices(count, _BATCH):
                images = self._generated.take(np.arange(start + part.start, start + part.stop))
                yield subject_lib.Batch(direction, images[:, np.newaxis])
            start += count

    def _images(
        self,
        parts: dict[str, list[str]],
        space: labels_lib.LabelSpace,
        targets: dict[str, str],
    ) -> images_lib.Images:
        numbers = [space.index(targets[name]) for name, paths in parts.items() for _ in paths]
        labels = np.eye(space.width, dtype=np.float32)[numbers]
        paths = [path for some in parts.values() for path in some]
        source = image_files.ImageFiles(paths, labels, space)
        source_lib.refuse(source.problems(), source, "remove or replace them")
        sampler = samplers.Sampler(source, 0, self.image_size, flip=False)
        return images_lib.Images(sampler, space, labels)


def _listed(folder: str, option: str) -> dict[str, list[str]]:
    """Returns the images of a folder by domain; in a flat folder they are all of one."""
    if not os.path.isdir(folder):
        raise errors.UserError(
            f"`{option}`={folder} is no folder; give one with images, or with a folder of images "
            "for each domain."
        )
    names = folder_layout.folders(folder)
    found = {
        names_lib.normalized(name): image_files.find_images(os.path.join(folder, name))
        for name in names
    } or {_ALL: image_files.find_images(folder)}
    empty = [name for name, images in found.items() if not images]
    if empty:
        where = ", ".join(os.path.join(folder, name) if names else folder for name in empty)
        raise errors.UserError(
            f"There is no image in {where} ({', '.join(image_files.IMAGE_SUFFIXES)}); add some or "
            f"give another folder as `{option}`."
        )
    return found


def _target(name: str, real: dict[str, list[str]], generated: str, real_folder: str) -> str:
    """Returns the domain of the real images that a folder of generated ones is to be like."""
    if name in real:
        return name
    for target in sorted(real, key=len, reverse=True):
        if name.endswith(f"2{target}"):
            return target
    held = ["images" if part == _ALL else f"a folder {part}" for part in (name, *real)]
    raise errors.UserError(
        f"`generated`={generated} holds {held[0]}, but `real`={real_folder} holds "
        f"{', '.join(held[1:])}; both have to hold images, or folders of them with equal names."
    )


def _source(name: str, target: str) -> str:
    return "" if name == target else name.removesuffix(f"2{target}")
