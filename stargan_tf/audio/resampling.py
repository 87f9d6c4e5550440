"""Changes the sampling rate of sound: a windowed sinc, evaluated where samples are wanted."""

import math

import numpy as np

_ZEROS = 64  # zero crossings of the sinc on each side
_BETA = 9.0  # of the Kaiser window: what is not to be heard is 90 dB down
_PASSED = 0.945  # the share of the smaller band that is kept; the filter falls from there


def resampled(waveform: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Returns sound (N,) of `rate` Hz at `wanted` Hz: (ceil(N * wanted / rate),) float64.

    What lies above half of the smaller rate is filtered out.
    """
    waveform = np.asarray(waveform, np.float64)
    divisor = math.gcd(rate, wanted)
    up, down = wanted // divisor, rate // divisor
    if up == down:
        return waveform
    count = -(-len(waveform) * up // down)
    cutoff = _PASSED * min(1.0, up / down)  # in half periods of the input's sampling
    half = math.ceil(_ZEROS / cutoff)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(waveform, (half, half + down)), 2 * half + 1
    )
    output = np.empty(count)
    # Sample n lies at n * down / up in the input: `up` phases, of which each has a filter.
    for phase in range(min(up, count)):
        first, rest = divmod(phase * down, up)
        own = output[phase::up]
        own[:] = windows[first::down][: len(own)] @ _filter(rest / up, half, cutoff)
    return output


def _filter(offset: float, half: int, cutoff: float) -> np.ndarray:
    """Returns the weights (2 half + 1,) of the samples around a place `offset` after the middle."""
    distance = np.arange(-half, half + 1) - offset
    window = np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (distance / half) ** 2))) / np.i0(_BETA)
    return cutoff * np.sinc(cutoff * distance) * window
