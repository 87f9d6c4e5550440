"""Measures a run on cartoon_faces against the true renders of held-out faces.

  python -m stargan_tf.evaluate --run=runs/quickstart

Prints a table, and writes it as JSON beside a sheet of translations into RUN/evaluation/.
"""

import dataclasses
import json

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.reports import table as table_lib

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
_NUM_IMAGES = flags.DEFINE_integer("num_images", 200, "Held-out faces to translate.", 1)

_Columns = tuple[tuple[str, str, str], ...]  # of each: heading, figure, format
_LABELS: _Columns = (
    ("faces", "images", ".0f"), ("nearest", "nearest", ".1%"), ("error", "error", ".1f"),
    ("input", "unchanged", ".1f"), ("ratio", "ratio", ".1%"), ("elsewhere", "elsewhere", ".1f"),
)  # fmt: skip
_STYLES: _Columns = (
    ("faces", "images", ".0f"), ("latent", "latent_domain", ".1%"),
    ("reference", "reference_domain", ".1%"), ("style", "style", ".1%"), ("looks", "looks", ".1%"),
    ("distance", "distance", ".1f"), ("true", "true_distance", ".1f"),
    ("sources", "sources", ".1f"), ("true", "true_sources", ".1f"),
)  # fmt: skip
_LABELS_EXPLANATION = """\
Errors are mean absolute grey levels (0-255) over the pixels in which the true renders of the
target and of its alternatives differ: of the output, and of the unchanged input. nearest: share of
the outputs that are nearer to the true render than to the alternatives. elsewhere: over all other
pixels."""
_STYLES_EXPLANATION = """\
latent, reference: share of the outputs, of random latent codes and of held-out references, that are
nearest to the true render of the domain asked for, over the pixels in which the domains' renders
differ. style: share of the outputs nearer to the render with the reference's shade and cut than to
one with another face's; looks: the same of the reference's glasses and smile. distance: mean
absolute difference in grey levels (0-255) between ten outputs of a face; true: between ten renders
of it in other faces' styles. sources: between the outputs of ten faces in one style (0: the input
does not matter); true: between their renders."""


def main() -> None:
    """Translates held-out faces to every target that differs from their own labels."""
    command_line.import_tensorflow()
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.base import files
    from stargan_tf.data import loading
    from stargan_tf.evaluation import label_evaluation, style_evaluation
    from stargan_tf.inference import model as model_lib
    from stargan_tf.pictures import photos, sheets
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    run.require(algorithm_lib.Translates)
    count = _NUM_IMAGES.value  # as many as asked for can be drawn
    data = dataclasses.replace(run.config.data, cartoon_test_size=count)
    parts = data.parts() if data.datasets else (data,)
    other = {part.dataset for part in parts} - {"cartoon_faces"}
    if other:
        raise errors.UserError(
            "evaluate compares with true renders, which only cartoon_faces has; received a run on "
            f"{', '.join(sorted(other))}; look at its samples/ instead."
        )
    model = model_lib.Model(run, _CHECKPOINT.value)
    algorithm, step = model.algorithm, model.step
    if data.datasets:
        sets = loading.load_each(data, "test")
        table, sheet = label_evaluation.joint_against_renders(algorithm, sets, count)
    else:
        measure = style_evaluation if run.has_styles else label_evaluation
        table, sheet = measure.against_renders(algorithm, loading.load(data, "test"), count)

    directory = run.directory / "evaluation"
    directory.mkdir(exist_ok=True)
    figures = directory / f"renders-step-{step:08d}.json"
    photos.save_png(figures.with_suffix(".png"), sheets.render(sheet))
    with files.atomic(figures) as file:
        protocol = "style renders" if run.has_styles else "renders"
        content = {"protocol": protocol, "step": step, "faces": count, "targets": table}
        file.write(json.dumps(content, indent=2).encode() + b"\n")

    text = format_table(table, _STYLES if run.has_styles else _LABELS)
    print(f"\n{run.directory}, step {step}, {count} held-out faces\n\n{text}\n")
    print(f"{_STYLES_EXPLANATION if run.has_styles else _LABELS_EXPLANATION}\n")
    print(f"run          {run.directory}")
    print(f"sheet        {figures.with_suffix('.png')}")
    summaries = run.directory / "tensorboard"
    print(f"TensorBoard  {command_line.python()} -m tensorboard.main --logdir={summaries}")
    print(
        f"next         {command_line.command('translate')} --run={run.directory} "
        f"--image=YOUR_PHOTO.jpg --to={run.label_space.names[0]} --output=out.png"
    )


def format_table(figures: dict[str, dict[str, float]], columns: _Columns) -> str:
    """Returns the figures as text, a line for every target."""
    rows = [(name, *(f"{row[key]:{spec}}" for _, key, spec in columns))
            for name, row in figures.items()]  # fmt: skip
    return table_lib.table(["target", *(heading for heading, _, _ in columns)], rows)


if __name__ == "__main__":
    command_line.run(main)
