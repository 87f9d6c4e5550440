"""Squares of photos: where they lie, cutting them out, and pasting their translations back.

A translation has the network's few pixels, and the photo may have many. Pasting enlarges what the
network made, or what it changed, to the photo's own pixels, and fades it out towards the border of
the square.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image

from stargan_tf.data.images import reading
from stargan_tf.pictures import photos

Paste = Literal["difference", "square"]
PASTES: tuple[Paste, ...] = ("difference", "square")

_FEATHER = 0.08  # the share of a region's side within which what is pasted fades out
_STRIP = 256  # rows that are computed at a time, so that large photos need little memory


@dataclasses.dataclass(frozen=True)
class Region:
    """The part of a photo that a network sees as a square; it may reach beyond the photo.

    Attributes:
      left: Of the upper left corner before the turn, in pixels of the photo; 0 is the photo's edge.
      top: Likewise.
      width: In pixels.
      height: In pixels; other than the width if the square shows the photo out of proportion.
      turn: The angle in radians by which the region is turned about its centre, clockwise as seen.
    """

    left: float
    top: float
    width: float
    height: float
    turn: float = 0.0

    @property
    def centre(self) -> tuple[float, float]:
        """The centre (x, y)."""
        return self.left + self.width / 2, self.top + self.height / 2

    def bounds(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Returns left, top, right and bottom of the pixels of a photo (width, height) in it."""
        c, s = abs(math.cos(self.turn)) / 2, abs(math.sin(self.turn)) / 2
        half_x, half_y = c * self.width + s * self.height, s * self.width + c * self.height
        (x, y), (width, height) = self.centre, size
        left, top = max(0, math.floor(x - half_x)), max(0, math.floor(y - half_y))
        right, bottom = min(width, math.ceil(x + half_x)), min(height, math.ceil(y + half_y))
        return left, top, max(left, right), max(top, bottom)

    def coordinates(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns where points of the photo lie in the region: (0, 0) to (1, 1) is inside."""
        across, down = x - self.centre[0], y - self.centre[1]
        c, s = math.cos(self.turn), math.sin(self.turn)
        u, v = c * across + s * down, c * down - s * across
        return u / self.width + 0.5, v / self.height + 0.5


def of_framing(framing: photos.Framing, size: tuple[int, int]) -> Region:
    """Returns which part of a photo of `size` (width, height) `framing` shows a network.

    For "pad" it reaches beyond the photo, where the bars are.
    """
    width, height = size
    if framing.fit == "stretch":
        return Region(0, 0, width, height)
    if framing.fit == "crop":
        top, left, tall, wide = reading.centre_box(height, width, framing.crop_size)
        return Region(left, top, wide, tall)
    inner = photos.padded_size(size, framing.size)
    scale = [side / shown for side, shown in zip(size, inner, strict=True)]
    left, top = (-k * ((framing.size - shown) // 2) for k, shown in zip(scale, inner, strict=True))
    return Region(left, top, framing.size * scale[0], framing.size * scale[1])


def cut(photo: Image.Image, region: Region, size: int) -> Image.Image:
    """Returns a region of an RGB photo as a square of `size` pixels, antialiased.

    Beyond its edge the photo goes on with its last pixels.
    """
    if not region.turn:
        return _cut_straight(photo, region, size)
    # Turned first, at about the photo's own resolution, and then reduced like any other.
    side = max(size, min(round(max(region.width, region.height)), 4 * size))
    c, s = math.cos(region.turn), math.sin(region.turn)
    (x, y), k, m = region.centre, region.width / side, region.height / side
    data = (k * c, -m * s, x - side / 2 * (k * c - m * s),
            k * s, m * c, y - side / 2 * (k * s + m * c))  # fmt: skip
    left, top, right, bottom = _around(photo, region)
    data = (*data[:2], data[2] - left, *data[3:5], data[5] - top)
    part = _with_edges(photo, (left, top, right, bottom))
    part = part.transform((side, side), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    return part.resize((size, size), Image.Resampling.BILINEAR)


def paste(
    photo: Image.Image, region: Region, before: np.ndarray, after: np.ndarray, how: Paste
) -> Image.Image:
    """Puts a translation back into its photo, whose size stays; fades out inside the region.

    Args:
      photo: RGB.
      region: Where the square lies in it.
      before: (S, S, 3) float32 in [-1, 1], the square as the network saw it.
      after: (S, S, 3) float32 in [-1, 1], its translation.
      how: "square" enlarges `after` and puts it there; "difference" enlarges what differs between
        `before` and `after`, and adds it to the photo, which so keeps its own details.

    Returns:
      A new RGB image.

    Raises:
      ValueError: `how` is another, or `after` holds NaN.
    """
    return paste_all(photo, [(region, before, after)], how)


def paste_all(
    photo: Image.Image, placed: Sequence[tuple[Region, np.ndarray, np.ndarray]], how: Paste
) -> Image.Image:
    """Does what `paste` does with several squares; where some overlap, they are averaged."""
    if how not in PASTES:
        raise ValueError(f"how must be one of {PASTES}. Received: {how!r}")
    planes = [_planes(before, after, how) for _, before, after in placed]
    pixels = np.array(photo)
    for start in range(0, photo.height, _STRIP):
        rows = pixels[start : start + _STRIP]
        change, total = np.zeros(rows.shape, np.float32), np.zeros(rows.shape[:2], np.float32)
        for (region, _, _), channels in zip(placed, planes, strict=True):
            left, top, right, bottom = region.bounds(photo.size)
            top, bottom = max(top, start), min(bottom, start + len(rows))
            if left >= right or top >= bottom:
                continue
            box, part = (left, top, right, bottom), np.s_[top - start : bottom - start, left:right]
            new = np.stack([_enlarged(channel, region, box) for channel in channels], axis=-1)
            weights = _weights(region, box, photo.size)
            if how == "square":
                new = new - rows[part]
            change[part] += weights[..., np.newaxis] * new
            total[part] += weights
        mixed = rows + change / np.maximum(total, 1)[..., np.newaxis]
        rows[:] = np.round(np.clip(mixed, 0, 255)).astype(np.uint8)
    return Image.fromarray(pixels)


def _planes(before: np.ndarray, after: np.ndarray, how: Paste) -> list[Image.Image]:
    """Returns what is to be enlarged, in grey levels, as an image of mode F for each channel."""
    if np.isnan(after).any():
        raise ValueError("The image holds NaN; the network that made it has diverged.")
    after = np.clip(np.asarray(after, np.float32), -1, 1)
    values = after - before if how == "difference" else after + 1
    values = np.moveaxis(values * np.float32(127.5), -1, 0)
    return [Image.fromarray(np.ascontiguousarray(plane)) for plane in values]


def _enlarged(plane: Image.Image, region: Region, box: tuple[int, int, int, int]) -> np.ndarray:
    """Returns a channel of the square (mode F) at the photo's pixels in `box`, (h, w) float32."""
    left, top, right, bottom = box
    size, side = (right - left, bottom - top), plane.width
    if not region.turn:
        corners = np.array([[left, right], [top, bottom]], float)
        u, v = region.coordinates(*corners)
        part = np.clip(side * np.array([u[0], v[0], u[1], v[1]]), 0, side)
        return np.asarray(plane.resize(size, Image.Resampling.BICUBIC, tuple(part.tolist())))
    ratio = region.width / side
    if ratio < 1:  # fewer pixels than the network made: reduced first, against aliasing
        side = max(1, math.ceil(region.width))
        plane = plane.resize((side, side), Image.Resampling.BICUBIC)
    margin = 2  # pixels that repeat the border, since Pillow leaves out what it can't interpolate
    padded = Image.fromarray(np.pad(np.asarray(plane), margin, "edge"))
    origin = region.coordinates(np.array(left, float), np.array(top, float))
    across = region.coordinates(np.array(left + 1.0), np.array(top, float))
    down = region.coordinates(np.array(left, float), np.array(top + 1.0))
    data = []
    for start, one, other in zip(origin, across, down, strict=True):
        data += [side * (one - start), side * (other - start), side * start + margin]
    data = tuple(map(float, data))
    return np.asarray(
        padded.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    )


def _weights(region: Region, box: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """Returns how much of what is pasted each pixel of `box` takes, (h, w) float32 in [0, 1].

    It is 1 inside and falls to 0 at the region's border, but not at a side where the photo ends.
    """
    left, top, right, bottom = box
    x = np.arange(left, right, dtype=np.float32)[np.newaxis] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[:, np.newaxis] + np.float32(0.5)
    u, v = region.coordinates(x, y)
    edges = [(u, region.left <= 0), (1 - u, region.left + region.width >= size[0])]
    edges += [(v, region.top <= 0), (1 - v, region.top + region.height >= size[1])]
    weights = np.ones((bottom - top, right - left), np.float32)
    for distance, at_end in edges:
        if region.turn or not at_end:
            t = np.clip(distance / _FEATHER, 0, 1).astype(np.float32)
            weights = weights * (t * t * (3 - 2 * t))
    return weights


def _cut_straight(photo: Image.Image, region: Region, size: int) -> Image.Image:
    right, bottom = region.left + region.width, region.top + region.height
    box = (math.floor(region.left), math.floor(region.top), math.ceil(right), math.ceil(bottom))
    part = _with_edges(photo, box)
    inner = (region.left - box[0], region.top - box[1], right - box[0], bottom - box[1])
    return part.resize((size, size), Image.Resampling.BILINEAR, inner)


def _around(photo: Image.Image, region: Region) -> tuple[int, int, int, int]:
    """Returns a box that holds all of a region and a few pixels more, also beyond the photo."""
    half = math.hypot(region.width, region.height) / 2 + 4
    x, y = region.centre
    return math.floor(x - half), math.floor(y - half), math.ceil(x + half), math.ceil(y + half)


def _with_edges(photo: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Returns the box left, top, right, bottom of a photo, whose edges go on beyond it."""
    left, top, right, bottom = box
    width, height = photo.size
    inside = (
        min(max(left, 0), width - 1),
        min(max(top, 0), height - 1),
        max(min(right, width), 1),
        max(min(bottom, height), 1),
    )
    inside = (*inside[:2], max(inside[2], inside[0] + 1), max(inside[3], inside[1] + 1))
    part = photo.crop(inside)
    if inside == box:
        return part
    before = (max(0, inside[1] - top), max(0, inside[0] - left))
    after = (max(0, bottom - inside[3]), max(0, right - inside[2]))
    margins = [*zip(before, after, strict=True), (0, 0)]
    return Image.fromarray(np.pad(np.asarray(part), margins, "edge"))
