"""Simple shapes, and a pen that draws them."""

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from stargan_tf.cartoon.sampling import Colour


@functools.cache
def circle(n: int) -> np.ndarray:
    """Returns (n, 2) points of the unit circle."""
    t = np.arange(n) * (2.0 * math.pi / n)
    return np.stack([np.cos(t), np.sin(t)], axis=1)


def oval(x: float, y: float, rx: float, ry: float, power: float = 1.0, n: int = 48) -> np.ndarray:
    """Returns (n, 2) points of an ellipse about (x, y); power < 1 makes it squarer."""
    points = circle(n)
    if power != 1.0:
        points = np.sign(points) * np.abs(points) ** power
    return points * (rx, ry) + (x, y)


def curve(points: Sequence[Sequence[float]], steps: int = 10) -> np.ndarray:
    """Returns a smooth open line (Catmull-Rom) through the (n, 2) points."""
    p = np.asarray(points, float)
    p = np.concatenate([2.0 * p[:1] - p[1:2], p, 2.0 * p[-1:] - p[-2:-1]])
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[k : len(p) - 3 + k, None] for k in range(4))
    line = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([line.reshape(-1, 2), p[-2:-1]])


def with_mirror(half: np.ndarray) -> np.ndarray:
    """Joins an (n, 2) line and its mirror image to a closed polygon, (2n, 2)."""
    return np.concatenate([half, half[::-1] * (-1.0, 1.0)])


@dataclasses.dataclass(frozen=True)
class Pen:
    """Draws shapes in face coordinates on a square picture.

    Attributes:
      canvas: The picture, an RGB image or an L mask.
      centre: The position of the origin, in picture sides.
      roll: Rotation, in radians.
      scale: Factor for all lengths.
    """

    canvas: Image.Image
    centre: tuple[float, float]
    roll: float = 0.0
    scale: float = 1.0

    @functools.cached_property
    def brush(self) -> ImageDraw.ImageDraw:
        """Pillow's drawing object; on an RGB canvas it blends by the colour's alpha."""
        return ImageDraw.Draw(self.canvas, "RGBA" if self.canvas.mode == "RGB" else None)

    @functools.cached_property
    def placement(self) -> tuple[np.ndarray, np.ndarray]:
        """The (2, 2) matrix and the (2,) offset from face coordinates to pixels."""
        side = self.canvas.width
        c, s = math.cos(self.roll) * self.scale * side, math.sin(self.roll) * self.scale * side
        return np.array([[c, s], [-s, c]]), np.array(self.centre) * side - 0.5

    def fill(self, points: np.ndarray, colour: Colour | int, alpha: float = 1.0) -> None:
        """Fills the polygon of (n, 2) points; alpha in [0, 1] needs an RGB picture."""
        turn, offset = self.placement
        flat = (points @ turn + offset).ravel().tolist()
        ink = colour if isinstance(colour, int) else (*colour, round(255 * alpha))
        self.brush.polygon(flat, fill=ink)

    def stroke(
        self, line: np.ndarray, width: float, colour: Colour, alpha: float = 1.0, taper: float = 1.0
    ) -> None:
        """Draws a line through (n, 2) points, `width` thick, (1 - taper) of that at its ends."""
        closed = np.array_equal(line[0], line[-1])
        ends = (line[-2:-1], line[1:2]) if closed else (line[:1], line[-1:])
        reached = np.concatenate([ends[0], line, ends[1]])
        along = reached[2:] - reached[:-2]
        normal = along[:, ::-1] * (-1.0, 1.0)
        normal /= np.hypot(normal[:, :1], normal[:, 1:]) + 1e-9
        bulge = 1.0 - taper * np.linspace(-1.0, 1.0, len(line)) ** 4
        # Pillow also fills border pixels, which would make thin lines thicker at small sizes.
        half = np.maximum(0.5 * width * bulge[:, None] - 0.4 / self.canvas.width, 0.0) * normal
        self.fill(np.concatenate([line + half, (line - half)[::-1]]), colour, alpha)

    def glow(self, x: float, y: float, rx: float, ry: float, colour: Colour, alpha: float) -> None:
        """Paints a soft oval that fades towards its border; alpha in [0, 1] is for the middle."""
        for k in range(1, 6):
            self.fill(oval(x, y, rx * k / 5, ry * k / 5, n=28), colour, alpha / 4)
