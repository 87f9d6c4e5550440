"""Draws cartoon faces: an embedded stand-in for CelebA that needs no download.

A face is a pure function of its identity, its attributes and its style (see `sampling`). Each
attribute changes one thing, so that results can be measured: the hair colour sets the palette of
the hair, `Smiling` chooses the mouth, and `Eyeglasses` adds strokes around the eyes.

Coordinates have their origin between the eyes, x to the right, y down, one unit per picture side.
Shapes are polygons, drawn on a larger picture that is then reduced.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from stargan_tf.cartoon.pen import Pen, circle, curve, oval, with_mirror
from stargan_tf.cartoon.sampling import ATTRIBUTES, Colour, Identity, Style, hair_palette, mix

MIN_SIZE, MAX_SIZE = 32, 512

_ORIGIN = (0.5, 0.545)  # the point between the eyes, in picture sides
_CROWN = -0.08  # y of the skull's centre; above it the skull is half an ellipse
_SKULL = 0.29  # from the centre to the top of the skull
_MOUTH = 0.172  # y of the mouth
_LIPS = 0.062  # half the width of closed lips
_FIELD = 96  # side of the grid of hair tones, the same for all sizes so that they share a texture
_WHITE: Colour = (255, 255, 255)
_DARK: Colour = (40, 28, 34)


def _egg(width: float, low: float, high: float, power: float, n: int) -> np.ndarray:
    """Returns (n, 2) points around an egg shape of half width `width`, from its bottom.

    The part above the crown is half an ellipse, `high` tall. The part below, `low` tall, is squarer
    for power < 1 and pointed for power > 1.
    """
    points = np.roll(circle(n), -(n // 4), axis=0)
    below = points[:, 1:] > 0.0
    bent = np.sign(points) * np.abs(points) ** np.where(below, power, 1.0)
    return bent * np.where(below, (width, low), (width, high)) + (0.0, _CROWN)


def hair_shapes(identity: Identity, style: Style) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the hair's polygons behind and in front of the face, and the hairline; all (n, 2)."""
    reach = identity.face_width + style.volume
    end = 0.04 + 0.40 * style.length
    corner = 1.0 - 0.6 * min(1.0, 1.6 * style.length) * (1.0 - 0.6 * style.curl)
    outer = _egg(reach, end - _CROWN, _SKULL + 1.1 * style.volume, corner, 200)
    # Curls push the outline out and in; their number is whole, so the outline closes.
    turn = np.arange(200)[:, None] * (2.0 * math.pi / 200)
    bump = 1.0 + style.curl * (0.075 * np.abs(np.sin(14.0 * turn)) - 0.02)
    outer = (outer - (0.0, _CROWN)) * bump + (0.0, _CROWN)

    low = -0.02 + style.cover * (min(end, 0.36) - 0.05)  # y at which the side locks end
    side = identity.face_width * (0.99 - 0.13 * style.cover)
    columns = identity.face_width * np.array([-0.93, -0.62, -0.30, 0.0, 0.30, 0.62, 0.93])
    columns[[0, -1]] = -side, side
    line = curve(np.stack([columns, style.fringe], axis=1), 12)
    ripple = np.abs(np.sin(np.linspace(0.0, 8.0 * math.pi, len(line))))
    line[:, 1] += 0.02 * style.curl * ripple
    tip = [0.6 * side + 0.4 * reach, low]
    lock = np.array([[0.995 * side, 0.5 * low - 0.01], tip] if low > 0.0 else [tip])
    over = outer[outer[:, 1] < low - 0.012]  # from the left over the top to the right
    front = np.concatenate([over, lock[::-1], line[::-1], lock * (-1.0, 1.0)])
    return outer, front, line


def _hair_tone(identity: Identity, style: Style, pen: Pen) -> Image.Image:
    """Returns the tone of the hair in every pixel (mode L, 128 is the base), in soft strands."""
    grid = ((np.arange(_FIELD) + 0.5) / _FIELD).astype(np.float32)
    x, y = grid[None, :] - pen.centre[0], grid[:, None] - pen.centre[1]
    c, s = math.cos(pen.roll) / pen.scale, math.sin(pen.roll) / pen.scale
    x, y = c * x + s * y, c * y - s * x
    x = x / (identity.face_width + style.volume)
    up = np.minimum(y - _CROWN, 0.0) / (_SKULL + style.volume)
    # Shells parallel to the outline, as combed hair falls from the top to the sides.
    shell = np.sqrt(x * x + up * up)
    strands = np.sin(40.0 * shell + 3.0 * x) * 0.6 + np.sin(71.0 * shell - 5.0 * x) * 0.4
    rings = np.sin(44.0 * x + 3.0 * np.sin(24.0 * y)) * np.sin(56.0 * y + 2.0 * np.sin(18.0 * x))
    texture = (1.0 - style.curl) * strands + style.curl * rings
    lit = np.exp(-(((shell - 0.84) / 0.10) ** 2)) * np.exp(-(((y + 0.27) / 0.085) ** 2))
    tone = 0.46 + 0.10 * texture + lit * (0.44 + 0.14 * texture) - 0.22 * np.clip(y + 0.1, 0.0, 0.5)
    tone -= 0.16 * np.clip(1.0 - shell / 0.7, 0.0, 1.0)
    small = Image.fromarray(np.clip(255.0 * tone, 0, 255).astype(np.uint8))
    return small.resize(pen.canvas.size, Image.Resampling.BICUBIC)


def _paint_hair(
    pen: Pen, shape: np.ndarray, tone: Image.Image, palette: np.ndarray, depth: float
) -> None:
    """Fills `shape` with hair; depth in [0, 1] darkens it towards the shadow colour."""
    mask = Image.new("L", pen.canvas.size)
    dataclasses.replace(pen, canvas=mask).fill(shape, 255)
    at = np.round(np.arange(256) * (1.0 - depth)).astype(int)
    coloured = tone.copy()
    coloured.putpalette(palette[at].tobytes())
    pen.canvas.paste(coloured.convert("RGB"), mask=mask)


def body_shapes(identity: Identity) -> tuple[np.ndarray, np.ndarray]:
    """Returns the edges of the neck and of the clothes, (n, 2) each; the other half mirrors it."""
    width = 0.44 * identity.face_width
    edge = [[-width, 0.1], [-width, 0.30], [-width - 0.03, 0.36], [-0.2, 0.40], [-0.2, 0.5]]
    slope = [[width + 0.02, 0.352], [0.26, 0.385], [0.40, 0.43], [0.47, 0.52]]
    ends = [[0.0, 0.365 + identity.v_neck]], [[0.47, 0.9]]  # the latter is below every picture
    return curve(edge), np.concatenate([ends[0], curve(slope), ends[1]])


def _paint_body(pen: Pen, identity: Identity) -> None:
    """Draws the neck, the chin's shadow, and the shoulders."""
    skin, width = identity.skin, 0.44 * identity.face_width
    shadow = mix(skin, (120, 40, 40), 0.28)
    edge, slope = body_shapes(identity)
    pen.fill(with_mirror(edge), skin)
    chin = identity.face_height + 0.015
    pen.fill(with_mirror(np.array([[-width, 0.1], [-width, chin], [0.0, chin + 0.04]])), shadow)
    pen.fill(with_mirror(slope), identity.clothes)
    for sign in (-1.0, 1.0):
        pen.stroke(slope[:2] * (sign, 1.0), 0.014, mix(identity.clothes, _DARK, 0.25), taper=0.0)


def face_shape(identity: Identity) -> np.ndarray:
    """Returns the outline of the face, (n, 2)."""
    w = identity.face_width
    outline = _egg(w, identity.face_height - _CROWN, _SKULL, identity.jaw, 96)
    outline[:, 0] *= 1.0 - 0.10 * np.clip((outline[:, 1] - _CROWN) / identity.face_height, 0.0, 1.0)
    return outline


def _paint_head(pen: Pen, identity: Identity, hairline: np.ndarray) -> None:
    """Draws the ears, the face with its shading, and the shadow of the fringe."""
    skin, w = identity.skin, identity.face_width
    deep, bright = mix(skin, (120, 40, 40), 0.24), mix(skin, _WHITE, 0.4)
    for sign in (-1.0, 1.0):
        pen.fill(oval(sign * w, 0.03, 0.034, identity.ear), skin)
        pen.fill(oval(sign * (w + 0.006), 0.032, 0.018, identity.ear * 0.62), deep, 0.7)
    outline = face_shape(identity)
    pen.fill(outline, mix(skin, deep, 0.55))
    # Smaller, slightly higher outlines on top leave a soft rim of shade at the jaw.
    for t, alpha in ((0.985, 0.35), (0.97, 0.45), (0.955, 1.0)):
        pen.fill(outline * t - (0.0, 0.004), skin, alpha)
    pen.glow(0.0, -0.10, 0.12, 0.07, bright, 0.35)
    for sign in (-1.0, 1.0):
        pen.glow(sign * 0.58 * w, 0.105, 0.062, 0.045, mix(skin, (232, 70, 84), 0.5), 0.38)
    line = hairline[4:-4]
    pen.fill(np.concatenate([line - (0.0, 0.02), (line + (0.0, 0.018))[::-1]]), deep, 0.6)


def eye_size(identity: Identity) -> tuple[float, float]:
    """Returns half the width and half the height of an eye."""
    return 0.050 * identity.eye_size, 0.036 * identity.eye_size


def brow_line(identity: Identity, sign: float) -> np.ndarray:
    """Returns the left (sign -1) or the right eyebrow (1) as a line, (n, 2)."""
    x, y, arch = sign * identity.eye_spacing, -0.078, identity.brow_arch
    brow = [[x - sign * 0.044, y + 0.004], [x + sign * 0.006, y - arch], [x + sign * 0.05, y]]
    return curve(brow)


def _paint_eyes(pen: Pen, identity: Identity) -> None:
    """Draws the eyes and the eyebrows."""
    rx, ry = eye_size(identity)
    lash = mix(_DARK, identity.skin, 0.08)
    for sign in (-1.0, 1.0):
        x = sign * identity.eye_spacing
        pen.fill(oval(x, 0.0, rx, ry, 0.92), (252, 252, 250))
        iris = oval(x, 0.001, 0.82 * ry + 0.004, 0.82 * ry + 0.004)
        limit = ry * np.sqrt(np.clip(1.0 - ((iris[:, 0] - x) / rx) ** 2, 0.0, 1.0))
        iris[:, 1] = np.clip(iris[:, 1], -limit, limit)
        pen.fill(iris, mix(identity.iris, _DARK, 0.35))
        pen.fill((iris - (x, 0.0)) * 0.84 + (x, 0.0), identity.iris)
        pen.fill(oval(x, 0.002, 0.40 * ry, 0.40 * ry, n=24), (20, 16, 20))
        pen.fill(oval(x + 0.011, -0.011, 0.0085, 0.0085, n=20), _WHITE)
        pen.fill(oval(x - 0.009, 0.012, 0.004, 0.004, n=12), _WHITE, 0.7)
        a = np.linspace(1.06 * math.pi, 1.94 * math.pi, 20)
        lid = np.stack([x + 1.04 * rx * np.cos(a), 0.003 + 1.02 * ry * np.sin(a)], axis=1)
        pen.stroke(lid, 0.0125, lash, taper=0.6)
        pen.stroke(brow_line(identity, sign), identity.brow_thickness, identity.brow, 0.92, 0.75)


def nose_line(identity: Identity) -> np.ndarray:
    """Returns the line below the nose, (n, 2)."""
    w = identity.nose
    under = [[-w, 0.082], [-0.6 * w, 0.097], [0.0, 0.102], [0.6 * w, 0.097], [w, 0.082]]
    return curve(under)


def _paint_nose(pen: Pen, identity: Identity) -> None:
    """Draws the nose as a lit bridge and a shaded tip."""
    w, deep = identity.nose, mix(identity.skin, (110, 36, 36), 0.42)
    pen.glow(0.0, 0.055, 0.6 * w, 0.05, mix(identity.skin, _WHITE, 0.5), 0.45)
    pen.stroke(nose_line(identity), 0.0105, deep, 0.85, 0.8)


def lips_shape(identity: Identity) -> np.ndarray:
    """Returns the outline of closed lips, (n, 2)."""
    w, f, y = _LIPS, identity.lip_fullness, _MOUTH
    top = [[-w, y], [-0.35 * w, y - 0.75 * f], [0.0, y - 0.5 * f], [0.35 * w, y - 0.75 * f]]
    low = [[w, y], [0.5 * w, y + 0.95 * f], [-0.5 * w, y + 0.95 * f], [-w, y]]
    return curve(top + low)


def smile_lines(style: Style) -> tuple[np.ndarray, np.ndarray]:
    """Returns the upper and the lower edge of a smiling mouth's inside, (n, 2) each."""
    y, w, depth = _MOUTH, style.smile_width, 0.042 + 0.22 * style.smile_width
    corner, middle = [w, y - 0.018], [0.5 * w, y - 0.003]
    upper = curve([[-w, corner[1]], [-middle[0], middle[1]], [0.0, y], middle, corner])
    t = np.linspace(0.0, math.pi, 24)
    return upper, np.stack([w * np.cos(t), corner[1] + depth * np.sin(t) ** 0.8], axis=1)


def _paint_mouth(pen: Pen, identity: Identity, style: Style, smiling: bool) -> None:
    """Draws an open smile with teeth, or closed, nearly straight lips."""
    lips, y = identity.lips, _MOUTH
    if not smiling:
        w = _LIPS
        pen.fill(lips_shape(identity), lips)
        line = curve([[-w, y - 0.002], [0.0, y + 0.002], [w, y - 0.002]])
        pen.stroke(line, 0.0085, mix(lips, _DARK, 0.6), taper=0.5)
        return
    w, depth = style.smile_width, 0.042 + 0.22 * style.smile_width
    upper, lower = smile_lines(style)
    inside = np.concatenate([upper, lower])
    pen.fill((inside - (0.0, y)) * (1.09, 1.24) + (0.0, y - 0.001), lips)
    pen.fill(inside, (110, 32, 42))
    tongue = lower[4:-4]
    pen.fill((tongue - (0.0, y)) * (0.8, 0.94) + (0.0, y), (214, 98, 104))
    teeth = np.stack([upper[:, 0] * 0.94, upper[:, 1] + 0.001], axis=1)
    gap = 0.42 * depth * np.sqrt(np.clip(1.0 - (teeth[:, :1] / w) ** 2, 0.0, 1.0))
    pen.fill(np.concatenate([teeth, (teeth + gap * (0.0, 1.0))[::-1]]), (255, 253, 248))


def frame_lines(identity: Identity, style: Style) -> Iterator[np.ndarray]:
    """Yields the lines of the glasses, (n, 2) each: of either side rim and arm, then the bridge."""
    x, y = identity.eye_spacing, 0.006
    rx, ry = x - 0.020, 0.066
    for sign in (-1.0, 1.0):
        lens = oval(sign * x, y, rx, ry, 1.0 - 0.6 * style.frame_square, 64)
        yield np.concatenate([lens, lens[:1]])
        arm = [[sign * (x + rx), y - 0.02], [sign * (identity.face_width + 0.002), y - 0.028]]
        yield np.array(arm)
    yield curve([[rx - x, y - 0.008], [0.0, y - 0.02], [x - rx, y - 0.008]])


def _paint_glasses(pen: Pen, identity: Identity, style: Style) -> None:
    """Draws tinted lenses, their frame, the bridge and the arms."""
    colour, thick = style.frame_colour, style.frame_width
    x, y = identity.eye_spacing, 0.006
    rx, ry = x - 0.020, 0.066
    rim, arm, other_rim, other_arm, bridge = frame_lines(identity, style)
    for sign, lens, side in ((-1.0, rim, arm), (1.0, other_rim, other_arm)):
        pen.fill(lens[:-1], (214, 232, 246), 0.20)
        glare = np.array([[-0.5, -0.4], [-0.25, -0.62], [0.35, 0.42], [0.1, 0.64]])
        pen.fill(glare * (rx, ry) + (sign * x, y), _WHITE, 0.16)
        pen.stroke(lens, thick, colour, taper=0.0)
        pen.stroke(side, thick, colour, taper=0.0)
    pen.stroke(bridge, thick, colour, taper=0.0)


def _background(identity: Identity, side: int) -> Image.Image:
    """Returns a square RGB picture with the vertical gradient."""
    t = np.linspace(0.0, 1.0, side)[:, None, None]
    top, bottom = (np.array(c, float) for c in identity.background)
    column = np.round(top + t * (bottom - top)).astype(np.uint8)
    return Image.fromarray(column).resize((side, side), Image.Resampling.NEAREST)


def enlargement(size: int) -> int:
    """Returns how many times larger a picture of `size` pixels is drawn, before it is reduced."""
    return 8 if size < 64 else 4 if size <= 128 else 3 if size <= 256 else 2


def pens(canvas: Image.Image, identity: Identity) -> tuple[Pen, Pen]:
    """Returns the pens for a person's body and head."""
    origin = np.array(_ORIGIN)
    body = Pen(canvas, tuple((origin + identity.body_shift).tolist()), scale=identity.body_scale)
    head = Pen(canvas, tuple((origin + identity.shift).tolist()), identity.roll, identity.scale)
    return body, head


def draw(identity: Identity, attributes: np.ndarray, style: Style, size: int) -> np.ndarray:
    """Draws one face.

    Args:
      identity: The person.
      attributes: (5,) of 0 and 1 in the order of ATTRIBUTES, in any combination: several hair
        colours are averaged, none gives grey hair.
      style: The look of the attributes.
      size: Side of the picture in pixels, 32 to 512.

    Returns:
      (size, size, 3) uint8, RGB.
    """
    attributes = np.asarray(attributes)
    if attributes.shape != (len(ATTRIBUTES),):
        raise ValueError(
            f"attributes must hold {len(ATTRIBUTES)} numbers, one for each of {ATTRIBUTES}. "
            f"Received: shape {attributes.shape}"
        )
    if not isinstance(size, (int, np.integer)) or not MIN_SIZE <= size <= MAX_SIZE:
        raise ValueError(f"size must be an integer in [{MIN_SIZE}, {MAX_SIZE}]. Received: {size}")
    factor = enlargement(size)
    canvas = _background(identity, factor * size)
    body, head = pens(canvas, identity)
    back, front, hairline = hair_shapes(identity, style)
    tone = _hair_tone(identity, style, head)
    palette = hair_palette(attributes, style.shade)

    _paint_hair(head, back, tone, palette, 0.45)
    _paint_body(body, identity)
    _paint_head(head, identity, hairline)
    _paint_eyes(head, identity)
    _paint_nose(head, identity)
    _paint_mouth(head, identity, style, bool(attributes[4] > 0.5))
    _paint_hair(head, front, tone, palette, 0.0)
    if attributes[3] > 0.5:
        _paint_glasses(head, identity, style)

    pixels = np.asarray(canvas.reduce(factor), np.float32)
    across = np.linspace(-1.0, 1.0, size, dtype=np.float32)[None, :, None]
    lit = pixels * (identity.brightness * (1.0 + identity.light * across))
    return np.clip(np.round(lit), 0, 255).astype(np.uint8)
