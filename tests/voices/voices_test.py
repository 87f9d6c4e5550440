"""Drawn voices: pure functions, formants where they should be, and speakers who differ."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.voices import envelopes, phones, speakers, utterances

FREQUENCIES = np.linspace(0, 8000, 513)


def _steady(phone, frames=5):
    """Returns an utterance that holds one phone."""

    def same(value):
        return np.full(frames, float(value))

    return utterances.Utterance(
        np.tile(phone.formants, (frames, 1)).astype(float),
        same(phone.level),
        same(phone.voicing),
        same(phone.noise),
        same(phone.centre),
        same(phone.width),
        same(0.0),
        np.ones(frames, bool),
    )


def _peaks(spectrum):
    inner = spectrum[1:-1]
    return FREQUENCIES[1:-1][(inner > spectrum[:-2]) & (inner > spectrum[2:])]


class SpeakersTest(tf.test.TestCase, parameterized.TestCase):
    def test_they_are_pure_and_none_are_twins(self):
        found = [speakers.speaker(name) for name in speakers.SPEAKERS]
        speakers.speaker.cache_clear()
        for name, before in zip(speakers.SPEAKERS, found, strict=True):
            self.assertEqual(repr(before), repr(speakers.speaker(name)))
        throats = sorted(speaker.throat for speaker in found)
        self.assertGreater(np.diff(throats).min(), 0.04)
        four = sorted(speakers.speaker(name).throat for name in speakers.DEFAULT)
        self.assertAllClose(four, [0.86, 0.97, 1.08, 1.2])
        pitches = [np.exp(speaker.log_f0_mean) for speaker in found]
        self.assertAllEqual(np.argsort(pitches), np.argsort([s.throat for s in found]))
        self.assertBetween(min(pitches), 80, 120)
        self.assertBetween(max(pitches), 200, 260)

    @parameterized.parameters("anna", "ben", "clara", "david")
    def test_formants_are_scaled_by_the_throat(self, name):
        speaker = speakers.speaker(name)
        phone = phones.VOWELS["a"]
        voice = envelopes.voice(_steady(phone), speaker)
        found = _peaks(voice.periodic[2])
        for k, formant in enumerate(phone.formants):
            wanted = formant * speaker.throat * speaker.formants[k]
            self.assertLess(np.abs(found - wanted).min(), 0.12 * wanted, f"{found}, {wanted}")

    def test_a_resonance_is_that_of_the_formula(self):
        speaker = speakers.speaker("ben")
        utterance = _steady(phones.VOWELS["e"], 1)
        high = [*utterance.formants[0], *envelopes._HIGH_FORMANTS]
        expected = np.ones(513)
        for k, formant in enumerate(high):
            centre = formant * speaker.throat * speaker.formants[k]
            half = (envelopes._BANDWIDTHS[k] * speaker.bandwidth / 2) ** 2
            expected *= (centre**2 + half) ** 2
            expected /= (FREQUENCIES - centre) ** 2 + half
            expected /= (FREQUENCIES + centre) ** 2 + half
        self.assertAllClose(envelopes._tract(utterance, speaker)[0], expected, rtol=2e-4)


class UtterancesTest(tf.test.TestCase):
    def test_they_are_pure_and_differ(self):
        first, again, other = (utterances.utterance(n) for n in (7, 7, 8))
        self.assertAllEqual(first.formants, again.formants)
        self.assertAllEqual(first.melody, again.melody)
        self.assertNotEqual(first.formants.tolist(), other.formants.tolist())

    def test_some_twenty_phones_between_silences(self):
        seconds = [len(utterances.utterance(n).level) * utterances.FRAME for n in range(60)]
        self.assertBetween(np.mean(seconds), 1.7, 2.6)
        self.assertBetween(min(seconds), 1.0, 2.0)
        utterance = utterances.utterance(3)
        self.assertAllEqual(utterance.speech[[0, -1]], [False, False])
        self.assertLess(utterance.level[[0, -1]].max(), phones.SILENT + 5)
        self.assertAllEqual(np.diff(utterance.speech.astype(int)).nonzero()[0].shape, (2,))
        self.assertBetween(utterance.voiced[utterance.speech].mean(), 0.4, 0.98)

    def test_melodies_are_about_standard_normal(self):
        melodies = np.concatenate([utterances.utterance(n).melody for n in range(60)])
        self.assertAllClose((melodies.mean(), melodies.std()), (0, 1), atol=0.25)

    def test_mouths_move_smoothly(self):
        utterance = utterances.utterance(5)
        steps = np.abs(np.diff(utterance.formants, axis=0)).max()
        self.assertLess(steps, 450)  # Hz in 5 ms; without smoothing up to 2000
        step = utterances._smoothed(np.repeat([0.0, 1.0], 50), 0.05)
        self.assertAllClose(step[[0, 44, 55, -1]], [0, 0, 1, 1], atol=0.02)
        self.assertAllClose(step.sum(), 50)


class EnvelopesTest(tf.test.TestCase):
    def test_where_there_is_no_voice_there_is_noise(self):
        speaker = speakers.speaker("anna")
        hiss = envelopes.voice(_steady(phones.FRICATIVES["s"]), speaker)
        self.assertAllEqual(hiss.f0, np.zeros(5))
        self.assertAllEqual(hiss.periodic, np.zeros((5, 513)))
        loudest = FREQUENCIES[hiss.noise[2].argmax()]
        self.assertAllClose(loudest, 6200 * np.sqrt(speaker.throat), atol=16)
        vowel = envelopes.voice(_steady(phones.VOWELS["a"]), speaker)
        self.assertAllClose(np.log(vowel.f0), np.full(5, speaker.log_f0_mean))
        self.assertGreater(vowel.periodic.sum(), 30 * vowel.noise.sum())
        self.assertAllEqual(vowel.spectra, vowel.periodic + vowel.noise)

    def test_silence_is_a_room_not_a_void(self):
        silence = envelopes.voice(_steady(phones.SILENCE), speakers.speaker("clara")).spectra
        self.assertAllGreater(silence, 1e-11)
        self.assertLess(silence.max(), 1e-7)


if __name__ == "__main__":
    tf.test.main()
