"""Checksums of files of weights, and which files are the published ones."""

import hashlib
import pathlib
import re

from stargan_tf.base import errors


def sha256(path: pathlib.Path) -> str:
    """Returns the checksum of a file, 64 hexadecimal digits.

    Raises:
      UserError: There is no such file.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise errors.UserError(
            f"Could not read {path}: {error.strerror or error}; check the name."
        ) from error
