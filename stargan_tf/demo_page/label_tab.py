"""The part of the page of a run that changes labels: switches, choices, and all targets at once."""

from collections.abc import Sequence
from typing import Any

from stargan_tf.demo_page import controls, library, look, parts, uploads
from stargan_tf.demo_page.to_labels import ToLabels
from stargan_tf.inference import model as model_lib


class LabelTab:
    """Builds the part inside of the block of Gradio that is open.

    Args:
      model: Of the run.
      place: What else there is on the page.
    """

    def __init__(self, model: model_lib.Model, place: parts.Place):
        self._work, self._place = ToLabels(model), place
        self._max_grey = model.about.framing("crop", None).max_grey
        self._build(self._first())

    def changed(
        self, path: str | None, known: Any, original: bool, block: float, *values: Any
    ) -> tuple:
        """Returns a photo's translation to what the controls say, and a sentence."""
        photo, names = self._photo(path), _names(known)
        own = self._work.own(photo, names)
        wanted = self._work.wanted(own, int(block), values)
        made = self._work.translate(photo, wanted, names, parts.size(original))
        return made, self._work.told(own, wanted)

    def new(self, path: str | None, known: Any, original: bool) -> tuple:
        """Returns the block and values to ask for at first, the translation, and a sentence."""
        photo, names = self._photo(path), _names(known)
        own = self._work.own(photo, names)
        wish = self._work.wish(own)
        block = controls.block_of(self._work.space, wish)
        made = self._work.translate(photo, wish, names, parts.size(original))
        return block, *self._work.values(wish), made, self._work.told(own, wish)

    def matrix(self, path: str | None, known: Any) -> tuple:
        """Returns a picture of all targets."""
        return self._work.matrix(self._photo(path), _names(known)), None

    def example(self, number: int, original: bool) -> tuple:
        """Returns an example, what it shows, and what `new` returns."""
        path, known = self._example(number)
        return path, known, *self.new(path, known, original)

    def _photo(self, path: str | None) -> Any:
        return uploads.photo(path, self._max_grey)

    def _example(self, number: int) -> tuple[str, Any]:
        one = self._place.examples[number]
        names = list(self._work.start() if one.known is None else one.known)
        if self._work.one:
            return one.path, names[0] if names else None
        return one.path, names

    def _first(self) -> tuple:
        """Returns what the page shows at first: as `example` and `matrix`, or nothing."""
        if not self._place.examples:
            start = list(self._work.start())
            known = (start[0] if start else None) if self._work.one else start
            values = [control.value(()) for control in self._work.controls]
            return None, known, 0, *values, None, "Drop a photo to begin.", None
        found = self.example(0, False)
        return *found, self.matrix(*found[:2])[0]

    def _build(self, first: tuple) -> None:
        gr, place = library.imported(), self._place
        path, known, block, *values, made, told, matrix = first
        with gr.Row():
            with gr.Column(scale=5, min_width=280):
                photo = parts.photo("Photo", path)
                thumbnails = parts.dataset(photo, place.examples)
            with gr.Column(scale=4, min_width=260):
                known = self._known(known)
                chooser, inputs = self._inputs(block, values)
            with gr.Column(scale=5, min_width=280):
                result, notice = parts.result("Translation", made), parts.notice(told)
                original = parts.original()
        sheet = parts.result("Every target", matrix, None)
        asked = [photo, known, original, chooser, *inputs]
        gr.on(
            [component.input for component in asked[2:] if hasattr(component, "input")],
            place.answering(self.changed, 0, 1),
            asked,
            [result, notice],
            trigger_mode="always_last",
            show_progress="minimal",
            **place.options("translate"),
        )
        new = place.answering(self.new, 1 + len(inputs), 1)
        outputs = [chooser, *inputs, result, notice]
        example = place.answering(self.example, 3 + len(inputs), 1)
        events = [
            gr.on([photo.input, known.input], new, asked[:3], outputs, **place.options()),
            thumbnails.click(
                example, [thumbnails, original], [photo, known, *outputs], **place.options()
            ),
        ]
        for number, event in enumerate(events):
            event.then(
                place.answering(self.matrix, 0, 1),
                [photo, known],
                [sheet, notice],
                show_progress="minimal",
                **place.options("" if number else "matrix"),
            )

    def _known(self, value: Any) -> Any:
        """Returns the component that says what a photo shows, which only some networks need."""
        gr, names = library.imported(), self._work.space.names
        choices = [(controls.shown(name), name) for name in names]
        kind = gr.Radio if self._work.one else gr.CheckboxGroup
        return kind(choices, value=value, label="The photo shows", visible=self._work.asks)

    def _inputs(self, block: int, values: Sequence[controls.Value]) -> tuple[Any, list]:
        """Returns the component that chooses a block, and one for each control."""
        gr, space = library.imported(), self._work.space
        blocks = [(controls.shown(one.name), n) for n, one in enumerate(space.blocks)]
        if len(blocks) > 1:
            chooser = gr.Radio(blocks, value=block, label="Change what is labelled in")
        else:
            chooser = gr.State(0)
        inputs, last = [], None
        for control, value in zip(self._work.controls, values, strict=True):
            if len(blocks) > 1 and control.block != last:
                gr.HTML(look.section(blocks[control.block][0]))
            inputs.append(_component(control, value, first=control.block != last))
            last = control.block
        return chooser, inputs


def _component(control: controls.Control, value: controls.Value, first: bool) -> Any:
    """Returns a control's component; only the first of a block has a title."""
    gr = library.imported()
    choices = [(controls.shown(name), name) for name in control.names]
    title = {"label": "Translate to", "show_label": first}
    if not control.one:
        return gr.CheckboxGroup(choices, value=value, elem_classes=["switches"], **title)
    if control.optional:
        choices.append(("none of these", controls.NONE))
    return gr.Radio(choices, value=value, **title)


def _names(known: Any) -> list[str]:
    """Returns the value of the component for what a photo shows as names."""
    if known is None:
        return []
    return [known] if isinstance(known, str) else list(known)
