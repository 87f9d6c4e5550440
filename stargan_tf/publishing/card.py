"""The model card of a run: README.md, written from what the run's folder holds."""

import dataclasses
import importlib
from collections.abc import Mapping

from stargan_tf import algorithms
from stargan_tf.publishing import copying, figures, front_matter, kinds, usage
from stargan_tf.publishing.kinds import kind as kind_lib
from stargan_tf.reports import durations
from stargan_tf.runs import config as config_lib
from stargan_tf.runs import runs, training_time

_MOST_ROWS = 40
_TOLD_ALREADY = ("algorithm", "dataset", "datasets", "batch_size", "image_size")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a card is written from.

    Attributes:
      name: The model's name.
      address: What to pass to `stargan_tf.load`.
      run: The run, whose folder tells how long it was trained.
      copy: The copy of its weights.
      licence: As the hub writes it, such as "apache-2.0"; "": it is not known.
      limits: What else its owner wants users to know; "": nothing.
      pictures: Paths of pictures within the folder, by what they show.
      sounds: Paths of sounds within the folder, by what is heard.
      exports: Sentences about exports in the folder, by their path in it.
      measured: What was measured of it; None: nothing.
    """

    name: str
    address: str
    run: runs.Run
    copy: copying.Copy
    licence: str = ""
    limits: str = ""
    pictures: Mapping[str, str] = dataclasses.field(default_factory=dict)
    sounds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    exports: Mapping[str, str] = dataclasses.field(default_factory=dict)
    measured: figures.Measured | None = None


def text(facts: Facts) -> str:
    """Returns the whole card, with the front matter that the hub reads."""
    sections = {
        "": _introduction(facts),
        "How to use it": usage.text(facts.run, facts.address, facts.exports, facts.copy.example),
        "Labels": _labels(facts.run),
        "Training": _training(facts),
        "How good it is": _measured(facts),
        "Limits": _limits(facts),
        "Licence": _licence(facts),
    }
    head = front_matter.text(facts.run, facts.name, facts.licence, facts.measured)
    parts = [f"# {facts.name}"]
    for title, body in sections.items():
        parts += [f"## {title}"] * bool(title) + [body]
    return head + "\n" + "\n\n".join(parts) + "\n"


def introduction(run: runs.Run) -> str:
    """Returns sentences that say what a run's model is."""
    paper = importlib.import_module(f"{algorithms.__name__}.{run.config.train.algorithm}").__doc__
    return (
        f"{paper.splitlines()[0]} {kinds.of(run).introduction()} It was trained with stargan-tf, "
        "StarGAN in TensorFlow and Keras."
    )


def training_data(run: runs.Run, step: int) -> str:
    """Returns sentences that say what the weights of a run at a step were trained on."""
    if run.imported:
        return (
            f"The weights were imported from {', '.join(run.imported.files)}, of the program "
            "of the paper's authors. What they were trained on is not recorded."
        )
    config, kind = run.config, kinds.of(run)
    about = kind.drawn_about if kind.is_drawn else ""
    return (
        f"Data: {config.data.datasets or config.data.dataset}{about}. Step {step} of "
        f"{config.train.total_steps}, with batches of {config.train.batch_size} {kind.noun}."
    )


def _introduction(facts: Facts) -> str:
    lines = [introduction(facts.run)]
    lines += [f"![{what}]({path})" for what, path in facts.pictures.items()]
    if facts.sounds:
        heard = [f"[{what}]({path})" for what, path in facts.sounds.items()]
        lines.append(f"To hear: {', '.join(heard)}.")
    return "\n\n".join(lines)


def _labels(run: runs.Run) -> str:
    lines = []
    for block in run.label_space.blocks:
        space = block.space
        of = f" of {block.name}" if block.name else ""
        lines.append(f"The {space.what}s{of} are {kind_lib.listed(space.names)}.")
        lines += [f"At most one of {', '.join(group)} is shown." for group in space.exclusive]
    kind = "The model tells which of them a photo shows." if run.classifies else ""
    return " ".join(filter(None, [*lines, kind]))


def _training(facts: Facts) -> str:
    copy = facts.copy
    lines = [training_data(facts.run, copy.step)]
    spent = training_time.spent(facts.run.directory, copy.step)
    if spent:
        lines.append(
            f"It took {durations.text(spent.elapsed)} on {', '.join(spent.devices)} "
            f"({durations.text(spent.processor)} of processor time)."
        )
    networks = ", ".join(f"{name} {count:,}" for name, count in copy.parameters.items())
    lines.append(f"Weights, stored as {copy.weights}: {networks}.")
    differing = _differing(copy.run.config)
    if facts.run.imported or not differing:
        return " ".join(lines)
    table = ["| setting | value |", "|---|---|"]
    table += [f"| `{name}` | {_cell(value)} |" for name, value in differing.items()]
    note = "Settings that are not the program's defaults; `train.flags` has all:"
    return "\n\n".join([" ".join(lines), note, "\n".join(table)])


def _differing(config: config_lib.Config) -> dict[str, str]:
    """Returns the settings that decide what is learnt, where they are not the defaults."""
    default = config_lib.Config.from_values({"algorithm": config.train.algorithm}).values()
    return {
        name: config_lib.text(value)
        for name, value in sorted(config.values(identity=True).items())
        if value != default[name] and name not in _TOLD_ALREADY
    }


def _cell(value: str) -> str:
    return value.replace("|", "\\|") or '""'


def _measured(facts: Facts) -> str:
    if not facts.measured:
        return (
            "This checkpoint was not measured when the card was written. To measure it: "
            f"`python -m stargan_tf.evaluate --run={facts.address}`."
        )
    parts = [
        f"Measured by `python -m stargan_tf.evaluate` on {facts.measured.images} held-out "
        f"{kinds.of(facts.run).noun}."
    ]
    for one in facts.measured.measurements:
        columns = list(dict.fromkeys(column for row in one.rows.values() for column in row))
        marks = {"lower": " (lower is better)", "higher": " (higher is better)"}
        heads = [f"{column}{marks.get(one.better.get(column, ''), '')}" for column in columns]
        lines = [f"| {one.title} | {' | '.join(heads)} |", "|---" * (len(columns) + 1) + "|"]
        rows = dict(list(one.rows.items())[:_MOST_ROWS])
        for row, values in (rows | {k: v for k, v in one.rows.items() if v is one.means}).items():
            cells = [f"{values[c]:.4g}" if c in values else "" for c in columns]
            lines.append(f"| {_cell(row)} | {' | '.join(cells)} |")
        parts += ["\n".join(lines), *filter(None, [one.explanation])]
    return "\n\n".join(parts)


def _limits(facts: Facts) -> str:
    copy, kind = facts.copy, kinds.of(facts.run)
    lines = list(kind.limits())
    rest = "A new training can start from them"
    if copy.left_out:
        rest = (
            f"Nor are {', '.join(copy.left_out)} there, which only training needs; a new training "
            "can start from the others"
        )
    lines.append(
        "The weights are without the state of optimizers, so this training can't be continued. "
        f"{rest} (`--init_from={facts.address}`)."
    )
    if copy.weights == "float16":
        lines.append(
            f"Weights were rounded to float16: on {kind.compared_on} the {kind.outputs} differ by "
            f"{kind.told(copy.mean)} in the mean, and {kind.told(copy.largest)} at most."
        )
    return "\n".join(f"- {line}" for line in [*lines, *filter(None, [facts.limits])])


def _licence(facts: Facts) -> str:
    if not facts.licence:
        return (
            "The licence of these weights was not stated; ask who published them before you use "
            "them. The program stargan-tf is under the Apache License 2.0."
        )
    return f"{facts.licence}. The program stargan-tf is under the Apache License 2.0."
