"""Compares runs, of any papers, on the same held-out images: one table and one sheet.

  python -m stargan_tf.compare --runs=runs/quickstart,runs/quickstart_v2
  python -m stargan_tf.compare --runs=runs/a,runs/b:best,runs/b:2000 --metrics=classification,cycle

Tells parameters, updates, time of training and of translating, and the metrics that apply. Runs
that are unlike are refused, or restricted to the held-out images and domains that all of them have;
what differs is said in a sentence. Writes report.json, table.md and sheet.png.
"""

import contextlib
import dataclasses
import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags
from stargan_tf.evaluation import metrics, protocols
from stargan_tf.evaluation import options as options_lib

_RUNS = flags.DEFINE_list(
    "runs", None, "The directories of the runs, comma-separated; FOLDER:STEP or FOLDER:best for "
    "another checkpoint than the newest.", required=True,
)  # fmt: skip
_OUTPUT = flags.DEFINE_string(
    "output", None, "The folder to write; default: comparisons/ and the names of the runs."
)
_METRICS = flags.DEFINE_list(
    "metrics",
    [],
    f"What to measure, comma-separated, of {', '.join(metrics.names())}; with default among them "
    "all that apply. Empty: those of the protocol, else default and classification.",
)
_NUM_IMAGES = flags.DEFINE_integer(
    "num_images", 0, "Held-out images to translate; 0: all, and of 200 drawn faces.", 0
)
_NUM_REAL = flags.DEFINE_integer("num_real", 0, "Real images to look at, evenly spaced; 0: all.", 0)
_OUTPUTS = flags.DEFINE_integer("outputs", 2, "Translations of each image, by styles.", 1)
_DRAWS = flags.DEFINE_integer(
    "draws", 1, "How often to measure, with other latent codes, references and subsets.", 1
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where the data set of all runs lies, if not where they were trained."
)
_TIMINGS = flags.DEFINE_integer(
    "timings", 15, "How often a translation is timed, of which the median counts; 0: never.", 0
)
_SHEET_IMAGES = flags.DEFINE_integer("sheet_images", 6, "Held-out images on the sheet.", 1)
_SEED = flags.DEFINE_integer(
    "seed", 0, "Runs with styles: the seed of the latent code that the sheet shows.", 0
)
_DRAWN = 200


def main() -> None:
    """Compares, prints the tables and writes the files."""
    names = _metrics()
    command_line.import_tensorflow()
    from stargan_tf.comparison import common, comparing, entries, report
    from stargan_tf.reports import progress

    options = options_lib.MetricOptions(
        **{
            field.name: flags.FLAGS[field.name].value
            for field in dataclasses.fields(options_lib.MetricOptions)
        }
    )
    candidates = entries.find([text.strip() for text in _RUNS.value])
    plan = comparing.Plan(
        names, _NUM_IMAGES.value, _OUTPUTS.value, _NUM_REAL.value, _DRAWS.value, _TIMINGS.value,
        _SHEET_IMAGES.value, _SEED.value, options,
    )  # fmt: skip
    ground = common.find(candidates, _data)
    for note in ground.notes:
        print(f"note: {note}", flush=True)
    work = comparing.Comparing(candidates, ground, plan)
    with contextlib.ExitStack() as stack:
        bar, done = None, 0

        def show(what: str, count: int) -> None:
            nonlocal bar, done
            bar = bar or stack.enter_context(progress.Progress(work.total, "output"))
            done += count
            bar.show(done, what, line=False)

        found = work.compare(show)
    stem = "-".join(one.name.replace("/", "_").replace(":", "_") for one in candidates)
    folder = pathlib.Path(_OUTPUT.value or pathlib.Path("comparisons") / stem)
    written = report.write(found, folder)
    print(f"\n{command_line.as_flags(report.as_text(found))}\n")
    print(*written, sep="\n")


def _metrics() -> tuple[str, ...]:
    """Returns the metrics to measure; raises a UserError where flags do not go together."""
    name = flags.FLAGS["protocol"].value
    protocol = protocols.PROTOCOLS.get(name)
    if protocol and protocol.fixed:
        raise errors.UserError(
            f"protocol={name} says how a single run is measured; received it for a comparison; "
            "measure each run with `evaluate`, or name metrics."
        )
    for one in (one for one in _METRICS.value if one != "default"):
        metrics.refuse_unknown(one)
    return tuple(_METRICS.value or (protocol.metrics if protocol else ()))


def _data(run, split):
    """Returns a part of a run's data; of drawn faces as many are held out as are asked for."""
    from stargan_tf.data import loading

    data = dataclasses.replace(run.config.data, cartoon_test_size=_NUM_IMAGES.value or _DRAWN)
    if _DATA_DIR.value:
        data = dataclasses.replace(data, data_dir=_DATA_DIR.value)
    return command_line.usable(loading.load(data, split), data.on_corrupt)


if __name__ == "__main__":
    train_flags.define(options_lib.MetricOptions)
    command_line.run(main)
