"""Translates photos to PNG files, and describes each translation in a line."""

import pathlib
from collections.abc import Sequence

import numpy as np

from stargan_tf.base import errors, files
from stargan_tf.inference import arguments, video_translation
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import framed, photos, sheets
from stargan_tf.runs import runs


class ToLabels:
    """Translates photos, made square by `framing`, with a run that changes labels.

    `edits` and `known` are `to` and `known` of `Model.translate`; `checkpoint` is "latest", "best"
    or a step. `framer` finds the squares to translate and decides what is written; None: the
    square of `framing`, and its translation alone.
    """

    def __init__(
        self,
        run: runs.Run,
        framing: photos.Framing,
        edits: Sequence[str],
        known: Sequence[str] | None = None,
        checkpoint: str = "latest",
        framer: framed.Framer | None = None,
    ):
        model_lib.check_known(run, known)
        self._framing, self._edits, self._known = framing, edits, known
        self.framer = framer or framed.Whole(framing)
        self._kept: dict[int, np.ndarray] = {}  # what the numbers of `outputs` show
        self._space = run.label_space
        self.model = model_lib.Model(run, checkpoint)

    def translate(self, image: pathlib.Path, output: pathlib.Path) -> str:
        """Writes a photo's translation."""
        photo = framed.read(image, self.framer)
        own = self.model.labels(photo.squares, self._known)
        targets = np.stack([self._space.edited(one, self._edits) for one in own])
        photos.save_png(output, photo.result(self._translated(photo.squares, targets)))
        lines = [
            f"{self._source(one)}; to: {self._shown(target)}"
            for one, target in zip(own, targets, strict=True)
        ]
        return framed.counted(" | ".join(lines), len(lines)) + photo.note

    def outputs(self, squares: np.ndarray, who: Sequence[int]) -> np.ndarray:
        """Translates squares (N, S, S, 3) of a video; squares of the same number show the same.

        What a number's squares show, if `known` does not say, is what most of those show that come
        with it first.
        """
        new = [number for number in dict.fromkeys(who) if number not in self._kept]
        if new:
            labels = self.model.labels(squares, self._known)
            for number in new:
                rows = labels[np.equal(who, number)]
                self._kept[number] = video_translation.most_frequent(rows)
        targets = np.stack([self._space.edited(self._kept[n], self._edits) for n in who])
        return self._translated(squares, targets)

    def described(self) -> str:
        """Returns what the squares of `outputs` were taken to show, and their targets, in words."""
        lines = (
            f"{self._source(own)}; to: {self._shown(self._space.edited(own, self._edits))}"
            for own in self._kept.values()
        )
        return " | ".join(dict.fromkeys(lines))

    def sheet(self, image: pathlib.Path, output: pathlib.Path) -> str:
        """Writes a photo beside its translations to every target, or to some of many."""
        x, cut = _read(image, self._framing)
        own = self.model.labels(x, self._known)
        source = self._source(own)
        names, note = sheets.targets(self._space)
        headings, cells = ["input"], [x]
        for name in names:
            target = self._space.changed(own[np.newaxis], (name,))[0]
            index = self._space.index(name)
            if not self._reaches(own, index):
                continue
            headings.append(name if target[index] >= own[index] and target[index] else f"-{name}")
            cells.append(self._translated(x, target))
        photos.save_png(output, sheets.render(sheets.Sheet(headings, np.stack([cells]), note)))
        return f"{source}{note and f'; {note}'}{cut}"

    def _translated(self, x: np.ndarray, target: np.ndarray) -> np.ndarray:
        directional = self.model.about.directions is not None
        return self.model.translate(x, target, known=self._known if directional else None)

    def _reaches(self, own: np.ndarray, target: int) -> bool:
        """Returns whether the model can translate to the label at position `target`."""
        directions, shown = self.model.about.directions, np.flatnonzero(own)
        if directions is None or target in shown:
            return True
        return any(t == target and (s in shown or not len(shown)) for s, t in directions)

    def _source(self, own: np.ndarray) -> str:
        """Returns what a photo was taken to show, and on whose word."""
        if not (self._known or self.model.run.classifies):  # of domains: any can become any
            return "from: not known"
        return f"from: {self._shown(own)}, as {'given' if self._known else 'classified'}"

    def _shown(self, label: np.ndarray) -> str:
        return ", ".join(self._space.present(label)) or "none of the attributes"


class ToStyles:
    """Translates with a run whose translations have styles.

    Args:
      run: The run.
      framing: How photos become square.
      domains: Names of the domains; with references theirs. Empty: all, or some of many
        (`sheets.targets`).
      seeds: The seeds of each domain's latent codes.
      psi: As in `Model.translate`.
      references: Photos that show the styles, in place of latent codes.
      saved: A .npy file of styles, in place of latent codes.
      checkpoint: "latest", "best" or a step.
      framer: As of `ToLabels`.

    Attributes:
      styles: (count, style_dim) float32.
    """

    def __init__(
        self,
        run: runs.Run,
        framing: photos.Framing,
        domains: Sequence[str] = (),
        seeds: Sequence[int] = (0,),
        psi: float = 1.0,
        references: Sequence[pathlib.Path] = (),
        saved: pathlib.Path | None = None,
        checkpoint: str = "latest",
        framer: framed.Framer | None = None,
    ):
        # The user's files first: errors in them are reported before the networks are built.
        self._framing, self._note = framing, ""
        self.framer = framer or framed.Whole(framing)
        self._references = [_read(path, framing)[0] for path in references]
        self.styles = None if saved is None else read_styles(saved)
        self._model = model = model_lib.Model(run, checkpoint)
        if saved is not None:
            self.styles = arguments.checked_rows(self.styles, model.algorithm.style_dim, "style")
            self._headings = [f"{saved.stem} {k + 1}" for k in range(len(self.styles))]
        elif references:
            self._headings = [path.name for path in references]
            self.styles = model.encode(self._references, domains[0])
        else:
            if not domains:
                domains, self._note = sheets.targets(run.label_space, run.targets)
            self._headings = [name for name in domains for _ in seeds]
            self.styles = model.styles(self._headings, [*seeds] * len(domains), psi)

    def translate(self, image: pathlib.Path, output: pathlib.Path) -> str:
        """Writes a photo in every style: `output`, or numbered files beside it, out-1.png, ..."""
        photo = framed.read(image, self.framer)
        pictures, paths = self._render(photo.squares), [output]
        if (count := len(pictures)) > 1:
            numbers = (str(k + 1).zfill(len(str(count))) for k in range(count))
            paths = [output.with_name(f"{output.stem}-{n}{output.suffix}") for n in numbers]
        for path, picture in zip(paths, pictures, strict=True):
            photos.save_png(path, photo.result(picture))
        names = f"; {paths[0].name} to {paths[-1].name}" if len(paths) > 1 else ""
        return framed.counted(self.described(), len(photo.regions)) + names + photo.note

    def outputs(self, squares: np.ndarray, who: Sequence[int]) -> np.ndarray:
        """Translates squares (N, S, S, 3) of a video, all to the one style.

        Raises:
          UserError: There are several styles.
        """
        if len(self.styles) != 1:
            raise errors.UserError(
                f"A video is translated to one style; received {len(self.styles)}; leave out "
                "`outputs`, and name one reference."
            )
        return self._render(squares)[0]

    def described(self) -> str:
        """Returns the style in words."""
        return f"to: {', '.join(dict.fromkeys(self._headings))}"

    def sheet(self, image: pathlib.Path, output: pathlib.Path) -> str:
        """Writes one picture: the photo, then its translations to every style."""
        return self._picture([image], output)

    def matrix(self, images: Sequence[pathlib.Path], output: pathlib.Path) -> str:
        """Writes one picture of all photos in all styles.

        Photos go across and references down, with the references at the left; without references
        photos go down, and the styles across.
        """
        return f"{len(images)} photos in {self._picture(images, output)}"

    def _picture(self, images: Sequence[pathlib.Path], output: pathlib.Path) -> str:
        sources, cuts = zip(*(_read(image, self._framing) for image in images), strict=True)
        rendered = self._render(sources)
        if self._references:
            rows = zip(
                [np.ones_like(sources[0]), *self._references], [sources, *rendered], strict=True
            )
            cells = np.stack([np.stack([first, *row]) for first, row in rows])
            headings = ["reference", *(path.stem for path in images)]
        else:
            cells = np.stack([np.stack(sources), *rendered], axis=1)
            headings = ["input", *self._headings]
        photos.save_png(output, sheets.render(sheets.Sheet(headings, cells, self._note)))
        some = f" of {self._note}" if self._note else ""
        return f"{len(self.styles)} styles{some}{max(cuts)}"

    def save_styles(self, path: pathlib.Path) -> None:
        """Writes the styles as a .npy file that `saved` takes."""
        with files.atomic(path) as file:
            np.save(file, self.styles)

    def _render(self, sources: Sequence[np.ndarray]) -> np.ndarray:
        """Returns (styles, sources, S, S, 3)."""
        x = [source for _ in self.styles for source in sources]
        outputs = self._model.translate(x, style=np.repeat(self.styles, len(sources), axis=0))
        return np.reshape(outputs, (len(self.styles), len(sources), *sources[0].shape))


def _read(path: pathlib.Path, framing: photos.Framing) -> tuple[np.ndarray, str]:
    """Returns a photo (S, S, 3) float32 in [-1, 1], and how it was cut."""
    square, cut = framing.read(path)
    return photos.to_array(square), cut


def read_styles(path: pathlib.Path) -> np.ndarray:
    """Returns the styles in a .npy file, (count, numbers) float32 if it was written as such.

    Raises:
      UserError: It is missing, or no .npy file of numbers.
    """
    try:
        return np.atleast_2d(np.asarray(np.load(path, allow_pickle=False), np.float32))
    except FileNotFoundError as error:
        raise errors.UserError(
            f"`style`={path} does not exist; give a .npy file that `save_style` wrote."
        ) from error
    except (OSError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise errors.UserError(
            f"`style`={path} is no .npy file of numbers ({error}); give one that `save_style` "
            "wrote."
        ) from error
