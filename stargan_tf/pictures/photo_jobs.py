"""The photos that a command reads, and the PNG files that it writes. Imports no TensorFlow."""

import collections
import dataclasses
import os
import pathlib
import unicodedata
from collections.abc import Iterable, Sequence

from stargan_tf.base import errors, files
from stargan_tf.data.images import photo_folders

_MOST_NAMED = 5  # files that the note on a folder names
_KINDS = "JPEG, PNG, WebP, GIF, BMP or TIFF"


@dataclasses.dataclass(frozen=True)
class Jobs:
    """The photos to read, each with the file for its result.

    Attributes:
      pairs: A photo and a PNG file each. The PNG files differ even on file systems that ignore
        case.
      of_folder: Whether the user named a folder, not a single photo.
    """

    pairs: tuple[tuple[pathlib.Path, pathlib.Path], ...]
    of_folder: bool


def jobs(
    image: pathlib.Path,
    output: pathlib.Path,
    image_name: str = "`image`",
    output_name: str = "`output`",
) -> Jobs:
    """Lists the files to read and to write, and creates the folders of the output.

    Sub-folders are read too and become sub-folders of the output; one line is printed about other
    files. A result has the photo's name with the suffix .png; see `_outputs` for photos that would
    share a name.

    Args:
      image: A photo, or a folder of photos.
      output: A PNG file, or a folder if `image` is one. It may lie inside `image` and is not read
        then.
      image_name: The name of `image` in messages.
      output_name: The name of `output` in messages.

    Raises:
      UserError: If there is no photo, the two paths do not fit together, a photo would be
        overwritten, or a folder can't be created.
    """
    _check_exists(image, image_name)
    if image.is_dir():
        _check_folder(image, output, image_name, output_name)
        photos = _photos_in(image, image_name, leave_out=[output])
        named = zip(photos, _outputs(photos), strict=True)
        pairs = tuple((image / photo, output / result) for photo, result in named)
    else:
        _check_png(output, output_name)
        pairs = ((image, output),)
    _refuse_to_overwrite(pairs, output_name)
    for folder in dict.fromkeys(result.parent for _, result in pairs):
        files.make_folder(folder, output_name)
    return Jobs(pairs, image.is_dir())


def into_one(image: pathlib.Path, output: pathlib.Path) -> Jobs:
    """Lists all photos of `image` with the same PNG file `output`, and creates its folder.

    Raises:
      UserError: As in `jobs`.
    """
    _check_png(output, "`output`")
    pairs = tuple((photo, output) for photo in find_photos([str(image)], "`image`"))
    _refuse_to_overwrite(pairs, "`output`")
    files.make_folder(output.parent, "`output`")
    return Jobs(pairs, image.is_dir())


def find_photos(paths: Sequence[str], name: str) -> list[pathlib.Path]:
    """Returns the photos at some paths, each of which is a photo or a folder of photos.

    One line is printed about other files in a folder. `name` is the option that held the paths,
    for messages.

    Raises:
      UserError: If one does not exist, or a folder holds no photo.
    """
    photos = []
    for path in map(pathlib.Path, paths):
        _check_exists(path, name)
        photos += (path / p for p in _photos_in(path, name)) if path.is_dir() else [path]
    return photos


def _check_exists(path: pathlib.Path, name: str) -> None:
    if not path.exists():
        raise errors.UserError(f"{name}={path} does not exist; name a photo or a folder of them.")


def _check_png(output: pathlib.Path, name: str) -> None:
    if output.suffix.lower() != ".png":
        raise errors.UserError(f"{name} is written as PNG; received {output}; end it in .png.")


def _check_folder(
    image: pathlib.Path, output: pathlib.Path, image_name: str, output_name: str
) -> None:
    is_file = output.exists() and not output.is_dir()
    is_picture = output.suffix.lower() in photo_folders.PICTURE_SUFFIXES and not output.exists()
    if is_file or is_picture:
        raise errors.UserError(
            f"{image_name}={image} is a folder, so {output_name} must be one too; "
            f"received {output}."
        )
    if output.resolve() == image.resolve():
        raise errors.UserError(
            f"{output_name}={output} is the folder of the photos itself: results would be read as "
            "photos the next time, or overwrite the photos; choose another folder."
        )


def _refuse_to_overwrite(
    pairs: Iterable[tuple[pathlib.Path, pathlib.Path]], output_name: str
) -> None:
    # By inode, since A.PNG and a.png may be one file or two.
    sources = {_inode(source): source for source, _ in pairs if source.exists()}
    for _, target in pairs:
        if target.exists() and _inode(target) in sources:
            raise errors.UserError(
                f"{output_name} would overwrite the photo {sources[_inode(target)]}; choose "
                "another."
            )


def _inode(path: pathlib.Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _photos_in(
    folder: pathlib.Path, name: str, leave_out: Sequence[pathlib.Path] = ()
) -> list[pathlib.PurePath]:
    """Returns the photos of a folder, relative to it; prints a line about other files."""
    photos, passed_over = photo_folders.list_photos(folder, leave_out)
    named = errors.some(passed_over, _MOST_NAMED)
    note = f"passed over, as hidden, a link to a folder or no picture: {named}" if named else ""
    if not photos:
        raise errors.UserError(
            f"The folder {name}={folder} holds no photo{f' ({note})' if note else ''}; name a "
            f"folder with {_KINDS} files."
        )
    if note:
        print(f"{folder}: {note}", flush=True)
    return photos


def _outputs(photos: Sequence[pathlib.PurePath]) -> list[pathlib.PurePath]:
    """Returns the PNG file of each photo, all relative.

    a.jpg becomes a.png. Photos of a folder that would share a name keep their suffix: a.jpg.png and
    a.png.png. Names that differ only in case are numbered from the second on: A.jpg.png and
    a.jpg-2.png. No photo gets the name of a sub-folder.
    """
    tries = [0] * len(photos)
    folders = {_folded(parent) for photo in photos for parent in photo.parents}
    while True:
        names = [_output(photo, tried) for photo, tried in zip(photos, tries, strict=True)]
        sharing = collections.defaultdict(list)
        for i, name in enumerate(names):
            sharing[_folded(name)].append(i)
        moving = [
            i
            for name, group in sharing.items()
            for i in (group if name in folders else _moving(group, tries))
        ]
        if not moving:
            return names
        for i in moving:
            tries[i] += 1


def _output(photo: pathlib.PurePath, tried: int) -> pathlib.PurePath:
    number = f"-{tried}" if tried > 1 else ""
    return photo.with_name(f"{photo.name if tried else photo.stem}{number}.png")


def _moving(group: Sequence[int], tries: Sequence[int]) -> Sequence[int]:
    """Returns which of the photos that share a name must try their next name."""
    first_tries = [i for i in group if tries[i] == 0]
    if len(group) > 1 and first_tries:
        return first_tries
    return group[1:]


def _folded(path: pathlib.PurePath) -> str:
    """Returns a key that is equal for paths that are the same on some file system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())
