"""What is common to the data sets of StarGAN v2's authors: a folder of images for every domain."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import tensorflow_datasets.public_api as tfds

CITATION = """\
@inproceedings{choi2020starganv2,
  title={StarGAN v2: Diverse Image Synthesis for Multiple Domains},
  author={Yunjey Choi and Youngjung Uh and Jaejun Yoo and Jung-Woo Ha},
  booktitle={Proceedings of the IEEE Conference on Computer Vision and Pattern Recognition},
  year={2020}
}
"""
HOMEPAGE = "https://github.com/clovaai/stargan-v2"

_SUFFIXES = (".jpg", ".jpeg", ".png")


class DomainFolders(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Images of FOLDER/{train,val}/<domain>/ in the folder of manual downloads, as they are.

    Attributes:
      DOMAINS: The folders, which are the classes.
      HELD_OUT: Names that the folder of the held-out images may have.
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
            homepage=HOMEPAGE,
            citation=CITATION,
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        root = dl_manager.manual_dir / self.folder
        found = [root / name for name in self.HELD_OUT if (root / name).is_dir()]
        return {
            tfds.Split.TRAIN: self._generate_examples(root / "train"),
            tfds.Split.VALIDATION: self._generate_examples((found or [root / self.HELD_OUT[0]])[0]),
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
