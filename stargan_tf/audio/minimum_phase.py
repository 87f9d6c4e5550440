"""Makes sound of envelopes without a vocoder: pulses and noise through minimum-phase filters."""

import numpy as np

RATE, FRAME = 16_000, 0.005  # Hz, seconds
_SMALLEST = 1e-16


def synthesize(
    f0: np.ndarray,
    periodic: np.ndarray,
    noise: np.ndarray,
    rate: int = RATE,
    seed: int = 0,
) -> np.ndarray:
    """Returns the sound of frames that are 5 ms apart: (T * rate / 200,) float64.

    Each pulse has the energy of a period, so that the power density of the sound is the sum of the
    two envelopes, whatever the pitch.

    Args:
      f0: (T,) Hz, 0 where there is no voice, and so no pulse.
      periodic: (T, B) power densities, of what the pulses sound like.
      noise: (T, B), of what noise sounds like.
      rate: In Hz.
      seed: Of the noise.
    """
    hop = round(rate * FRAME)
    length = len(f0) * hop
    size = 2 * (periodic.shape[1] - 1)
    sound = np.zeros(length + 2 * size)
    places = _pulses(f0, rate, hop)
    frames = np.minimum((places / hop).astype(int), len(f0) - 1)
    responses = impulse_responses(periodic[frames])
    responses *= np.sqrt(rate / f0[frames])[:, np.newaxis]
    for place, response in zip(np.rint(places).astype(int), responses, strict=True):
        sound[place : place + size] += response
    white = np.random.default_rng(seed).standard_normal(length + 2 * hop)
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)  # adds up to 1 at this hop
    pieces = np.lib.stride_tricks.sliding_window_view(white, 2 * hop)[::hop][: len(f0)] * window
    # The filter's response is as long as `size`; twice that holds all of both.
    spectra = np.fft.rfft(impulse_responses(noise), 2 * size) * np.fft.rfft(pieces, 2 * size)
    filtered = np.fft.irfft(spectra, axis=1)[:, : size + 2 * hop]
    offset = hop // 2  # a window of two hops is centred on its frame
    ahead = np.zeros(length + 2 * size + 4 * hop)
    for number, piece in enumerate(filtered):
        ahead[number * hop : number * hop + len(piece)] += piece
    return sound[:length] + ahead[offset : offset + length]


def from_features(f0: np.ndarray, spectra: np.ndarray, rate: int = RATE) -> np.ndarray:
    """Returns the sound of whole envelopes (T, B): pulses in voiced frames, noise in the others.

    In voiced frames what lies above 5 kHz becomes noise by and by, as breath does.

    Args:
      f0: (T,) Hz, 0 in unvoiced frames.
      spectra: (T, B) power densities, 5 ms apart.
      rate: In Hz.
    """
    frequencies = np.linspace(0, rate / 2, spectra.shape[1])
    breath = np.clip((frequencies - 2000) / 6000, 0.002, 0.8)
    share = np.where((np.asarray(f0) > 0)[:, np.newaxis], breath, 1.0)
    return synthesize(f0, spectra * (1 - share), spectra * share, rate)


def impulse_responses(spectra: np.ndarray) -> np.ndarray:
    """Returns the minimum-phase responses (..., 2 (B - 1)) of power envelopes (..., B).

    The causal half of the cepstrum is doubled, and the other half dropped.
    """
    logs = np.log(np.maximum(spectra, _SMALLEST)) / 2
    cepstra = np.fft.irfft(logs, axis=-1)
    size = cepstra.shape[-1]
    cepstra[..., 1 : size // 2] *= 2
    cepstra[..., size // 2 + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstra, axis=-1)), axis=-1)


def _pulses(f0: np.ndarray, rate: int, hop: int) -> np.ndarray:
    """Returns the places of the pulses in samples: one whenever the phase comes round."""
    voiced = f0 > 0
    per_sample = np.repeat(np.where(voiced, f0, 0.0) / rate, hop)
    phase = np.cumsum(per_sample)
    turns = np.flatnonzero(np.floor(phase[1:]) > np.floor(phase[:-1])) + 1
    exceeding = phase[turns] - np.floor(phase[turns])
    places = turns - exceeding / np.maximum(per_sample[turns], 1e-12)
    return places[voiced[np.minimum((places / hop).astype(int), len(f0) - 1)]]
