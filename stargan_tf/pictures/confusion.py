"""Draws a confusion matrix: which labels were taken for which. Needs only Pillow."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from stargan_tf.pictures import sheet_fonts

_CELL, _MARGIN, _FONT = 44, 8, 13  # pixels
_MOST_LABELS = 24  # of more, cells have no numbers and are small
_SMALL_CELL = 12
_FULL = np.array([31, 82, 140])  # the colour of a share of 1; that of 0 is white


def render(
    rows: Sequence[str], columns: Sequence[str], counts: np.ndarray, title: str = ""
) -> np.ndarray:
    """Draws a matrix whose cells are shaded by their share of the row, with the share in percent.

    Args:
      rows: What was asked for.
      columns: What it was taken for.
      counts: (rows, columns), how often; a row without any is left white.
      title: A line above.

    Returns:
      (H, W, 3) uint8.
    """
    counts = np.asarray(counts, np.float64)
    if counts.shape != (len(rows), len(columns)):
        raise ValueError(
            f"counts must be {(len(rows), len(columns))}, as the names. Received: {counts.shape}"
        )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    numbered = max(len(rows), len(columns)) <= _MOST_LABELS
    cell = _CELL if numbered else _SMALL_CELL
    left = max(_label(name)[0].width for name in rows) + 2 * _MARGIN
    upright = [_label(name)[0].rotate(90, expand=True) for name in columns]
    head = _label(title)[0] if title else None
    above = _MARGIN + (head.height + _MARGIN if head else 0)
    top = above + max(name.height for name in upright) + _MARGIN
    width = max(left + len(columns) * cell + _MARGIN, head.width + 2 * _MARGIN if head else 0)
    canvas = Image.new("RGB", (width, top + len(rows) * cell + _MARGIN), "white")
    if head:
        canvas.paste(head, (_MARGIN, _MARGIN))
    for j, name in enumerate(upright):
        place = left + j * cell + (cell - name.width) // 2, top - _MARGIN // 2 - name.height
        canvas.paste(name, place)
    draw = ImageDraw.Draw(canvas)
    for i, name in enumerate(rows):
        text = _label(name)[0]
        y = top + i * cell
        canvas.paste(text, (left - _MARGIN - text.width, y + (cell - text.height) // 2))
        for j, share in enumerate(shares[i]):
            box = (left + j * cell, y, left + (j + 1) * cell, y + cell)
            colour = tuple((255 + share * (_FULL - 255)).round().astype(int).tolist())
            draw.rectangle(box, fill=colour, outline="lightgrey")
            if numbered and counts[i].any():
                middle = (left + (j + 0.5) * cell, y + cell / 2)
                ink = "white" if share > 0.5 else "black"
                font = _label("0")[1]
                draw.text(middle, f"{100 * share:.0f}", ink, font, anchor="mm")
    return np.asarray(canvas)


def _label(text: str) -> tuple[Image.Image, object]:
    """Returns a text as a picture of its own, and the font."""
    text, font = sheet_fonts.drawable(text, _FONT)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("RGB", (max(right - left, 1), bottom - min(top, 0) + 2), "white")
    ImageDraw.Draw(picture).text((-left, -min(top, 0)), text, "black", font)
    return picture, font
