"""The samples of a run on its card: pictures as JPEG files, and sounds."""

import pathlib
import re
import shutil
from collections.abc import Sequence

from PIL import Image

from stargan_tf.base import errors, files
from stargan_tf.runs import runs

SOUNDS = "sounds"  # what a user calls all sounds where pictures are named
_QUALITY = 90  # of JPEG files: a sheet takes a tenth of a PNG file's room
_MOST_SOUNDS = 3  # conversions that can be heard; with each its input, and the truth if it is known
_PARTS = ("input", "converted", "true")


def write(
    run: runs.Run, step: int, folder: pathlib.Path, wanted: Sequence[str] | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Writes the newest samples up to a step into samples/.

    Args:
      run: The run.
      step: That of the published checkpoint.
      folder: The published folder.
      wanted: The names of sheets, and "sounds"; None: all.

    Returns:
      The paths of pictures and of sounds within the folder, by what they show.

    Raises:
      UserError: The run has no sheet of that name, or no sounds.
    """
    pictures, sounds = _newest(run, step, r"png|jpg"), _heard(_newest(run, step, "wav", False))
    there = [*pictures, *[SOUNDS] * bool(sounds)]
    for name in wanted or ():
        if name not in there:
            raise errors.UserError(
                f"{run.shown} has no sheet of samples {name!r}; it has: "
                f"{', '.join(there) or 'none'}; name one of those in `pictures`."
            )
    if wanted is not None:
        pictures = {name: pictures[name] for name in wanted if name in pictures}
        sounds = sounds if SOUNDS in wanted else {}
    shown, heard = {}, {}
    if pictures or sounds:
        files.make_folder(folder / "samples")
    for name, path in pictures.items():
        shown[name] = f"samples/{name}.jpg"
        with Image.open(path) as image, files.atomic(folder / shown[name]) as file:
            image.convert("RGB").save(file, "JPEG", quality=_QUALITY)
    for (name, part), path in sounds.items():
        place = heard[f"{name.partition('-')[2].replace('-', ' ')}: {part}"] = (
            f"samples/{name}-{part}.wav"
        )
        shutil.copyfile(path, folder / place)
    return shown, heard


def _newest(
    run: runs.Run, step: int, endings: str, together: bool = True
) -> dict[str, pathlib.Path]:
    """Returns the newest file up to a step of each name; `together`: of the newest step alone."""
    found: dict[str, tuple[int, pathlib.Path]] = {}
    for path in sorted((run.directory / "samples").glob("*")):
        match = re.fullmatch(rf"(?:step-(\d+)-)?(.+)\.(?:{endings})", path.name)
        if match and int(match[1] or 0) <= step:  # sorted: later ones replace earlier ones
            found[match[2]] = int(match[1] or 0), path
    newest = max((number for number, _ in found.values()), default=0)
    return {
        name: path for name, (number, path) in found.items() if number == newest or not together
    }


def _heard(found: dict[str, pathlib.Path]) -> dict[tuple[str, str], pathlib.Path]:
    """Returns the sounds of a few conversions, by the conversion and by what is heard of it."""
    parts = {tuple(name.rpartition("-")[::2]): path for name, path in found.items()}
    names = [name for name, part in parts if part == "converted"]
    names.sort(key=lambda name: (int(re.match(r"\d*", name)[0] or 0), name))
    ends, chosen = set(), []
    for name in names:  # one for each direction
        direction = name.partition("-")[2]
        if direction not in ends:
            ends.add(direction)
            chosen.append(name)
    return {
        (name, part): parts[name, part]
        for name in chosen[:_MOST_SOUNDS]
        for part in _PARTS
        if (name, part) in parts
    }
