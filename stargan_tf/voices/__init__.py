"""Draws the voices of drawn_voices: speakers, utterances, and the envelopes of both together."""
