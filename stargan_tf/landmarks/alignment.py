"""Aligns a face: rotates, scales and moves it so that its landmarks match those of a mean face.

StarGAN v2 compares and translates faces that are framed like CelebA-HQ's. Points are continuous
(x, y) in pixels of a 256 px picture; the first pixel reaches from 0 to 1. Imports no TensorFlow.
"""

import types

import numpy as np

from stargan_tf.base import errors

SIZE = 256  # side of the picture that all points refer to, in pixels
_CELL = 4  # pixels; a heatmap has 64 x 64 cells
LANDMARKS = 98
# Landmarks as numbered by the WFLW data set; left and right as seen in the picture.
_LEFT_EYE, _RIGHT_EYE = [*range(60, 68), 96], [*range(68, 76), 97]
_MOUTH = [76, 82]
_SCALED_BY = [96, 97, *_MOUTH]
_BLUR = 1 / 32  # standard deviation of the blurred copy, as a share of the picture's side


def landmarks(heatmaps: np.ndarray) -> np.ndarray:
    """Returns the landmarks (N, 98, 2) shown by heatmaps (N, 64, 64, 98 or more).

    A landmark lies in the centre of its map's highest cell. If that cell is not on the border, the
    landmark moves by a quarter of a cell towards the higher neighbour on each axis.
    """
    maps = np.moveaxis(np.asarray(heatmaps)[..., :LANDMARKS], -1, 1)
    count, _, height, width = maps.shape
    rows, columns = np.divmod(maps.reshape(count, LANDMARKS, -1).argmax(axis=-1), width)
    inside = (rows > 0) & (rows < height - 1) & (columns > 0) & (columns < width - 1)
    n, k = np.ogrid[:count, :LANDMARKS]

    def towards(down: int, right: int) -> np.ndarray:
        """Compares the neighbours in this and the opposite direction: 1, -1, or 0 if equal."""
        after = maps[n, k, (rows + down) % height, (columns + right) % width]
        before = maps[n, k, (rows - down) % height, (columns - right) % width]
        return np.sign(after - before)

    x = columns + 0.5 + 0.25 * inside * towards(0, 1)
    y = rows + 0.5 + 0.25 * inside * towards(1, 0)
    return np.stack([x, y], axis=-1) * _CELL


def confidence(heatmaps: np.ndarray) -> np.ndarray:
    """Returns the mean peak (N,) of the 98 landmarks' maps: about 1 for a clear face."""
    return np.asarray(heatmaps)[..., :LANDMARKS].max(axis=(1, 2)).mean(axis=-1)


def matrix(landmarks: np.ndarray, mean_landmarks: np.ndarray) -> np.ndarray:
    """Returns the similarity (3, 3) p -> s R (p - c) + c' that maps a face onto the mean face.

    c and c' are the centroids of the landmarks and of the mean landmarks. R rotates the face's x
    direction onto that of the mean face. s averages, over pupils and corners of the mouth, the
    ratio of the distance from c' in the mean face to the distance from c in this face. Both
    arguments are (98, 2). The result is float64, not finite if the landmarks coincide in one point.
    """
    points, mean = np.asarray(landmarks, np.float64), np.asarray(mean_landmarks, np.float64)
    centre, mean_centre = points.mean(axis=0), mean.mean(axis=0)
    x, y = _direction(points)
    u, v = _direction(mean)
    turn = np.arctan2(v, u) - np.arctan2(y, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.linalg.norm((mean - mean_centre)[_SCALED_BY], axis=1) / np.linalg.norm(
            (points - centre)[_SCALED_BY], axis=1
        )
        linear = ratios.mean() * np.array(
            [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        )
        result = np.eye(3)
        result[:2, :2] = linear
        result[:2, 2] = mean_centre - linear @ centre
    return result


def warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Transforms an image by a similarity, with Lanczos interpolation.

    The image gets a margin of half its side, filled with its reflection, which fades into a blurred
    copy towards the outer border.

    Args:
      image: (S, S, 3) uint8, for any S.
      matrix: (3, 3), in pixels of a 256 px picture on both sides, whatever S and `size` are.
      size: Side of the result in pixels.

    Returns:
      (size, size, 3) uint8.

    Raises:
      UserError: If OpenCV is not installed.
    """
    cv2 = opencv()
    side = image.shape[0]
    if image.shape != (side, side, 3) or image.dtype != np.uint8:
        raise ValueError(f"image must be (S, S, 3) uint8. Received: {image.shape} {image.dtype}")
    margin = side // 2
    # Maps indices in the padded image to indices in the result; pixel 0 has its centre at 0.
    chain = [
        _similarity(1, -0.5),
        _similarity(size / SIZE, 0),
        np.asarray(matrix, np.float64),
        _similarity(SIZE / side, 0),
        _similarity(1, 0.5 - margin),
    ]
    return cv2.warpAffine(
        _padded(image, margin),
        np.linalg.multi_dot(chain)[:2],
        (size, size),
        flags=cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REPLICATE,
    )


def opencv() -> types.ModuleType:
    """Returns the module cv2, or raises a UserError with advice on installing it."""
    try:
        import cv2
    except ImportError as error:
        raise errors.UserError(
            f"Aligning needs OpenCV, which could not be imported ({error}); install the extra "
            f"align: {errors.install_command('align')}, or pip install opencv-python-headless."
        ) from error
    return cv2


def _direction(points: np.ndarray) -> np.ndarray:
    """Returns the direction (2,) that points right along a face, as seen in the picture.

    It is the vector from eye to eye, plus the vector from mouth to eyes turned by 90 degrees.
    """
    left, right = points[_LEFT_EYE].mean(axis=0), points[_RIGHT_EYE].mean(axis=0)
    a, b = (left + right) / 2 - points[_MOUTH].mean(axis=0)
    return right - left - np.array([b, -a])


def _similarity(scale: float, offset: float) -> np.ndarray:
    return np.array([[scale, 0, offset], [0, scale, offset], [0, 0, 1]], np.float64)


def _padded(image: np.ndarray, margin: int) -> np.ndarray:
    """Pads an image with `margin` pixels of its reflection, more and more blurred outwards."""
    cv2 = opencv()
    side = image.shape[0]
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), "reflect")
    blurred = cv2.GaussianBlur(padded, (0, 0), max(1.0, side * _BLUR))
    place = np.arange(side + 2 * margin) - margin
    outside = np.maximum(np.maximum(-place, place - (side - 1)), 0) / margin
    share = np.maximum(outside[:, np.newaxis], outside[np.newaxis]).astype(np.float32)
    mixed = padded + (blurred.astype(np.float32) - padded) * share[..., np.newaxis]
    return np.round(mixed).astype(np.uint8)
