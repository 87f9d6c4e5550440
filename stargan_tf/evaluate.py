"""Measures how good translations or conversions are: of a run, or of images of anyone's.

  python -m stargan_tf.evaluate --run=runs/quickstart
  python -m stargan_tf.evaluate --run=runs/x --metrics=kid,classification --draws=3
  python -m stargan_tf.evaluate --generated=DIR --real=DIR --metrics=kid,prdc

Prints a table for each metric, and writes them as report.json with pictures: of a run into
RUN/evaluation/, and of one that came with the package or from the hub into evaluation/NAME/.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable

from absl import flags

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags
from stargan_tf.evaluation import metrics, protocols
from stargan_tf.evaluation import options as options_lib

_RUN = flags.DEFINE_string("run", None, "The directory of the run.")
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
_GENERATED = flags.DEFINE_string(
    "generated", None, "In place of a run: a folder of generated images, or of folders of them."
)
_REAL = flags.DEFINE_string(
    "real", None, "With --generated: real images to compare with, in folders of the same names."
)
_METRICS = flags.DEFINE_list(
    "metrics",
    [],
    f"What to measure, comma-separated, of {', '.join(metrics.names())}; with default among them "
    "all that apply. Empty: those of the protocol, else default.",
)
_NUM_IMAGES = flags.DEFINE_integer(
    "num_images",
    0,
    "Held-out images to translate, of each data set, or sequences to convert; 0: all, and 200 "
    "drawn faces.",
    0,
)
_NUM_REAL = flags.DEFINE_integer(
    "num_real", 0, "Real images to look at, of each data set, evenly spaced; 0: all.", 0
)
_OUTPUTS = flags.DEFINE_integer(
    "outputs", 0, "Translations of each image, by styles; 0: those of the protocol, else 2.", 0
)
_DRAWS = flags.DEFINE_integer(
    "draws",
    1,
    "How often to measure, with other latent codes, references and subsets: for a deviation.",
    1,
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 0, "With --generated: what images are resized to; 0: the first one's size.", 0
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where the run's data set lies, if not where it was trained."
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "Where to write; default: RUN/evaluation; of folders, and of runs of the package or "
    "from the hub: evaluation/NAME.",
)
_DRAWN = 200
_LINE_EVERY = 30  # seconds


def main() -> None:
    """Measures a run or a folder, prints tables and writes the report."""
    options = options_lib.MetricOptions(
        **{
            field.name: flags.FLAGS[field.name].value
            for field in dataclasses.fields(options_lib.MetricOptions)
        }
    )
    protocol = protocols.PROTOCOLS.get(options.protocol)
    _check(options, protocol)
    names = _METRICS.value or (protocol.metrics if protocol else ["default"])
    command_line.import_tensorflow()
    from stargan_tf.evaluation import measuring, report_files

    subject, step, folder = _of_folders() if _GENERATED.value else _of_run(protocol)
    subject.about |= {
        "stargan_tf": stargan_tf.__version__,
        "protocol": options.protocol,
        "draws": _DRAWS.value,
    }
    measuring.choose(subject, names, options)  # reports errors before anything is shown
    passes = len(subject.modes) * (_DRAWS.value if subject.varies else 1)
    with contextlib.ExitStack() as stack:
        show = _progress(stack, passes * subject.total)
        report = measuring.measure(subject, names, options, draws=_DRAWS.value, show=show)
    step_of_files = step if protocol and protocol.files else None
    written = report_files.write(report, folder, step_of_files)
    print(f"\n{report_files.as_text(report)}\n")
    if "default" in names:
        for name, reason in report.left_out.items():
            print(command_line.as_flags(f"left out     {name}: {reason}"))
    _print_where(written)


def _progress(stack: contextlib.ExitStack, total: int) -> Callable[[str, int], None]:
    """Returns what shows progress; where there is no terminal, a line in every half minute.

    It begins with the first outputs: before these, metrics may show what they prepare.
    """
    from stargan_tf.reports import progress

    bar, done, last = None, 0, time.monotonic()

    def show(direction: str, count: int) -> None:
        nonlocal bar, done, last
        bar = bar or stack.enter_context(progress.Progress(total, "output"))
        done += count
        late = time.monotonic() - last > _LINE_EVERY
        last = time.monotonic() if late else last
        bar.show(done, direction, line=late)

    return show


def _check(options: options_lib.MetricOptions, protocol: protocols.Protocol | None) -> None:
    """Raises a UserError where flags do not go together."""
    options.check()
    for name in (name for name in _METRICS.value if name != "default"):
        metrics.refuse_unknown(name)
    if bool(_RUN.value) == bool(_GENERATED.value) or bool(_REAL.value) != bool(_GENERATED.value):
        given = [f.name for f in (_RUN, _GENERATED, _REAL) if f.value]
        raise errors.UserError(
            "What to measure is a run (run=runs/x), or two folders (generated=DIR real=DIR); "
            f"received {' and '.join(f'`{name}`' for name in given) or 'neither'}; pass one or "
            "the other."
        )
    fixed = {f.name: f.value for f in (_NUM_IMAGES, _NUM_REAL, _OUTPUTS) if f.value}
    if protocol and protocol.fixed and fixed:
        text = ", ".join(f"{name}={value}" for name, value in fixed.items())
        raise errors.UserError(
            f"protocol={options.protocol} says how many images are measured; received {text}; "
            "leave it out, or leave out `protocol`."
        )
    unused = (_NUM_IMAGES, _OUTPUTS, _DATA_DIR) if _GENERATED.value else (_IMAGE_SIZE,)
    for flag in (flag for flag in unused if flag.value):
        what = "folders" if _GENERATED.value else "a run"
        raise errors.UserError(
            f"`{flag.name}` says nothing about {what}; received {flag.name}={flag.value}; leave it "
            "out."
        )


def _of_folders():
    """Returns the two folders as what is measured, no step, and where to write."""
    from stargan_tf.evaluation import folder_subject

    subject = folder_subject.FolderSubject(
        _GENERATED.value, _REAL.value, _IMAGE_SIZE.value, _NUM_REAL.value
    )
    name = pathlib.Path(_GENERATED.value).resolve().name
    return subject, None, pathlib.Path(_OUTPUT.value or pathlib.Path("evaluation") / name)


def _of_run(protocol: protocols.Protocol | None):
    """Returns the run as what is measured, its step, and where to write."""
    from stargan_tf.algorithms import algorithm as algorithm_lib
    from stargan_tf.evaluation import run_subject
    from stargan_tf.inference import model as model_lib
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    if run.converts:
        return _of_sequences(run)
    styled = protocol and protocol.styled
    run.require(algorithm_lib.Styled if styled else algorithm_lib.Translates)
    members = _members(run)
    model = model_lib.Model(run, _CHECKPOINT.value)
    outputs = _OUTPUTS.value or (protocol.outputs if protocol and protocol.fixed else 2)
    plan = run_subject.Plan(
        inputs=_NUM_IMAGES.value,
        outputs=outputs,
        real=_NUM_REAL.value,
        pairs=protocol.pairs if protocol else None,
        classifies=run.classifies,
    )
    about = _about(run, model.step)
    folder = _folder(run, model.step)
    return run_subject.RunSubject(model.algorithm, members, plan, about), model.step, folder


def _about(run, step: int) -> dict[str, object]:
    """Returns what a report says of a run and the step of its checkpoint."""
    return {
        "run": run.shown,
        "algorithm": run.config.train.algorithm,
        "step": step,
        "data_set": run.config.data.datasets or run.config.data.dataset,
        "data_dir": _DATA_DIR.value or run.config.data.data_dir,
    }


def _folder(run, step: int) -> pathlib.Path:
    """Returns where the report of a run is written."""
    name = "-".join(filter(None, (f"step-{step:08d}", flags.FLAGS["protocol"].value)))
    return pathlib.Path(_OUTPUT.value or run.results("evaluation")) / name


def _of_sequences(run):
    """Returns a run that converts sequences as what is measured, its step, and where to write."""
    from stargan_tf.data import loading
    from stargan_tf.evaluation import sequence_subject
    from stargan_tf.inference import model as model_lib

    for name in ("protocol", "outputs", "num_real"):
        if value := flags.FLAGS[name].value:
            raise errors.UserError(
                f"`{name}` is of images, and {run.shown} converts sequences of features; received "
                f"{name}={value}; leave it out."
            )
    data = run.config.data
    if _DATA_DIR.value:
        data = dataclasses.replace(data, data_dir=_DATA_DIR.value)
    training, held_out = (
        command_line.usable(loading.load(data, split), data.on_corrupt)
        for split in ("train", "test")
    )
    _check_names(run, run.label_space, training)
    model = model_lib.Model(run, _CHECKPOINT.value)
    subject = sequence_subject.SequenceSubject(
        model.algorithm,
        training,
        held_out,
        sequence_subject.Plan(_NUM_IMAGES.value),
        _about(run, model.step),
    )
    return subject, model.step, _folder(run, model.step)


def _check_names(run, space, data) -> None:
    """Raises a UserError unless a data set has the labels that a run, or a part of it, knows."""
    if data.label_space.names != space.names:
        raise errors.UserError(
            f"{run.shown} translates to {', '.join(space.names)}; received a data set of "
            f"{', '.join(data.label_space.names)}; give the one that it was trained on."
        )


def _members(run):
    """Returns the data sets of a run; of drawn faces as many are held out as are asked for."""
    from stargan_tf.data import loading
    from stargan_tf.evaluation import run_subject

    data = dataclasses.replace(run.config.data, cartoon_test_size=_NUM_IMAGES.value or _DRAWN)
    if _DATA_DIR.value:
        data = dataclasses.replace(data, data_dir=_DATA_DIR.value)
    splits = []
    for split in ("train", "test"):
        if data.datasets:
            found = loading.load_each(data, split)
        else:
            found = {"": loading.load(data, split)}
        splits.append({n: command_line.usable(one, data.on_corrupt) for n, one in found.items()})
    training, held_out = splits
    for one, block in zip(training.values(), run.label_space.blocks, strict=True):
        _check_names(run, block.space, one)
    return [run_subject.member(name, training[name], held_out[name], data) for name in training]


def _print_where(written: list[pathlib.Path]) -> None:
    """Prints the files, and what a user may do next."""
    for path in written:
        print(f"{'report' if path.suffix == '.json' else 'picture':<12} {path}")
    if _RUN.value:
        from stargan_tf.runs import runs

        run = runs.open_run(_RUN.value)
        if not run.address:
            summaries = run.directory / "tensorboard"
            print(f"TensorBoard  {command_line.python()} -m tensorboard.main --logdir={summaries}")
        if run.converts:
            source, target = run.label_space.names[:2]
            how = f"--audio=SOUND.wav --from={source} --to={target} --output=out.wav"
            print(f"next         {command_line.command('convert')} --run={run.shown} {how}")
            return
        print(
            f"next         {command_line.command('translate')} --run={run.shown} "
            f"--image=YOUR_PHOTO.jpg --to={run.targets[0]} --output=out.png"
        )


if __name__ == "__main__":
    train_flags.define(options_lib.MetricOptions)
    command_line.run(main)
