"""Writing files so that a reader, a crash or a full disk never sees half of one."""

import contextlib
import os
import pathlib
import socket
from collections.abc import Iterator
from typing import BinaryIO

from stargan_tf.base import errors

PARTIAL = ".partial"


class TakenError(Exception):
    """Another process holds a folder; the message says which process, and on which host."""


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


@contextlib.contextmanager
def claimed(directory: pathlib.Path, lock: str) -> Iterator[bool]:
    """Holds a folder for this process until the block ends; makes it if there is none.

    The kernel takes the lock back when the process ends, however it ends: what was killed leaves
    nothing that another process would have to remove.

    Args:
      directory: The folder. If it was made here and nothing was written into it, it goes again.
      lock: The name of the file in it that is locked. It says which process holds the folder.

    Yields:
      Whether the folder is held; False where the file system has no locks.

    Raises:
      TakenError: If another process holds it; nothing was changed.
      OSError: If it can't be made or written.
    """
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / lock
    try:
        descriptor, held = _locked(path)
        try:
            if held:
                os.ftruncate(descriptor, 0)  # a process that was killed has left its own
                os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
            yield held
        finally:
            with contextlib.suppress(OSError):  # it may be gone, and the whole folder with it
                path.unlink()
            os.close(descriptor)
    finally:
        if made:
            with contextlib.suppress(OSError):  # it is not empty
                directory.rmdir()


def _locked(path: pathlib.Path) -> tuple[int, bool]:
    """Returns a descriptor of the file, and whether it is locked."""
    import fcntl  # Not on Windows, where the client runs.

    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with open(descriptor, "rb") as file:
                holder = file.read().decode(errors="replace")
            raise TakenError(holder or "which has just started") from None
        except OSError:
            return descriptor, False
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor, True
        os.close(descriptor)  # Its holder has removed it since it was opened.
