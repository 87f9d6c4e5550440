"""Draws bars with intervals, in groups. Needs only Pillow."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from stargan_tf.pictures import photos, sheet_fonts

_HEIGHT, _BAR, _GAP, _MARGIN, _FONT = 300, 26, 30, 14, 13  # pixels
_LEFT = 52  # of the scale's numbers
_COLOURS = ("#1f528c", "#4f9bd0", "#7a9e3d", "#d9822b", "#a33b3b", "#7b5aa6", "#666666")
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between two lines of the scale


def render(
    groups: Sequence[str], series: Mapping[str, Sequence[tuple[float, float]]], title: str
) -> np.ndarray:
    """Draws shares as bars, those of one group side by side, with their intervals.

    The scale begins below the lowest interval, not at 0, if that lies high.

    Args:
      groups: Below the bars.
      series: By name, for each group a share from 0 to 1 and half the width of its interval.
      title: A line above.

    Returns:
      (H, W, 3) uint8.
    """
    lowest = min(value - half for column in series.values() for value, half in column)
    bottom = max(0.0, np.floor(lowest * 20 - 0.5) / 20) if lowest > 0.3 else 0.0
    step = next((s for s in _STEPS if (1 - bottom) / s <= 8), _STEPS[-1])
    font = sheet_fonts.drawable("Ag", _FONT)[1]
    line = font.getbbox("Ag")[3] + 6
    top, wide = _MARGIN + line * (1 + len(series)) + _MARGIN, len(series) * _BAR
    labels = [sheet_fonts.drawable(name, _FONT) for name in groups]
    each = max([wide, *(int(f.getlength(text)) + 1 for text, f in labels)]) + _GAP
    texts = [sheet_fonts.drawable(text, _FONT) for text in (title, *series)]
    width = max(_LEFT + len(groups) * each, *(int(f.getlength(t)) + 2 * _LEFT for t, f in texts))
    canvas = Image.new("RGB", (width + _MARGIN, top + _HEIGHT + line + _MARGIN), "white")
    draw = ImageDraw.Draw(canvas)

    def height(value: float) -> float:
        return top + _HEIGHT * (1 - (min(max(value, bottom), 1.0) - bottom) / (1 - bottom))

    draw.text((_MARGIN, _MARGIN), texts[0][0], "black", texts[0][1])
    for k, (text, own) in enumerate(texts[1:]):
        y = _MARGIN + line * (k + 1)
        draw.rectangle((_MARGIN, y + 2, _MARGIN + 12, y + 14), fill=_COLOURS[k % len(_COLOURS)])
        draw.text((_MARGIN + 20, y), text, "black", own)
    for value in np.arange(round(bottom / step), round(1 / step) + 1) * step:
        y = height(value)
        draw.line((_LEFT, y, width, y), fill="lightgrey")
        draw.text((_LEFT - 6, y), f"{100 * value:.0f} %", "black", font, anchor="rm")
    for i, (text, own) in enumerate(labels):
        left = _LEFT + i * each + (each - wide) / 2
        for k, column in enumerate(series.values()):
            value, half = column[i]
            x = left + k * _BAR
            box = (x + 2, height(value), x + _BAR - 2, height(bottom))
            draw.rectangle(box, fill=_COLOURS[k % len(_COLOURS)])
            if half:
                middle, ends = x + _BAR / 2, (height(value + half), height(value - half))
                draw.line((middle, ends[0], middle, ends[1]), fill="black", width=2)
                for y in ends:
                    draw.line((middle - 5, y, middle + 5, y), fill="black", width=2)
        draw.text((left + wide / 2, top + _HEIGHT + 6), text, "black", own, anchor="ma")
    return np.asarray(canvas)


def save(
    path: pathlib.Path,
    groups: Sequence[str],
    series: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
) -> None:
    """Writes what `render` draws to a PNG file."""
    photos.save_png(path, render(groups, series, title))
