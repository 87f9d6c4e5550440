"""Loads data sets that have one folder of images for each domain."""

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
    split: Literal["train", "test"],
    val_fraction: float = options_lib.DataOptions.val_fraction,
) -> image_files.ImageFiles:
    """Lists the images of `data_dir`/{train,val}/{domain}/, at any depth below the domain.

    The domains of both splits are the folders in train, sorted by name, so that labels agree; val
    may lack some. Hidden folders and stray files are ignored. No image is opened; see
    `image_files.find_problems`. `folder_layout.find` knows the other names of val; if val and test
    exist, test is ignored.

    Without val, and for `data_dir`/{domain}/, the hash of each path from the domain's name on
    ("cat/deep/a.jpg") decides whether it is held out, so images keep their part as others are
    added or removed, or the folder moves. If no image of a domain with at least two would be held
    out, the one with the smallest hash is.

    Args:
      data_dir: The folder that holds train and val, or the domains.
      split: The part to load.
      val_fraction: The share to hold out if there is no val.

    Returns:
      The images in the order of their domains, then of their paths; labels are one-hot.

    Raises:
      UserError: A folder is missing, a domain holds no image, there are fewer than two domains, val
        has a domain that train lacks, `val_fraction` is given though val exists, or a domain has no
        image left to train on.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test'. Received: {split!r}")
    layout = folder_layout.find(data_dir)
    folders = folder_layout.folders(layout.train)
    folder_layout.refuse_fewer_than_two(layout.train, folders)
    label_space = labels_lib.LabelSpace("domains", folders)
    if layout.held_out is None:
        paths, labels, names = _images(layout.train, folders, label_space)
        held_out = splits.choose_held_out(names, val_fraction, labels, label_space)
        rows = np.flatnonzero(held_out == (split == "test"))
        return image_files.ImageFiles([paths[i] for i in rows], labels[rows], label_space)
    splits.refuse_fraction(val_fraction, f"{layout.held_out!r} holds the held-out images")
    if split != "train":
        folders = _present_domains(layout.held_out, label_space.names)
    folder = layout.train if split == "train" else layout.held_out
    paths, labels, _ = _images(folder, folders, label_space)
    return image_files.ImageFiles(paths, labels, label_space)


def _images(
    folder: str, folders: tuple[str, ...], label_space: labels_lib.LabelSpace
) -> tuple[list[str], np.ndarray, list[str]]:
    """Returns the paths of all images, their labels, and their names relative to `folder`."""
    paths: list[str] = []
    indices: list[int] = []
    for name in folders:
        images = image_files.find_images(os.path.join(folder, name))
        if not images:
            raise errors.UserError(
                f"The domain folder {os.path.join(folder, name)!r} holds no image "
                f"({', '.join(image_files.IMAGE_SUFFIXES)}); add images or remove the folder."
            )
        paths += images
        indices += [label_space.index(name)] * len(images)
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
