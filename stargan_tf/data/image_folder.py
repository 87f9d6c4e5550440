"""Data sets laid out as one folder of images for every domain."""

import os
from typing import Literal

import numpy as np

from stargan_tf import errors
from stargan_tf.data import image_files
from stargan_tf.data import labels as labels_lib

_LAYOUT = "DIR/train/<domain>/*.jpg and DIR/val/<domain>/*.jpg"


def load_image_folder(data_dir: str, split: Literal["train", "val"]) -> image_files.ImageFiles:
    """Lists the images of `data_dir`/{train,val}/{domain}/, at any depth below the domain.

    The domains are the folders of train, in the order of their names, for both splits, so that
    labels agree; val may lack some. Hidden folders and stray files are ignored. No image is opened;
    see `image_files.find_problems`.

    Args:
      data_dir: The folder that holds train and val.
      split: Which of the two.

    Returns:
      The images in the order of their domains, then of their paths; labels are one-hot.

    Raises:
      UserError: A folder is missing, a domain holds no image, there are fewer than two domains, or
        val has a domain that train lacks.
    """
    if split not in ("train", "val"):
        raise ValueError(f"split must be 'train' or 'val'. Received: {split!r}")
    domains = _train_domains(data_dir)
    folder = _split_folder(data_dir, split)
    present = _present_domains(folder, domains)
    paths: list[str] = []
    indices: list[int] = []
    for name in present:
        found = _domain_images(os.path.join(folder, name))
        paths += found
        indices += [domains.index(name)] * len(found)
    label_space = labels_lib.LabelSpace("domains", domains)
    one_hot = np.eye(len(domains), dtype=np.float32)[indices]
    return image_files.ImageFiles(paths, one_hot, label_space)


def _train_domains(data_dir: str) -> tuple[str, ...]:
    domains = _domains(_split_folder(data_dir, "train"))
    if len(domains) < 2:
        raise errors.UserError(
            f"{os.path.join(data_dir, 'train')!r} holds {len(domains)} domains "
            f"({', '.join(domains) or 'no folder'}), but translation needs at least 2; "
            f"expected {_LAYOUT}."
        )
    return domains


def _present_domains(folder: str, domains: tuple[str, ...]) -> tuple[str, ...]:
    present = _domains(folder)
    unknown = [name for name in present if name not in domains]
    if unknown:
        raise errors.UserError(
            f"{folder!r} holds the domains {', '.join(unknown)}, which are not in train "
            f"({', '.join(domains)}); add them to train or remove them."
        )
    if not present:
        raise errors.UserError(f"{folder!r} holds no domain folder; expected {_LAYOUT}.")
    return present


def _split_folder(data_dir: str, split: str) -> str:
    hint = f"expected {_LAYOUT} (--dataset=cartoon_faces needs no files)."
    if not data_dir:
        raise errors.UserError(f"The data folder is empty, pass --data_dir=DIR; {hint}")
    if not os.path.isdir(data_dir):
        raise errors.UserError(f"There is no data folder {data_dir!r}; {hint}")
    folder = os.path.join(data_dir, split)
    if not os.path.isdir(folder):
        raise errors.UserError(f"There is no folder {split!r} in {data_dir!r}; {hint}")
    return folder


def _domains(folder: str) -> tuple[str, ...]:
    """Returns the names of the visible folders, links to folders included, in order."""
    try:
        with os.scandir(folder) as entries:
            return tuple(
                sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
            )
    except OSError as error:
        raise errors.UserError(
            f"Cannot list the folder {folder!r}: {error.strerror}; check its permissions."
        ) from error


def _domain_images(folder: str) -> list[str]:
    found = image_files.find_images(folder)
    if not found:
        raise errors.UserError(
            f"The domain folder {folder!r} holds no image "
            f"({', '.join(image_files.IMAGE_SUFFIXES)}); add images or remove the folder."
        )
    return found
