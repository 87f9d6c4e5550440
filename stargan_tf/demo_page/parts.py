"""What the parts of the page share: a photo and its examples, answers, and how events are bound."""

import dataclasses
import functools
import typing
from collections.abc import Callable, Sequence
from typing import Any

from stargan_tf.base import errors
from stargan_tf.demo_page import examples as examples_lib
from stargan_tf.demo_page import library, look, uploads

if typing.TYPE_CHECKING:
    import gradio

Handler = Callable[..., tuple]


@dataclasses.dataclass(frozen=True)
class Place:
    """What a run's part of the page has to know of the whole page.

    Attributes:
      slug: What the names of its functions end in; "": the page has one run.
      examples: Its examples.
      folder: Where uploads and results lie.
    """

    slug: str
    examples: Sequence[examples_lib.Example]
    folder: str

    def options(self, name: str = "") -> dict[str, Any]:
        """Returns arguments for an event: one computation at a time, of all events of the page.

        Args:
          name: What other programs call it by; "": they can't.
        """
        visible = {"api_visibility": "private"}
        if name:
            visible = {"api_name": f"{name}_{self.slug}" if self.slug else name}
        return {"concurrency_limit": 1, "concurrency_id": "networks", **visible}

    def answering(self, handler: Handler, kept: int, cleared: int) -> Handler:
        """Returns a handler of events that answers a user's mistake with a sentence on the page.

        Args:
          handler: Returns values for components, and a sentence; None leaves the one that is there.
          kept: How many of the first values are of components that a mistake leaves as they are.
          cleared: How many of those that follow are of components that a mistake clears.
        """
        same = library.imported().skip()

        @functools.wraps(handler)
        def answer(*values: Any) -> tuple:
            try:
                *made, text = handler(*values)
                return (*made, same if text is None else look.notice(text))
            except errors.UserError as error:
                text = uploads.without_folders(str(error), self.folder)
            except Exception as error:
                memory = errors.exhausted_memory(error)
                if not memory:
                    raise
                text = f"The {memory} ran out; try a smaller file, or end other programs."
            return (*[same] * kept, *[None] * cleared, look.notice(text, problem=True))

        return answer


def as_uploaded(component: "gradio.components.Component") -> "gradio.components.Component":
    """Makes a component give the path of the file as it was uploaded, whatever is in it.

    Gradio would open it, and fail on a damaged one; what is wrong with it our own reader tells.
    """

    def path(payload: Any) -> str | None:
        return None if payload is None else payload.path

    component.preprocess = path
    return component


def photo(label: str, value: str | None, height: int = 320) -> "gradio.Image":
    """Returns a component that takes a photo: a file, the clipboard or a webcam.

    `value` is the path of the photo to begin with.
    """
    gr = library.imported()
    return as_uploaded(
        gr.Image(
            value,
            label=label,
            type="filepath",
            sources=["upload", "webcam", "clipboard"],
            height=height,
            elem_classes=["picture", "given"],
            buttons=["fullscreen"],
        )
    )


def result(label: str, value: Any = None, height: int | None = 320) -> "gradio.Image":
    """Returns a component that shows a picture and lets it be downloaded as PNG.

    `height` is in pixels; None: that of the picture, with its title above.
    """
    return library.imported().Image(
        value,
        label=label,
        format="png",
        height=height,
        interactive=False,
        elem_classes=["picture", "made" if height else "sheet"],
        buttons=["download", "fullscreen"],
    )


def original() -> "gradio.Checkbox":
    """Returns a switch for results of the photo's own size, not of the networks'."""
    return library.imported().Checkbox(
        label="At the photo's own size",
        info="puts the translation back into the photo",
        elem_classes=["switches"],
        container=False,
    )


def size(original: bool) -> str:
    """Returns what `Model.translate` takes as `size` where that switch is on or off."""
    return "original" if original else "model"


def notice(text: str = "") -> "gradio.HTML":
    """Returns a component for sentences, beginning with one."""
    return library.imported().HTML(look.notice(text))


def dataset(
    component: "gradio.components.Component", examples: Sequence[examples_lib.Example]
) -> "gradio.Dataset":
    """Returns thumbnails of examples, which give the number of the one that is clicked."""
    return library.imported().Dataset(
        label="Examples",
        components=[component],
        samples=[[one.path] for one in examples],
        type="index",
        visible=bool(examples),
        samples_per_page=examples_lib.MOST,
    )
