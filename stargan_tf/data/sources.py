"""From the data flags to a data set."""

from collections.abc import Callable

from stargan_tf.data import (
    cartoon_drawing,
    cartoon_faces,
    celeba,
    image_folder,
    pipeline,
    source,
    subset,
    tfds_labels,
    tfds_source,
)
from stargan_tf.data import options as options_lib


def load(options: options_lib.DataOptions, split: str) -> source.Source:
    """Returns one split of the data set that the options name.

    Args:
      options: The data flags.
      split: "train" or "test".

    Raises:
      UserError: If the data set is missing, empty or not laid out as it should be.
    """
    return _LOADERS[options.kind](options, split)


def usable(images: source.Source, on_corrupt: str) -> tuple[source.Source, dict[int, str]]:
    """Returns the data set without images that can't be used, and what is wrong with those.

    Args:
      images: The data set.
      on_corrupt: "error" or "skip". To skip them, all images are decoded, since one that is found
        broken during training could no longer be left out: every batch is decided beforehand.

    Raises:
      UserError: Some can't be used and `on_corrupt` is "error"; or a label would lose its last
        image.
    """
    found = images.problems(thorough=on_corrupt == "skip")
    if on_corrupt == "error":
        source.refuse(found, images)
    if not found:
        return images, found
    kept = [i for i in range(images.size) if i not in found]
    # Every label needs an image; where one has lost its last, skipping is no help.
    lost = images.labels.any(axis=0) & ~images.labels[kept].any(axis=0)
    source.refuse({i: why for i, why in found.items() if images.labels[i, lost].any()}, images)
    return subset.subset(images, kept), found


def sampler(
    images: source.Source, options: options_lib.DataOptions, seed: int, *, augment: bool = True
) -> pipeline.Sampler:
    """Returns the sampler of a source, with the crop of its data set and the flip if asked for."""
    crop = options.crop_size or images.crop_size
    return pipeline.Sampler(images, seed, options.image_size, crop, augment and options.flip)


def _cartoon_faces(options: options_lib.DataOptions, split: str) -> source.Source:
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes) or cartoon_drawing.ATTRIBUTES
    return cartoon_faces.CartoonFaces(
        split,
        options.image_size,
        options.cartoon_train_size if split == "train" else options.cartoon_test_size,
        names,
        options.exclusive_groups(names),
        options.cartoon_spread,
        as_domains=bool(domains),
    )


def _celeba(options: options_lib.DataOptions, split: str) -> source.Source:
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes) or celeba.DEFAULT_ATTRIBUTES
    groups = options.exclusive_groups(names)
    return celeba.load_celeba(options.data_dir, split, names, groups, as_domains=bool(domains))


def _image_folder(options: options_lib.DataOptions, split: str) -> source.Source:
    return image_folder.load_image_folder(options.data_dir, "train" if split == "train" else "val")


def _tfds(options: options_lib.DataOptions, split: str) -> source.Source:
    name, selection = options.dataset.partition(":")[2], tfds_labels.Selection.of(options, split)
    return tfds_source.load_tfds(name, options.data_dir, selection)


_LOADERS: dict[str, Callable[[options_lib.DataOptions, str], source.Source]] = {
    "cartoon_faces": _cartoon_faces,
    "celeba": _celeba,
    "image_folder": _image_folder,
    "tfds": _tfds,
}
