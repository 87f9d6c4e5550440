"""Translating photographs with a run: from a file to a file."""

import os
from collections.abc import Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import photos, sheets
from stargan_tf.runs import runs


def check_names(space: labels_lib.LabelSpace, edits: Sequence[str], known: Sequence[str]) -> None:
    """Raises a UserError where a name is unknown or two exclude each other, before slow work."""
    for names in (edits, known):
        space.edited(np.zeros(space.width, np.float32), names)


def check_known(run: runs.Run, known: Sequence[str]) -> None:
    """Raises a UserError where only the user could tell what a photo shows, and did not."""
    if not (known or run.classifies or run.label_space.kind == "domains"):
        give = (
            f"say what a photo shows with --from, such as --from={run.label_space.names[-1]} (what "
            "is not named is taken as absent)"
        )
        if run.imported is None:
            raise errors.UserError(
                f"The networks of {run.directory} can't classify images; {give}."
            )
        raise errors.UserError(
            f"{run.directory} was imported without a discriminator ("
            f"{', '.join(run.imported.files)}), so it can't tell what a photo shows; {give}, or "
            "import the discriminator too."
        )


class Translator:
    """A run's networks with the weights of one checkpoint.

    Args:
      run: The run.
      checkpoint: "latest", or a step.
      crop_size: As of `Run.framing`.
    """

    def __init__(self, run: runs.Run, checkpoint: str = "latest", crop_size: int | None = None):
        self._run, self._crop_size = run, crop_size
        self._space = run.label_space
        self._algorithm = run.build(training=False)
        self.step = runs.restore_weights(run, self._algorithm, checkpoint)

    def translate(
        self,
        image: os.PathLike[str],
        output: os.PathLike[str],
        fit: str,
        edits: Sequence[str],
        known: Sequence[str] = (),
    ) -> str:
        """Translates one photo and writes it as PNG.

        Args:
          image: The photo, of any size.
          output: The PNG file.
          fit: "crop", "pad" or "stretch", how it becomes square.
          edits: What to change, as `LabelSpace.edited` takes it.
          known: What the photo shows; empty: the classifier is asked.

        Returns:
          A line that says from which labels to which.
        """
        x, own, said, note = self._read(image, fit, known)
        target = self._space.edited(own[0], edits)[np.newaxis]
        photos.save_png(output, photos.to_uint8(self._algorithm.translate(x, target)[0]))
        return f"{said}; to: {self._shown(target[0])}{note}"

    def sheet(
        self, image: os.PathLike[str], output: os.PathLike[str], fit: str, known: Sequence[str] = ()
    ) -> str:
        """Writes the photo beside its translations to every target; returns a line about it.

        Of many targets some: `sheets.targets`.
        """
        x, own, said, cut = self._read(image, fit, known)
        names, note = sheets.targets(self._space)
        targets = {name: self._space.changed(own, (name,)) for name in names}
        headings = [self._heading(name, own[0], target[0]) for name, target in targets.items()]
        cells = [x, *(self._algorithm.translate(x, target) for target in targets.values())]
        sheet = sheets.Sheet(["input", *headings], np.stack(cells, axis=1), note)
        photos.save_png(output, sheets.render(sheet))
        return f"{said}{note and f'; {note}'}{cut}"

    def _read(
        self, path: os.PathLike[str], fit: str, known: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray, str, str]:
        """Returns the photo (1, S, S, 3), its label (1, width), whence that is, how it was cut."""
        check_known(self._run, known)
        square, note = self._run.framing(fit, self._crop_size).read(path)
        x = photos.to_array(square)[np.newaxis]
        if known:
            own = self._space.edited(np.zeros(self._space.width, np.float32), known)[np.newaxis]
            return x, own, f"from: {self._shown(own[0])}, as given", note
        if not self._run.classifies:  # of domains: any can become any
            return x, np.zeros((1, self._space.width), np.float32), "from: not known", note
        own = self._algorithm.classify(x)
        return x, own, f"from: {self._shown(own[0])}, as classified", note

    def _heading(self, name: str, own: np.ndarray, target: np.ndarray) -> str:
        index = self._space.index(name)
        return name if target[index] >= own[index] and target[index] else f"-{name}"

    def _shown(self, label: np.ndarray) -> str:
        return ", ".join(self._space.present(label)) or "none of the attributes"
