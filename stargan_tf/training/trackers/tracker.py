"""The protocol of what follows a training."""

import dataclasses
import pathlib
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.inference import sounds

Status = typing.Literal["finished", "stopped", "failed"]


@dataclasses.dataclass(frozen=True)
class About:
    """What a tracker learns of a training when it starts.

    Attributes:
      directory: The run's folder.
      settings: All options by name.
      identity: What `Tracker.identity` was when this run was last trained; "": it is new. A tracker
        continues with that.
    """

    directory: pathlib.Path
    settings: Mapping[str, Any]
    identity: str = ""


class Tracker(typing.Protocol):
    """Follows one training. Constructed with an `About`; may raise any error if it fails.

    Attributes:
      identity: What to continue with, when the run is trained on.
    """

    identity: str

    @classmethod
    def check(cls) -> None:
        """Raises an ImportError if its package is not installed."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Takes numbers, after a step."""

    def text(self, step: int, name: str, text: str) -> None:
        """Takes a sentence: a warning about the training."""

    def pictures(self, step: int, named: Mapping[str, np.ndarray]) -> None:
        """Takes sheets of samples by name, (H, W, 3) uint8."""

    def sounds(self, step: int, named: Mapping[str, sounds.Sound]) -> None:
        """Takes sounds by name."""

    def close(self, status: Status) -> None:
        """Ends: all steps were taken, the training was stopped before, or it failed."""
