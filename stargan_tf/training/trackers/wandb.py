"""Weights & Biases. WANDB_MODE=offline writes to RUN/wandb only; `wandb sync` uploads that later.

Its own environment variables apply, such as WANDB_PROJECT (default: stargan-tf).
"""

import os
import re
from collections.abc import Mapping

import numpy as np

from stargan_tf.base import errors
from stargan_tf.inference import sounds
from stargan_tf.training.trackers import tracker

_EXIT_CODES = {"finished": 0, "stopped": 255, "failed": 1}
_STEP = "step"  # of the training; wandb's own counts what is logged, and can't go back


class Wandb:
    """A run of Weights & Biases, which a continued training goes on with."""

    def __init__(self, about: tracker.About):
        import wandb

        self._wandb = wandb
        try:
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT") or "stargan-tf",
                name=about.directory.name,
                id=about.identity or None,
                resume="allow",
                dir=str(about.directory),
                config=dict(about.settings),
                settings=wandb.Settings(console="off"),  # it would take over stdout and stderr
            )
        except wandb.errors.Error as error:
            reason = re.split(r"\.\s", str(error).strip(), maxsplit=1)[0]  # its first sentence
            raise errors.UserError(
                f"tracker=wandb could not start ({reason}); log in with: wandb login, or set "
                "WANDB_MODE=offline, or leave `tracker` out."
            ) from error
        self.identity = self._run.id
        self._run.define_metric(_STEP, hidden=True)
        self._run.define_metric("*", step_metric=_STEP)

    @classmethod
    def check(cls) -> None:
        """Raises an ImportError if wandb is not installed."""
        import wandb  # noqa: F401

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Logs numbers."""
        self._run.log({**values, _STEP: step})

    def text(self, step: int, name: str, text: str) -> None:
        """Sends an alert: Weights & Biases can mail it."""
        self._run.alert(title=f"{name}, step {step}", text=text, level="WARN")

    def pictures(self, step: int, named: Mapping[str, np.ndarray]) -> None:
        """Logs pictures."""
        images = {f"samples/{name}": self._wandb.Image(picture) for name, picture in named.items()}
        self._run.log({**images, _STEP: step})

    def sounds(self, step: int, named: Mapping[str, sounds.Sound]) -> None:
        """Logs sounds."""
        logged = {
            f"samples/{name}": self._wandb.Audio(np.clip(sound.samples, -1, 1), sound.rate)
            for name, sound in named.items()
        }
        self._run.log({**logged, _STEP: step})

    def close(self, status: tracker.Status) -> None:
        """Ends, and waits until all is uploaded."""
        self._run.finish(exit_code=_EXIT_CODES[status])


TRACKER = Wandb
