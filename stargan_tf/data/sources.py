"""From the data flags to a data set."""

from stargan_tf.data import cartoon_drawing, cartoon_faces, celeba, image_folder, pipeline, source
from stargan_tf.data import options as options_lib

_CELEBA_CROP = 178  # pixels: the width of an aligned CelebA image


def load(options: options_lib.DataOptions, split: str) -> source.Source:
    """Returns one split of the data set that the options name.

    Args:
      options: The data flags.
      split: "train" or "test".

    Raises:
      UserError: If the data set is missing, empty or not laid out as it should be.
    """
    domains = options_lib.split_names(options.domains)
    names = domains or options_lib.split_names(options.attributes)
    if options.dataset == "cartoon_faces":
        names = names or cartoon_drawing.ATTRIBUTES
        return cartoon_faces.CartoonFaces(
            split,
            options.image_size,
            options.cartoon_train_size if split == "train" else options.cartoon_test_size,
            names,
            options.exclusive_groups(names),
            options.cartoon_spread,
            as_domains=bool(domains),
        )
    if options.dataset == "celeba":
        names = names or celeba.DEFAULT_ATTRIBUTES
        groups = options.exclusive_groups(names)
        return celeba.load_celeba(options.data_dir, split, names, groups, as_domains=bool(domains))
    return image_folder.load_image_folder(options.data_dir, "train" if split == "train" else "val")


def sampler(
    images: source.Source, options: options_lib.DataOptions, seed: int, *, augment: bool = True
) -> pipeline.Sampler:
    """Returns the sampler of a source, with the crop of its data set and the flip if asked for."""
    crop = options.crop_size or (_CELEBA_CROP if options.dataset == "celeba" else 0)
    return pipeline.Sampler(images, seed, options.image_size, crop, augment and options.flip)
