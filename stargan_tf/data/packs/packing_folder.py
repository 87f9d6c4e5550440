"""The folder that a packed data set is written into: nothing else's, and held by one process."""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stargan_tf.base import errors, files
from stargan_tf.data.packs import packed_format

_LOCK = "packing.lock"
_OWN = re.compile(
    rf"({re.escape(packed_format.MANIFEST)}|{re.escape(packed_format.JOB)}"
    rf"|({'|'.join(packed_format.SPLITS)})-\d+\.(tfrecord|index\.npz))({re.escape(files.PARTIAL)})?"
)


@contextlib.contextmanager
def claimed(directory: pathlib.Path, settings: Mapping[str, Any]) -> Iterator[None]:
    """Makes a folder, or finds in it what was begun there, and holds it for this process.

    What a process that was killed has left half-written is removed.

    Args:
      directory: The folder.
      settings: The flags that decide what is packed, and their values.

    Raises:
      UserError: If the folder can't be written, holds something else or a pack made with other
        flags, or another process is packing into it.
    """
    _refuse_others(directory)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(files.claimed(directory, _LOCK))
        except files.TakenError as error:
            raise errors.UserError(
                f"Another process is packing into --output={directory} ({error}); wait for it, or "
                "choose another folder."
            ) from None
        except OSError as error:
            raise errors.UserError(
                f"--output={directory} can't be written: {error.strerror}; choose another folder."
            ) from error
        _check_settings(directory, settings)
        files.remove_partial(directory)
        yield


def _refuse_others(directory: pathlib.Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise errors.UserError(f"--output={directory} is a file; choose a folder.")
    names = {name for name in os.listdir(directory) if name[0] != "." and name != _LOCK}
    foreign = {name for name in names if not _OWN.fullmatch(name)}
    begun = {packed_format.JOB, packed_format.JOB + files.PARTIAL}  # the first that is written
    if foreign or (names and not begun & names):
        raise errors.UserError(
            f"--output={directory} holds something else ({min(foreign or names)}); choose an empty "
            "folder."
        )


def _check_settings(directory: pathlib.Path, settings: Mapping[str, Any]) -> None:
    if not (directory / packed_format.JOB).exists():
        return
    before = packed_format.read_json(directory / packed_format.JOB).get("settings", {})
    for name, value in settings.items():
        if name in before and before[name] != value:
            raise errors.UserError(
                f"--output={directory} holds a pack made with --{name}={before[name]}; received "
                f"--{name}={value}; choose another folder, or delete that one."
            )
