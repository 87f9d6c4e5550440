"""Which data set, and how its images become training images. Imports no TensorFlow."""

import dataclasses
from collections.abc import Sequence

from stargan_tf import errors
from stargan_tf.data import labels
from stargan_tf.options import option

DATASETS = ("cartoon_faces", "celeba", "image_folder", "tfds")
_FROM_LAYOUT = ("image_folder",)  # take their labels from the names of folders or files


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """The data flags of every command that trains."""

    dataset: str = option(
        "cartoon_faces",
        "cartoon_faces: drawn faces, no download; celeba: CelebA's folder; image_folder: your own "
        "images in DIR/{train,val}/<domain>/; tfds:NAME: a set of TensorFlow Datasets.",
    )
    data_dir: str = option(
        "",
        "The folder of the data set (celeba, image_folder); tfds: where data sets are prepared.",
        may_change=True,
    )
    attributes: str = option(
        "",
        "Attributes to learn, comma-separated; empty: the data set's default (celeba: the paper's "
        "five; cartoon_faces: all five; tfds: all).",
    )
    exclusive: str = option(
        "Black_Hair,Blond_Hair,Brown_Hair,Gray_Hair",
        "Groups of attributes of which one image shows at most one: names separated by commas, "
        "groups by semicolons; empty: none.",
    )
    domains: str = option(
        "",
        "Attributes that become domains, comma-separated: each image that shows exactly one of "
        "them belongs to it, the others are left out (cartoon_faces, celeba, tfds); what else "
        "varies is style.",
    )
    val_fraction: float = option(
        0.1,
        "The share of images that is held out where a data set has no split of its own; which "
        "those are does not change as images are added.",
    )
    image_size: int = option(128, "Height and width of training images in pixels (section 5: 128).")
    crop_size: int = option(
        0,
        "Side in pixels of the centred square that is cut out before resizing; 0: the data set's "
        "own (celeba: 178; else the largest that fits).",
    )
    flip: bool = option(True, "Whether to mirror half of the training images left to right.")
    on_corrupt: str = option(
        "error",
        "What to do about images that can't be read: error: list them and stop before training "
        "starts; skip: count them, and train without them (decodes every image first).",
        choices=("error", "skip"),
        may_change=True,
    )
    cartoon_spread: float = option(
        0.25, "cartoon_faces: how far styles (cut, shade, frame, smile) spread, from 0 to 1."
    )
    cartoon_train_size: int = option(2000, "cartoon_faces: the number of training images.")
    cartoon_test_size: int = option(200, "cartoon_faces: the number of held-out images.")

    @property
    def kind(self) -> str:
        """The data set's name without what follows a colon: "tfds" of "tfds:celeb_a"."""
        return self.dataset.partition(":")[0]

    def check(self) -> None:
        """Raises a UserError where a value makes no sense, or would be ignored."""
        if self.kind not in DATASETS:
            raise labels.unknown_name(self.dataset, DATASETS, what="--dataset")
        if not 0 < self.val_fraction < 1:
            raise errors.UserError(
                f"val_fraction lies between 0 and 1; received {self.val_fraction}; pass 0.1 to "
                "hold out a tenth of the images."
            )
        if self.crop_size < 0:
            raise errors.UserError(f"crop_size can't be negative; received {self.crop_size}.")
        if self.dataset == "cartoon_faces" and self.data_dir:
            raise errors.UserError(
                f"--dataset=cartoon_faces is drawn and reads no folder; received "
                f"--data_dir={self.data_dir}; add --dataset=image_folder or --dataset=celeba."
            )
        if self.kind in _FROM_LAYOUT and self.attributes:
            raise errors.UserError(
                f"--dataset={self.dataset} takes its labels from the names of folders or files; "
                f"received --attributes={self.attributes}; leave it out."
            )
        if self.domains:
            self._check_domains()

    def _check_domains(self) -> None:
        if self.kind in _FROM_LAYOUT:
            raise errors.UserError(
                f"--dataset={self.dataset} takes its domains from the names of folders or files; "
                f"received --domains={self.domains}; leave it out."
            )
        if self.attributes:
            raise errors.UserError(
                f"Labels are either attributes or domains; received --attributes={self.attributes} "
                f"and --domains={self.domains}; leave one of them out."
            )
        if self.exclusive != DataOptions.exclusive:
            raise errors.UserError(
                f"Domains exclude each other; received --exclusive={self.exclusive} with "
                f"--domains={self.domains}; leave --exclusive out."
            )
        if len(split_names(self.domains)) < 2:
            raise errors.UserError(
                f"Translation needs at least two domains; received --domains={self.domains}; name "
                "another attribute."
            )

    def exclusive_groups(self, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Returns the groups that `exclusive` names.

        Args:
          names: The chosen attributes. Groups that the user gave may name no other; the default
            names hair colours that need not be chosen.

        Raises:
          UserError: If a given group names another attribute.
        """
        groups = tuple(split_names(group) for group in self.exclusive.split(";"))
        if self.exclusive != DataOptions.exclusive:
            for name in (name for group in groups for name in group):
                if name not in names:
                    raise labels.unknown_name(name, names, what="attribute in --exclusive")
        return groups


def split_names(text: str) -> tuple[str, ...]:
    """Returns the comma-separated names in `text`, without blanks."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
