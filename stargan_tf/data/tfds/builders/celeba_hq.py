"""CelebA-HQ as StarGAN v2's authors have parted it."""

import tensorflow_datasets.public_api as tfds

from stargan_tf.data.tfds.builders import domain_folders


class CelebaHq(domain_folders.DomainFolders):
    """CelebA-HQ: 30,000 faces of celebrities, women and men, 1,000 of each held out."""

    # "celeb_a_hq" of TensorFlow Datasets is the same images from another source, without labels.
    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "fetch celeba_hq.zip as download.sh of https://github.com/clovaai/stargan-v2 does, and "
        "unpack it there so that celeba_hq/train/female holds images."
    )
    DOMAINS = ("female", "male")
