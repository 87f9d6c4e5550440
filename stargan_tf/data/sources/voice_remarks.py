"""What is to be said of recordings: how they are read, and what would make a training worse."""

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stargan_tf.audio import files
from stargan_tf.base import errors
from stargan_tf.data import source

Remark = source.Remark
_FEW_MINUTES = 3.0  # of a speaker; the papers have 5, from 81 sentences
_SILENT = 1e-3  # the largest sample of a recording that is as good as silent: -60 dB
_CLIPPED = 0.999  # samples as large are cut off ...
_CLIPPED_SHARE = 1e-4  # ... where there are so many of them
_LONG = 20.0  # seconds


def reason(error: errors.UserError, path: str) -> str:
    """Returns what a message says of a file, without its path and the advice."""
    text = str(error).partition("; ")[0].removeprefix(path).strip()
    return text.rstrip(".")


def notes(
    paths: Sequence[str], broken: set[int], left_out: Mapping[str, int], rate: int
) -> list[str]:
    """Returns lines on how recordings are read, for the user.

    Args:
      paths: The recordings.
      broken: The numbers of those that can't be read.
      left_out: How many files are no recordings, by ending.
      rate: In Hz, to which all are resampled.
    """
    library = files.imported()
    infos = [library.info(path) for i, path in enumerate(paths) if i not in broken]
    lines = []
    if stereo := sum(info.channels > 1 for info in infos):
        lines.append(f"{stereo} of {len(infos)} recordings are stereo and are mixed down to mono.")
    if others := sum(info.samplerate != rate for info in infos):
        lines.append(f"{others} of {len(infos)} recordings are resampled to {rate} Hz.")
    if left_out:
        listed = ", ".join(f"{n} {ending or 'without ending'}" for ending, n in left_out.items())
        lines.append(f"Left out, as they are neither wav nor flac: {listed}.")
    return lines


def find(paths: Sequence[str], speakers: Sequence[str], shortest: float) -> list[Remark]:
    """Looks at every sample of recordings that can be read, and returns what is wrong.

    Args:
      paths: The recordings.
      speakers: Their speakers' names.
      shortest: Seconds that a training step sees; what is shorter is repeated.
    """
    sounds = [_measured(path) for path in paths]

    def named(holds: Callable[[dict[str, float]], bool]) -> list[str]:
        return [path for path, sound in zip(paths, sounds, strict=True) if holds(sound)]

    minutes = dict.fromkeys(speakers, 0.0)
    for name, sound in zip(speakers, sounds, strict=True):
        minutes[name] += sound["seconds"] / 60
    few = {name: time for name, time in minutes.items() if time < _FEW_MINUTES}
    found = [
        Remark(
            "silent",
            "warning",
            "Recordings are silent; training learns from them that nothing is said.",
            "Remove or replace them",
            named(lambda sound: sound["peak"] < _SILENT),
        ),
        Remark(
            "clipped",
            "warning",
            "Recordings are clipped: their loudest samples are cut off, and sound rough.",
            "Record them again at a lower level",
            named(lambda sound: sound["clipped"] > _CLIPPED_SHARE),
        ),
        Remark(
            "short",
            "hint",
            f"Recordings are shorter than the {shortest:.2g} seconds that a step sees, and are "
            "repeated.",
            "Pass a smaller `frames`, or join them",
            named(lambda sound: sound["seconds"] < shortest),
        ),
        Remark(
            "long",
            "hint",
            f"Recordings are longer than {_LONG:.0f} seconds; all count alike, so their parts are "
            "seen more rarely than others.",
            "Cut them into sentences",
            named(lambda sound: sound["seconds"] > _LONG),
        ),
        Remark(
            "stereo",
            "hint",
            "Recordings are stereo; they are mixed down to mono.",
            names=named(lambda sound: sound["channels"] > 1),
        ),
        Remark(
            "rates",
            "hint",
            "Recordings have different rates ("
            f"{', '.join(f'{rate:.0f}' for rate in sorted({s['rate'] for s in sounds}))} Hz): a "
            "speaker may be told by what a rate can't hold.",
            "Record all in the same way if you can",
            list(paths) if len({sound["rate"] for sound in sounds}) > 1 else [],
        ),
    ]
    found = [remark for remark in found if remark.names]
    if few:
        listed = ", ".join(f"{name} {time:.1f}" for name, time in few.items())
        text = f"Under {_FEW_MINUTES:.0f} minutes of training recordings: {listed}."
        found.append(Remark("few_minutes", "warning", text, "Add recordings; the papers have 5"))
    listed = ", ".join(f"{name} {time:.1f}" for name, time in minutes.items())
    return [*found, Remark("minutes", "hint", f"Minutes of each speaker: {listed}.")]


def _measured(path: str) -> dict[str, float]:
    sound = files.read(path)
    loudest = np.abs(sound.samples)
    return {
        "seconds": sound.seconds,
        "rate": float(sound.rate),
        "channels": sound.channels,
        "peak": float(loudest.max(initial=0)),
        "clipped": float((loudest >= _CLIPPED).mean()) if os.path.getsize(path) else 0.0,
    }
