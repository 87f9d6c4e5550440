"""The part of the page of a run with styles: random ones, of references, kept and mixed ones."""

import pathlib
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.demo_page import controls, library, look, parts, to_styles, uploads
from stargan_tf.inference import model as model_lib

RANDOM, REFERENCE, KEPT = "a random code", "a picture", "kept styles"
_ABOUT_FILES = "The command translate writes such a file (--save_style) and takes it (--style)."
_SEEDS = 999  # the highest on the slider


class StyleTab:
    """Builds the part inside of the block of Gradio that is open.

    Args:
      model: Of the run.
      place: What else there is on the page.
    """

    def __init__(self, model: model_lib.Model, place: parts.Place):
        self._work, self._place, self._model = to_styles.ToStyles(model), place, model
        self._max_grey = model.about.framing("crop", None).max_grey
        self._build()

    def translate(self, path: str | None, original: bool, *asked: Any) -> tuple:
        """Returns a photo in the style that is asked for, and a sentence."""
        photo = self._photo(path)
        style, name = self._style(*asked)
        return self._work.translate(photo, style, parts.size(original)), f"Style: {name}."

    def matrix(self, path: str | None, seed: float, psi: float) -> tuple:
        """Returns a picture of random styles of all domains."""
        return self._work.matrix(self._photo(path), seed, psi), None

    def example(self, number: int, original: bool, *asked: Any) -> tuple:
        """Returns an example, its translation and a sentence."""
        path = self._place.examples[number].path
        return path, *self.translate(path, original, *asked)

    def reference(self, number: int) -> tuple:
        """Returns an example as a reference."""
        return self._place.examples[number].path, None

    def keep(self, path: str | None, *asked: Any) -> tuple:
        """Returns the kept styles with the one that is asked for, as all that shows them."""
        style, name = self._style(*asked)
        picture = self._work.translate(self._photo(path), style)
        return *self._shown(to_styles.with_kept(asked[5], name, style, picture)), f"Kept: {name}."

    def add(self, path: str | None, kept: list, file: str | None) -> tuple:
        """Returns the kept styles with those of a file."""
        if file is None:
            raise errors.UserError("There is no file of styles; choose a .npy file.")
        more = to_styles.from_file(kept, file, self._model.about.style_dim)
        photo, old = self._photo(path), len(kept)
        more[old:] = [
            to_styles.Kept(one.name, one.style, self._work.translate(photo, one.style))
            for one in more[old:]
        ]
        return *self._shown(more), f"Kept: {len(more) - old} styles of the file."

    def forget(self) -> tuple:
        """Returns that no style is kept."""
        return *self._shown([]), "All kept styles are forgotten."

    def _photo(self, path: str | None, what: str = "photo") -> Any:
        return uploads.photo(path, self._max_grey, what)

    def _style(
        self,
        domain: str,
        source: str,
        seed: float,
        psi: float,
        reference: str | None,
        kept: list,
        first: str | None,
        second: str | None,
        share: float,
    ) -> tuple[np.ndarray, str]:
        """Returns the style (style_dim,) that the components ask for, and its name."""
        if source == RANDOM:
            return self._work.random(domain, seed, psi)
        if source == REFERENCE:
            picture = self._photo(reference, "picture of a style")
            return self._work.of_reference(domain, picture)
        style = to_styles.mixed(kept, first, second, share)
        name = first if first == second else f"{1 - share:.0%} {first}, {share:.0%} {second}"
        return style, name

    def _shown(self, kept: Sequence[to_styles.Kept]) -> tuple:
        """Returns what all components show that have to do with kept styles."""
        gr, names = library.imported(), [one.name for one in kept]
        path = None
        if kept:
            folder = tempfile.mkdtemp(dir=self._place.folder)
            path = str(pathlib.Path(folder) / "styles.npy")
            np.save(path, np.stack([one.style for one in kept]))
        return (
            list(kept),
            gr.update(choices=names, value=names[0] if names else None),
            gr.update(choices=names, value=names[-1] if names else None),
            gr.update(value=[(one.picture, one.name) for one in kept], visible=bool(kept)),
            gr.update(value=path, interactive=bool(kept)),
        )

    def _start(self) -> str:
        """Returns the domain to begin with: another than that of the first example."""
        known = (self._place.examples[0].known or ()) if self._place.examples else ()
        others = [name for name in self._work.domains if name not in known]
        return [*others, *self._work.domains][0]

    def _first(self, domain: str) -> tuple:
        """Returns what the page shows at first: a photo, its translation, a sentence, a matrix."""
        if not self._place.examples:
            return None, None, "Drop a photo to begin.", None
        asked = (domain, RANDOM, 0, 1.0, None, [], None, None, 0.5)
        found = self.example(0, False, *asked)
        return *found, self.matrix(found[0], 0, 1.0)[0]

    def _build(self) -> None:
        gr, place = library.imported(), self._place
        domain = self._start()
        path, made, told, matrix = self._first(domain)
        with gr.Row():
            with gr.Column(scale=5, min_width=280):
                photo = parts.photo("Photo", path)
                thumbnails = parts.dataset(photo, place.examples)
            with gr.Column(scale=4, min_width=260):
                asked, more = self._inputs(domain)
            with gr.Column(scale=5, min_width=280):
                result, notice = parts.result("Translation", made), parts.notice(told)
                original = parts.original()
                keep = gr.Button("Keep this style", size="sm")
        gallery, buttons = self._kept_part()
        sheet = parts.result("Random styles of every domain", matrix, None)
        inputs, outputs = [photo, original, *asked], [result, notice]
        domain, source, seed, psi, reference, kept, first, second, share = asked
        triggers = [photo.input, original.input, domain.input, source.input, seed.change, psi.input]
        triggers += [reference.input, first.input, second.input, share.input]
        live = {"trigger_mode": "always_last", "show_progress": "minimal"}
        translate = place.answering(self.translate, 0, 1)
        gr.on(triggers, translate, inputs, outputs, **live, **place.options("translate"))
        thumbnails.click(
            place.answering(self.example, 1, 1), [thumbnails, *inputs[1:]], [photo, *outputs],
            **place.options(),
        ).then(
            place.answering(self.matrix, 0, 1), [photo, seed, psi], [sheet, notice],
            show_progress="minimal", **place.options(),
        )  # fmt: skip
        gr.on(
            [photo.input, seed.change, psi.release],
            place.answering(self.matrix, 0, 1),
            [photo, seed, psi],
            [sheet, notice],
            **live,
            **place.options("matrix"),
        )
        more.click(
            place.answering(self.reference, 1, 0), more, [reference, notice], **place.options()
        ).then(translate, inputs, outputs, **place.options())
        shown = [kept, first, second, gallery, buttons[0], notice]
        keep.click(place.answering(self.keep, 5, 0), [photo, *asked], shown, **place.options())
        add = place.answering(self.add, 5, 0)
        buttons[1].upload(add, [photo, kept, buttons[1]], shown, **place.options())
        buttons[2].click(place.answering(self.forget, 5, 0), None, shown, **place.options())

    def _inputs(self, domain: str) -> tuple[list, Any]:
        """Returns the components that say which style is wanted, and the references' examples."""
        gr, names = library.imported(), self._work.domains
        choices = [(controls.shown(name), name) for name in names]
        chosen = gr.Radio(choices, value=domain, label="Translate to", visible=len(names) > 1)
        source = gr.Radio([RANDOM, REFERENCE, KEPT], value=RANDOM, label="In the style of")
        with gr.Column(visible=True) as random:
            seed = gr.Slider(0, _SEEDS, value=0, step=1, label="Random code")
            another = gr.Button("Another code", size="sm")
            psi = gr.Slider(
                0, 1, value=1, step=0.05, label="psi",
                info="1: as diverse as it was drawn; 0: the domain's mean style",
            )  # fmt: skip
        with gr.Column(visible=False) as pictured:
            others = [one.path for one in self._place.examples[1:2]]
            reference = parts.photo("Picture of the style", [*others, None][0], 200)
            more = parts.dataset(reference, self._place.examples)
        with gr.Column(visible=False) as own:
            kept = gr.State([])
            first = gr.Dropdown([], label="A kept style")
            second = gr.Dropdown([], label="Another one")
            share = gr.Slider(0, 1, value=0.5, step=0.05, label="Share of the other")
        source.change(
            lambda value: [gr.update(visible=value == one) for one in (RANDOM, REFERENCE, KEPT)],
            source, [random, pictured, own], queue=False, api_visibility="private",
        )  # fmt: skip
        another.click(
            lambda value: (int(value) + 1) % (_SEEDS + 1), seed, seed, queue=False,
            api_visibility="private",
        )  # fmt: skip
        return [chosen, source, seed, psi, reference, kept, first, second, share], more

    def _kept_part(self) -> tuple[Any, list]:
        """Returns what shows kept styles, and the buttons: download, upload, forget."""
        gr = library.imported()
        with gr.Accordion("Kept styles", open=True):
            gallery = gr.Gallery(
                [], show_label=False, columns=9, height=150, interactive=False, buttons=[],
                allow_preview=False, object_fit="contain", visible=False, elem_classes=["kept"],
            )  # fmt: skip
            with gr.Row():
                download = gr.DownloadButton("Download (.npy)", size="sm", interactive=False)
                upload = parts.as_uploaded(gr.UploadButton("Add a .npy file", size="sm"))
                forget = gr.Button("Forget all", size="sm")
            gr.HTML(look.notice(_ABOUT_FILES))
        return gallery, [download, upload, forget]
