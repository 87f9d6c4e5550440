"""Manages the folder of an exported model: a folder for each version, named by its number.

A server loads a version as soon as its folder appears, so the folder must be complete by then.
"""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator

from stargan_tf.base import errors, files
from stargan_tf.serving import description as description_lib

_SAME = ("algorithm", "labels")  # equal in all versions of a model


def check(output: pathlib.Path, description: description_lib.Description) -> None:
    """Raises a UserError if `output` holds anything but versions of this model."""
    if not output.exists():
        return
    if not output.is_dir():
        raise errors.UserError(f"output={output} is a file; name a folder of the model's own.")
    for path in sorted(output.iterdir()):
        if path.name.endswith(files.PARTIAL):
            continue
        if not (path.name.isdecimal() and path.is_dir()):
            raise errors.UserError(
                f"output={output} holds {path.name}, which is no version of a model; choose a "
                "folder of the model's own, such as exported/stargan."
            )
        try:
            there = json.loads((path / description_lib.FILE_NAME).read_text())
            differing = [name for name in _SAME if there[name] != description[name]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise errors.UserError(
                f"{path} has no {description_lib.FILE_NAME} that says which model it is; choose "
                "another `output`."
            ) from error
        if differing:
            raise errors.UserError(
                f"{path} is a version of another model: {' and '.join(differing)} "
                "are not this run's; choose another `output`."
            )


@contextlib.contextmanager
def next_version(output: pathlib.Path) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """Creates a folder that becomes the next version when the block ends without an error.

    Yields:
      The folder to fill, which servers ignore, and its final path.

    Raises:
      UserError: The folder can't be written, or the disk is full; no partial folder remains.
    """
    version = 1 + max([int(p.name) for p in output.glob("*") if p.name.isdecimal()], default=0)
    final = output / str(version)
    partial = output / f"{version}{files.PARTIAL}"
    new = not output.exists()
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
        partial.mkdir()
        yield partial, final
        os.replace(partial, final)
    except OSError as error:
        raise errors.UserError(
            f"Could not write {final}: {error.strerror or error}; no version was added; free some "
            "space or choose another `output`, then run the same command again."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if new:
            with contextlib.suppress(OSError):  # not empty: the version is there
                output.rmdir()
