"""TensorBoard: RUN/tensorboard."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from stargan_tf.inference import sounds
from stargan_tf.training.trackers import tracker


class TensorBoard:
    """Event files for TensorBoard; a training that goes on adds one."""

    identity = ""

    def __init__(self, about: tracker.About):
        self._writer = tf.summary.create_file_writer(str(about.directory / "tensorboard"))

    @classmethod
    def check(cls) -> None:
        """Does nothing: TensorBoard is always there."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes numbers."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def text(self, step: int, name: str, text: str) -> None:
        """Writes a sentence."""
        with self._writer.as_default(step=step):
            tf.summary.text(name, text)
        self._writer.flush()

    def pictures(self, step: int, named: Mapping[str, np.ndarray]) -> None:
        """Writes pictures."""
        with self._writer.as_default(step=step):
            for name, picture in named.items():
                tf.summary.image(name, picture[tf.newaxis])
        self._writer.flush()

    def sounds(self, step: int, named: Mapping[str, sounds.Sound]) -> None:
        """Writes sounds, as wav files of 16 bits."""
        with self._writer.as_default(step=step):
            for name, sound in named.items():
                samples = np.clip(sound.samples, -1, 1).astype(np.float32)
                tf.summary.audio(name, samples[np.newaxis, :, np.newaxis], sound.rate)
        self._writer.flush()

    def close(self, status: tracker.Status) -> None:
        """Writes what is left; of the status TensorBoard knows nothing."""
        self._writer.flush()


TRACKER = TensorBoard
