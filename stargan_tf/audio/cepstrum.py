"""Mel-cepstra: few numbers for each frame that say what a spectral envelope is like.

The cepstrum of a power envelope S is c = irfft(log S), of which c[0] is halved. An all-pass filter
of factor alpha warps the axis of frequencies (Oppenheim and Johnson, 1972), so that low frequencies
get more of the coefficients; with alpha .42 at 16 kHz and .455 at 22.05 kHz it is nearly the mel
scale. Both steps are linear in log S, and so are matrices here.
"""

import functools

import numpy as np

# Warping factors by sampling rate in Hz, as the papers' programs have them.
ALPHAS = {16_000: 0.42, 22_050: 0.455}
_SMALLEST = 1e-16  # of a power envelope, so that silence has a logarithm


def from_spectra(spectra: np.ndarray, coefficients: int, alpha: float) -> np.ndarray:
    """Returns the mel-cepstra of power envelopes.

    Args:
      spectra: (..., B) of positive numbers at B frequencies from 0 to half the rate.
      coefficients: How many to compute, the 0th included; at most B.
      alpha: The warping factor, from 0 (none) to below 1.

    Returns:
      (..., coefficients) float64.
    """
    logs = np.log(np.maximum(np.asarray(spectra, np.float64), _SMALLEST))
    return logs @ _analysis(logs.shape[-1], coefficients, alpha)


def to_spectra(mel_cepstra: np.ndarray, bins: int, alpha: float) -> np.ndarray:
    """Returns the power envelopes (..., bins) float64 of mel-cepstra (..., coefficients).

    Args:
      mel_cepstra: As of `from_spectra`.
      bins: The number of frequencies from 0 to half the rate: 513 of an FFT of 1024.
      alpha: The warping factor with which the mel-cepstra were computed.
    """
    mel_cepstra = np.asarray(mel_cepstra, np.float64)
    return np.exp(mel_cepstra @ _synthesis(mel_cepstra.shape[-1], bins, alpha))


@functools.lru_cache(maxsize=16)
def _analysis(bins: int, coefficients: int, alpha: float) -> np.ndarray:
    """Returns the matrix (bins, coefficients) from log envelopes to mel-cepstra."""
    cepstra = np.fft.irfft(np.eye(bins), axis=-1)[:, :bins]
    cepstra[:, 0] /= 2
    return cepstra @ _warping(bins, coefficients, alpha)


@functools.lru_cache(maxsize=16)
def _synthesis(coefficients: int, bins: int, alpha: float) -> np.ndarray:
    """Returns the matrix (coefficients, bins) from mel-cepstra to log envelopes."""
    cepstra = _warping(coefficients, bins, -alpha).copy()
    cepstra[:, 0] *= 2
    mirrored = np.concatenate([cepstra, cepstra[:, -2:0:-1]], axis=1)
    return np.fft.rfft(mirrored, axis=1).real


@functools.lru_cache(maxsize=16)
def _warping(inputs: int, outputs: int, alpha: float) -> np.ndarray:
    """Returns the matrix (inputs, outputs) of the frequency transform.

    For each coefficient c from the last to the first, with p what d was before:
    d[0] = c + alpha p[0]; d[1] = (1 - alpha^2) p[0] + alpha p[1];
    d[m] = p[m - 1] + alpha (p[m] - d[m - 1]). Row i is what it makes of the i-th unit vector.
    """
    d = np.zeros((inputs, outputs))
    for number in reversed(range(inputs)):
        p, d = d, np.zeros_like(d)
        d[:, 0] = alpha * p[:, 0]
        d[number, 0] += 1
        if outputs > 1:
            d[:, 1] = (1 - alpha**2) * p[:, 0] + alpha * p[:, 1]
        for m in range(2, outputs):
            d[:, m] = p[:, m - 1] + alpha * (p[:, m] - d[:, m - 1])
    d.setflags(write=False)
    return d
