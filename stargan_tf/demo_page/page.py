"""Joins the parts of all runs to one page."""

import pathlib
import re
import typing
from collections.abc import Sequence

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.demo_page import examples as examples_lib
from stargan_tf.demo_page import label_tab, library, look, parts, sound_tab, style_tab
from stargan_tf.inference import model as model_lib
from stargan_tf.runs import runs

if typing.TYPE_CHECKING:
    import gradio

_CLEANED, _AGE = 600, 7200  # seconds: how often files are looked for, and how old they become


def check(run: runs.Run, checkpoint: str) -> None:
    """Raises a UserError unless a run has the checkpoint and can do what the page is for."""
    if not run.converts:
        run.require(algorithm_lib.Translates)
    runs.find_step(run, checkpoint)


def build(
    models: Sequence[model_lib.Model],
    folder: pathlib.Path,
    examples: Sequence[examples_lib.Example] = (),
) -> "gradio.Blocks":
    """Returns the page, with a part for each model.

    Args:
      models: At least one.
      folder: An empty folder for all that the page writes; who calls this removes it.
      examples: Photos to begin with; none: held-out ones of each run's data, where they are.

    Raises:
      UserError: A package is missing.
    """
    gr = library.imported()
    with gr.Blocks(
        title=look.TITLE, analytics_enabled=False, delete_cache=(_CLEANED, _AGE)
    ) as page:
        gr.HTML(look.masthead(look.TITLE, _line(models)))
        if len(models) == 1:
            _part(models[0], "", folder, examples)
            return page
        slugs = _slugs(models)
        with gr.Tabs():
            for model, slug in zip(models, slugs, strict=True):
                with gr.Tab(model.run.shown):
                    _part(model, slug, folder, examples)
    return page


def _part(
    model: model_lib.Model,
    slug: str,
    folder: pathlib.Path,
    examples: Sequence[examples_lib.Example],
) -> None:
    """Adds the part of a model: what its networks can do decides which."""
    run = model.run
    if run.converts or not examples:
        examples = examples_lib.of_run(run, folder / "examples" / (slug or "run"))
    place = parts.Place(slug, examples, str(folder))
    library.imported().HTML(look.facts(_facts(model)))
    if run.converts:
        sound_tab.SoundTab(model, place)
    elif run.has_styles:
        style_tab.StyleTab(model, place)
    else:
        label_tab.LabelTab(model, place)


def _line(models: Sequence[model_lib.Model]) -> str:
    if len(models) > 1:
        return f"{len(models)} runs. Everything is computed on this machine, and stays here."
    return f"{models[0].run.shown}. Everything is computed on this machine, and stays here."


def _facts(model: model_lib.Model) -> list[str]:
    run = model.run
    count = len(run.targets or model.names)
    facts = [f"{count} {run.label_space.what}{'s' if count > 1 else ''}"]
    if not run.converts:
        facts.insert(0, f"{model.image_size} x {model.image_size} pixels")
    elif rule := model.about_conversions.rule:
        facts.insert(0, f"{rule.rate / 1000:g} kHz")
    if run.classifies:
        facts.append("sees what a photo shows")
    return [*facts, f"step {model.step:,}"]


def _slugs(models: Sequence[model_lib.Model]) -> list[str]:
    """Returns a word for each model, no two alike: for the names of its functions."""
    slugs: list[str] = []
    for model in models:
        slug = re.sub(r"\W+", "_", model.run.name).strip("_") or "run"
        while slug in slugs:
            slug += "_"
        slugs.append(slug)
    return slugs
