"""Draws sheets: images side by side in one picture, with headings. Needs only Pillow."""

import dataclasses
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import photos, sheet_fonts

MOST_TARGETS = 12  # in a sheet or animation; more are hard to view and cost time and memory

_MARGIN = 4
_GAP = 12  # pixels more between groups of columns
_SMALLEST_CELL = 96  # pixels, so that headings are readable
_PLUS = re.compile(r"(?<!\bU)\+|\+(?![0-9A-F]{4,6}\b)")  # between names, not in "U+732B"


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A table of images.

    Attributes:
      columns: A heading for every column.
      images: (rows, columns, H, W, 3) float32 in [-1, 1].
      note: A line below the images; "": none.
      groups: Columns that belong together, from left to right: a heading above theirs ("": none)
        and how many there are. (): there are no groups.
    """

    columns: Sequence[str]
    images: np.ndarray
    note: str = ""
    groups: Sequence[tuple[str, int]] = ()

    def __post_init__(self) -> None:
        if np.ndim(self.images) != 5 or np.shape(self.images)[1] != len(self.columns):
            raise ValueError(
                "images must be (rows, columns, H, W, 3) with a heading for every column. "
                f"Received: {np.shape(self.images)} and {list(self.columns)}"
            )
        if self.groups and sum(count for _, count in self.groups) != len(self.columns):
            raise ValueError(
                f"groups must cover all {len(self.columns)} columns. Received: {list(self.groups)}"
            )


def evenly(count: int, most: int = MOST_TARGETS) -> list[int]:
    """Returns all indices below `count`, ascending, or `most` of them, evenly spaced."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()


def targets(space: labels_lib.LabelSpace, names: Sequence[str] = ()) -> tuple[tuple[str, ...], str]:
    """Returns the labels to show in the columns of a sheet, and a note on their number.

    Args:
      space: All labels.
      names: Those among them that images are translated to; empty: all.

    Returns:
      names: At most MOST_TARGETS; see `evenly`.
      note: "12 of 150 domains", or "" if all are shown.
    """
    known = tuple(names) or space.names
    shown = tuple(known[i] for i in evenly(len(known)))
    return shown, share(len(shown), len(known), f"{space.what}s")


def share(shown: int, count: int, what: str) -> str:
    """Returns "12 of 150 domains", or "" if all are shown."""
    return f"{shown} of {count} {what}" if shown < count else ""


def render(sheet: Sheet, fonts: Sequence[str] | None = None) -> np.ndarray:
    """Draws a sheet as one picture (H, W, 3) uint8.

    Small images are enlarged by a whole factor, without smoothing, so that headings are readable.

    Args:
      sheet: The images and headings.
      fonts: Paths of fonts for headings that Pillow's own font can't draw; None: the fonts of this
        machine. See `sheet_fonts`.
    """
    height, width = sheet.images.shape[2:4]
    factor = max(1, -(-_SMALLEST_CELL // max(width, 1)))
    height, width = height * factor, width * factor
    font_size = max(11, min(width // 9, 22))
    headings = [_heading(text, font_size, width, fonts) for text in sheet.columns]
    lefts, groups = _places(sheet, width)
    groups = [(*_heading(text, font_size + 2, span, fonts), x, span) for text, x, span in groups]
    above = max((_height(text, font) for text, font, *_ in groups if text), default=0)
    top = _MARGIN + above + max(_height(*heading) for heading in headings)
    rows = len(sheet.images)
    bottom = top + rows * (height + _MARGIN) + _MARGIN
    size = (lefts[-1] + width + _MARGIN, bottom)
    if sheet.note:
        note, font = _heading(sheet.note, font_size, size[0] - 2 * _MARGIN, fonts)
        size = (size[0], bottom + _height(note, font))
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    if sheet.note:
        draw.multiline_text((_MARGIN, bottom), note, "black", font)
    for text, font, left, span in groups:
        place = (left + span / 2, _MARGIN + above - 2)
        draw.multiline_text(place, text, "black", font, anchor="md", align="center")
    for column, (text, font) in enumerate(headings):
        left = lefts[column]
        draw.multiline_text(
            (left + width / 2, top - 2), text, "black", font, anchor="md", align="center"
        )
        for row in range(rows):
            cell = Image.fromarray(photos.to_uint8(sheet.images[row, column]))
            cell = cell.resize((width, height), Image.Resampling.NEAREST)
            canvas.paste(cell, (left, top + _MARGIN + row * (height + _MARGIN)))
    return np.asarray(canvas)


def _places(sheet: Sheet, width: int) -> tuple[list[int], list[tuple[str, int, int]]]:
    """Returns the left edges of the columns, and each group's heading, left edge and width."""
    lefts, groups, left = [], [], _MARGIN
    for text, count in sheet.groups or [("", len(sheet.columns))]:
        if lefts:
            left += _GAP
        lefts += [left + k * (width + _MARGIN) for k in range(count)]
        groups.append((text, left, count * (width + _MARGIN) - _MARGIN))
        left += count * (width + _MARGIN)
    return lefts, groups


def _heading(
    text: str, size: int, width: int, fonts: Sequence[str] | None
) -> tuple[str, ImageFont.FreeTypeFont]:
    """Returns a text broken into lines that fit a column, and its font."""
    text, font = sheet_fonts.drawable(text, size, fonts)
    return _wrapped(text, font, width), font


def _height(text: str, font: ImageFont.FreeTypeFont) -> int:
    """Returns the height of a text in pixels."""
    first = text.partition("\n")[0]
    above = max(0, -int(font.getbbox(first)[1]))  # accents may be higher than letters
    return (font.getbbox("Ag")[3] + 3) * (text.count("\n") + 1) + above


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Breaks a heading at "+" and blanks if it is wider than its column."""
    lines = [""]
    for word in _PLUS.sub("+ ", text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
        while len(lines[-1]) > 1 and font.getlength(lines[-1]) > width:
            word = lines.pop()
            fitting = [n for n in range(1, len(word)) if font.getlength(word[:n]) <= width]
            end = max(fitting, default=1)
            end = word.rfind("_", 0, end) + 1 or end
            lines += [word[:end], word[end:]]
    return "\n".join(lines)
