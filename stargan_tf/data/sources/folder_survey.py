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


@dataclasses.dataclass
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
    folders: list[str] = dataclasses.field(default_factory=list)
    images: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    suffixes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    unread: list[str] = dataclasses.field(default_factory=list)
    archives: list[str] = dataclasses.field(default_factory=list)
    hidden: list[str] = dataclasses.field(default_factory=list)
    links: list[str] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)
    complete: bool = True

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

    def _add(self, entry: os.DirEntry, parent: str, path: str, depth: int) -> bool:
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


def survey(root: str | os.PathLike[str], most: int = _MAX_ENTRIES) -> Survey:
    """Lists a folder and everything below it; opens no file.

    If it is missing or can't be listed, it is among its own `problems`. Stops after `most` files
    and folders.
    """
    listed = Survey(os.fspath(root))
    pending, seen = [("", 0)], 0
    while pending and seen < most:
        parent, depth = pending.pop()
        try:
            with os.scandir(os.path.join(root, parent)) as entries:
                for entry in entries:
                    seen += 1
                    path = f"{parent}/{entry.name}" if parent else entry.name
                    if listed._add(entry, parent, path, depth):
                        pending.append((path, depth + 1))
        except OSError:
            listed.problems.append(parent)
    for paths in filter(lambda value: isinstance(value, list), vars(listed).values()):
        paths.sort()
    listed.images = collections.Counter(dict(sorted(listed.images.items())))
    listed.suffixes = collections.Counter(dict(listed.suffixes.most_common()))
    listed.complete = not pending
    return listed
