"""Lists what a folder holds, whatever its layout, to explain what training leaves out."""

import collections
import dataclasses
import os
import pathlib

from stargan_tf.data.images import photo_folders
from stargan_tf.data.sources import image_files

# Pictures that other programs write and no data set here reads.
UNREAD_SUFFIXES = tuple(
    suffix for suffix in photo_folders.PICTURE_SUFFIXES if suffix not in image_files.IMAGE_SUFFIXES
)
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")

_MAX_ENTRIES = 1_000_000  # so that the survey of a mistaken data_dir=/ ends
_MAX_KINDS = 8  # suffixes that a line names
_LINK_DEPTH = 2  # DIR/train and DIR/train/cat may be links; deeper links are not followed


@dataclasses.dataclass(frozen=True)
class Survey:
    """The contents of a folder. Paths are relative to it, joined by "/", and sorted.

    Attributes:
      root: The folder.
      folders: All visible folders below it.
      images: The number of visible, readable images directly in each folder, by path ("": root).
      suffixes: The number of visible files by suffix, in lower case.
      unread: Pictures of kinds that no data set reads.
      archives: Files that may hold pictures once unpacked.
      hidden: Hidden folders, which are left out with all their contents.
      links: Links to folders that were not followed.
      problems: Folders that can't be listed.
      complete: Whether everything was listed; False: the folder holds too much.
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
        """Returns the number of images in a folder ("": root), at any depth."""
        inside = f"{folder}/" if folder else ""
        return sum(n for at, n in self.images.items() if at == folder or at.startswith(inside))

    def describe_left_out(self) -> str:
        """Returns a line about the visible files that are not readable images, or ""."""
        others = [(s, n) for s, n in self.suffixes.items() if s not in image_files.IMAGE_SUFFIXES]
        count = sum(n for _, n in others)
        if not count:
            return ""
        shown = sorted(others, key=lambda kind: (-kind[1], kind[0]))[:_MAX_KINDS]
        kinds = ", ".join(f"{suffix} {n:,}" for suffix, n in shown)
        more = ", ..." if len(others) > _MAX_KINDS else ""
        files = "1 file that is not an image"
        if count > 1:
            files = f"{count:,} files that are not images"
        return f"left out of {self.root}: {files} this program reads ({kinds}{more})"

    def children(self, folder: str = "") -> tuple[str, ...]:
        """Returns the names of the visible folders directly in a folder ("": root)."""
        inside = f"{folder}/" if folder else ""
        below = (at.removeprefix(inside) for at in self.folders if at.startswith(inside))
        return tuple(name for name in below if "/" not in name)


def survey(root: str | os.PathLike[str], most: int = _MAX_ENTRIES) -> Survey:
    """Lists a folder and everything below it; opens no file.

    Args:
      root: The folder; if it is missing or can't be listed, it is among its own `problems`.
      most: The number of files and folders after which to stop.
    """
    notes = _Notes()
    pending, seen = [("", 0)], 0
    while pending and seen < most:
        parent, depth = pending.pop()
        try:
            with os.scandir(os.path.join(root, parent)) as entries:
                for entry in entries:
                    seen += 1
                    path = f"{parent}/{entry.name}" if parent else entry.name
                    if notes.add(entry, parent, path, depth):
                        pending.append((path, depth + 1))
        except OSError:
            notes.problems.append(parent)
    lists = (notes.unread, notes.archives, notes.hidden, notes.links, notes.problems)
    return Survey(
        os.fspath(root),
        tuple(sorted(notes.folders)),
        dict(sorted(notes.images.items())),
        dict(notes.suffixes.most_common()),
        *(tuple(sorted(paths)) for paths in lists),
        complete=not pending,
    )


class _Notes:
    """Collects a survey."""

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
        """Records a file or folder; returns whether to list it, too."""
        if entry.name.startswith("."):
            if entry.is_dir(follow_symlinks=False):
                self.hidden.append(path)
            return False
        if entry.is_dir():
            followed = depth < _LINK_DEPTH or not entry.is_symlink()
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
