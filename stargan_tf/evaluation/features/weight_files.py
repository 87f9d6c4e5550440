"""Checksums of files of weights: whether one is damaged, and whether it is the published one."""

import hashlib
import pathlib
import re

from stargan_tf.base import errors

# PyTorch's files end in the first digits of their own sha256: inception_v3_google-0cc3c7bd.pth.
_OWN_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.pth$")


def sha256(path: pathlib.Path) -> str:
    """Returns the checksum of a file, 64 hexadecimal digits.

    Raises:
      UserError: There is no such file, or its name tells that it has another checksum.
    """
    found = _digest(path, "sha256")
    named = _OWN_DIGITS.search(path.name)
    if named and not found.startswith(named[1]):
        raise errors.UserError(
            f"{path} is damaged: by its name its sha256 begins with {named[1]}, received "
            f"{found[:12]}...; download it again."
        )
    return found


def md5(path: pathlib.Path) -> str:
    """Returns the checksum by which Keras tells its own files, 32 hexadecimal digits."""
    return _digest(path, "md5")


def _digest(path: pathlib.Path, kind: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, kind).hexdigest()
    except OSError as error:
        raise errors.UserError(
            f"Could not read {path}: {error.strerror or error}; check the name."
        ) from error
