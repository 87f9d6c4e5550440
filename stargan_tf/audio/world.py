"""The vocoder WORLD, by the package pyworld: sound to pitch and envelopes, and back."""

import dataclasses
import types

import numpy as np

from stargan_tf.audio import cepstrum
from stargan_tf.base import errors

FRAME = 5.0  # milliseconds
FFT = 1024


@dataclasses.dataclass(frozen=True)
class Analysis:
    """What WORLD finds in sound; T frames, 5 ms apart.

    Attributes:
      f0: (T,) Hz, 0 where there is no voice; by Harvest.
      spectra: (T, 513) power envelope; by CheapTrick.
      aperiodicity: (T, 513) share of noise, from 0 to 1; by D4C.
      rate: Of the sound, in Hz.
    """

    f0: np.ndarray
    spectra: np.ndarray
    aperiodicity: np.ndarray
    rate: int

    def mel_cepstra(self, coefficients: int) -> np.ndarray:
        """Returns features (T, coefficients) float64."""
        return cepstrum.from_spectra(self.spectra, coefficients, cepstrum.ALPHAS[self.rate])


def analyze(waveform: np.ndarray, rate: int) -> Analysis:
    """Analyzes sound (N,) in [-1, 1] at a rate of `cepstrum.ALPHAS`."""
    world = imported()
    sound = np.ascontiguousarray(waveform, np.float64)
    f0, times = world.harvest(sound, rate, frame_period=FRAME)
    spectra = world.cheaptrick(sound, f0, times, rate, fft_size=FFT)
    aperiodicity = world.d4c(sound, f0, times, rate, fft_size=FFT)
    return Analysis(f0, spectra, aperiodicity, rate)


def synthesize(analysis: Analysis) -> np.ndarray:
    """Returns the sound (N,) float64 of pitch, envelopes and aperiodicity."""
    arrays = (analysis.f0, analysis.spectra, analysis.aperiodicity)
    arrays = (np.ascontiguousarray(array, np.float64) for array in arrays)
    return imported().synthesize(*arrays, analysis.rate, frame_period=FRAME)


def converted(
    analysis: Analysis, f0: np.ndarray, before: np.ndarray, after: np.ndarray, *, gain: bool
) -> Analysis:
    """Returns an analysis with another pitch and with the envelopes of converted features.

    Args:
      analysis: Of the sound that was converted.
      f0: (T,) Hz, converted.
      before: (T, F) mel-cepstra of the sound.
      after: (T, F), converted.
      gain: Whether the sound's own envelopes are multiplied by the quotient of the two that the
        mel-cepstra tell (the paper's spectral gain), which keeps its fine structure; else those
        after conversion are taken as they are.
    """
    alpha, bins = cepstrum.ALPHAS[analysis.rate], analysis.spectra.shape[1]
    spectra = cepstrum.to_spectra(after, bins, alpha)
    if gain:
        spectra = analysis.spectra * spectra / cepstrum.to_spectra(before, bins, alpha)
    return dataclasses.replace(analysis, f0=f0, spectra=spectra)


def imported() -> types.ModuleType:
    """Returns the module pyworld; raises a UserError that names the extra where it is missing."""
    try:
        import pyworld
    except ImportError as error:
        raise errors.UserError(
            f"Analyzing sound needs the package pyworld, which could not be imported ({error}); "
            f"install it with: {errors.install_command('voice')}"
        ) from error
    return pyworld
