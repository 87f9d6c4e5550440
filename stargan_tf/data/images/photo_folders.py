"""Lists the photos in a user's folder, among whatever else lies there.

Imports no TensorFlow, and opens no file whose name already says that it is a picture.
"""

import os
import pathlib
from collections.abc import Sequence

from stargan_tf.base import errors

# Includes kinds that can't be read here: reading them fails with their name, whereas skipping them
# silently would lose somebody's photos.
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif", ".bmp",
                    ".tif", ".tiff", ".heic", ".heif", ".jp2", ".jxl", ".psd", ".svg", ".cr2",
                    ".nef", ".arw", ".dng")  # fmt: skip

_HEAD_BYTES = 32


def list_photos(
    folder: pathlib.Path, leave_out: Sequence[pathlib.Path] = ()
) -> tuple[list[pathlib.PurePath], list[str]]:
    """Lists the photos of a folder and of its sub-folders, and the names passed over.

    Photos are files that are pictures by their suffix or, if that says nothing, by their first
    bytes. Some may be broken. All paths are relative to the folder and sorted.

    Passes over hidden names (they begin with "."), files that are no photos, and links to folders,
    which can form circles; names of folders that were passed over end in "/". Links to files count
    as files; `folder` itself may be a link. Ignores the folders `leave_out` without a note, such as
    the output folder.

    Raises:
      UserError: A folder can't be listed.
    """
    without = {path.resolve() for path in leave_out}
    photos: list[pathlib.PurePath] = []
    passed_over: list[str] = []
    pending = [pathlib.PurePath()]
    while pending:
        parent = pending.pop()
        for entry in entries(folder / parent):
            path = parent / entry.name
            if entry.is_dir():
                if entry.name.startswith(".") or entry.is_symlink():
                    passed_over.append(f"{path}/")
                elif pathlib.Path(entry.path).resolve() not in without:
                    pending.append(path)
            elif not entry.name.startswith(".") and _is_photo(entry):
                photos.append(path)
            else:
                passed_over.append(str(path))
    return sorted(photos, key=lambda path: path.parts), sorted(passed_over)


def entries(folder: str | os.PathLike[str]) -> list[os.DirEntry]:
    """Returns the entries of a folder in any order; raises a UserError if it can't be listed."""
    try:
        with os.scandir(folder) as listed:
            return list(listed)
    except OSError as error:
        raise errors.UserError(
            f"Cannot list the folder {os.fspath(folder)!r}: {error.strerror}; check the path and "
            "its permissions."
        ) from error


def _is_photo(entry: os.DirEntry) -> bool:
    if entry.name.lower().endswith(PICTURE_SUFFIXES):
        return True
    try:
        if not entry.is_file():  # opening a named pipe would block forever
            return False
        with open(entry.path, "rb") as file:
            return _begins_as_picture(file.read(_HEAD_BYTES))
    except OSError:
        return False


def _begins_as_picture(head: bytes) -> bool:
    """Returns whether a file's first bytes belong to a kind that `photos.read_photo` reads."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")):
        return True
    if head.startswith((b"II*\0", b"MM\0*")):  # TIFF
        return True
    if head.startswith(b"BM"):  # So may texts; in BMP four zeros and a short header size follow.
        return head[6:10] == bytes(4) and head[15:18] == bytes(3)
    return (head[:4], head[8:12]) == (b"RIFF", b"WEBP") or head[4:12] in (b"ftypavif", b"ftypavis")
