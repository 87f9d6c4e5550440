"""What the training data of speakers tell, to normalize by and to map pitch with."""

from collections.abc import Sequence

import numpy as np

from stargan_tf.audio import pitch

_SMALLEST = 1e-3  # of a deviation, by which features are divided


def of_speakers(
    features: Sequence[np.ndarray], tracks: Sequence[np.ndarray], speakers: np.ndarray, count: int
) -> dict[str, np.ndarray]:
    """Returns means and deviations of training frames by name.

    Args:
      features: (T, F) of every training utterance.
      tracks: (T,) F0 in Hz of every one, 0 in unvoiced frames; frames may differ from those of
        the features.
      speakers: The number of each one's speaker.
      count: K, how many speakers there are; each has an utterance.

    Returns:
      float64: "mean", "deviation" (K, F) of each speaker; "mean_all", "deviation_all" (F,) of all
      frames together; "log_f0_mean", "log_f0_deviation" (K,) of voiced frames.
    """
    groups = [np.flatnonzero(np.asarray(speakers) == k) for k in range(count)]
    own = [np.concatenate([features[i] for i in group]).astype(np.float64) for group in groups]
    together = np.concatenate(own)
    logs = np.array([pitch.statistics([tracks[i] for i in group]) for group in groups])
    return {
        "mean": np.stack([frames.mean(axis=0) for frames in own]),
        "deviation": np.stack([np.maximum(frames.std(axis=0), _SMALLEST) for frames in own]),
        "mean_all": together.mean(axis=0),
        "deviation_all": np.maximum(together.std(axis=0), _SMALLEST),
        "log_f0_mean": logs[:, 0],
        "log_f0_deviation": logs[:, 1],
    }
