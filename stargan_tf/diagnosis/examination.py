"""The doctor's rounds: everything that can be checked of a configuration, in one report."""

import dataclasses
import functools
import itertools
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from stargan_tf import hyperparameters
from stargan_tf.base import errors, keras_versions
from stargan_tf.data import joint, loading
from stargan_tf.data import options as options_lib
from stargan_tf.data.sources import folder_layout, folder_survey
from stargan_tf.diagnosis import (
    collection,
    contact_sheet,
    copies,
    cost,
    counts,
    finding,
    folder,
    inspection,
    pictures,
    report,
)
from stargan_tf.diagnosis import trial as trial_lib
from stargan_tf.runs import initial_weights, runs
from stargan_tf.training import devices

_DRAWN = 256  # images of a split to look at, where they are drawn: each takes time, none is broken
# With one of these wrong a step can't be taken; broken images, say, can be left out of a trial.
_BEFORE_TRIAL = {"model", "backend", "batch_size_refused", "no_data", "algorithm", "empty_domain"}

TakeSteps = Callable[[hyperparameters.Config, list[int]], trial_lib.Trial]
Progress = Callable[[str], None]


def examine(
    config: hyperparameters.Config,
    machine: cost.Machine,
    *,
    most_images: int = 0,
    trial: TakeSteps | None = None,
    progress: Progress = lambda text: None,
) -> tuple[report.Report, np.ndarray | None]:
    """Looks at the data and the flags; starts no training and writes nothing.

    Args:
      config: The flags of a training, with its run_dir.
      machine: What it would run on.
      most_images: Look at no more images of a split than this; 0: at all, or at 256 where they are
        drawn as they are asked for.
      trial: Takes the configuration and the numbers of the training images that can't be used, and
        takes a few steps; None: no time is measured.
      progress: Is told now and then what is being done.

    Returns:
      The report, and the contact sheet (H, W, 3) uint8; None where there is nothing to show.
    """
    found = _check_model(config)
    parts, problems = _load(config, most_images, progress)
    folder_lines, of_folders = _folders(config, problems)
    found += of_folders
    images = collection.Collection(parts)
    training = images.training()
    if training:
        found += _check_training(config, training)
    found += _of_images(images, config)
    sound = bool(training) and not any(f.kind in _BEFORE_TRIAL for f in found)
    if sound and config.train.init_from:
        progress("Comparing the weights to start from.")
        found += _check_start(config, training)
    lines, told = [], None
    if trial and sound:
        progress("Trying a few steps of training.")
        result = trial(config, _broken(training))
        lines = cost.lines(result, config, machine, sum(part.images.size for part in training))
        found += cost.findings(result, config, machine)
        told = result.to_json()
    elif trial:
        lines = ["No step was tried: mend first what is wrong with the data or the flags."]
    made = report.Report(_title(config), found, images.summary(), folder_lines, lines, told)
    return made, _sheet(training, config)


def _broken(training: Sequence[collection.Part]) -> list[int]:
    """Returns the numbers of the broken training images, of all data sets one after the other."""
    starts = itertools.accumulate((part.images.size for part in training), initial=0)
    return [
        start + index
        for start, part in zip(starts, training, strict=False)
        for index in part.inspection.problems
    ]


def _sheet(
    training: Sequence[collection.Part], config: hyperparameters.Config
) -> np.ndarray | None:
    nothing = all(len(part.inspection.problems) == part.images.size for part in training)
    if nothing or config.data.image_size < 1:
        return None
    return contact_sheet.draw(training, config.data)


def _title(config: hyperparameters.Config) -> str:
    data = config.data
    where = f" in {data.data_dir}" if data.data_dir else ""
    name = data.datasets or data.dataset
    return f"{name}{where}, for {config.train.algorithm} at {data.image_size} px"


def _check_model(config: hyperparameters.Config) -> list[finding.Finding]:
    """Checks what no data is needed for."""
    options = config.train
    found = []
    try:
        config.hparams.check(config.data.image_size)
    except errors.UserError as error:
        sizes = pictures.accepted_sizes(config.hparams)
        nearest = min(sizes, key=lambda size: abs(size - config.data.image_size), default=0)
        # Where other sizes are accepted, the size is to blame.
        advice = f"Pass --image_size={nearest}" if sizes else ""
        found.append(finding.of_error("model", str(error), advice))
    try:
        if options.normalization_backend == "addons":
            keras_versions.needed_addons()
    except errors.UserError as error:
        found.append(finding.of_error("backend", str(error)))
    try:
        replicas = devices.count(options.strategy, options.logical_cpus)
        devices.check_shares(options.batch_size, replicas)
    except errors.UserError as error:
        found.append(finding.of_error("batch_size_refused", str(error)))
    return found


def _load(
    config: hyperparameters.Config, most_images: int, progress: Progress
) -> tuple[list[collection.Part], list[finding.Finding]]:
    """Loads and inspects both splits of all data sets, as far as they can be."""
    parts, problems = [], []
    for split, name in (("train", collection.TRAINING), ("test", collection.HELD_OUT)):
        try:
            if config.data.datasets:
                sets = loading.load_each(config.data, split)
            else:
                sets = {"": loading.load(config.data, split)}
        except errors.UserError as error:
            # One cause for both splits is told once.
            if str(error) not in [problem.message for problem in problems]:
                problems.append(finding.of_error("no_data", str(error)))
            continue
        for data_set, images in sets.items():
            most = most_images or (_DRAWN if images.in_memory else 0)
            total = min(most or images.size, images.size)
            tell = functools.partial(_tell, progress, f"{data_set} {name}".strip(), total)
            inspected = inspection.inspect(images, most, tell)
            crop = config.data.crop_size or images.crop_size
            parts.append(collection.Part(name, images, inspected, crop, data_set))
    return parts, problems


def _tell(progress: Progress, name: str, total: int, done: int) -> None:
    progress(f"Looked at {done:,} of {total:,} {name} images.")


def _folders(
    config: hyperparameters.Config, problems: list[finding.Finding]
) -> tuple[list[str], list[finding.Finding]]:
    """Looks through the data folders.

    Returns:
      Lines on the files that are left out of the folders, or, where the data could not be loaded,
      on what is in them; what is to be said of them, `problems` among that, with advice that fits a
      folder.
    """
    data = config.data
    options = [o for o in (data.parts() if data.datasets else (data,)) if o.kind in folder.KINDS]
    lines, strays = [] if problems else loading.describe_left_out(data), []
    for part in (part for part in options if part.data_dir):
        survey = folder_survey.survey(part.data_dir)
        lines += folder.description(survey) if problems else []
        advice = folder.guess(survey, part.kind) if problems and not data.datasets else ""
        if advice:
            problems = [dataclasses.replace(problem, advice=advice) for problem in problems]
        strays += folder.strays(survey, None if problems else _layout(part))
    return lines, [*problems, *strays]


def _layout(options: options_lib.DataOptions) -> folder_layout.Layout | None:
    return folder_layout.find(options.data_dir) if options.kind == "image_folder" else None


def _check_training(
    config: hyperparameters.Config, training: Sequence[collection.Part]
) -> list[finding.Finding]:
    """Checks what training checks of the labels and of its folder."""
    found = []
    run = _run(config, training)
    try:
        for part in training:
            run.check_data(part.images.example_spec)
    except errors.UserError as error:
        found.append(finding.of_error("algorithm", str(error)))
    try:
        run.check()
    except errors.UserError as error:
        found.append(finding.of_error("run_dir", str(error)))
    return found


def _check_start(
    config: hyperparameters.Config, training: Sequence[collection.Part]
) -> list[finding.Finding]:
    """Checks that the weights to start from are there and fit; builds the networks for it."""
    run = _run(config, training)
    try:
        start = initial_weights.find(run)
        if start:
            initial_weights.give(start, run, run.build())
    except errors.UserError as error:
        return [finding.of_error("init_from", str(error))]
    return []


def _run(config: hyperparameters.Config, training: Sequence[collection.Part]) -> runs.Run:
    """Returns the run that training would make."""
    sets = {part.data_set: part.images for part in training}
    if len(sets) > 1:
        label_space = joint.Joint(list(sets.values()), list(sets)).label_space
    else:
        label_space = training[0].images.label_space
        data = loading.with_pack_crop(config.data, training[0].images)
        config = dataclasses.replace(config, data=data)
    return runs.Run(pathlib.Path(config.train.run_dir), config, label_space)


def _of_images(
    images: collection.Collection, config: hyperparameters.Config
) -> list[finding.Finding]:
    found = [
        *counts.of_labels(images.parts, config),
        *pictures.broken(images.parts, config.data.on_corrupt),
    ]
    if images.size:
        found += [
            *copies.copies(images),
            *pictures.small(images, config),
            *pictures.cut(images),
            *pictures.modes(images, config),
            *copies.lookalikes(images),
        ]
    return found
