"""Writes files in one step, so that no reader sees half of one, and locks folders."""

import contextlib
import os
import pathlib
import shutil
import socket
from collections.abc import Iterator
from typing import BinaryIO

from stargan_tf.base import errors

PARTIAL = ".partial"


class TakenError(Exception):
    """Raised when another process has locked a folder; the message names process and host."""


@contextlib.contextmanager
def atomic(path: pathlib.Path, consequence: str = "nothing was changed") -> Iterator[BinaryIO]:
    """Opens a file that replaces `path` when the block ends without an error.

    The folder of `path` must exist. `consequence` tells the user what a failed write means.

    Raises:
      UserError: If the disk is full or the folder can't be written. No partial file remains.
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
        with contextlib.suppress(OSError):  # it has replaced `path`
            partial.unlink()


def make_folder(folder: pathlib.Path, name: str = "") -> None:
    """Creates a folder; raises a UserError that advises to choose another `name` if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = f"choose another {name}".strip()
        raise errors.UserError(
            f"Could not make the folder {folder}: {error.strerror}; {advice}."
        ) from error


def cache_folder() -> pathlib.Path:
    """Returns this package's folder in that for caches of this user; it need not exist yet."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(root) / "stargan_tf"


def check_free(output: pathlib.Path) -> None:
    """Raises a UserError unless `output` is free: missing, or an empty folder."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise errors.UserError(
            f"output={output} is not empty, and nothing in it was changed; choose another folder, "
            "or remove this one first."
        )


@contextlib.contextmanager
def new_folder(output: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a folder to write into, which becomes `output` if the block ends without an error.

    Raises:
      UserError: `output` is not free, or can't be made.
    """
    check_free(output)
    output = output.absolute()
    partial = output.with_name(f".{output.name}{PARTIAL}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        make_folder(partial, "`output`")
        yield partial
        if output.exists():
            output.rmdir()
        partial.replace(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove_partial(directory: pathlib.Path) -> None:
    """Removes the partial files that a killed process has left in `directory`."""
    for path in directory.glob(f"*{PARTIAL}"):
        path.unlink()


@contextlib.contextmanager
def lock_folder(directory: pathlib.Path, lock: str) -> Iterator[bool]:
    """Locks a folder for this process until the block ends; creates it if necessary.

    The kernel releases the lock when the process ends, even if it is killed, so that no stale lock
    has to be removed.

    Args:
      directory: The folder. If it was created here and is still empty, it is removed again.
      lock: The name of the file to lock in it. The file names the process that holds the lock.

    Yields:
      Whether the folder is locked; False if the file system has no locks.

    Raises:
      TakenError: If another process has locked it; nothing was changed.
      OSError: If it can't be created or written.
    """
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / lock
    try:
        descriptor, held = _locked(path)
        try:
            if held:
                os.ftruncate(descriptor, 0)  # a killed process has left its name
                os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
            yield held
        finally:
            with contextlib.suppress(OSError):  # the whole folder may be gone
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
        os.close(descriptor)  # Its owner has removed the file since it was opened.
