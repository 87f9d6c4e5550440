"""Reads and writes files of sound."""

import dataclasses
import os
import pathlib
import types
import wave

import numpy as np

from stargan_tf.audio import resampling
from stargan_tf.base import errors, files

ENDINGS = (".wav", ".flac")
SLOWEST = 16_000  # Hz: below it the sounds of s and f are missing
LONGEST = 3600.0  # seconds


@dataclasses.dataclass(frozen=True)
class Sound:
    """A file's sound as it is.

    Attributes:
      samples: (N, channels) float32 in [-1, 1].
      rate: In Hz.
    """

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    @property
    def channels(self) -> int:
        """1: mono, 2: stereo."""
        return self.samples.shape[1]

    def mono(self, rate: int = 0) -> np.ndarray:
        """Returns the mean of its channels (N,) float64 at a rate in Hz; 0: its own."""
        mixed = self.samples.astype(np.float64).mean(axis=1)
        return resampling.resampled(mixed, self.rate, rate or self.rate)


def read(path: str | os.PathLike[str]) -> Sound:
    """Reads a file of sound; it may have any rate from 16 kHz on.

    Raises:
      UserError: The file is missing, is no sound, has no samples, lasts over an hour, or its rate
        is below 16 kHz.
    """
    library = imported()
    try:
        with library.SoundFile(os.fspath(path)) as file:
            rate, seconds = file.samplerate, file.frames / file.samplerate
            _check(path, rate, seconds)
            samples = file.read(dtype="float32", always_2d=True)
    except FileNotFoundError as error:
        raise errors.UserError(f"There is no file {path}; check the path.") from error
    except (library.LibsndfileError, OSError) as error:
        if not os.path.exists(path):
            raise errors.UserError(f"There is no file {path}; check the path.") from error
        raise errors.UserError(
            f"{path} can't be read as sound ({_reason(error)}); give a wav or flac file."
        ) from error
    if not len(samples):
        _check(path, rate, 0.0)
    return Sound(np.nan_to_num(samples), rate)


def seconds_and_rate(path: str | os.PathLike[str]) -> tuple[float, int]:
    """Returns how long a file lasts and its rate in Hz, from its header; see `read`."""
    library = imported()
    try:
        info = library.info(os.fspath(path))
    except (library.LibsndfileError, OSError) as error:
        raise errors.UserError(
            f"{path} can't be read as sound ({_reason(error)}); give a wav or flac file."
        ) from error
    _check(path, info.samplerate, info.frames / info.samplerate)
    return info.frames / info.samplerate, info.samplerate


def write(path: pathlib.Path, waveform: np.ndarray, rate: int) -> None:
    """Writes sound (N,) as a wav file of 16 bits; what exceeds [-1, 1] is cut off.

    Raises:
      UserError: The file can't be written.
    """
    with files.atomic(pathlib.Path(path)) as file, wave.open(file, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", "NONE"))
        sound.writeframes(pcm(waveform).tobytes())


def pcm(waveform: np.ndarray) -> np.ndarray:
    """Returns sound in [-1, 1] as (N,) little-endian integers of 16 bits."""
    return np.rint(np.clip(np.asarray(waveform, np.float64), -1, 1) * 32767).astype("<i2")


def imported() -> types.ModuleType:
    """Returns the module soundfile; raises a UserError that names the extra where it is missing."""
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: without its library
        raise errors.UserError(
            f"Reading sound needs the package soundfile, which could not be imported ({error}); "
            f"install it with: {errors.install_command('voice')}"
        ) from error
    return soundfile


def _check(path: str | os.PathLike[str], rate: int, seconds: float) -> None:
    if seconds <= 0:
        raise errors.UserError(f"{path} lasts 0 seconds; give a file that holds sound.")
    if seconds > LONGEST:
        raise errors.UserError(
            f"{path} lasts {seconds / 60:.0f} minutes; cut it into sentences of some seconds."
        )
    if rate < SLOWEST:
        raise errors.UserError(
            f"{path} has a rate of {rate} Hz, which lacks the sounds above {rate // 2} Hz; give a "
            f"recording of {SLOWEST} Hz or more."
        )


def _reason(error: Exception) -> str:
    """Returns what the library says of a file that is there."""
    reason = str(error).strip().splitlines()[-1].rpartition(": ")[2].rstrip(".")
    if "does not exist" in reason:  # what it says of an mp3 file that is none
        reason = ""
    return reason or "Format not recognised"
