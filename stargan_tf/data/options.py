"""Which data set, and how its images become training images. Imports no TensorFlow."""

import dataclasses

from stargan_tf.options import option

DATASETS = ("cartoon_faces", "celeba", "image_folder")


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """The data flags of every command that trains."""

    dataset: str = option(
        "cartoon_faces",
        "cartoon_faces: drawn faces, no download; celeba: CelebA's folder; image_folder: your own "
        "images in DIR/{train,val}/<domain>/.",
        choices=DATASETS,
    )
    data_dir: str = option(
        "", "The folder of the data set (celeba, image_folder).", may_change=True
    )
    attributes: str = option(
        "",
        "Attributes to learn, comma-separated; empty: the data set's default (celeba: the paper's "
        "five; cartoon_faces: all five).",
    )
    exclusive: str = option(
        "Black_Hair,Blond_Hair,Brown_Hair,Gray_Hair",
        "Groups of attributes of which one image shows at most one: names separated by commas, "
        "groups by semicolons. Names that are not among --attributes are ignored.",
    )
    image_size: int = option(128, "Height and width of training images in pixels (section 5: 128).")
    crop_size: int = option(
        0,
        "Side in pixels of the centred square that is cut out before resizing; 0: the data set's "
        "own (celeba: 178; else the largest that fits).",
    )
    flip: bool = option(True, "Whether to mirror half of the training images left to right.")
    cartoon_spread: float = option(
        0.25, "cartoon_faces: how far styles (cut, shade, frame, smile) spread, from 0 to 1."
    )
    cartoon_train_size: int = option(2000, "cartoon_faces: the number of training images.")
    cartoon_test_size: int = option(200, "cartoon_faces: the number of held-out images.")

    def exclusive_groups(self) -> tuple[tuple[str, ...], ...]:
        """Returns the groups that `exclusive` names."""
        return tuple(split_names(group) for group in self.exclusive.split(";"))


def split_names(text: str) -> tuple[str, ...]:
    """Returns the comma-separated names in `text`, without blanks."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
