"""Sheets: pictures of images side by side, with headings. Pillow only."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stargan_tf.data import photos

_MARGIN = 4
_SMALLEST_CELL = 96  # pixels; below it a heading could not be read


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A table of images.

    Attributes:
      columns: A heading for every column.
      images: (rows, columns, H, W, 3) float32 in [-1, 1].
    """

    columns: Sequence[str]
    images: np.ndarray

    def __post_init__(self) -> None:
        if np.ndim(self.images) != 5 or np.shape(self.images)[1] != len(self.columns):
            raise ValueError(
                "images must be (rows, columns, H, W, 3) with a heading for every column. "
                f"Received: {np.shape(self.images)} and {list(self.columns)}"
            )


def render(sheet: Sheet) -> np.ndarray:
    """Returns the sheet as one picture (H, W, 3) uint8.

    Small images are enlarged by a whole factor, without smoothing, so that headings can be read.
    """
    height, width = sheet.images.shape[2:4]
    factor = max(1, -(-_SMALLEST_CELL // max(width, 1)))
    height, width = height * factor, width * factor
    font = ImageFont.load_default(size=max(11, min(width // 9, 22)))
    headings = [_wrapped(text, font, width) for text in sheet.columns]
    line = font.getbbox("Ag")[3] + 3
    top = _MARGIN + line * max(text.count("\n") + 1 for text in headings)
    rows, columns = sheet.images.shape[:2]
    size = (columns * (width + _MARGIN) + _MARGIN, top + rows * (height + _MARGIN) + _MARGIN)
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    for column, text in enumerate(headings):
        left = _MARGIN + column * (width + _MARGIN)
        draw.multiline_text(
            (left + width / 2, top - 2), text, "black", font, anchor="md", align="center"
        )
        for row in range(rows):
            cell = Image.fromarray(photos.to_uint8(sheet.images[row, column]))
            cell = cell.resize((width, height), Image.Resampling.NEAREST)
            canvas.paste(cell, (left, top + _MARGIN + row * (height + _MARGIN)))
    return np.asarray(canvas)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Breaks a heading at "+" and blanks where it is wider than its column."""
    lines = [""]
    for word in text.replace("+", "+ ").split():
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
