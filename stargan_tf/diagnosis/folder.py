"""What is wrong with a folder of images: files that are left out; or no data set is in it."""

import difflib
import os
import pathlib
from collections.abc import Iterable

from stargan_tf.data.sources import celeba, folder_layout, folder_survey
from stargan_tf.diagnosis import finding

KINDS = ("image_folder", "celeba", "rafd")  # data sets that are folders of image files

_MOST_FOLDERS = 10  # that a description lists


def strays(
    found: folder_survey.Survey, layout: folder_layout.Layout | None = None
) -> list[finding.Finding]:
    """Returns what is to be said of files that are left out.

    Args:
      found: What is in the data folder.
      layout: Where its domains are; None: that is not known, or not what its layout is about.
    """
    said = []

    def at(paths: Iterable[str]) -> list[str]:
        return [os.path.join(found.root, path) for path in paths]

    if found.unread:
        kinds = sorted({pathlib.PurePath(path).suffix.lower() for path in found.unread})
        text = (
            f"Pictures of kinds that are not read ({', '.join(kinds)}): "
            f"{finding.counted(len(found.unread), 'file')}; they are left out."
        )
        advice = (
            f"Convert {finding.these(len(found.unread), 'file')} to JPEG or PNG, as in "
            "`mogrify -format png FILE` (ImageMagick)"
        )
        said.append(finding.naming("unread_kind", "warning", text, advice, at(found.unread)))
    if layout:
        said += _misplaced(found, layout)
    if found.hidden:
        text = f"Hidden: {finding.counted(len(found.hidden), 'folder')}; left out with all in it."
        advice = "Rename what should count, without the dot in front"
        said.append(finding.naming("hidden", "hint", text, advice, at(found.hidden)))
    if found.links:
        text = f"Links to folders: {len(found.links):,}; they are not followed there."
        advice = "Put folders, or links to files, in place of these links"
        said.append(finding.naming("links", "warning", text, advice, at(found.links)))
    if not found.complete:
        text = f"{found.root} holds so much that not all of it was listed."
        said.append(finding.Finding("large_folder", "hint", text, "Check --data_dir"))
    return said


def _misplaced(found: folder_survey.Survey, layout: folder_layout.Layout) -> list[finding.Finding]:
    """Images that are in no domain's folder."""
    roots = [os.path.relpath(root, found.root) for root in (layout.train, layout.held_out) if root]
    places = {}
    for at, count in found.images.items():
        parts = at.split("/") if at else []
        # Another part, such as test beside val, is left alone on purpose.
        inside = parts[1:] if parts and parts[0].lower() in folder_layout.PARTS else parts
        if not inside or (roots != ["."] and inside == parts):
            places[os.path.join(found.root, at)] = count
    if not places:
        return []
    names = (f"{at} ({finding.counted(count, 'image')})" for at, count in places.items())
    total = finding.counted(sum(places.values()), "image")
    text = f"Outside of the folders of the domains: {total}; they are left out."
    advice = f"Move the {total} in these folders into the folder of a domain"
    return [finding.naming("misplaced", "warning", text, advice, names)]


def description(found: folder_survey.Survey) -> list[str]:
    """Returns lines that tell what is in a folder: kinds of files, folders with images."""
    if "" in found.problems:
        return [f"{found.root} is missing, is no folder, or can't be listed."]
    files = ", ".join(f"{count:,} {suffix}" for suffix, count in found.suffixes.items())
    lines = [f"{found.root} holds {finding.counted(len(found.folders), 'folder')}; "
             f"files: {files or 'none'}."]  # fmt: skip
    shown = list(found.images.items())[:_MOST_FOLDERS]
    lines += [f"  {at or '.'}: {finding.counted(count, 'image')}" for at, count in shown]
    if len(found.images) > len(shown):
        lines.append(f"  and {len(found.images) - len(shown):,} more folders with images")
    return lines


def guess(found: folder_survey.Survey, kind: str) -> str:
    """Returns what to do where a data set could not be loaded from the folder; "": as it was said.

    Args:
      found: What is in the folder.
      kind: The data set that was asked for.
    """
    root, children = found.root, found.children()
    if "" in found.problems:
        return _near_name(root)
    if not found.images and found.archives and not found.unread:
        return f"Unpack {os.path.join(root, found.archives[0])} first"
    if not found.images and found.unread:
        return f"Convert the {finding.counted(len(found.unread), 'picture')} to JPEG or PNG first"
    if not found.images and kind == "image_folder":
        return f"Copy images into {os.path.join(root, '<domain>')}, a folder for each domain"
    if kind != "celeba":
        for folder in ("", *children):
            if celeba.find_table(os.path.join(root, folder)):
                return f"Pass --dataset=celeba --data_dir={os.path.join(root, folder)}"
    return ""


def _near_name(root: str) -> str:
    """A folder beside the missing one that is called nearly the same."""
    path = pathlib.Path(root)
    try:
        names = [p.name for p in path.parent.iterdir() if p.is_dir()]
    except OSError:
        return "Check --data_dir"
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.7)
    return f"Pass --data_dir={path.parent / near[0]}" if near else "Check --data_dir"
