"""Writes the folder of a page: the page, LiteRT.js, and a folder for each model.

`page/` holds the page as it is served. Nothing in it depends on a run: what a model is and can do
stands in its description, which the page reads.
"""

import collections
import dataclasses
import json
import pathlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.browser import litert, plan
from stargan_tf.data import latents
from stargan_tf.pictures import photo_jobs, photos
from stargan_tf.publishing import card, kinds
from stargan_tf.runs import licences, runs
from stargan_tf.serving import tflite, tflite_images

SCHEMES = ("none", "float16", "dynamic")  # of `tflite.SCHEMES`: one file for all signatures
SEEDS = 100  # latent codes that a page knows: those of the seeds 0 to 99
_COMPARED = 20  # images that each file is measured on
EXAMPLES = 6  # drawn ones
MOST_EXAMPLES = 24  # of a folder
MODELS = "models"
_PAGE = pathlib.Path(__file__).parent / "page"
_ROLES = ("source", "reference")


@dataclasses.dataclass(frozen=True)
class Request:
    """What to write.

    Attributes:
      runs: The runs; the page starts with the first.
      output: The folder; it must not exist, or be empty.
      library: The files of LiteRT.js: `litert.load`.
      quantize: One of SCHEMES.
      checkpoint: "latest", "best" or a step.
      data_dir: Where the data set is now, to measure the file on; "": where it was.
      examples: A folder of photos that the page offers to try; "": drawn ones, if the run was
        trained on drawings.
      licence: Of the weights, as the hub writes it; "": what `licences.licence` knows.
      limits: What else visitors should know; "": nothing.
    """

    runs: Sequence[runs.Run]
    output: pathlib.Path
    library: Mapping[str, bytes]
    quantize: str = "float16"
    checkpoint: str = "latest"
    data_dir: str = ""
    examples: str = ""
    licence: str = ""
    limits: str = ""


def write(request: Request) -> list[tflite.Exported]:
    """Writes the folder completely or not at all; returns the measured file of each run.

    Raises:
      UserError: The folder is not free, two runs have one name, a run does not translate images,
        or what `tflite.export` refuses.
      RuntimeError: TFLite can't convert the networks or run the file.
    """
    files.check_free(request.output)
    names = collections.Counter(run.name for run in request.runs)
    if twice := [name for name, count in names.items() if count > 1]:
        raise errors.UserError(
            f"Two runs are called {twice[0]}, and a page shows each by its name; rename the folder "
            "of one."
        )
    for run in request.runs:
        run.require(algorithm_lib.Translates)
        run.require(algorithm_lib.Exportable)
        licences.licence(run, request.licence)
    try:
        with files.new_folder(request.output) as partial:
            shutil.copytree(_PAGE, partial, dirs_exist_ok=True)
            (partial / ".nojekyll").touch()  # else GitHub Pages turns some files into others
            _write_library(partial / "litert", request.library)
            exported = [
                _write_model(request, run, partial / MODELS / run.name) for run in request.runs
            ]
            listed = {"models": [run.name for run in request.runs], "litert": litert.RELEASE}
            _write_json(partial / MODELS / "index.json", listed)
    except OSError as error:
        raise errors.UserError(
            f"Could not write {request.output}: {error.strerror or error}; nothing was changed; "
            "free some space or choose another `output`."
        ) from error
    return exported


def _write_library(target: pathlib.Path, library: Mapping[str, bytes]) -> None:
    target.mkdir()
    for name, content in library.items():
        (target / name).write_bytes(content)
    notice = (
        f"LiteRT.js {litert.RELEASE} (@litertjs/core and @litertjs/wasm-utils), Copyright Google "
        f"LLC, unchanged but for names of files: {litert.SOURCE}\n"
        "Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0"
    )
    (target / "NOTICE.txt").write_text(notice + "\n", encoding="utf-8")


def _write_model(request: Request, run: runs.Run, target: pathlib.Path) -> tflite.Exported:
    """Writes the folder of a model: its file, description, latent codes, examples and card."""
    target.mkdir(parents=True)
    examples = _write_examples(request, run, target)  # first, since converting takes long
    size = run.config.data.image_size
    algorithm = run.build(training=False, precision="float32", jit_compile=False)
    signatures = tflite.signatures(algorithm, size)
    answers = plan.outputs(signatures)
    ways = plan.ways(
        signatures, answers, run.label_space.names, getattr(algorithm, "directions", None)
    )
    options = tflite.Options(
        scheme=request.quantize,
        signatures=plan.asked(ways),
        num_comparison_images=_COMPARED,
        data_dir=request.data_dir,
        checkpoint=request.checkpoint,
    )
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        (exported,) = tflite.export(run, pathlib.Path(temporary), options)
        described = json.loads(exported.path.with_suffix(".json").read_text())
        path = target / "model.tflite"
        exported.path.replace(path)
    seeds = SEEDS if any(way.kind == "latent" for way in ways) else 0
    if seeds:
        codes = latents.draw_each(range(seeds), algorithm.latent_dim)
        (target / "latents.f32").write_bytes(codes.astype("<f4").tobytes())
    card_there = (run.directory / "README.md").is_file()
    if card_there:
        shutil.copy(run.directory / "README.md", target / "card.md")
    page = {
        **{key: described[key] for key in ("name", "labels", "image_size", "crop_size", "step")},
        "targets": list(run.targets),
        "what": run.label_space.what,
        "bytes": path.stat().st_size,
        **plan.to_json(ways, signatures, answers),
        "seeds": seeds,
        "examples": examples,
        "about": _about(request, run, described["step"]),
        "card": card_there,
        "versions": described["versions"],
    }
    _write_json(target / "model.json", page)
    return dataclasses.replace(exported, path=request.output / MODELS / run.name / path.name)


def _about(request: Request, run: runs.Run, step: int) -> dict[str, Any]:
    licence = licences.licence(run, request.licence)
    return {
        "introduction": card.introduction(run),
        "data": card.training_data(run, step),
        "limits": [*kinds.of(run).limits(), *filter(None, [request.limits])],
        "licence": licence,
    }


def _write_examples(request: Request, run: runs.Run, target: pathlib.Path) -> list[dict[str, Any]]:
    """Writes pictures to try; returns for each its file, the labels it shows and its roles."""
    found: list[tuple[Image.Image, tuple[str, ...]]] = []
    if request.examples:
        paths = photo_jobs.find_photos([request.examples], "`examples`")[:MOST_EXAMPLES]
        found = [(run.framing().read(path)[0], ()) for path in paths]
    elif kinds.of(run).is_drawn:
        size = run.config.data.image_size
        images = tflite_images.of_data_set(run, "test", 2 * EXAMPLES, size)
        shown = [run.label_space.present(label) for label in images.labels]
        pixels = [Image.fromarray(photos.to_uint8(one)) for one in images.samples]
        found = list(zip(pixels, shown, strict=True))
        if set(run.targets) == set(run.label_space.names):
            found = found[:EXAMPLES]
    listed = []
    if found:
        (target / "examples").mkdir()
    for number, (picture, shows) in enumerate(found, 1):
        path = f"examples/{number}.png"
        picture.save(target / path)
        listed.append({"file": path, "shows": list(shows), "roles": _roles(run, shows)})
    return listed


def _roles(run: runs.Run, shows: Sequence[str]) -> list[str]:
    """Returns what a picture is good for: where translations lead one way, not for both."""
    if not shows or set(run.targets) == set(run.label_space.names):
        return list(_ROLES)
    return [_ROLES[1 if set(shows) & set(run.targets) else 0]]


def _write_json(path: pathlib.Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
