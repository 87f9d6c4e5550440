"""What the page asks of a run whose translations have styles. Knows no browser."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.demo_page import controls
from stargan_tf.inference import arguments, translation
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import photos, sheets

ROWS = 4  # of a matrix: random styles of each domain
MOST_KEPT = 24
_IN_A_ROW = 3  # domains


@dataclasses.dataclass(frozen=True)
class Kept:
    """A style that the user has kept.

    Attributes:
      name: What the page calls it; no two of a user have the same.
      style: (style_dim,) float32.
      picture: What it was kept with, or None.
    """

    name: str
    style: np.ndarray
    picture: Image.Image | None = None


class ToStyles:
    """Translates photos to random styles, to those of references and to those that were kept.

    Args:
      model: Of a run whose translations have styles.
    """

    def __init__(self, model: model_lib.Model):
        self.model = model
        self.domains = model.about.targets or model.names

    def random(self, domain: str, seed: float, psi: float) -> tuple[np.ndarray, str]:
        """Returns the style (style_dim,) of a latent code, and what to call it."""
        name = f"{controls.shown(domain)}, {int(seed)}"
        if psi != 1:
            name += f", psi {psi:g}"
        return self.model.styles(domain, int(seed), float(psi)), name

    def of_reference(self, domain: str, reference: Image.Image) -> tuple[np.ndarray, str]:
        """Returns the style (style_dim,) that a picture shows, seen as one of `domain`."""
        return self.model.encode(reference, domain), f"{controls.shown(domain)} of a picture"

    def translate(self, photo: Image.Image, style: np.ndarray, size: str = "model") -> Image.Image:
        """Returns a photo in a style (style_dim,); `size` as of `Model.translate`."""
        return self.model.translate(photo, style=style, size=size)

    def matrix(self, photo: Image.Image, seed: float, psi: float) -> np.ndarray:
        """Returns a photo in random styles of every domain as one picture (H, W, 3) uint8.

        Of many domains there are a dozen. Of some few all pictures are in a row; of more a column
        is a domain, and a row is a latent code: `seed` and those that follow.
        """
        names, note = sheets.targets(self.model.label_space, self.domains)
        seeds = [int(seed) + row for row in range(ROWS)]
        x = photos.to_array(self.model.about.framing("crop", None).square(photo)[0])
        styles = self.model.styles([*names] * ROWS, np.repeat(seeds, len(names)).tolist(), psi)
        made = self.model.translate(np.stack([x] * len(styles)), style=styles)
        made = made.reshape(ROWS, len(names), *x.shape)
        headings = [*map(controls.shown, names)]
        if len(names) <= _IN_A_ROW:
            cells = np.concatenate([x[np.newaxis], *made.swapaxes(0, 1)])[np.newaxis]
            groups = [("", 1), *((heading, ROWS) for heading in headings)]
            columns = ["photo", *[str(one) for one in seeds] * len(names)]
            return sheets.render(sheets.Sheet(columns, cells, note, groups))
        first = np.stack([x, *[np.ones_like(x)] * (ROWS - 1)])[:, np.newaxis]
        cells = np.concatenate([first, made], axis=1)
        return sheets.render(sheets.Sheet(["photo", *headings], cells, note))


def mixed(kept: Sequence[Kept], first: str | None, second: str | None, share: float) -> np.ndarray:
    """Returns a mixture (style_dim,) of two kept styles.

    Args:
      kept: The user's.
      first: The name of one.
      second: The name of the other.
      share: 0: the first alone; 1: the second alone.

    Raises:
      UserError: There is none of a name.
    """
    if not kept:
        raise errors.UserError(
            "There is no style yet that was kept; press “Keep this style” below a result first."
        )
    styles = {one.name: one.style for one in kept}
    if first not in styles or second not in styles:
        raise errors.UserError("Choose the two styles to mix; the same twice is that style.")
    return ((1 - share) * styles[first] + share * styles[second]).astype(np.float32)


def with_kept(
    kept: Sequence[Kept], name: str, style: np.ndarray, picture: Image.Image | None = None
) -> list[Kept]:
    """Returns the kept styles with another one; a name that is there already gets a number.

    Raises:
      UserError: There are too many.
    """
    if len(kept) >= MOST_KEPT:
        raise errors.UserError(f"{MOST_KEPT} styles are kept already; forget them first.")
    names, number, new = {one.name for one in kept}, 2, name
    while new in names:
        new, number = f"{name} ({number})", number + 1
    return [*kept, Kept(new, np.asarray(style, np.float32), picture)]


def from_file(kept: Sequence[Kept], path: str, style_dim: int) -> list[Kept]:
    """Returns the kept styles with those of a .npy file; raises a UserError if it holds none."""
    file = pathlib.Path(path)
    found = arguments.checked_rows(translation.read_styles(file), style_dim, "style")
    kept = list(kept)
    for number, style in enumerate(found):
        kept = with_kept(kept, f"{file.stem} {number + 1}", style)
    return kept
