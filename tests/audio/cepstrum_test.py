"""Mel-cepstra, compared with the reference outputs and with the sums that define a cepstrum."""

import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.audio import cepstrum
from tests.golden import rule

GOLDEN = pathlib.Path(rule.__file__).parent


def _spectra():
    corners = rule.normal("sp", (3, 25)).astype(np.float64)
    places = np.linspace(0, 24, 513)
    return np.exp(3 * np.stack([np.interp(places, np.arange(25), row) for row in corners]))


class CepstrumTest(tf.test.TestCase):
    def test_it_equals_the_reference(self):
        expected = np.load(GOLDEN / "vc_features.npz")
        found = cepstrum.from_spectra(_spectra(), 36, 0.42)
        self.assertAllClose(found, expected["mcep"], rtol=0, atol=1e-12)
        back = cepstrum.to_spectra(found, 513, 0.42)
        self.assertAllClose(back, expected["spectrum_back"], rtol=1e-11)

    def test_without_warping_it_is_the_cepstrum(self):
        # log S = 2 sum over m of c[m] cos(w m), of which c[0] stands once and is halved.
        frequencies = np.linspace(0, np.pi, 513)
        logs = 0.6 + 2 * 0.25 * np.cos(frequencies) - 2 * 0.5 * np.cos(3 * frequencies)
        found = cepstrum.from_spectra(np.exp(logs), 5, 0.0)
        self.assertAllClose(found, [0.3, 0.25, 0.0, -0.5, 0.0], atol=1e-12)
        self.assertAllClose(np.log(cepstrum.to_spectra(found, 513, 0.0)), logs, atol=1e-12)

    def test_warping_stretches_low_frequencies(self):
        # The all-pass filter moves w to w + 2 atan(alpha sin w / (1 - alpha cos w)).
        alpha, frequencies = 0.42, np.linspace(0, np.pi, 513)
        warped = frequencies + 2 * np.arctan(
            alpha * np.sin(frequencies) / (1 - alpha * np.cos(frequencies))
        )
        found = cepstrum.to_spectra(np.array([[0.1, 0.0, 0.7]]), 513, alpha)
        self.assertAllClose(np.log(found[0]), 0.2 + 1.4 * np.cos(2 * warped), atol=1e-9)

    def test_silence_has_a_cepstrum(self):
        found = cepstrum.from_spectra(np.zeros((2, 513)), 4, 0.42)
        self.assertAllClose(found, [[np.log(1e-16) / 2, 0, 0, 0]] * 2, atol=1e-9)


if __name__ == "__main__":
    tf.test.main()
