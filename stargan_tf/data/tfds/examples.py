"""Reads the examples of a prepared data set of TensorFlow Datasets, by number or in order."""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors

Key = tuple[str, ...]  # the path of a feature, such as ("attributes", "Male")

_BATCH = 256  # examples to read at once, in order


def has_array_record() -> bool:
    """Returns whether array_record, the format with random access, is installed."""
    # TensorFlow Datasets installs it on Linux only.
    return importlib.util.find_spec("array_record") is not None


class Examples:
    """The examples of one split of a prepared data set, always in the same order.

    Attributes:
      name: A name such as "celeb_a/2.1.0 train".
      size: The number of examples.
    """

    def __init__(self, builder: Any, split: str) -> None:
        """Opens a split of a builder that `sets.open_set` returned."""
        import tensorflow_datasets as tfds

        self.name = f"{builder.info.full_name} {split}"
        self._builder, self._split, self._records = builder, split, None
        formats = {form.value for form in builder.info.available_file_formats()}
        if "array_record" in formats and has_array_record():
            self._records = builder.as_data_source(
                split,
                deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES,
                file_format="array_record",
            )
        stored = builder.info.splits[split].num_examples
        self.size = stored if self._records is None else len(self._records)

    @property
    def identity(self) -> str:
        """A text that identifies this split and the time it was prepared."""
        info = (self._builder.data_path / "dataset_info.json").stat()
        return f"{self._builder.data_path}\n{self._split}\n{info.length}\n{info.mtime}"

    def describe(self, index: int) -> str:
        """Returns a name for example `index`, in TensorFlow Datasets' notation for slices."""
        return f"{self.name}[{index}]"

    @property
    def has_random_access(self) -> bool:
        """Whether examples can be read by number, with `record`."""
        return self._records is not None

    def record(self, index: int) -> bytes:
        """Returns the serialized example `index`; thread-safe."""
        return self._records[index]

    def parse(self, record: tf.Tensor, keys: Sequence[Key]) -> dict[Key, tf.Tensor]:
        """Parses features of serialized examples; images remain files; a graph function.

        Args:
          record: string; a scalar or (N,).
          keys: The keys of the features, which must be scalars or images.
        """
        spec = self._builder.info.features.tf_example_spec
        parsed = tf.io.parse_example(record, {"/".join(key): spec["/".join(key)] for key in keys})
        return {key: parsed["/".join(key)] for key in keys}

    def batches(self, keys: Sequence[Key]) -> Iterator[dict[Key, np.ndarray]]:
        """Yields the features of all examples, in order, as arrays (N,); images are bytes.

        Raises:
          UserError: The stored files are damaged or missing.
        """
        try:
            yield from self._random_batches(keys) if self._records else self._stored_batches(keys)
        except (tf.errors.OpError, RuntimeError, OSError) as error:
            raise errors.UserError(
                f"Cannot read {self.name} in {self._builder.data_path}: "
                f"{' '.join(str(error).split())[:200]}; remove that folder, so that it is prepared "
                "again."
            ) from error

    def _random_batches(self, keys: Sequence[Key]) -> Iterator[dict[Key, np.ndarray]]:
        for start in range(0, self.size, _BATCH):
            indices = list(range(start, min(start + _BATCH, self.size)))
            parsed = self.parse(tf.constant(self._records.__getitems__(indices)), keys)
            yield {key: value.numpy() for key, value in parsed.items()}

    def _stored_batches(self, keys: Sequence[Key]) -> Iterator[dict[Key, np.ndarray]]:
        """Yields batches from files without random access."""
        import tensorflow_datasets as tfds

        features = self._builder.info.features
        images = [key for key in keys if isinstance(_nested(features, key), tfds.features.Image)]
        wanted = _nest(dict.fromkeys(keys, True))
        skipped = _nest({key: tfds.decode.SkipDecoding() for key in images})
        examples = self._builder.as_dataset(
            split=self._split,
            decoders=tfds.decode.PartialDecoding(wanted, decoders=skipped),
            shuffle_files=False,
            # Reads one file after the other, in the order of random access.
            read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        )
        for batch in examples.batch(_BATCH).as_numpy_iterator():
            yield {key: _nested(batch, key) for key in keys}


def _nested(tree: Any, key: Key) -> Any:
    for name in key:
        tree = tree[name]
    return tree


def _nest(flat: dict[Key, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        inner = tree
        for name in key[:-1]:
            inner = inner.setdefault(name, {})
        inner[key[-1]] = value
    return tree
