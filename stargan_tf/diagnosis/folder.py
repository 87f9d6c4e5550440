"""Checks a folder of images: files that are left out, or why it holds no data set."""

import difflib
import os
import pathlib
from collections.abc import Iterable

from stargan_tf.data.sources import celeba, folder_layout, folder_survey
from stargan_tf.diagnosis import finding

KINDS = ("image_folder", "celeba", "pairs", "rafd")  # data sets that are folders of image files

_MOST_FOLDERS = 10  # in a description


def strays(
    survey: folder_survey.Survey, layout: folder_layout.Layout | None = None
) -> list[finding.Finding]:
    """Returns findings on the files of a data folder that are left out.

    `layout` tells the folders of its domains; None: unknown, or the data set has no domains.
    """
    findings = []

    def at(paths: Iterable[str]) -> list[str]:
        return [os.path.join(survey.root, path) for path in paths]

    if survey.unread:
        kinds = sorted({pathlib.PurePath(path).suffix.lower() for path in survey.unread})
        text = (
            f"Pictures of kinds that are not read ({', '.join(kinds)}): "
            f"{finding.counted(len(survey.unread), 'file')}; they are left out."
        )
        advice = (
            f"Convert {finding.these(len(survey.unread), 'file')} to JPEG or PNG, as in "
            "`mogrify -format png FILE` (ImageMagick)"
        )
        findings.append(finding.Finding("unread_kind", "warning", text, advice, at(survey.unread)))
    if layout:
        findings += _misplaced(survey, layout)
    if survey.hidden:
        text = f"Hidden: {finding.counted(len(survey.hidden), 'folder')}; left out with all in it."
        advice = "Rename what should count, without the dot in front"
        findings.append(finding.Finding("hidden", "hint", text, advice, at(survey.hidden)))
    if survey.links:
        text = f"Links to folders: {len(survey.links):,}; they are not followed there."
        advice = "Put folders, or links to files, in place of these links"
        findings.append(finding.Finding("links", "warning", text, advice, at(survey.links)))
    if not survey.complete:
        text = f"{survey.root} holds so much that not all of it was listed."
        findings.append(finding.Finding("large_folder", "hint", text, "Check `data_dir`"))
    return findings


def _misplaced(survey: folder_survey.Survey, layout: folder_layout.Layout) -> list[finding.Finding]:
    """Returns the finding on images that are in no domain's folder."""
    roots = [os.path.relpath(root, survey.root) for root in (layout.train, layout.held_out) if root]
    places = {}
    for at, count in survey.images.items():
        parts = at.split("/") if at else []
        # Another part, such as test beside val, is left alone on purpose.
        inside = parts[1:] if parts and parts[0].lower() in folder_layout.PARTS else parts
        if not inside or (roots != ["."] and inside == parts):
            places[os.path.join(survey.root, at)] = count
    if not places:
        return []
    names = [f"{at} ({finding.counted(count, 'image')})" for at, count in places.items()]
    total = finding.counted(sum(places.values()), "image")
    text = f"Outside of the folders of the domains: {total}; they are left out."
    advice = f"Move the {total} in these folders into the folder of a domain"
    return [finding.Finding("misplaced", "warning", text, advice, names)]


def description(survey: folder_survey.Survey) -> list[str]:
    """Returns lines that describe a folder: the kinds of files, the folders with images."""
    if "" in survey.problems:
        return [f"{survey.root} is missing, is no folder, or can't be listed."]
    files = ", ".join(f"{count:,} {suffix}" for suffix, count in survey.suffixes.items())
    lines = [f"{survey.root} holds {finding.counted(len(survey.folders), 'folder')}; "
             f"files: {files or 'none'}."]  # fmt: skip
    shown = list(survey.images.items())[:_MOST_FOLDERS]
    lines += [f"  {at or '.'}: {finding.counted(count, 'image')}" for at, count in shown]
    if len(survey.images) > len(shown):
        lines.append(f"  and {len(survey.images) - len(shown):,} more folders with images")
    return lines


def guess(survey: folder_survey.Survey, kind: str) -> str:
    """Returns advice for a folder without the data set `kind`; "": the error's own is better."""
    root = survey.root
    if "" in survey.problems:
        return _near_name(root)
    if not survey.images and survey.archives and not survey.unread:
        return f"Unpack {os.path.join(root, survey.archives[0])} first"
    if not survey.images and survey.unread:
        return f"Convert the {finding.counted(len(survey.unread), 'picture')} to JPEG or PNG first"
    if not survey.images and kind == "image_folder":
        return f"Copy images into {os.path.join(root, '<domain>')}, a folder for each domain"
    if kind != "celeba":
        for folder in ("", *(path for path in survey.folders if "/" not in path)):
            if celeba.find_table(os.path.join(root, folder)):
                return f"Pass dataset=celeba data_dir={os.path.join(root, folder)}"
    return ""


def _near_name(root: str) -> str:
    """Returns advice for a missing folder: one beside it may have nearly the same name."""
    path = pathlib.Path(root)
    try:
        names = [p.name for p in path.parent.iterdir() if p.is_dir()]
    except OSError:
        return "Check `data_dir`"
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.7)
    return f"Pass data_dir={path.parent / near[0]}" if near else "Check `data_dir`"
