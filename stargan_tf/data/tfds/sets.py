"""Finds a data set of TensorFlow Datasets and prepares it."""

import difflib
from collections.abc import Sequence
from typing import Any

from stargan_tf.base import errors
from stargan_tf.data.tfds import examples

_MOST_CHARACTERS = 500  # of a message of TensorFlow Datasets


def open_set(name: str, data_dir: str) -> Any:
    """Returns the builder of a data set; downloads and prepares it if needed.

    Args:
      name: NAME, NAME/CONFIG or NAME/CONFIG:VERSION, of TensorFlow Datasets or of `tfds.builders`.
      data_dir: The folder of prepared data sets; "": TensorFlow Datasets' default.

    Raises:
      UserError: There is no such data set, or it can't be prepared.
    """
    if not name:
        raise errors.UserError(
            "dataset=tfds lacks the name of a data set; pass it after a colon, as in "
            "dataset=tfds:celeb_a."
        )
    import tensorflow_datasets as tfds

    from stargan_tf.data.tfds import builders  # noqa: F401, registers them

    try:
        builder = tfds.builder(name, data_dir=data_dir or None)
    except tfds.core.DatasetNotFoundError as error:
        raise _not_found(name, tfds.list_builders(), data_dir) from error
    except Exception as error:  # TensorFlow Datasets raises many kinds
        raise errors.UserError(
            f"TensorFlow Datasets cannot open {name!r}: {_one_line(error)}; check its version and "
            f"configuration, {_configurations(tfds, name)}."
        ) from error
    if not builder.is_prepared():
        _prepare(tfds, builder)
    return builder


def _base(name: str) -> str:
    """Returns the name without configuration and version."""
    return name.partition("/")[0].partition(":")[0]


def _configurations(tfds: Any, name: str) -> str:
    """Returns a clause that lists the configurations of a data set, as far as it is known."""
    try:
        names = [config.name for config in tfds.builder_cls(_base(name)).BUILDER_CONFIGS]
    except Exception:  # many kinds, as above
        names = []
    return f"of which it has {', '.join(names) or 'none'}"


def _not_found(name: str, known: Sequence[str], data_dir: str) -> errors.UserError:
    near = difflib.get_close_matches(_base(name), known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "see tensorflow.org/datasets/catalog."
    return errors.UserError(
        f"TensorFlow Datasets knows no data set {name!r}, nor is one prepared in "
        f"{data_dir or 'its default folder'}; {hint}"
    )


def _prepare(tfds: Any, builder: Any) -> None:
    """Downloads a data set and stores it, with random access if array_record is installed."""
    name, by_hand = builder.info.full_name, _one_line(builder.MANUAL_DOWNLOAD_INSTRUCTIONS or "")
    manual = builder.data_dir_root / "downloads" / "manual"
    step = f"{name} must be downloaded by hand, into the folder {manual}: {by_hand}"
    if by_hand and not (manual.is_dir() and any(manual.iterdir())):
        raise errors.UserError(f"{step.rstrip('.')}; then run the same command again.")
    try:
        builder.download_and_prepare(
            file_format="array_record" if examples.has_array_record() else None,
            # The copies that Google has prepared have no random access.
            download_config=tfds.download.DownloadConfig(try_download_gcs=False),
        )
    except Exception as error:  # from the network, the disk, checksums, the builder's parser ...
        hint = step if by_hand else "check the network and the disk, and run the command again."
        raise errors.UserError(
            f"TensorFlow Datasets cannot prepare {name} in {builder.data_dir_root}: "
            f"{type(error).__name__}: {_one_line(error).rstrip('.')}; {hint}"
        ) from error


def _one_line(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}..."
