"""Features of recordings, computed once and kept in the user's cache folder.

Each recording has a file of its own, named after a hash of its contents and of how it is analyzed:
what was computed before a stop need not be computed again, and a folder may be moved.
"""

import dataclasses
import hashlib
import os
import pathlib
import zipfile
from collections.abc import Callable, Sequence
from concurrent import futures

import numpy as np

from stargan_tf.audio import files as sound_files
from stargan_tf.audio import mel, world
from stargan_tf.base import errors, files

_VERSION = 1  # of what is computed here
_SHORTEST = 0.1  # seconds: what is shorter is followed by silence, for WORLD
_THREADS = max(1, min(8, os.cpu_count() or 1))  # WORLD lets other threads work


@dataclasses.dataclass(frozen=True)
class Analyzer:
    """How recordings become features.

    Attributes:
      kind: "mcep" or "mel".
      coefficients: F of mel-cepstra, the 0th included.
      rate: In Hz, to which sound is resampled.
    """

    kind: str
    coefficients: int
    rate: int

    @property
    def width(self) -> int:
        """F."""
        return mel.BANDS if self.kind == "mel" else self.coefficients

    def features(self, path: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns features (T, F) float32 and pitch (frames of 5 ms,) float32 in Hz, 0 unvoiced.

        Raises:
          UserError: The file can't be read.
        """
        kept = self._place(path)
        try:
            with np.load(kept, allow_pickle=False) as file:
                return file["features"], file["f0"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            found = self._analyzed(path)
        files.make_folder(kept.parent, "folder in the environment variable XDG_CACHE_HOME")
        with files.atomic(kept) as file:
            np.savez(file, features=found[0], f0=found[1])
        return found

    def all_features(
        self, paths: Sequence[str], progress: Callable[[int], None]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Returns the features of many recordings; calls `progress` with how many are done."""
        found = []
        with futures.ThreadPoolExecutor(_THREADS) as pool:
            for one in pool.map(self.features, paths):
                found.append(one)
                progress(len(found))
        return found

    def _analyzed(self, path: str) -> tuple[np.ndarray, np.ndarray]:
        sound = sound_files.read(path).mono(self.rate)
        sound = np.pad(sound, (0, max(0, round(_SHORTEST * self.rate) - len(sound))))
        analysis = world.analyze(sound, self.rate)
        if self.kind == "mel":
            features = mel.log_mel(sound)
        else:
            features = analysis.mel_cepstra(self.coefficients)
        return features.astype(np.float32), analysis.f0.astype(np.float32)

    def _place(self, path: str) -> pathlib.Path:
        try:
            contents = pathlib.Path(path).read_bytes()
        except OSError as error:
            raise errors.UserError(
                f"{path} can't be read ({error.strerror}); replace or remove it."
            ) from error
        how = f"{_VERSION} {self.kind} {self.width} {self.rate}".encode()
        name = hashlib.blake2b(contents, digest_size=16, key=how).hexdigest()
        return folder() / f"{name}.npz"


def folder() -> pathlib.Path:
    """Returns where features are kept; it need not exist yet."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(root) / "stargan_tf" / "features"
