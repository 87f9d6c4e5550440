"""Translating photographs with a run whose translations have styles: latent or of a reference."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import photos, sheets
from stargan_tf.runs import runs

_BATCH = 16  # images rendered at a time


@dataclasses.dataclass(frozen=True)
class StyleRequest:
    """Which styles to translate to.

    Attributes:
      domains: Names of the domains; with references the one as which they are seen. Empty: all,
        or of many some (`sheets.targets`).
      seed: Of the first latent code of every domain.
      outputs: How many latent codes: seeds seed, seed + 1, ...
      psi: 1: latent styles as they are; towards 0: nearer to the domain's mean style.
      references: Photos that show the style; empty: latent codes.
      saved: A .npy file of styles; None: latent codes or references.
    """

    domains: tuple[str, ...] = ()
    seed: int = 0
    outputs: int = 1
    psi: float = 1.0
    references: tuple[pathlib.Path, ...] = ()
    saved: pathlib.Path | None = None

    def check(self, space: labels_lib.LabelSpace, *, several: bool) -> None:
        """Raises a UserError where the request makes no sense, before slow work.

        Args:
          space: Of the run.
          several: Whether more than one domain, or none for all, makes sense: on a sheet.
        """
        for name in self.domains:
            space.index(name)
        if self.saved is not None and (self.domains or self.references):
            raise errors.UserError(
                f"--style={self.saved} holds all there is to a style; received --to or --reference "
                "too; leave them out."
            )
        single = not several or bool(self.references)
        if self.saved is None and single and len(self.domains) != 1:
            raise errors.UserError(
                f"Name the one domain to go to with --to; received "
                f"{', '.join(self.domains) or 'none'}; the domains are {', '.join(space.names)}."
            )
        if self.outputs < 1 or self.seed < 0:
            raise errors.UserError(
                f"--outputs is at least 1 and --seed at least 0; received {self.outputs} and "
                f"{self.seed}."
            )
        if not 0 <= self.psi < float("inf"):
            raise errors.UserError(f"--psi is a finite number from 0 on; received {self.psi}.")


class StyleTranslator:
    """A run's networks with the weights of one checkpoint, and the styles of a request.

    Args:
      run: The run; its algorithm is `Styled`.
      request: The styles, checked.
      fit: "crop", "pad" or "stretch": how photos become square.
      checkpoint: "latest", or a step.
      crop_size: As of `Run.framing`.

    Attributes:
      headings: What each style is, for people.
      styles: (count, style_dim) float32.
      note: Of how many domains these are, where it is not all, as in "12 of 150 domains".
    """

    note: str = ""

    def __init__(
        self,
        run: runs.Run,
        request: StyleRequest,
        fit: str = "crop",
        checkpoint: str = "latest",
        crop_size: int | None = None,
    ):
        self._space, self._framing = run.label_space, run.framing(fit, crop_size)
        # Files of the user first: what is wrong with them is told before the networks are built.
        self._references = [self._read(path)[0] for path in request.references]
        saved = None if request.saved is None else _read_styles(request.saved)
        self._algorithm = run.build(training=False)
        runs.restore_weights(run, self._algorithm, checkpoint)
        if saved is not None:
            self.headings, self.styles = _checked(request, saved, self._algorithm.style_dim)
        elif self._references:
            labels = self._labels(request.domains * len(self._references))
            self.styles = self._algorithm.encode(np.stack(self._references), labels)
            self.headings = [path.name for path in request.references]
        else:
            self._draw(request)

    def translate(self, image: os.PathLike[str], output: os.PathLike[str]) -> str:
        """Writes a photo in every style as PNG; returns a line that says what was written.

        One style: `output`. Several: numbered files beside it, out-1.png, out-2.png, ...
        """
        source, note = self._read(image)
        found = self._render([source])[:, 0]
        paths = [pathlib.Path(output)]
        if len(found) > 1:
            stem, digits = paths[0], len(str(len(found)))
            paths = [
                stem.with_name(f"{stem.stem}-{k + 1:0{digits}d}{stem.suffix}")
                for k in range(len(found))
            ]
        for path, picture in zip(paths, found, strict=True):
            photos.save_png(path, photos.to_uint8(picture))
        names = f"; {paths[0].name} to {paths[-1].name}" if len(paths) > 1 else ""
        return f"to: {', '.join(dict.fromkeys(self.headings))}{names}{note}"

    def sheet(self, image: os.PathLike[str], output: os.PathLike[str]) -> str:
        """Writes one picture: the photo, then its translations to every style."""
        note = self._matrix([image], output)
        return f"{self._said()}{note}"

    def matrix(self, images: Sequence[os.PathLike[str]], output: os.PathLike[str]) -> str:
        """Writes one picture of all photos in all styles; returns a line about it.

        Sources go across and references down, with the references at the left; without references
        photos go down, and the styles across.
        """
        note = self._matrix(images, output)
        return f"{len(images)} photos in {self._said()}{note}"

    def _matrix(self, images: Sequence[os.PathLike[str]], output: os.PathLike[str]) -> str:
        """Does so; returns how the first photo was cut of those that were, or ""."""
        sources, notes = zip(*map(self._read, images), strict=True)
        rendered = self._render(sources)
        if self._references:
            top = np.stack([np.ones_like(sources[0]), *sources])
            below = [np.stack([r, *row]) for r, row in zip(self._references, rendered, strict=True)]
            headings = ["reference", *(pathlib.Path(path).stem for path in images)]
            cells = np.stack([top, *below])
        else:
            headings = ["input", *self.headings]
            cells = np.stack([np.stack(sources), *rendered], axis=1)
        photos.save_png(output, sheets.render(sheets.Sheet(headings, cells, self.note)))
        return next(filter(None, notes), "")

    def save_styles(self, path: os.PathLike[str]) -> None:
        """Writes the styles (count, style_dim) as a .npy file that `saved` takes."""
        with files.atomic(pathlib.Path(path)) as file:
            np.save(file, self.styles)

    def _draw(self, request: StyleRequest) -> None:
        names = request.domains
        if not names:
            names, self.note = sheets.targets(self._space)
        z = algorithm_lib.latent_of_seeds(
            range(request.seed, request.seed + request.outputs), self._algorithm.latent_dim
        )
        self.headings = [name for name in names for _ in z]
        labels = self._labels(self.headings)
        self.styles = self._algorithm.map_latents(np.tile(z, (len(names), 1)), labels, request.psi)

    def _said(self) -> str:
        return f"{len(self.styles)} styles" + (f" of {self.note}" if self.note else "")

    def _labels(self, names: Sequence[str]) -> np.ndarray:
        return np.eye(self._space.width, dtype=np.float32)[[self._space.index(n) for n in names]]

    def _read(self, path: os.PathLike[str]) -> tuple[np.ndarray, str]:
        square, note = self._framing.read(path)
        return photos.to_array(square), note

    def _render(self, sources: Sequence[np.ndarray]) -> np.ndarray:
        """Returns (styles, sources, S, S, 3)."""
        x = np.tile(np.stack(sources), (len(self.styles), 1, 1, 1))
        s = np.repeat(self.styles, len(sources), axis=0)
        parts = [slice(i, i + _BATCH) for i in range(0, len(x), _BATCH)]
        found = np.concatenate([self._algorithm.render(x[part], s[part]) for part in parts])
        return found.reshape(len(self.styles), len(sources), *found.shape[1:])


def _read_styles(path: pathlib.Path) -> np.ndarray:
    try:
        styles = np.load(path, allow_pickle=False)
        return np.atleast_2d(np.asarray(styles, np.float32))
    except FileNotFoundError as error:
        raise errors.UserError(
            f"--style={path} does not exist; give a .npy file that --save_style wrote."
        ) from error
    except (OSError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise errors.UserError(
            f"--style={path} is no .npy file of numbers ({error}); give one that --save_style "
            "wrote."
        ) from error


def _checked(request: StyleRequest, styles: np.ndarray, width: int) -> tuple[list, np.ndarray]:
    if styles.ndim != 2 or styles.shape[1] != width or not np.isfinite(styles).all():
        raise errors.UserError(
            f"--style={request.saved} must hold finite numbers ({width},) or (count, {width}); "
            f"received {styles.shape}; give one that --save_style wrote with this run."
        )
    return [f"{request.saved.stem} {k + 1}" for k in range(len(styles))], styles
