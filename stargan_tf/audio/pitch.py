"""Pitch: the fundamental frequency F0 of each frame in Hz, 0 where there is no voice."""

from collections.abc import Iterable

import numpy as np


def statistics(tracks: Iterable[np.ndarray]) -> tuple[float, float]:
    """Returns mean and deviation of log F0 over the voiced frames of all tracks, each (T,) Hz.

    Without a voiced frame they are those of 150 Hz and no deviation.
    """
    logs = np.concatenate([np.log(track[track > 0]) for track in tracks] or [np.zeros(0)])
    if not logs.size:
        return float(np.log(150.0)), 0.0
    return float(logs.mean()), float(logs.std())


def convert(f0: np.ndarray, source: tuple[float, float], target: tuple[float, float]) -> np.ndarray:
    """Returns F0 (T,) Hz in another speaker's range.

    log f' = (log f - mean_s) / deviation_s * deviation_t + mean_t in voiced frames; 0 stays 0. Of a
    source that never varies the mean alone is mapped.

    Args:
      f0: (T,) Hz, 0 in unvoiced frames.
      source: Mean and deviation of log F0 of the speaker who is heard.
      target: Those of the speaker to sound like.
    """
    f0 = np.asarray(f0, np.float64)
    voiced = f0 > 0
    logs = np.log(np.where(voiced, f0, 1.0))
    spread = target[1] / source[1] if source[1] else 1.0
    return np.where(voiced, np.exp((logs - source[0]) * spread + target[0]), 0.0)
