"""Draws the contours of a cartoon face: what `drawing` paints, as black lines on white.

They show the geometry, the cut of the hair, the glasses and the mouth, but no colour. Shapes are
drawn in the order in which `drawing` paints them, each white with a black rim, so that what is in
front hides what is behind, and every contour lies where the painted shape ends.
"""

import numpy as np
from PIL import Image

from stargan_tf.cartoon import drawing
from stargan_tf.cartoon.pen import Pen, oval, with_mirror
from stargan_tf.cartoon.sampling import Identity, Style

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_WIDTH = 0.011  # of a line, in picture sides


def draw(identity: Identity, attributes: np.ndarray, style: Style, size: int) -> np.ndarray:
    """Draws the contours of the face that `drawing.draw` paints for the same arguments.

    Args:
      identity: The person; its colours don't matter.
      attributes: (5,) of 0 and 1 in the order of `sampling.ATTRIBUTES`; hair colours don't matter.
      style: The look of the attributes; the shade doesn't matter.
      size: Side of the picture in pixels, 32 to 512.

    Returns:
      (size, size, 3) uint8, grey levels: black lines, smoothed, on white.
    """
    factor = drawing.enlargement(size)
    canvas = Image.new("RGB", (factor * size, factor * size), _WHITE)
    body, head = drawing.pens(canvas, identity)
    back, front, _ = drawing.hair_shapes(identity, style)
    _outline(head, back)
    _body(body, identity)
    _head(head, identity)
    _features(head, identity)
    _mouth(head, identity, style, bool(attributes[4] > 0.5))
    _outline(head, front)
    if attributes[3] > 0.5:
        _glasses(head, identity, style)
    return np.asarray(canvas.reduce(factor))


def _outline(pen: Pen, shape: np.ndarray) -> None:
    """Draws a polygon (n, 2): white, with a black rim."""
    pen.fill(shape, _WHITE)
    _line(pen, np.concatenate([shape, shape[:1]]))


def _line(pen: Pen, line: np.ndarray, width: float = _WIDTH) -> None:
    """Draws a line through (n, 2) points."""
    pen.stroke(line, width, _BLACK, taper=0.0)


def _body(pen: Pen, identity: Identity) -> None:
    neck, shoulders = drawing.body_shapes(identity)
    _outline(pen, with_mirror(neck))
    _outline(pen, with_mirror(shoulders))


def _head(pen: Pen, identity: Identity) -> None:
    for sign in (-1.0, 1.0):
        _outline(pen, oval(sign * identity.face_width, 0.03, 0.034, identity.ear))
    _outline(pen, drawing.face_shape(identity))


def _features(pen: Pen, identity: Identity) -> None:
    """Draws the eyes, the eyebrows and the nose."""
    rx, ry = drawing.eye_size(identity)
    for sign in (-1.0, 1.0):
        x = sign * identity.eye_spacing
        _outline(pen, oval(x, 0.0, rx, ry, 0.92))
        pen.fill(oval(x, 0.002, 0.5 * ry, 0.5 * ry, n=24), _BLACK)
        _line(pen, drawing.brow_line(identity, sign), identity.brow_thickness)
    _line(pen, drawing.nose_line(identity))


def _mouth(pen: Pen, identity: Identity, style: Style, smiling: bool) -> None:
    if smiling:
        upper, lower = drawing.smile_lines(style)
        _outline(pen, np.concatenate([upper, lower]))
        return
    _outline(pen, drawing.lips_shape(identity))


def _glasses(pen: Pen, identity: Identity, style: Style) -> None:
    for line in drawing.frame_lines(identity, style):
        _line(pen, line, style.frame_width)
