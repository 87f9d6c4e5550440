"""The part of the page of a run that converts: sound in and out, with pictures of both."""

import pathlib
import tempfile
from typing import Any

from stargan_tf.audio import files as audio_files
from stargan_tf.demo_page import controls, library, parts
from stargan_tf.demo_page.sounds import Conversions
from stargan_tf.inference import model as model_lib
from stargan_tf.inference import sequence_files


class SoundTab:
    """Builds the part inside of the block of Gradio that is open.

    Args:
      model: Of the run.
      place: What else there is on the page.
    """

    def __init__(self, model: model_lib.Model, place: parts.Place):
        self._work, self._place, self._names = Conversions(model), place, model.names
        self._build()

    def convert(
        self, path: str | None, source: str, target: str, differential: bool, gain: bool
    ) -> tuple:
        """Returns the input's picture, what came out, its picture, and a sentence."""
        made = self._work.convert(path, source, target, differential, gain)
        if made.sound is not None:
            out = (made.sound.rate, audio_files.pcm(made.sound.samples))
        else:
            folder = pathlib.Path(tempfile.mkdtemp(dir=self._place.folder))
            out = str(folder / f"converted{sequence_files.ENDING}")
            sequence_files.write(pathlib.Path(out), made.features)
        return made.before, out, made.after, made.told

    def example(self, number: int, target: str, *asked: Any) -> tuple:
        """Returns an example, whose voice it is, another domain, and what `convert` returns."""
        one = self._place.examples[number]
        source = one.known[0] if one.known else self._names[0]
        if target == source:
            target = next((name for name in self._names if name != source), source)
        return one.path, source, target, *self.convert(one.path, source, target, *asked)

    def _build(self) -> None:
        gr, place, names = library.imported(), self._place, self._names
        first = (None, names[0], names[-1], None, None, None, "Drop a file to begin.")
        if place.examples:
            first = self.example(0, names[-1], False, False)
        path, source, target, before, out, after, told = first
        choices = [(controls.shown(name), name) for name in names]
        with gr.Row():
            with gr.Column(scale=5, min_width=300):
                given = self._given(path)
                seen = parts.result("What goes in", before, None)
                thumbnails = parts.dataset(given, place.examples)
            with gr.Column(scale=3, min_width=220):
                source = gr.Radio(choices, value=source, label="From")
                target = gr.Radio(choices, value=target, label="To")
                differential = gr.Checkbox(
                    label="Only what differs", elem_classes=["switches"],
                    info="add what the networks make different, keep the rest",
                )  # fmt: skip
                gain = gr.Checkbox(
                    label="Keep the fine structure", elem_classes=["switches"],
                    visible=self._work.heard, info="multiply the spectrum by what changes",
                )  # fmt: skip
                button = gr.Button("Convert", variant="primary")
            with gr.Column(scale=5, min_width=300):
                made = self._made(out)
                picture, notice = parts.result("What comes out", after, None), parts.notice(told)
        asked, outputs = [given, source, target, differential, gain], [seen, made, picture, notice]
        gr.on(
            [button.click, given.upload, source.input, target.input, differential.input]
            + [gain.input, *([given.stop_recording] if self._work.heard else [])],
            place.answering(self.convert, 0, 3),
            asked,
            outputs,
            trigger_mode="always_last",
            **place.options("convert"),
        )
        thumbnails.click(
            place.answering(self.example, 3, 3),
            [thumbnails, target, differential, gain],
            [given, source, target, *outputs],
            **place.options(),
        )

    def _given(self, path: str | None) -> Any:
        gr = library.imported()
        if not self._work.heard:
            return parts.as_uploaded(gr.File(path, label="File of features (.npz)"))
        return parts.as_uploaded(
            gr.Audio(
                path, label="Recording", type="filepath", sources=["upload", "microphone"],
                buttons=[],
            )
        )  # fmt: skip

    def _made(self, value: Any) -> Any:
        gr = library.imported()
        if not self._work.heard:
            return gr.File(value, label="Converted features (.npz)", interactive=False)
        return gr.Audio(
            value, label="Converted", format="wav", interactive=False, buttons=["download"]
        )
