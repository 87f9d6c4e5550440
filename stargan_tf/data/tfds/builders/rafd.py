"""RaFD, the Radboud Faces Database: eight expressions of 67 people."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow_datasets.public_api as tfds

from stargan_tf.data.sources import rafd

_HELD_OUT = 0.1  # the share of the people
_EXAMPLE = "Rafd090_01_Caucasian_female_angry_frontal.jpg"
_NAME = re.compile(
    r"Rafd(?P<angle>\d{3})_(?P<identity>\d{2})_(?P<ethnicity>[A-Za-z]+)_(?P<gender>female|male)_"
    rf"(?P<expression>{'|'.join(rafd.EXPRESSIONS)})_(?P<gaze>frontal|left|right)\.(jpg|jpeg|png)",
    re.IGNORECASE,
)
_CITATION = """\
@article{langner2010presentation,
  title={Presentation and validation of the Radboud Faces Database},
  author={Langner, Oliver and Dotsch, Ron and Bijlstra, Gijsbert and Wigboldus, Daniel H. J. and
    Hawk, Skyler T. and van Knippenberg, Ad},
  journal={Cognition and Emotion},
  volume={24},
  number={8},
  pages={1377--1388},
  year={2010}
}
"""


class Rafd(tfds.core.GeneratorBasedBuilder):
    """The Radboud Faces Database: 4,824 images of 67 people with eight expressions.

    The images of StarGAN's paper: cameras at 45, 90 and 135 degrees, three directions of gaze. A
    tenth of the people is the test set, and nobody is in both sets.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "ask for the database at https://rafd.socsci.ru.nl and put its images, such as "
        f"{_EXAMPLE}, there into the folder rafd."
    )

    def _info(self) -> tfds.core.DatasetInfo:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(),
                "label": tfds.features.ClassLabel(names=rafd.EXPRESSIONS),
                "file_name": tfds.features.Text(),
                "angle": np.int64,
                "identity": np.int64,
                "ethnicity": tfds.features.Text(),
                "gender": tfds.features.Text(),
                "gaze": tfds.features.Text(),
            }
        )
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=features,
            supervised_keys=("image", "label"),
            homepage="https://rafd.socsci.ru.nl",
            citation=_CITATION,
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        folder = dl_manager.manual_dir / "rafd"
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no folder {folder}.")
        parts = [(_NAME.fullmatch(file.name), file) for file in sorted(folder.iterdir())]
        parts = [(m.groupdict(), file) for m, file in parts if m and m["angle"] in rafd.ANGLES]
        if not parts:
            raise FileNotFoundError(f"No name in {folder} is like {_EXAMPLE}.")
        people = {part["identity"] for part, _ in parts}
        held_out = rafd.choose_held_out(people, _HELD_OUT)
        return {
            tfds.Split.TRAIN: self._generate_examples(
                [p for p in parts if p[0]["identity"] not in held_out]
            ),
            tfds.Split.TEST: self._generate_examples(
                [p for p in parts if p[0]["identity"] in held_out]
            ),
        }

    def _generate_examples(
        self, parts: Iterable[tuple[dict[str, str], Any]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for part, file in parts:
            yield (
                file.name,
                {
                    "image": file,
                    "label": part["expression"].lower(),
                    "file_name": file.name,
                    "angle": int(part["angle"]),
                    "identity": int(part["identity"]),
                    **{name: part[name] for name in ("ethnicity", "gender", "gaze")},
                },
            )
