"""Samples the three independent parts of a cartoon face.

A face is an `Identity` (the person), an attribute vector (the label) and a `Style` (the look of
the attributes). Each part has its own random stream, keyed by (seed, index, part), so a sample does
not depend on earlier draws.
"""

import dataclasses
import math

import numpy as np

ATTRIBUTES: tuple[str, ...] = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses", "Smiling")
HAIR_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair")

EYEGLASSES_RATE = 0.4
SMILING_RATE = 0.5

Colour = tuple[int, int, int]  # red, green, blue in [0, 255]

# The stream of each part. Changing one of these codes changes every face.
_IDENTITY, _ATTRIBUTES, _STYLE = 1, 2, 3

# Natural skin tones from light to dark; an identity lies between two neighbours.
_SKINS = ((252, 224, 200), (243, 205, 172), (228, 180, 140), (200, 146, 106), (156, 104, 72))
_SKINS += ((112, 72, 50),)
_IRISES = ((94, 62, 40), (70, 110, 160), (84, 128, 84), (122, 92, 48), (96, 112, 124), (60, 44, 36))
_BACKGROUNDS = ((196, 222, 238), (206, 230, 212), (240, 220, 200), (226, 210, 236), (244, 210, 214))
_BACKGROUNDS += ((214, 216, 224), (240, 232, 196), (190, 224, 224))
_CLOTHES = ((52, 84, 130), (178, 70, 72), (70, 132, 108), (110, 84, 146), (222, 160, 66))
_CLOTHES += ((74, 78, 92), (226, 226, 222), (206, 116, 140), (58, 132, 156))
_NECK = 0.3  # how far below the eyes a head turns
_FRAMES = ((40, 38, 46), (150, 36, 44), (36, 70, 150), (112, 66, 30), (24, 110, 92), (120, 60, 130))


@dataclasses.dataclass(frozen=True)
class Identity:
    """A person. Lengths are in picture sides; the origin lies between the eyes.

    Attributes:
      face_width: Half the width of the face.
      face_height: Distance from the eyes to the chin.
      jaw: Power of the jaw's curve; 0.75 is square, 1.1 is pointed.
      skin: Colour of the skin.
      eye_size: Factor for the size of the eyes, about 1.
      eye_spacing: Distance from the middle of the face to the centre of an eye.
      iris: Colour of the irises.
      brow: Colour of the eyebrows, dark and independent of the hair.
      brow_thickness: Thickness of the eyebrows.
      brow_arch: Height of the eyebrows' arch.
      nose: Half the width of the nose.
      ear: Height of half an ear.
      lips: Colour of the lips.
      lip_fullness: Thickness of the closed lips.
      background: Colours at the top and at the bottom of the picture.
      clothes: Colour of the clothes.
      v_neck: Depth of the neckline.
      shift: Offset (x, y) of the head.
      roll: Rotation of the head, in radians.
      scale: Factor for the size of the head, about 1.
      body_shift: Offset (x, y) of neck and shoulders.
      body_scale: Factor for their size, about 1.
      light: Relative brightness that the right edge gains and the left edge loses.
      brightness: Factor for the brightness of the whole picture, about 1.
    """

    face_width: float
    face_height: float
    jaw: float
    skin: Colour
    eye_size: float
    eye_spacing: float
    iris: Colour
    brow: Colour
    brow_thickness: float
    brow_arch: float
    nose: float
    ear: float
    lips: Colour
    lip_fullness: float
    background: tuple[Colour, Colour]
    clothes: Colour
    v_neck: float
    shift: tuple[float, float]
    roll: float
    scale: float
    body_shift: tuple[float, float]
    body_scale: float
    light: float
    brightness: float


# Parts of an identity that can be taken from another face.
POSE = ("shift", "roll", "scale", "body_shift", "body_scale")
COLOURS = ("skin", "lips", "background", "light", "brightness")


@dataclasses.dataclass(frozen=True)
class Style:
    """The look of the attributes. Lengths are in picture sides.

    Attributes:
      fringe: y of the hairline at seven places from temple to temple (eyes at 0, up < 0).
      length: Hair that ends at the ears is 0, below the shoulders 1.
      volume: Distance of the hair's outline from the skull.
      curl: 0 is straight, 1 an outline and a texture of curls.
      cover: 0 leaves the ears free, 1 lets locks fall in front of them.
      shade: Shade within the hair colour, -1 (darkest) to 1 (lightest).
      frame_square: Shape of the glasses, 0 (round) to 1 (square).
      frame_width: Thickness of the frame.
      frame_colour: Colour of the frame.
      smile_width: Half the width of the smiling mouth.
    """

    fringe: tuple[float, ...]
    length: float
    volume: float
    curl: float
    cover: float
    shade: float
    frame_square: float
    frame_width: float
    frame_colour: Colour
    smile_width: float


# For each colour the shades -1, 0 and 1, each as (shadow, base, highlight).
_HAIR = {
    "Black_Hair": (
        ((8, 8, 11), (18, 17, 21), (52, 55, 70)),
        ((14, 13, 18), (30, 28, 34), (80, 84, 104)),
        ((24, 23, 30), (46, 44, 54), (104, 108, 130)),
    ),
    "Blond_Hair": (
        ((140, 96, 36), (202, 148, 62), (242, 200, 112)),
        ((170, 122, 46), (228, 182, 84), (254, 226, 142)),
        ((190, 154, 88), (244, 218, 146), (255, 246, 206)),
    ),
    "Brown_Hair": (
        ((44, 25, 16), (78, 46, 30), (126, 82, 56)),
        ((64, 36, 20), (110, 66, 38), (166, 110, 70)),
        ((90, 46, 22), (146, 82, 42), (204, 136, 84)),
    ),
}
_GREY = ((104, 106, 112), (158, 160, 166), (212, 214, 220))  # for labels without a hair colour

# (length, volume, curl, cover) of the haircuts: crop, short, bob, long, waves, afro.
_CUTS = np.array(
    [
        [0.00, 0.036, 0.00, 0.0],
        [0.12, 0.064, 0.35, 0.0],
        [0.50, 0.066, 0.00, 1.0],
        [1.00, 0.056, 0.00, 0.9],
        [0.90, 0.074, 0.60, 1.0],
        [0.30, 0.100, 1.00, 0.1],
    ]
)
_TYPICAL_CUT = np.array([0.42, 0.060, 0.10, 0.45])

# Hairlines from temple to temple: open, full fringe, swept to one side, curtain.
_FRINGES = np.array(
    [
        [-0.06, -0.180, -0.225, -0.240, -0.225, -0.180, -0.06],
        [-0.03, -0.105, -0.112, -0.108, -0.112, -0.105, -0.03],
        [-0.03, -0.095, -0.130, -0.180, -0.235, -0.170, -0.06],
        [-0.02, -0.100, -0.180, -0.245, -0.180, -0.100, -0.02],
    ]
)
_TYPICAL_FRINGE = np.array([-0.045, -0.125, -0.165, -0.190, -0.200, -0.160, -0.055])


def _uniforms(seed: int, index: int, part: int, count: int) -> np.ndarray:
    """Draws `count` float64 in [0, 1) from the stream of (seed, index, part)."""
    if min(seed, index) < 0 or max(seed, index) >= 2**64:
        raise ValueError(f"seed and index must be in [0, 2**64). Received: {seed}, {index}")
    # Two 32-bit words each: if NumPy split large numbers itself, words of the seed could be
    # mistaken for words of the index. In practice uniform doubles are the one distribution that
    # stays the same between versions of NumPy, so everything is built from them.
    words = [seed % 2**32, seed >> 32, index % 2**32, index >> 32, part]
    return np.random.default_rng(words).random(count)


def _pick(choices: tuple[Colour, ...] | np.ndarray, u: float):
    """Picks the choice at u in [0, 1)."""
    return choices[int(u * len(choices))]


def _jitter(colour: Colour, u: np.ndarray, width: float) -> Colour:
    """Shifts every channel by up to `width` either way; u is (3,) in [0, 1)."""
    moved = np.array(colour) + width * (2.0 * u - 1.0)
    return tuple(int(v) for v in np.clip(np.round(moved), 0, 255))


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """Blends the colours a and b; t in [0, 1] is the share of b."""
    return tuple(round((1.0 - t) * x + t * y) for x, y in zip(a, b, strict=True))


def _background(u: np.ndarray) -> tuple[Colour, Colour]:
    """Samples top and bottom colour of a soft vertical gradient; u is (4,) in [0, 1)."""
    middle = _jitter(_pick(_BACKGROUNDS, u[0]), u[1:4], 14.0)
    return mix(middle, (255, 255, 255), 0.35), mix(middle, (70, 80, 110), 0.16)


def sample_identity(seed: int, index: int, pose: float = 0.0) -> Identity:
    """Samples person number `index` of the data set `seed`.

    `pose` in [0, 1] says how far the poses spread. With 0 the faces are centred, fill the picture
    and are at most 4.5 degrees from upright. With 1 the person moves by up to 0.1 picture sides in
    x, is up to a quarter smaller, and tilts the head by up to 18 degrees more, about the chin.
    Nothing else depends on it.
    """
    if not 0.0 <= pose <= 1.0:
        raise ValueError(f"pose must be in [0, 1]. Received: {pose}")
    u = _uniforms(seed, index, _IDENTITY, 40)

    def between(k: int, low: float, high: float) -> float:
        return float(low + (high - low) * u[k])

    at = u[0] * (len(_SKINS) - 1)
    skin = mix(_SKINS[int(at)], _SKINS[int(at) + 1], at - int(at))
    # A sway that everybody has, and of the spread the whole person's place and size, and a tilt.
    sway = np.array([between(27, -0.022, 0.022), between(28, -0.012, 0.016)])
    size = between(33, 1.0 - 0.25 * pose, 1.0)
    place = np.array([between(34, -0.1 * pose, 0.1 * pose), between(35, -0.03 * pose, 0.05 * pose)])
    tilt = math.radians(between(36, -18.0 * pose, 18.0 * pose))
    about_chin = _NECK * np.array([math.sin(tilt), 1.0 - math.cos(tilt)])
    return Identity(
        face_width=between(1, 0.212, 0.246),
        face_height=between(2, 0.275, 0.312),
        jaw=between(3, 0.78, 1.04),
        skin=_jitter(skin, np.repeat(u[4], 3), 5.0),
        eye_size=between(5, 0.88, 1.14),
        eye_spacing=between(6, 0.094, 0.112),
        iris=_jitter(_pick(_IRISES, u[7]), u[8:11], 12.0),
        brow=_jitter((62, 48, 44), np.repeat(u[11], 3), 16.0),
        brow_thickness=between(12, 0.011, 0.021),
        brow_arch=between(13, 0.004, 0.022),
        nose=between(14, 0.022, 0.036),
        ear=between(15, 0.044, 0.058),
        lips=mix(mix(skin, (190, 62, 74), between(16, 0.45, 0.75)), (90, 30, 40), 0.12),
        lip_fullness=between(17, 0.014, 0.024),
        background=_background(u[18:22]),
        clothes=_jitter(_pick(_CLOTHES, u[22]), u[23:26], 14.0),
        v_neck=between(26, 0.015, 0.075),
        shift=tuple((place + size * (sway + about_chin)).tolist()),
        roll=math.radians(between(29, -4.5, 4.5)) + tilt,
        scale=size * between(30, 1.05, 1.13),
        body_shift=tuple((place + size * 0.5 * sway).tolist()),
        body_scale=size * 1.05,
        light=between(31, -0.07, 0.07),
        brightness=between(32, 0.94, 1.03),
    )


def sample_attributes(seed: int, index: int) -> np.ndarray:
    """Samples (5,) float32 of 0 and 1 in the order of ATTRIBUTES, with exactly one hair colour."""
    u = _uniforms(seed, index, _ATTRIBUTES, 3)
    label = np.zeros(len(ATTRIBUTES), np.float32)
    label[int(u[0] * len(HAIR_COLOURS))] = 1.0
    label[3:] = u[1] < EYEGLASSES_RATE, u[2] < SMILING_RATE
    return label


def sample_style(seed: int, index: int, spread: float) -> Style:
    """Samples style number `index`.

    `spread` in [0, 1] scales its distance from the typical style: 0 always gives the typical style,
    0.25 a small data set of related looks, 1 every haircut, clearly different shades, frames and
    smiles.
    """
    if not 0.0 <= spread <= 1.0:
        raise ValueError(f"spread must be in [0, 1]. Received: {spread}")
    u = _uniforms(seed, index, _STYLE, 16)
    # Haircuts scale with the square root, so that their kinds still look different at 0.25.
    reach = math.sqrt(spread)
    cut = _pick(_CUTS, u[0]) + np.array([0.08, 0.008, 0.1, 0.1]) * (2.0 * u[1:5] - 1.0)
    cut = _TYPICAL_CUT + reach * (np.clip(cut, [0.0, 0.03, 0.0, 0.0], 1.0) - _TYPICAL_CUT)
    line = _pick(_FRINGES, u[5])
    line = (line[::-1] if u[6] < 0.5 else line) + 0.012 * (2.0 * u[7] - 1.0)
    line = _TYPICAL_FRINGE + reach * (line - _TYPICAL_FRINGE)
    return Style(
        fringe=tuple(float(v) for v in line),
        length=float(cut[0]),
        volume=float(cut[1]),
        curl=float(cut[2]),
        cover=float(cut[3]),
        shade=float(spread * (2.0 * u[8] - 1.0)),
        frame_square=float(0.45 + spread * (u[9] - 0.45)),
        frame_width=float(0.0145 + spread * 0.0055 * (2.0 * u[10] - 1.0)),
        frame_colour=mix(_FRAMES[0], _pick(_FRAMES, u[11]), spread),
        smile_width=float(0.085 + spread * 0.023 * (2.0 * u[12] - 1.0)),
    )


def hair_palette(attributes: np.ndarray, shade: float) -> np.ndarray:
    """Returns the colours of the hair from deepest shadow to highlight, (256, 3) uint8.

    Averages several hair colours; without any the hair is grey. `attributes` is (5,) of 0 and 1,
    `shade` is in [-1, 1].
    """
    tones = []
    for name in HAIR_COLOURS:
        if attributes[ATTRIBUTES.index(name)] > 0.5:
            dark, base, light = np.array(_HAIR[name], float)
            tones.append(base + abs(shade) * ((light if shade > 0.0 else dark) - base))
    tone = np.mean(tones, axis=0) if tones else np.array(_GREY, float)
    at = np.arange(256)
    ramp = [np.interp(at, [0, 128, 255], tone[:, channel]) for channel in range(3)]
    return np.round(np.stack(ramp, axis=1)).astype(np.uint8)
