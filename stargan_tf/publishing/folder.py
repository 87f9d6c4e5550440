"""Writes the folder that is published: weights, exports, pictures, and the card about them."""

import dataclasses
import pathlib
from collections.abc import Sequence

from stargan_tf.base import files
from stargan_tf.publishing import card, copying, figures, samples
from stargan_tf.runs import licences, runs
from stargan_tf.serving import saved_model, tflite, tflite_report

EXPORTS = ("saved_model", "tflite")


@dataclasses.dataclass(frozen=True)
class Request:
    """What to publish.

    Attributes:
      run: The run.
      output: The folder to write; it must not exist, or be empty.
      name: The model's name; "": the folder's.
      address: What users will pass to `stargan_tf.load`; "": the name.
      checkpoint: "latest", "best" or a step.
      weights: One of `copying.WEIGHTS`.
      networks: One of `copying.NETWORKS`.
      exports: Some of `EXPORTS`.
      quantize: The scheme of a TFLite file.
      data_dir: Where the run's data set is now, to compare a TFLite file on; "": where it was.
      pictures: Which sheets of samples to show, by name, and "sounds" for those that are heard;
        None: all.
      licence: As the hub writes it; "": `apache-2.0` for a run on what is drawn, else not known.
      limits: What else users should know; "": nothing.
    """

    run: runs.Run
    output: pathlib.Path
    name: str = ""
    address: str = ""
    checkpoint: str = "latest"
    weights: str = "float32"
    networks: str = "all"
    exports: Sequence[str] = ()
    quantize: str = "float16"
    data_dir: str = ""
    pictures: Sequence[str] | None = None
    licence: str = ""
    limits: str = ""


def write(request: Request) -> card.Facts:
    """Writes the folder completely or not at all; returns what its card was written from.

    Raises:
      UserError: The folder is not free or can't be written, or the run can't be copied so.
      RuntimeError: An export answers otherwise than the run.
    """
    name = request.name or request.output.absolute().name
    with files.new_folder(request.output) as partial:
        copy = copying.write(
            request.run,
            partial,
            name,
            checkpoint=request.checkpoint,
            weights=request.weights,
            networks=request.networks,
        )
        named = dataclasses.replace(copy.run, address=name)  # exports are called after it
        facts = card.Facts(
            name,
            request.address or name,
            request.run,
            copy,
            licences.licence(request.run, request.licence),
            request.limits,
            *samples.write(request.run, copy.step, partial, request.pictures),
            _exports(request, named, partial),
            figures.find(request.run.results("evaluation"), copy.step),
        )
        with files.atomic(partial / "README.md") as file:
            file.write(card.text(facts).encode())
    return facts


def _exports(request: Request, run: runs.Run, folder: pathlib.Path) -> dict[str, str]:
    """Writes the exports; returns a sentence about each by its path."""
    about = {}
    if "saved_model" in request.exports:
        exported = saved_model.export(run, folder / "saved_model")
        worst = max(error.largest for error in exported.errors.values())
        about["saved_model"] = (
            "a SavedModel for TensorFlow Serving; the answers of every signature differ from the "
            f"networks' by {worst:.0e} at most."
        )
    if "tflite" in request.exports:
        options = tflite.Options(
            scheme=request.quantize, data_dir=request.data_dir, licence=request.licence
        )
        if request.data_dir:
            data = dataclasses.replace(run.config.data, data_dir=request.data_dir)
            run = dataclasses.replace(run, config=dataclasses.replace(run.config, data=data))
        for one in tflite.export(run, folder / "tflite", options):
            about[f"tflite/{one.path.name}"] = _about_tflite(one)
    return about


def _about_tflite(one: tflite.Exported) -> str:
    numbers = [
        f"{report.signature} {report.decibels:.1f} dB"
        for report in one.reports
        if report.decibels is not None
    ]
    with files.atomic(one.path.with_suffix(".txt")) as file:
        text = tflite_report.table(one.path, one.reports, one.compared_on)
        file.write(text.encode() + b"\n")
    return (
        f"a TFLite file for phones and small computers; nearness to the networks, measured on "
        f"{one.compared_on}: {', '.join(numbers) or 'see the .txt file'}."
    )
