"""Data sets laid out as one folder of images for every domain."""

import os
from typing import Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.data import options as options_lib
from stargan_tf.data import splits
from stargan_tf.data.sources import folder_layout, image_files


def load_image_folder(
    data_dir: str,
    split: Literal["train", "val"],
    val_fraction: float = options_lib.DataOptions.val_fraction,
) -> image_files.ImageFiles:
    """Lists the images of `data_dir`/{train,val}/{domain}/, at any depth below the domain.

    The domains are the folders of train, in the order of their names, for both splits, so that
    labels agree; val may lack some. Hidden folders and stray files are ignored. No image is opened;
    see `image_files.find_problems`. Which other names val may have: `folder_layout.find`; of val
    and test, test is left alone.

    Without val, and for `data_dir`/{domain}/, images are held out by the hash of the path from the
    domain's name on ("cat/deep/a.jpg"), each for itself: the others stay where they are as images
    are added or removed, or the folder moves. A domain of which none would be held out so, and
    which has two images or more, has the one with the smallest hash held out.

    Args:
      data_dir: The folder that holds train and val, or the domains.
      split: Which of the two.
      val_fraction: The share to hold out where there is no val.

    Returns:
      The images in the order of their domains, then of their paths; labels are one-hot.

    Raises:
      UserError: A folder is missing, a domain holds no image, there are fewer than two domains, val
        has a domain that train lacks, a share is given though there is val, or none of a domain's
        images is left to train on.
    """
    if split not in ("train", "val"):
        raise ValueError(f"split must be 'train' or 'val'. Received: {split!r}")
    layout = folder_layout.find(data_dir)
    folders = folder_layout.folders(layout.train)
    folder_layout.refuse_fewer_than_two(layout.train, folders)
    label_space = labels_lib.LabelSpace("domains", folders)
    if layout.held_out is None:
        return _part(layout.train, folders, label_space, split, val_fraction)
    splits.refuse_fraction(val_fraction, f"{layout.held_out!r} is what is held out")
    if split != "train":
        folders = _present_domains(layout.held_out, label_space.names)
    folder = layout.train if split == "train" else layout.held_out
    paths, labels, _ = _images(folder, folders, label_space)
    return image_files.ImageFiles(paths, labels, label_space)


def _part(
    folder: str,
    folders: tuple[str, ...],
    label_space: labels_lib.LabelSpace,
    split: str,
    val_fraction: float,
) -> image_files.ImageFiles:
    """Returns the images of one split of a folder that holds both."""
    paths, labels, names = _images(folder, folders, label_space)
    held_out = splits.held_out_checked(names, val_fraction, labels, label_space)
    rows = np.flatnonzero(held_out == (split == "val"))
    return image_files.ImageFiles([paths[i] for i in rows], labels[rows], label_space)


def _images(
    folder: str, folders: tuple[str, ...], label_space: labels_lib.LabelSpace
) -> tuple[list[str], np.ndarray, list[str]]:
    """Returns the paths of all images, their labels, and their names relative to `folder`."""
    paths: list[str] = []
    indices: list[int] = []
    for name in folders:
        found = _domain_images(os.path.join(folder, name))
        paths += found
        indices += [label_space.index(name)] * len(found)
    start = len(os.path.join(folder, ""))
    names = [path[start:] for path in paths]
    return paths, np.eye(label_space.width, dtype=np.float32)[indices], names


def _present_domains(folder: str, domains: tuple[str, ...]) -> tuple[str, ...]:
    present = folder_layout.folders(folder)
    unknown = [name for name in present if names_lib.normalized(name) not in domains]
    if unknown:
        raise errors.UserError(
            f"{folder!r} holds the domains {', '.join(unknown)}, which are not in train "
            f"({', '.join(domains)}); add them to train or remove them."
        )
    if not present:
        raise errors.UserError(
            f"{folder!r} holds no domain folder; expected {folder_layout.LAYOUT}."
        )
    return present


def _domain_images(folder: str) -> list[str]:
    found = image_files.find_images(folder)
    if not found:
        raise errors.UserError(
            f"The domain folder {folder!r} holds no image "
            f"({', '.join(image_files.IMAGE_SUFFIXES)}); add images or remove the folder."
        )
    return found
