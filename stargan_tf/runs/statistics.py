"""What a run keeps of its training data, such as means to normalize by: statistics.npz."""

import pathlib
import zipfile
from collections.abc import Mapping

import numpy as np

from stargan_tf.base import errors, files

FILE = "statistics.npz"


def write(directory: pathlib.Path, statistics: Mapping[str, np.ndarray]) -> None:
    """Writes statistics into a run's folder, in one step.

    Raises:
      UserError: A value is not finite, or the file can't be written.
    """
    for name, value in statistics.items():
        if not np.isfinite(value).all():
            raise errors.UserError(
                f"The statistic {name} of the training data is not finite, so {directory} was not "
                "written; the doctor finds the examples that are to blame."
            )
    with files.atomic(directory / FILE) as file:
        np.savez(file, **{name: np.asarray(value) for name, value in statistics.items()})


def read(directory: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns the statistics in a run's folder by name; {}: it has none.

    Raises:
      UserError: The file is damaged.
    """
    path = directory / FILE
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise errors.UserError(
            f"{path} is damaged ({error}); restore it from a copy, or train anew in another "
            "`run_dir`."
        ) from error
