"""Writing files so that a reader, a crash or a full disk never sees half of one."""

import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO

from stargan_tf import errors

PARTIAL = ".partial"


@contextlib.contextmanager
def atomic(path: pathlib.Path, consequence: str = "nothing was changed") -> Iterator[BinaryIO]:
    """Opens a file that takes the place of `path` when the block ends without an error.

    Args:
      path: What to write; its folder exists.
      consequence: What a failed write means to the user, for the message.

    Raises:
      UserError: If the disk is full or the folder can't be written. Nothing is left behind.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        if not path.parent.is_dir():
            consequence = f"there is no folder {path.parent}"
        raise errors.UserError(
            f"Could not write {path}: {error.strerror or error}; {consequence}; free some space or "
            "choose a folder that can be written, then run the same command again."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # after the replacement there is none
            partial.unlink()


def remove_partial(directory: pathlib.Path) -> None:
    """Removes what a process that was killed while writing has left in `directory`."""
    for path in directory.glob(f"*{PARTIAL}"):
        path.unlink()
