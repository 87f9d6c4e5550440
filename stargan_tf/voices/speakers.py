"""Speakers: what is the same in all that somebody says."""

import dataclasses
import functools

import numpy as np

_SEED, _STREAM = 0, 1  # Changing one of these changes every voice.
FORMANTS = 8
# Speakers that are drawn by chance can be near twins, so what sets them apart most is chosen: the
# factor on all formants (a long throat has low ones), the tilt in dB per octave, the factor on
# bandwidths, and the hiss in dB. The first four are the default.
_CHOSEN = {
    "anna": (1.08, 3.0, 1.1, 3.0),
    "ben": (0.86, 8.0, 2.1, -5.0),
    "clara": (1.2, 1.5, 1.5, 6.0),
    "david": (0.97, 6.0, 2.6, -2.0),
    "erik": (0.8, 4.0, 1.3, 1.0),
    "frida": (1.14, 7.0, 2.3, -3.0),
    "georg": (0.91, 2.5, 1.8, 5.0),
    "hanna": (1.02, 5.0, 1.2, -6.0),
}
SPEAKERS: tuple[str, ...] = tuple(_CHOSEN)
DEFAULT = SPEAKERS[:4]


@dataclasses.dataclass(frozen=True)
class Speaker:
    """A voice as numbers.

    Attributes:
      throat: Factor on all formants, about 1; also on the noise of fricatives, less so.
      formants: (8,) factors on each formant, near 1.
      bandwidth: Factor on the formants' bandwidths.
      corner: Of the source, in Hz: from there on pulses lose `tilt`.
      tilt: In dB per octave.
      breath: Level of the noise beside the voice, in dB.
      hiss: Level of fricatives, in dB above the usual.
      log_f0_mean: Mean of log F0, F0 in Hz.
      log_f0_deviation: Its deviation.
    """

    throat: float
    formants: np.ndarray
    bandwidth: float
    corner: float
    tilt: float
    breath: float
    hiss: float
    log_f0_mean: float
    log_f0_deviation: float


@functools.cache
def speaker(name: str) -> Speaker:
    """Returns a speaker of `SPEAKERS`."""
    rng = np.random.default_rng((_SEED, _STREAM, SPEAKERS.index(name)))
    throat, tilt, bandwidth, hiss = _CHOSEN[name]
    formants = 1 + 0.03 * np.clip(rng.standard_normal(FORMANTS), -2, 2)
    formants.setflags(write=False)
    return Speaker(
        throat,
        formants,
        bandwidth,
        corner=float(rng.uniform(350, 900)),
        tilt=tilt,
        breath=float(rng.uniform(-34, -22)),
        hiss=hiss,
        log_f0_mean=float(np.log(155) + 2.0 * np.log(throat) + rng.normal(0, 0.04)),
        log_f0_deviation=float(rng.uniform(0.12, 0.22)),
    )
