"""What the page asks of a run that changes labels. Knows no browser."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.demo_page import controls as controls_lib
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import photos, sheets


class ToLabels:
    """Translates photos to what switches and choices say.

    Args:
      model: Of a run whose translations have no styles.

    Attributes:
      model: The same.
      controls: What a user sets.
      asks: Whether the user has to say what a photo shows, since the networks can't see it.
      one: Whether a photo shows one label, a domain.
    """

    def __init__(self, model: model_lib.Model):
        self.model, self.space = model, model.label_space
        self.controls = controls_lib.of_space(self.space)
        self.one = self.space.kind == "domains"
        directional = model.about.directions is not None
        self.asks = directional or not (model.run.classifies or self.one)

    def start(self) -> tuple[str, ...]:
        """Returns what a photo is taken to show that nobody has said anything of."""
        directions = self.model.about.directions
        return (self.space.names[directions[0][0]],) if directions else ()

    def own(self, photo: Image.Image, known: Sequence[str]) -> np.ndarray:
        """Returns the labels (width,) that a photo shows: as the user says, or the networks see."""
        return self.model.labels(photo, list(known) if self.asks else None)

    def wish(self, own: np.ndarray) -> np.ndarray:
        """Returns what to ask for at first: the first label that would be something new."""
        directions = self.model.about.directions
        if directions is not None:
            reached = [t for s, t in directions if own[s] or not own.any()]
            return self._one_hot(reached[0]) if reached else own
        for index, name in enumerate(self.space.names):
            if not own[index]:
                return self.space.changed(own[np.newaxis], (name,))[0]
        return own

    def values(self, label: np.ndarray) -> list[controls_lib.Value]:
        """Returns the values of the controls that show a label (width,)."""
        present = self.space.present(label)
        return [control.value(present) for control in self.controls]

    def wanted(
        self, own: np.ndarray, block: int, values: Sequence[controls_lib.Value]
    ) -> np.ndarray:
        """Returns the label (width,) that the controls of a block ask for.

        Raises:
          UserError: They ask for nothing, or for what excludes each other.
        """
        asked = controls_lib.edits(self.controls, values, block)
        if not asked:
            raise errors.UserError("Nothing is asked for yet; choose one of the domains.")
        return self.space.edited(own, asked)

    def translate(
        self, photo: Image.Image, wanted: np.ndarray, known: Sequence[str], size: str = "model"
    ) -> Image.Image:
        """Returns a photo's translation to a label (width,); `size` as of `Model.translate`."""
        return self.model.translate(photo, wanted, known=self._known(known), size=size)

    def matrix(self, photo: Image.Image, known: Sequence[str]) -> np.ndarray:
        """Returns a photo beside its translations to every target, as one picture (H, W, 3) uint8.

        Of many targets a dozen is shown.
        """
        own, directions = self.own(photo, known), self.model.about.directions
        names, note = sheets.targets(self.space, self.model.about.targets)
        headings, wanted = ["photo"], []
        for name in names:
            target, index = self.space.changed(own[np.newaxis], (name,))[0], self.space.index(name)
            reached = directions is None or any(
                t == index and (own[s] or not own.any()) for s, t in directions
            )
            if reached and not np.array_equal(target, own):
                new = bool(target[index])
                headings.append(f"{'' if new else 'not '}{controls_lib.shown(name)}")
                wanted.append(target)
        cells = [photos.to_array(self.model.about.framing("crop", None).square(photo)[0])]
        if wanted:
            x = np.stack([cells[0]] * len(wanted))
            cells += list(self.model.translate(x, np.stack(wanted), known=self._known(known)))
        return sheets.render(sheets.Sheet(headings, np.stack([np.stack(cells)]), note))

    def told(self, own: np.ndarray, wanted: np.ndarray) -> str:
        """Returns a sentence on what a photo shows and what was asked for."""
        seen, asked = set(self.space.present(own)), set(self.space.present(wanted))
        listed = ", ".join(map(controls_lib.shown, self.space.present(own)))
        what = f"The photo shows: {listed or 'none of these'}. " if self._tells else ""
        new = [controls_lib.shown(n) for n in self.space.names if n in asked - seen]
        replaced = {self.space.names[k] for n in asked - seen for k in self.space.rivals(n)}
        gone = [controls_lib.shown(n) for n in self.space.names if n in seen - asked - replaced]
        if not (new or gone):
            return f"{what}Nothing else is asked for."
        return f"{what}Asked for: {', '.join([*new, *(f'not {name}' for name in gone)])}."

    @property
    def _tells(self) -> bool:
        return self.asks or self.model.run.classifies

    def _known(self, known: Sequence[str]) -> list[str] | None:
        return list(known) if self.model.about.directions is not None else None

    def _one_hot(self, index: int) -> np.ndarray:
        return np.eye(self.space.width, dtype=np.float32)[index]
