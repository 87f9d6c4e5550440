"""Pictures of features over time: low frequencies at the bottom, loud ones light."""

import numpy as np

from stargan_tf.audio import cepstrum
from stargan_tf.inference import sounds

ROWS = 96
_RANGE = 70.0  # dB from black to white
# Dark to light by way of purple and orange, so that equal steps look equal.
_COLOURS = np.array(
    [[0, 0, 4], [60, 15, 110], [140, 41, 129], [222, 73, 104], [254, 159, 109], [252, 253, 191]]
)


def picture(features: np.ndarray, rule: sounds.Rule | None, rows: int = ROWS) -> np.ndarray:
    """Returns features (T, F) as a picture (rows, T, 3) of colours from 0 to 255.

    The loudest is light, what is 70 dB below it dark. Features that are not of sound are shown as
    they are, the smallest dark.

    Args:
      features: Raw.
      rule: How sound became these features; None: they are not of sound.
      rows: The height in pixels.
    """
    if rule is None:
        levels = features - features.min()
        levels = levels / max(float(levels.max()), 1e-9)
    elif rule.kind == "mcep":
        spectra = cepstrum.to_spectra(features, sounds.BINS, rule.alpha)
        levels = 1 + _relative(10 * np.log10(spectra))
    else:  # log10 of magnitudes
        levels = 1 + _relative(20 * features)
    places = np.linspace(levels.shape[1] - 1, 0, rows).round().astype(int)
    return _coloured(np.clip(levels[:, places].T, 0, 1))


def _relative(decibels: np.ndarray) -> np.ndarray:
    """Returns levels in dB as 0 for the loudest and -1 for what is at the end of the range."""
    return (decibels - decibels.max()) / _RANGE


def _coloured(levels: np.ndarray) -> np.ndarray:
    """Returns levels (...) from 0 to 1 as colours (..., 3)."""
    places = np.linspace(0, 1, len(_COLOURS))
    return np.stack([np.interp(levels, places, column) for column in _COLOURS.T], axis=-1)
