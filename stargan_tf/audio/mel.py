"""Log mel spectra of the authors' program for StarGAN-VC.

log10(max(1e-10, mel)) of the magnitude of an STFT: 16 kHz, FFT 1024, hop 128, Hann window, frames
centred and the ends reflected; 80 triangular bands of 80 to 7600 Hz on Slaney's mel scale, each of
area 1 over Hz. Vocoders such as HiFi-GAN and Parallel WaveGAN, which are no part of this package,
make sound of them.
"""

import functools

import numpy as np

RATE, FFT, HOP, BANDS = 16_000, 1024, 128, 80
_LOWEST, _HIGHEST = 80.0, 7600.0  # Hz
_SMALLEST = 1e-10


def log_mel(waveform: np.ndarray) -> np.ndarray:
    """Returns log mel spectra (1 + N // 128, 80) float64 of N samples at 16 kHz in [-1, 1]."""
    waveform = np.asarray(waveform, np.float64)
    if len(waveform) <= FFT // 2:  # reflecting needs more samples than it adds
        waveform = np.pad(waveform, (0, FFT // 2 + 1 - len(waveform)))
    padded = np.pad(waveform, FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    magnitudes = np.abs(np.fft.rfft(frames * window, axis=1))
    return np.log10(np.maximum(magnitudes @ filters().T, _SMALLEST))


@functools.cache
def filters() -> np.ndarray:
    """Returns the weights (80, 513) of the STFT's frequencies in each band."""
    edges = _hertz(np.linspace(_mel(_LOWEST), _mel(_HIGHEST), BANDS + 2))
    frequencies = np.linspace(0, RATE / 2, FFT // 2 + 1)
    low, centre, high = (edges[k : BANDS + k, np.newaxis] for k in range(3))
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    weights = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    weights.setflags(write=False)
    return weights


# Slaney's scale: linear below 1 kHz (15 mel), above it 27 mel for each factor of 6.4.
_LINEAR, _BREAK, _STEP = 200 / 3, 1000.0, np.log(6.4) / 27


def _mel(hertz: float) -> float:
    if hertz < _BREAK:
        return hertz / _LINEAR
    return _BREAK / _LINEAR + np.log(hertz / _BREAK) / _STEP


def _hertz(mel: np.ndarray) -> np.ndarray:
    above = _BREAK * np.exp(_STEP * (mel - _BREAK / _LINEAR))
    return np.where(mel < _BREAK / _LINEAR, mel * _LINEAR, above)
