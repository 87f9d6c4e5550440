"""What a command that turns photos into PNG files reads and writes. Imports no TensorFlow."""

import pathlib
from collections.abc import Sequence

from stargan_tf import errors

Pairs = list[tuple[pathlib.Path, pathlib.Path]]


def pairs(
    image: pathlib.Path,
    output: pathlib.Path,
    image_name: str = "--image",
    output_name: str = "--output",
) -> Pairs:
    """Returns what to read and what to write, and makes the folder of the output.

    Args:
      image: A photo, or a folder of photos.
      output: A PNG file, or a folder where `image` is one.
      image_name: What the user calls `image`, for messages.
      output_name: The same of `output`.

    Raises:
      UserError: If there is no photo, the two do not fit together, a photo would be overwritten, or
        the folder can't be made.
    """
    if not image.exists():
        raise errors.UserError(
            f"{image_name}={image} does not exist; name a photo or a folder of them."
        )
    if image.is_dir():
        jobs, folder = _of_folder(image, output, image_name, output_name), output
    else:
        _check_png(output, output_name)
        jobs, folder = [(image, output)], output.parent
    for source, target in jobs:
        if source.resolve() == target.resolve():
            raise errors.UserError(
                f"{output_name} would overwrite the photo {source}; choose another."
            )
    _make(folder, output_name)
    return jobs


def into_one(image: pathlib.Path, output: pathlib.Path) -> Pairs:
    """Returns all photos of `image`, each with the one PNG file `output`; makes its folder.

    Raises:
      UserError: As of `pairs`.
    """
    _check_png(output, "--output")
    sources = found([str(image)], "--image")
    if any(source.resolve() == output.resolve() for source in sources):
        raise errors.UserError(f"--output would overwrite the photo {output}; choose another.")
    _make(output.parent, "--output")
    return [(source, output) for source in sources]


def _check_png(output: pathlib.Path, name: str) -> None:
    if output.suffix.lower() != ".png":
        raise errors.UserError(f"{name} is written as PNG; received {output}; end it in .png.")


def _make(folder: pathlib.Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.UserError(
            f"Could not make the folder {folder}: {error.strerror}; choose another {name}."
        ) from error


def _of_folder(
    image: pathlib.Path, output: pathlib.Path, image_name: str, output_name: str
) -> Pairs:
    if output.suffix and not output.is_dir():
        raise errors.UserError(
            f"{image_name}={image} is a folder, so {output_name} must be one too; "
            f"received {output}."
        )
    names = [path.name for path in _photos_in(image, image_name)]
    stems = [pathlib.Path(name).stem for name in names]
    return [
        # a.jpg and a.png would become the same file: keep the suffix of those in the name.
        (image / name, output / f"{name if stems.count(stem) > 1 else stem}.png")
        for name, stem in zip(names, stems, strict=True)
    ]


def found(names: Sequence[str], flag: str) -> list[pathlib.Path]:
    """Returns the photos that names stand for: each a photo, or a folder of them.

    Raises:
      UserError: If one does not exist, or a folder holds no photo; `flag` is what named it.
    """
    photos = []
    for path in map(pathlib.Path, names):
        if not path.exists():
            raise errors.UserError(
                f"{flag}={path} does not exist; name a photo or a folder of them."
            )
        photos += _photos_in(path, flag) if path.is_dir() else [path]
    return photos


def _photos_in(folder: pathlib.Path, flag: str) -> list[pathlib.Path]:
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    if not paths:
        raise errors.UserError(f"The folder {flag}={folder} holds no photo.")
    return paths
