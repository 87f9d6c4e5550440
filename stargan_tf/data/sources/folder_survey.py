"""What is in a folder, whatever its layout: for someone whose data set could not be found in it."""

import collections
import dataclasses
import os
import pathlib

from stargan_tf.data.images import photo_folders
from stargan_tf.data.sources import image_files

# Pictures that other programs write and that no data set here reads.
UNREAD_SUFFIXES = tuple(
    suffix for suffix in photo_folders.PICTURE_SUFFIXES if suffix not in image_files.IMAGE_SUFFIXES
)
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")

_MOST_ENTRIES = 1_000_000  # a mistaken --data_dir=/ ends
_MOST_KINDS = 8  # that a line names
_LINKED_DEPTH = 2  # DIR/train and DIR/train/cat may be links to folders; below, none is followed


@dataclasses.dataclass(frozen=True)
class Survey:
    """What is in a folder. Paths are relative to it, with "/" between their parts, and sorted.

    Attributes:
      root: The folder.
      folders: All visible folders below it.
      images: How many visible image files of the kinds that are read each folder holds itself, by
        its path ("": root).
      suffixes: How many visible files end in what, in lower case.
      unread: Pictures of kinds that no data set reads.
      archives: Files that may hold pictures once they are unpacked.
      hidden: Hidden folders, which are left out with all they hold.
      links: Links to folders that were not followed.
      problems: Folders that can't be listed.
      complete: Whether all was seen; false: there was too much.
    """

    root: str
    folders: tuple[str, ...]
    images: dict[str, int]
    suffixes: dict[str, int]
    unread: tuple[str, ...]
    archives: tuple[str, ...]
    hidden: tuple[str, ...]
    links: tuple[str, ...]
    problems: tuple[str, ...]
    complete: bool

    def images_below(self, folder: str) -> int:
        """Returns how many images a folder (relative; "": all) holds, at any depth."""
        inside = f"{folder}/" if folder else ""
        return sum(n for at, n in self.images.items() if at == folder or at.startswith(inside))

    def left_out(self) -> str:
        """Returns a line on the visible files that are not images of a kind that is read, or ""."""
        others = [(s, n) for s, n in self.suffixes.items() if s not in image_files.IMAGE_SUFFIXES]
        count = sum(n for _, n in others)
        if not count:
            return ""
        shown = sorted(others, key=lambda kind: (-kind[1], kind[0]))[:_MOST_KINDS]
        kinds = ", ".join(f"{suffix} {n:,}" for suffix, n in shown)
        more = ", ..." if len(others) > _MOST_KINDS else ""
        said = (
            "1 file that is not an image" if count == 1 else f"{count:,} files that are not images"
        )
        return f"left out of {self.root}: {said} this program reads ({kinds}{more})"

    def children(self, folder: str = "") -> tuple[str, ...]:
        """Returns the names of the visible folders right in a folder (relative)."""
        inside = f"{folder}/" if folder else ""
        below = (at.removeprefix(inside) for at in self.folders if at.startswith(inside))
        return tuple(name for name in below if "/" not in name)


def survey(root: str | os.PathLike[str], most: int = _MOST_ENTRIES) -> Survey:
    """Lists a folder and all below it; opens no file.

    Args:
      root: The folder; one that is missing, or can't be listed, is among its own `problems`.
      most: How many files and folders to look at before giving up.
    """
    found = _Found()
    pending, seen = [("", 0)], 0
    while pending and seen < most:
        parent, depth = pending.pop()
        try:
            with os.scandir(os.path.join(root, parent)) as entries:
                for entry in entries:
                    seen += 1
                    path = f"{parent}/{entry.name}" if parent else entry.name
                    if found.add(entry, parent, path, depth):
                        pending.append((path, depth + 1))
        except OSError:
            found.problems.append(parent)
    return Survey(
        os.fspath(root),
        tuple(sorted(found.folders)),
        dict(sorted(found.images.items())),
        dict(found.suffixes.most_common()),
        *(
            tuple(sorted(paths))
            for paths in (found.unread, found.archives, found.hidden, found.links, found.problems)
        ),
        complete=not pending,
    )


class _Found:
    """A survey in the making."""

    def __init__(self):
        self.images: collections.Counter[str] = collections.Counter()
        self.suffixes: collections.Counter[str] = collections.Counter()
        self.folders: list[str] = []
        self.unread: list[str] = []
        self.archives: list[str] = []
        self.hidden: list[str] = []
        self.links: list[str] = []
        self.problems: list[str] = []

    def add(self, entry: os.DirEntry, parent: str, path: str, depth: int) -> bool:
        """Takes note of a file or folder; returns whether to go into it."""
        if entry.name.startswith("."):
            if entry.is_dir(follow_symlinks=False):
                self.hidden.append(path)
            return False
        if entry.is_dir():
            followed = depth < _LINKED_DEPTH or not entry.is_symlink()
            (self.folders if followed else self.links).append(path)
            return followed
        suffix = pathlib.PurePath(entry.name).suffix.lower()
        self.suffixes[suffix or "no suffix"] += 1
        if suffix in image_files.IMAGE_SUFFIXES:
            self.images[parent] += 1
        elif suffix in UNREAD_SUFFIXES:
            self.unread.append(path)
        elif suffix in ARCHIVE_SUFFIXES:
            self.archives.append(path)
        return False
