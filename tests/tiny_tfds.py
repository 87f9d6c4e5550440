"""Data sets of TensorFlow Datasets small enough for tests, prepared in temporary folders."""

import io

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

tfds.disable_progress_bar()

CLASSES = ("cat", "dog", "wild")
BROKEN, DAMAGED = (4, 7), 10  # the second is found by decoding only
FLAGS = ("Black", "Blond", "Smiling")


def picture(number: int, form: str = "PNG") -> bytes:
    """Returns the file of a 4 x 5 picture that no other number has."""
    pixels = np.random.default_rng(number).integers(0, 256, (4, 5, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


class TinyClasses(tfds.core.GeneratorBasedBuilder):
    """Pictures of three classes: number n is of class n modulo 3."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name)
        for name in ("tested", "validated", "alone", "jpeg", "odd", "broken", "untrained")
    ]

    def _info(self):
        features = {
            "image": tfds.features.Image(),
            "label": tfds.features.ClassLabel(names=CLASSES),
            "number": np.int64,
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        parts = {
            "alone": {"train": 30},
            "validated": {"train": 6, "validation": 3},
            "untrained": {"test": 3},
        }.get(self.builder_config.name, {"train": 60, "validation": 3, "test": 6})
        first = 0
        generators = {}
        for split, count in parts.items():
            generators[split] = self._generate_examples(range(first, first + count))
            first += count
        return generators

    def _generate_examples(self, numbers):
        config = self.builder_config.name
        for n in numbers:
            file = picture(n, "JPEG" if config == "jpeg" else "PNG")
            label = CLASSES[n % 3]
            if config == "odd":  # every format, and some without a class
                file, label = picture(n, ("PNG", "JPEG", "BMP", "GIF")[n % 4]), n % 4 - 1
            if config == "broken" and n in BROKEN:
                file = file[:-8]
            if config == "broken" and n == DAMAGED:
                file = picture(n, "GIF")[:-40]
            yield n, {"image": io.BytesIO(file), "label": label, "number": n}


class TinyFlags(tfds.core.GeneratorBasedBuilder):
    """Pictures with three attributes, the bits of their numbers."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(),
            "attributes": dict.fromkeys(FLAGS, np.bool_),
            "number": np.int64,
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {
            "train": self._generate_examples(range(16)),
            "test": self._generate_examples([17, 18, 25]),
        }

    def _generate_examples(self, numbers):
        for n in numbers:
            flags = {name: bool(n >> k & 1) for k, name in enumerate(FLAGS)}
            yield n, {"image": io.BytesIO(picture(n)), "attributes": flags, "number": n}


def prepare(builder: type, data_dir: str, file_format: str = "array_record", shards=2, **options):
    """Prepares a data set, in several files so that their order counts; returns its builder."""
    made = builder(data_dir=data_dir, **options)
    config = tfds.download.DownloadConfig(num_shards=shards, try_download_gcs=False)
    made.download_and_prepare(file_format=file_format, download_config=config)
    return made
