"""AFHQ and CelebA-HQ, the data sets of StarGAN v2's authors, with a folder for each domain."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import tensorflow_datasets.public_api as tfds

_CITATION = """\
@inproceedings{choi2020starganv2,
  title={StarGAN v2: Diverse Image Synthesis for Multiple Domains},
  author={Yunjey Choi and Youngjung Uh and Jaejun Yoo and Jung-Woo Ha},
  booktitle={Proceedings of the IEEE Conference on Computer Vision and Pattern Recognition},
  year={2020}
}
"""
_HOMEPAGE = "https://github.com/clovaai/stargan-v2"

_SUFFIXES = (".jpg", ".jpeg", ".png")


class DomainFolders(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """The unchanged images in FOLDER/{train,val}/<domain>/ in the folder of manual downloads.

    Attributes:
      DOMAINS: The names of the domains' folders, which become the classes.
      HELD_OUT: The names that the folder of the held-out images may have.
    """

    DOMAINS: ClassVar[Sequence[str]]
    HELD_OUT: ClassVar[Sequence[str]] = ("val",)

    @property
    def folder(self) -> str:
        """The name of the data set's folder."""
        return self.name

    def _info(self) -> tfds.core.DatasetInfo:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(),
                "label": tfds.features.ClassLabel(names=self.DOMAINS),
                "file_name": tfds.features.Text(),
            }
        )
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=features,
            supervised_keys=("image", "label"),
            homepage=_HOMEPAGE,
            citation=_CITATION,
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        root = dl_manager.manual_dir / self.folder
        held_out = [root / name for name in self.HELD_OUT if (root / name).is_dir()]
        return {
            tfds.Split.TRAIN: self._generate_examples(root / "train"),
            tfds.Split.VALIDATION: self._generate_examples(
                (held_out or [root / self.HELD_OUT[0]])[0]
            ),
        }

    def _generate_examples(self, path: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for domain in self.DOMAINS:
            folder = path / domain
            if not folder.is_dir():
                raise FileNotFoundError(f"There is no folder {folder}.")
            for file in sorted(folder.iterdir()):
                if file.suffix.lower() in _SUFFIXES and not file.name.startswith("."):
                    name = f"{domain}/{file.name}"
                    yield name, {"image": file, "label": domain, "file_name": name}


class Afhq(DomainFolders):
    """Animal Faces-HQ: about 15,000 faces of cats, dogs and wild animals at 512 x 512 pixels."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(
            name="v1", description="As the paper used it: JPEG files, 500 held out of each domain."
        ),
        tfds.core.BuilderConfig(
            name="v2", description="Of 2021: resampled with care, lossless PNG files."
        ),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "fetch afhq.zip (afhq_v2.zip for the configuration v2) as download.sh of "
        "https://github.com/clovaai/stargan-v2 does, and unpack it there so that "
        "afhq/train/cat (afhq_v2/train/cat) holds images."
    )
    DOMAINS = ("cat", "dog", "wild")
    HELD_OUT = ("val", "test")  # v2 has the second

    @property
    def folder(self) -> str:
        """The name of the data set's folder."""
        return {"v1": "afhq", "v2": "afhq_v2"}[self.builder_config.name]


class CelebaHq(DomainFolders):
    """CelebA-HQ: 30,000 faces of celebrities, women and men, 1,000 of each held out."""

    # TensorFlow Datasets' own "celeb_a_hq" has the same images, without labels.
    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "fetch celeba_hq.zip as download.sh of https://github.com/clovaai/stargan-v2 does, and "
        "unpack it there so that celeba_hq/train/female holds images."
    )
    DOMAINS = ("female", "male")
