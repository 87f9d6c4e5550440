"""The folder of an exported model: one folder for each version, named by a whole number.

A server loads a version as soon as its folder appears, so a folder appears only once it is whole.
"""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator

from stargan_tf.base import errors, files
from stargan_tf.serving import description as description_lib

_SAME = ("algorithm", "labels")  # what all versions of a model have in common


def check(output: pathlib.Path, description: description_lib.Description) -> None:
    """Raises a UserError where `output` holds anything but versions of this model."""
    if not output.exists():
        return
    if not output.is_dir():
        raise errors.UserError(f"--output={output} is a file; name a folder of the model's own.")
    for path in sorted(output.iterdir()):
        if path.name.endswith(files.PARTIAL):
            continue
        if not (path.name.isdecimal() and path.is_dir()):
            raise errors.UserError(
                f"--output={output} holds {path.name}, which is no version of a model; choose a "
                "folder of the model's own, such as exported/stargan."
            )
        _check_same(path, description)


@contextlib.contextmanager
def next_version(output: pathlib.Path) -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    """Gives a folder to fill, which becomes the next version when the block ends without an error.

    Yields:
      The folder to fill, whose name no server looks at, and the one that it will be.

    Raises:
      UserError: It can't be written, as on a full disk; nothing is left behind.
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
            "space or choose another --output, then run the same command again."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if new:
            with contextlib.suppress(OSError):  # not empty: the version is there
                output.rmdir()


def _check_same(version: pathlib.Path, description: description_lib.Description) -> None:
    path = version / description_lib.FILE_NAME
    try:
        there = json.loads(path.read_text())
        differing = [name for name in _SAME if there[name] != description[name]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise errors.UserError(
            f"{version} has no {description_lib.FILE_NAME} that tells which model it is; choose "
            "another --output."
        ) from error
    if differing:
        raise errors.UserError(
            f"{version} is a version of another model: {' and '.join(differing)} "
            "are not this run's; choose another --output."
        )
