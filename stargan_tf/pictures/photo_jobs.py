"""What a command that turns photos into PNG files reads and writes. Imports no TensorFlow."""

import collections
import dataclasses
import os
import pathlib
import unicodedata
from collections.abc import Iterable, Sequence

from stargan_tf.base import errors
from stargan_tf.data.images import photo_folders

_KINDS = "JPEG, PNG, WebP, GIF, BMP or TIFF"


@dataclasses.dataclass(frozen=True)
class Jobs:
    """The photos to read, and where the result of each goes.

    Attributes:
      pairs: A photo and a PNG file each; no two of the PNG files are the same, on file systems
        that don't tell capitals from small letters either.
      of_folder: Whether a folder was named, not a single photo.
    """

    pairs: tuple[tuple[pathlib.Path, pathlib.Path], ...]
    of_folder: bool


def jobs(
    image: pathlib.Path,
    output: pathlib.Path,
    image_name: str = "--image",
    output_name: str = "--output",
) -> Jobs:
    """Returns what to read and what to write, and makes the folders of the output.

    Of a folder, sub-folders are read too and have sub-folders of the same names in the output;
    what is passed over is printed in one line. A result has the photo's name with .png in place
    of its suffix; see `_outputs` for photos that would share a name.

    Args:
      image: A photo, or a folder of photos.
      output: A PNG file, or a folder where `image` is one. It may lie inside `image`: what is in
        it is not read.
      image_name: What the user calls `image`, for messages.
      output_name: The same of `output`.

    Raises:
      UserError: If there is no photo, the two do not fit together, a photo would be overwritten, or
        a folder can't be made.
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
    _make((result.parent for _, result in pairs), output_name)
    return Jobs(pairs, image.is_dir())


def into_one(image: pathlib.Path, output: pathlib.Path) -> Jobs:
    """Returns all photos of `image`, each with the one PNG file `output`; makes its folder.

    Raises:
      UserError: As of `jobs`.
    """
    _check_png(output, "--output")
    pairs = tuple((photo, output) for photo in found([str(image)], "--image"))
    _refuse_to_overwrite(pairs, "--output")
    _make([output.parent], "--output")
    return Jobs(pairs, image.is_dir())


def found(names: Sequence[str], flag: str) -> list[pathlib.Path]:
    """Returns the photos that names stand for: each a photo, or a folder of them.

    What is passed over in a folder is printed in one line.

    Raises:
      UserError: If one does not exist, or a folder holds no photo; `flag` is what named it.
    """
    photos = []
    for path in map(pathlib.Path, names):
        _check_exists(path, flag)
        photos += (path / p for p in _photos_in(path, flag)) if path.is_dir() else [path]
    return photos


def _check_exists(path: pathlib.Path, flag: str) -> None:
    if not path.exists():
        raise errors.UserError(f"{flag}={path} does not exist; name a photo or a folder of them.")


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
            f"{output_name}={output} is the folder of the photos itself: the next time its results "
            "would be read as photos, or overwrite the photos; choose another folder."
        )


def _refuse_to_overwrite(
    pairs: Iterable[tuple[pathlib.Path, pathlib.Path]], output_name: str
) -> None:
    # By number, since A.PNG and a.png may be one file, or two.
    sources = {_number(source): source for source, _ in pairs if source.exists()}
    for _, target in pairs:
        if target.exists() and _number(target) in sources:
            raise errors.UserError(
                f"{output_name} would overwrite the photo {sources[_number(target)]}; choose "
                "another."
            )


def _number(path: pathlib.Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _make(folders: Iterable[pathlib.Path], name: str) -> None:
    for folder in dict.fromkeys(folders):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.UserError(
                f"Could not make the folder {folder}: {error.strerror}; choose another {name}."
            ) from error


def _photos_in(
    folder: pathlib.Path, flag: str, leave_out: Sequence[pathlib.Path] = ()
) -> tuple[pathlib.PurePath, ...]:
    """Returns the photos of a folder, relative to it; prints what is passed over."""
    listed = photo_folders.list_photos(folder, leave_out)
    note = listed.note()
    if not listed.photos:
        raise errors.UserError(
            f"The folder {flag}={folder} holds no photo{f' ({note})' if note else ''}; name a "
            f"folder with {_KINDS} files."
        )
    if note:
        print(f"{folder}: {note}", flush=True)
    return listed.photos


def _outputs(photos: Sequence[pathlib.PurePath]) -> list[pathlib.PurePath]:
    """Returns the PNG file of each photo, all relative.

    a.jpg becomes a.png. Photos of a folder that would share that name keep their suffix in it:
    a.jpg.png and a.png.png. Of names that differ in capitals only, the later ones are numbered:
    A.jpg.png and a.jpg-2.png. A name that a sub-folder has is not given to a photo beside it.
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
    """Returns which of the photos that share a name have to take their next one."""
    first_tries = [i for i in group if tries[i] == 0]
    if len(group) > 1 and first_tries:
        return first_tries
    return group[1:]


def _folded(path: pathlib.PurePath) -> str:
    """Returns what two paths have in common that are the same on some file system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())
