"""Tells whether a run's translations are good training data for a classifier.

  python -m stargan_tf.augment_study --run=runs/x --seeds=0,1,2,3,4

The same classifier learns, in equally many steps, from real images; from real ones of which the
rare domains are repeated; from real ones that are mirrored and shifted at random; from real ones
and their translations; and from translations only. Real held-out images judge. Everything is
written into --output as it is finished, and the same command continues.

Train the run with --keep_share=LABEL:SHARE to study unequal classes: generator and classifiers then
have the same images.
"""

import dataclasses
import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write; default: RUN/augment_study.")
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, or a step.")
_SEEDS = flags.DEFINE_list(
    "seeds", ["0", "1", "2", "3", "4"], "The seeds of the classifiers; each trains every arm."
)
_STEPS = flags.DEFINE_integer(
    "steps", 0, "Steps of each classifier; 0: ten times through the real images, 400 at least.", 0
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 64, "Images in a step of each classifier.", 1)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where the run's data set lies, if not where it was trained."
)


def main() -> None:
    """Loads the run and its data, runs the study, prints a table and writes the report."""
    seeds = _seeds()
    command_line.import_tensorflow()
    from stargan_tf.evaluation.augmentation import arms, study
    from stargan_tf.evaluation.augmentation import images as pool_lib
    from stargan_tf.evaluation.classifiers import training
    from stargan_tf.reports import table as table_lib
    from stargan_tf.runs import runs

    run = _checked(runs.open_run(_RUN.value))
    step = runs.find_step(run, _CHECKPOINT.value)
    member, flip = _data_set(run)
    recipe = dataclasses.replace(training.RECIPE, batch_size=_BATCH_SIZE.value)
    steps = _STEPS.value or recipe.steps(member.training.size)
    folder = pathlib.Path(_OUTPUT.value or run.results("augment_study"))
    settings = {
        "run": run.shown,
        "step": step,
        "training_images": member.training.key,
        "held_out_images": member.held_out.key,
        "steps": steps,
        "recipe": dataclasses.asdict(recipe),
    }
    study.claim(folder, settings)
    notes = _notes(run, step, member)
    print(*notes, sep="\n", flush=True)
    pool = pool_lib.pool(folder, member.training, lambda: _translations(run, step, member))
    found = study.summary(study.run(folder, pool, member.held_out, flip, recipe, steps, seeds))
    written = study.write(folder, found, arms.counts(pool), notes)
    headings = ["learned from", *found["real"], "gain of the mean"]
    print(f"\n{table_lib.table(headings, study.rows(found))}\n\n{study.EXPLANATION}\n")
    print(*written, sep="\n")


def _seeds() -> list[int]:
    seeds = [int(text) if text.isdecimal() else -1 for text in _SEEDS.value]
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise errors.UserError(
            "`seeds` are different whole numbers from 0 on, separated by commas; received "
            f"seeds={','.join(_SEEDS.value)}; pass seeds=0,1,2,3,4."
        )
    return seeds


def _checked(run):
    """Returns the run; raises a UserError where it is not known what its generator has seen."""
    from stargan_tf.algorithms import algorithm as algorithm_lib

    run.require(algorithm_lib.Translates)
    data = run.config.data
    if run.imported:
        raise errors.UserError(
            f"{run.directory} was imported, so it is not known whether its generator has seen "
            "held-out images; use a run that was trained here."
        )
    if data.datasets:
        raise errors.UserError(
            f"The study is of one data set; received a run on {data.datasets}; use a run on one."
        )
    return run


def _data_set(run):
    """Returns the data set of the run, and whether mirrored images have the same labels."""
    from stargan_tf.data import loading
    from stargan_tf.evaluation import run_subject

    data = run.config.data
    if _DATA_DIR.value is not None:
        data = dataclasses.replace(data, data_dir=_DATA_DIR.value)
    parts = [loading.load(data, split) for split in ("train", "test")]
    if parts[0].label_space != run.label_space:
        raise errors.UserError(
            f"{run.directory} was trained on the labels {', '.join(run.label_space.names)}, but "
            f"its data set has {', '.join(parts[0].label_space.names)} now; restore it, or pass "
            "its folder with `data_dir`."
        )
    parts = [command_line.usable(part, data.on_corrupt) for part in parts]
    return run_subject.member("", *parts, data), data.flip


def _notes(run, step, member) -> list[str]:
    """Returns what the study has to say of its data, a sentence each."""
    from stargan_tf.evaluation.augmentation import images as pool_lib

    counts = ", ".join(
        f"{int(count)} {name}"
        for name, count in zip(member.space.names, member.training.labels.sum(0), strict=True)
    )
    notes = [
        f"The generator of {run.shown}, step {step}, and the classifiers learn from the same "
        f"{member.training.size} training images ({counts}); neither has seen the "
        f"{member.held_out.size} held-out images that judge."
    ]
    if shared := pool_lib.in_both(member.held_out, member.training):
        notes.append(
            f"{shared} of the held-out images are among the training images, too, pixel by pixel: "
            "the figures flatter every arm."
        )
    if run.config.train.init_from:
        notes.append(
            f"The run started from the weights of {run.config.train.init_from}; what that has seen "
            "is not known here."
        )
    return notes


def _translations(run, step, member):
    """Returns what translates every training image to every other label."""
    from stargan_tf.evaluation import run_subject
    from stargan_tf.inference import model as model_lib

    inputs = dataclasses.replace(member, training=None, held_out=member.training)
    plan = run_subject.Plan(outputs=1, modes=("latent",))
    return run_subject.RunSubject(model_lib.Model(run, str(step)).algorithm, (inputs,), plan)


if __name__ == "__main__":
    command_line.run(main)
