"""Phones: the sounds of which utterances consist, for a throat of factor 1."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Phone:
    """What the mouth does for a sound.

    Attributes:
      formants: The first three, in Hz.
      level: Of the voice, in dB.
      voicing: From 0 (pulses have no part in it) to 1.
      noise: Level of the noise in dB; `SILENT`: there is none.
      centre: Of the noise, in Hz.
      width: Of the noise, in Hz: there it is 4.3 dB down.
      seconds: How long it usually takes.
    """

    formants: tuple[float, float, float]
    level: float = 0.0
    voicing: float = 1.0
    noise: float = -80.0
    centre: float = 3000.0
    width: float = 2000.0
    seconds: float = 0.07


SILENT = -80.0
NEUTRAL = (500.0, 1500.0, 2500.0)
SILENCE = Phone(NEUTRAL, SILENT, 0.0, seconds=0.09)

VOWELS = {
    "a": Phone((750, 1300, 2500), 0, seconds=0.13),
    "e": Phone((480, 1950, 2600), -1, seconds=0.11),
    "i": Phone((290, 2250, 3000), -4, seconds=0.10),
    "o": Phone((480, 880, 2450), -1, seconds=0.12),
    "u": Phone((320, 760, 2300), -4, seconds=0.11),
    "ae": Phone((650, 1750, 2500), 0, seconds=0.13),
    "ue": Phone((300, 1700, 2200), -4, seconds=0.11),
    "er": Phone((480, 1250, 1700), -2, seconds=0.11),
}
SONORANTS = {
    "m": Phone((260, 1050, 2200), -10),
    "n": Phone((260, 1500, 2550), -10),
    "ng": Phone((270, 1950, 2700), -11),
    "l": Phone((360, 1150, 2800), -7, seconds=0.06),
    "r": Phone((400, 1150, 1550), -7, seconds=0.06),
    "w": Phone((300, 650, 2250), -7, seconds=0.06),
    "j": Phone((270, 2200, 3050), -7, seconds=0.06),
}
FRICATIVES = {
    "s": Phone((350, 1700, 2600), SILENT, 0.0, -12, 6200, 1500, 0.10),
    "sh": Phone((350, 1800, 2500), SILENT, 0.0, -10, 3600, 1400, 0.10),
    "f": Phone((350, 1200, 2300), SILENT, 0.0, -24, 5000, 4000, 0.09),
    "h": Phone((500, 1500, 2500), SILENT, 0.0, -22, 1800, 1800, 0.06),
    "z": Phone((300, 1650, 2600), -13, 1.0, -19, 6000, 1600, 0.08),
    "v": Phone((300, 1150, 2300), -11, 1.0, -30, 4500, 3500, 0.07),
}
# What follows the closure of each stop: its burst.
BURSTS = {
    "p": Phone((400, 900, 2200), SILENT, 0.0, -20, 1200, 1200, 0.025),
    "t": Phone((400, 1750, 2600), SILENT, 0.0, -14, 4800, 1600, 0.03),
    "k": Phone((400, 1900, 2300), SILENT, 0.0, -16, 2200, 900, 0.035),
    "b": Phone((300, 900, 2200), -12, 1.0, -28, 1000, 1000, 0.02),
    "d": Phone((300, 1750, 2600), -12, 1.0, -24, 4200, 1500, 0.02),
    "g": Phone((300, 1900, 2300), -12, 1.0, -24, 2000, 900, 0.025),
}
VOICED_STOPS = ("b", "d", "g")


def closure(stop: str) -> Phone:
    """Returns the closure before a stop's burst: silent, or with a murmur if it is voiced."""
    burst = BURSTS[stop]
    if stop in VOICED_STOPS:
        return Phone((200, *burst.formants[1:]), -22, 1.0, seconds=0.05)
    return Phone(burst.formants, SILENT, 0.0, seconds=0.06)
