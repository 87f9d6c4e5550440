"""Finds a run by what a user calls it: its folder, a run of this package, or one on the hub.

The runs that come with the package lie in `stargan_tf/pretrained`, a folder for each.
"""

import dataclasses
import os
import pathlib

from stargan_tf.runs import hub

PRETRAINED = pathlib.Path(__file__).parents[1] / "pretrained"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a run lies.

    Attributes:
      directory: Its folder.
      address: What the user called it, if the folder is not the user's own, so that nothing may be
        written into it: "cartoon_faces_v1", "hf://user/name@main"; else "".
    """

    directory: pathlib.Path
    address: str = ""


def names() -> tuple[str, ...]:
    """Returns the names of the runs that come with the package, sorted."""
    return tuple(sorted(path.parent.name for path in PRETRAINED.glob("*/model.json")))


def find(text: str | os.PathLike[str], option: str) -> Place:
    """Returns where a run lies; fetches it if it is on the hub and not in the cache.

    A folder or file of the user's with the name of a run of this package comes first.

    Args:
      text: A folder, one of `names()`, or "hf://USER/NAME" or "hf://USER/NAME@REVISION".
      option: What messages call `text`.

    Raises:
      UserError: A run can't be fetched from the hub.
    """
    text = os.fspath(text)
    if text.startswith(hub.SCHEME):
        return Place(hub.fetch(text, option), text)
    if text in names() and not os.path.lexists(text):
        return Place(PRETRAINED / text, text)
    return Place(pathlib.Path(text))


def hint(directory: pathlib.Path) -> str:
    """Returns what to add to the message that `directory` is no run: "" or words after "; "."""
    known = names()
    if str(directory) in known and directory.exists():
        return (
            f"; it hides the run {directory} that comes with this package, so rename it or call "
            "this from another folder"
        )
    if known and directory.parent == pathlib.Path() and not directory.exists():
        return f"; runs that come with this package: {', '.join(known)}"
    return ""
