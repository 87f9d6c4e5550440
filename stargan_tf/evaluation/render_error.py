"""How near a translation comes to the true render: for data sets that can draw the truth."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class RenderError:
    """One translated image against the true renders. Errors are mean absolute grey levels, 0-255.

    Attributes:
      nearest: Whether, over the pixels in which the renders differ, the output is nearer to the
        render that was asked for than to any other.
      error: Of the output over those pixels.
      unchanged: Of the unchanged input over those pixels.
      elsewhere: Of the output over all other pixels.
    """

    nearest: bool
    error: float
    unchanged: float
    elsewhere: float


def compare(
    image: np.ndarray, output: np.ndarray, renders: Sequence[np.ndarray], asked: int
) -> RenderError:
    """Compares a translation with the renders of all values that it could have been asked for.

    Args:
      image: (H, W, 3) uint8, what was translated.
      output: (H, W, 3) uint8, its translation.
      renders: The true translations, (H, W, 3) uint8 each, at least two different ones.
      asked: Which of them was asked for.
    """
    truth = np.asarray(renders, np.float64)
    differing = (truth != truth[asked]).any(axis=(0, 3))
    if not differing.any():
        raise ValueError("The renders must differ somewhere. Received: equal ones")
    errors = np.abs(truth - output)[:, differing].mean(axis=(1, 2))
    unchanged = np.abs(truth[asked] - image)[differing].mean()
    outside = np.abs(truth[asked] - output)[~differing]
    return RenderError(
        nearest=bool(errors[asked] < np.delete(errors, asked).min()),
        error=float(errors[asked]),
        unchanged=float(unchanged),
        elsewhere=float(outside.mean()) if outside.size else 0.0,
    )


def summarize(errors: Sequence[RenderError]) -> dict[str, float]:
    """Returns the means over images, and `ratio`, the mean error over the mean unchanged one."""
    nearest, error, unchanged, elsewhere = (
        float(np.mean(column)) for column in zip(*map(dataclasses.astuple, errors), strict=True)
    )
    return {
        "images": len(errors),
        "nearest": nearest,
        "error": error,
        "unchanged": unchanged,
        "ratio": error / unchanged,
        "elsewhere": elsewhere,
    }
