"""AFHQ: animal faces of three domains."""

import tensorflow_datasets.public_api as tfds

from stargan_tf.data.tfds.builders import domain_folders


class Afhq(domain_folders.DomainFolders):
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
    HELD_OUT = ("val", "test")  # the second in v2

    @property
    def folder(self) -> str:
        """The name of the data set's folder."""
        return {"v1": "afhq", "v2": "afhq_v2"}[self.builder_config.name]
