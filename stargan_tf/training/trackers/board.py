"""Tells everything that follows a training what it has to know."""

import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from stargan_tf.base import errors, files
from stargan_tf.inference import conversion_samples
from stargan_tf.pictures import sheets
from stargan_tf.runs import runs
from stargan_tf.training import trackers
from stargan_tf.training.trackers import tracker

_FILE = "trackers.json"  # {tracker: identity}


class Board:
    """TensorBoard, the trackers that were asked for, and samples as PNG and wav files.

    A tracker that fails while the training runs is left out from then on, with a warning: a server
    that can't be reached must not end a training of days. TensorBoard's errors are raised.
    """

    def __init__(self, run: runs.Run, say: Callable[[str], None]):
        """Starts, or goes on.

        Args:
          run: Its folder exists.
          say: Tells the user a warning.

        Raises:
          UserError: A tracker's package is missing, or it can't start.
        """
        self._samples, self._say = run.directory / "samples", say
        path = run.directory / _FILE
        before, settings = _identities(path), run.config.values()
        self._others: dict[str, tracker.Tracker] = {}
        for name in trackers.check(run.config.train.tracker):
            about = tracker.About(run.directory, settings, before.get(name, ""))
            self._others[name] = _started(name, about)
        self._tensorboard = trackers.tracker_class(trackers.ALWAYS)(
            tracker.About(run.directory, settings)
        )
        now = before | {name: one.identity for name, one in self._others.items()}
        if now != before:
            with files.atomic(path) as file:
                file.write(json.dumps(now, indent=2).encode() + b"\n")

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Tells numbers."""
        self._each("scalars", step, values)

    def text(self, step: int, name: str, text: str) -> None:
        """Tells a sentence."""
        self._each("text", step, name, text)

    def samples(self, step: int, shown: conversion_samples.Samples) -> None:
        """Draws sheets, writes samples/step-N-name.png, and tells the same pictures.

        Sounds become samples/step-N-name.wav, and are told, too.
        """
        pictures = {name: sheets.render(sheet) for name, sheet in shown.sheets.items()}
        for name, picture in pictures.items():
            with files.atomic(self._samples / f"step-{step:08d}-{name}.png") as file:
                Image.fromarray(picture).save(file, "PNG")
        self._each("pictures", step, pictures)
        for name, sound in shown.sounds.items():
            sound.save(self._samples / f"step-{step:08d}-{name}.wav")
        if shown.sounds:
            self._each("sounds", step, shown.sounds)

    def close(self, status: tracker.Status) -> None:
        """Tells how the training ended."""
        self._each("close", status)

    def _each(self, method: str, *arguments: Any) -> None:
        getattr(self._tensorboard, method)(*arguments)
        for name, one in list(self._others.items()):
            try:
                getattr(one, method)(*arguments)
            except Exception as error:  # whatever a package, or its server, comes up with
                del self._others[name]
                self._say(
                    f"warning: {name} takes no more ({type(error).__name__}: {error}), so this "
                    "training goes on without it; the same command continues it later."
                )


def _started(name: str, about: tracker.About) -> tracker.Tracker:
    try:
        return trackers.tracker_class(name)(about)
    except errors.UserError:
        raise
    except Exception as error:
        raise errors.UserError(
            f"tracker={name} could not start ({type(error).__name__}: {error}); check its "
            "settings, or leave `tracker` out."
        ) from error


def _identities(path: pathlib.Path) -> dict[str, str]:
    try:
        return {str(name): str(one) for name, one in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):  # there is none: the trackers begin
        return {}
