"""Loads the data set that the options name."""

import dataclasses
from collections.abc import Callable, Mapping

from stargan_tf.cartoon import sampling
from stargan_tf.data import joint, source, splits, subset
from stargan_tf.data import options as options_lib
from stargan_tf.data.packs import packed
from stargan_tf.data.pipeline import caching, samplers
from stargan_tf.data.sources import (
    cartoon_faces,
    cartoon_pairs,
    celeba,
    drawn_voices,
    folder_survey,
    image_folder,
    manifest,
    pairs,
    rafd,
    voice_folder,
)
from stargan_tf.data.tfds import labelling, tfds_source


def load(options: options_lib.DataOptions, split: str) -> source.Source:
    """Loads one split ("train" or "test") of the data set, or a `joint.Joint` of several.

    Raises:
      UserError: The data set is missing, empty or not laid out as it should be.
    """
    if options.datasets:
        sets = load_each(options, split)
        return joint.Joint(list(sets.values()), list(sets))
    return _load_one(options, split)


def load_each(options: options_lib.DataOptions, split: str) -> dict[str, source.Source]:
    """Loads the data sets of a joint training by name, each with its own labels; see `load`."""
    parts = options.parts()
    names = options_lib.block_names(part.dataset for part in parts)
    sets = (_load_one(part, split, member) for member, part in enumerate(parts))
    return dict(zip(names, sets, strict=True))


def _load_one(options: options_lib.DataOptions, split: str, member: int = 0) -> source.Source:
    """Loads one data set, which is number `member` of several."""
    if options.kind == "cartoon_faces":  # Each member must draw other faces.
        images = _cartoon_faces(options, split, member)
    else:
        images = _LOADERS[options.kind](options, split)
    shares = options.kept_shares() if split == "train" else {}
    return subset.thinned(images, shares) if shares else images


def with_pack_crop(
    options: options_lib.DataOptions, images: source.Source
) -> options_lib.DataOptions:
    """Returns the options with the crop size of the pack, if they set none themselves.

    The run then records how its images were cropped, so that its users crop in the same way.
    """
    return dataclasses.replace(options, crop_size=options.crop_size or images.crop_size)


def describe_left_out(options: options_lib.DataOptions) -> list[str]:
    """Returns a line about each data folder that holds files of kinds that are not read."""
    parts = options.parts() if options.datasets else (options,)
    folders = [part.data_dir for part in parts if part.kind in ("image_folder", "rafd", "pairs")]
    surveys = map(folder_survey.survey, folders)
    return [line for survey in surveys if (line := survey.describe_left_out())]


def usable(images: source.Source, on_corrupt: str) -> tuple[source.Source, dict[int, str]]:
    """Returns the data set without its unusable images, and what is wrong with each of those.

    `on_corrupt` is "error" or "skip". "skip" decodes every image first: batches are decided
    beforehand, so no image can be dropped during training.

    Raises:
      UserError: An image is unusable and `on_corrupt` is "error", or a label would lose its last
        image.
    """
    problems = images.problems(thorough=on_corrupt == "skip")
    if on_corrupt == "error":
        source.refuse(problems, images)
    return without(images, problems), problems


def without(images: source.Source, problems: Mapping[int, str]) -> source.Source:
    """Returns the data set without the images that have problems.

    Raises:
      UserError: A label would lose its last image.
    """
    if not problems:
        return images
    partners = {i for pair in _pairs(images) if problems.keys() & set(pair) for i in pair}
    kept = [i for i in range(images.size) if i not in problems and i not in partners]
    # Every label needs an image. If one would lose its last, skipping does not help.
    lost = images.labels.any(axis=0) & ~images.labels[kept].any(axis=0)
    names = [n for n, is_lost in zip(images.label_space.names, lost, strict=False) if is_lost]
    source.refuse(
        {i: why for i, why in problems.items() if images.labels[i, lost].any()},
        images,
        f"without them no image of {', '.join(names) or 'a data set'} is left, so they can't be "
        "skipped; replace them, or leave that label out",
    )
    if isinstance(images, joint.Joint):
        return images.subset(kept)
    return subset.subset(images, kept)


def _pairs(images: source.Source) -> list[list[int]]:
    return [] if images.pairs is None else images.pairs.tolist()


def sampler(
    images: source.Source, options: options_lib.DataOptions, seed: int, *, augment: bool = True
) -> samplers.AnySampler:
    """Returns the sampler of a source, as the options say.

    `seed` decides every random number. With `augment`, it is for training; without, no image is
    mirrored and none is cached.
    """
    if isinstance(images, joint.Joint):
        # Seeds of runs are below 2^32: those of further data sets are none that a run has.
        members = (
            sampler(member, options, seed + (k << 32), augment=augment)
            for k, member in enumerate(images.members)
        )
        return samplers.JointSampler(tuple(members))
    sets = len(options.parts()) if options.datasets else 1
    budget = caching.Budget(options.cache, options.cache_gb / sets)
    load_size = options.load_size if augment else 0
    return samplers.Sampler(
        images.drawn_at(load_size) if load_size else images,
        seed,
        options.image_size,
        options.crop_size or images.crop_size,
        load_size,
        flip=augment and options.flip,
        cache=budget if augment else caching.Budget(),
        fast_decode=options.fast_decode,
        max_grey=options.max_grey,
    )


def _cartoon_faces(options: options_lib.DataOptions, split: str, member: int) -> source.Source:
    splits.refuse_fraction(options.val_fraction, "cartoon_faces draws its held-out faces")
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes) or sampling.ATTRIBUTES
    return cartoon_faces.CartoonFaces(
        split,
        options.image_size,
        options.cartoon_train_size if split == "train" else options.cartoon_test_size,
        names,
        options.exclusive_groups(names),
        options.cartoon_spread,
        as_domains=bool(domains),
        pose=options.cartoon_pose,
        member=member,
    )


def _cartoon_pairs(options: options_lib.DataOptions, split: str) -> source.Source:
    splits.refuse_fraction(options.val_fraction, "cartoon_pairs draws its held-out pairs")
    return cartoon_pairs.CartoonPairs(
        split,
        options.image_size,
        options.cartoon_train_size if split == "train" else options.cartoon_test_size,
        options.cartoon_spread,
        options.cartoon_pose,
        options.direction,
    )


def _celeba(options: options_lib.DataOptions, split: str) -> source.Source:
    splits.refuse_fraction(options.val_fraction, "celeba has a split of its own")
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes) or celeba.DEFAULT_ATTRIBUTES
    groups = options.exclusive_groups(names)
    return celeba.load_celeba(options.data_dir, split, names, groups, as_domains=bool(domains))


def _from_layout(options: options_lib.DataOptions, split: str) -> source.Source:
    load_images = rafd.load_rafd if options.kind == "rafd" else image_folder.load_image_folder
    return load_images(options.data_dir, split, options.val_fraction)


def _packed(options: options_lib.DataOptions, split: str) -> source.Source:
    splits.refuse_fraction(options.val_fraction, "A packed data set has a split of its own")
    images = packed.load_packed(options.data_dir, split)
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes)
    grouped = options.exclusive != options_lib.DataOptions.exclusive
    if not names and not grouped:
        return images
    groups = options.exclusive_groups(names or images.label_space.names) if grouped else None
    return images.choose(names, groups, as_domains=bool(domains))


def _drawn_voices(options: options_lib.DataOptions, split: str) -> source.Source:
    splits.refuse_fraction(options.val_fraction, "drawn_voices draws its held-out utterances")
    return drawn_voices.DrawnVoices(
        split,
        options_lib.split_names(options.domains),
        options.voice_train_size if split == "train" else options.voice_test_size,
        options.frames,
        options.coefficients,
        options.voice_train_size,
    )


def _tfds(options: options_lib.DataOptions, split: str) -> source.Source:
    selection = labelling.Selection.from_options(options, split)
    return tfds_source.load_tfds(options.dataset.partition(":")[2], options.data_dir, selection)


_LOADERS: dict[str, Callable[[options_lib.DataOptions, str], source.Source]] = {
    "cartoon_pairs": _cartoon_pairs,
    "celeba": _celeba,
    "drawn_voices": _drawn_voices,
    "image_folder": _from_layout,
    "rafd": _from_layout,
    "manifest": manifest.load_manifest,
    "packed": _packed,
    "pairs": pairs.load_pairs,
    "tfds": _tfds,
    "voice_folder": voice_folder.load_voice_folder,
}
