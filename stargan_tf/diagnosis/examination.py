"""Examines a configuration: makes every check before training and reports the results."""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from stargan_tf.base import errors, keras_versions
from stargan_tf.data import joint, loading, sequence_options
from stargan_tf.data.sources import folder_layout, folder_survey
from stargan_tf.diagnosis import (
    collection,
    contact_sheet,
    cost,
    counts,
    duplicates,
    finding,
    folder,
    inspection,
    pictures,
    report,
    sequences,
)
from stargan_tf.diagnosis import trial as trial_lib
from stargan_tf.runs import config as config_lib
from stargan_tf.runs import initial_weights, runs
from stargan_tf.training import devices

_DRAWN = 256  # images of a split to inspect if they are drawn: that takes time, and none is broken
# Kinds of findings with which no step can be tried; broken images, for example, can be left out.
_BEFORE_TRIAL = {"model", "backend", "batch_size_refused", "no_data", "algorithm", "empty_domain"}

TakeSteps = Callable[[config_lib.Config, list[int]], trial_lib.Trial]
Progress = Callable[[str], None]


def examine(
    config: config_lib.Config,
    machine: cost.Machine,
    *,
    most_images: int = 0,
    trial: TakeSteps | None = None,
    progress: Progress = lambda text: None,
) -> tuple[report.Report, np.ndarray | None]:
    """Checks the data and the options; starts no training and writes nothing.

    Args:
      config: The options of a training, including run_dir.
      machine: The machine to train on.
      most_images: Inspect at most this many images of a split; 0: all, or 256 if they are drawn
        on demand.
      trial: Takes a few steps with a configuration, without the images of the given numbers; None:
        nothing is measured.
      progress: Called now and then with a sentence on the current task.

    Returns:
      The report, and the contact sheet (H, W, 3) uint8; None if there is no image to show.
    """
    findings = _check_model(config)
    parts, problems = _load(config, most_images, progress)
    folder_lines, folder_findings = _folders(config, problems)
    findings += folder_findings
    images = collection.Collection(parts)
    training = images.training()
    run = _run(config, training) if training else None
    if run:
        findings += _check_run(run, training)
    findings += _check_images(images, config)
    sound = run is not None and not any(f.kind in _BEFORE_TRIAL for f in findings)
    if sound and config.train.init_from:
        progress("Comparing the weights to start from.")
        with _reported_in(findings, "init_from"):
            if start := initial_weights.find(run):
                initial_weights.give(start, run, run.build())
    lines, measured = [], None
    if trial and sound:
        progress("Trying a few steps of training.")
        result = trial(config, _broken(training))
        size, noun = sum(part.images.size for part in training), training[0].images.noun
        lines = cost.lines(result, config, machine, size, noun)
        findings += cost.findings(result, config, machine)
        measured = dataclasses.asdict(result)
    elif trial:
        lines = ["No step was tried: correct the data or the options first."]
    summary = images.summary()
    result = report.Report(_title(config), findings, summary, folder_lines, lines, measured)
    usable = any(len(part.inspection.problems) < part.images.size for part in training)
    if not usable or config.data.image_size < 1 or training[0].images.sample_shape:
        return result, None
    return result, contact_sheet.draw(training, config.data)


def _broken(training: Sequence[collection.InspectedSplit]) -> list[int]:
    """Returns the numbers of the broken training images, counted through all data sets."""
    numbers, start = [], 0
    for part in training:
        numbers += [start + index for index in part.inspection.problems]
        start += part.images.size
    return numbers


def _title(config: config_lib.Config) -> str:
    data = config.data
    where = f" in {data.data_dir}" if data.data_dir else ""
    name = data.datasets or data.dataset
    sequential = data.kind in sequence_options.DATASETS
    size = f"in parts of {data.frames} frames" if sequential else f"at {data.image_size} px"
    return f"{name}{where}, for {config.train.algorithm} {size}"


def _check_model(config: config_lib.Config) -> list[finding.Finding]:
    """Checks everything that needs no data."""
    options = config.train
    findings = []
    try:
        config.hparams.check(config.data.image_size)
    except errors.UserError as error:
        sizes = pictures.accepted_sizes(config.hparams)
        nearest = min(sizes, key=lambda size: abs(size - config.data.image_size), default=0)
        # The size is to blame if others are accepted.
        advice = f"Pass image_size={nearest}" if sizes else ""
        findings.append(finding.of_error("model", str(error), advice))
    with _reported_in(findings, "backend"):
        if options.normalization_backend == "addons":
            keras_versions.needed_addons()
    with _reported_in(findings, "batch_size_refused"):
        replicas = devices.count(options.strategy, options.logical_cpus)
        devices.check_shares(options.batch_size, replicas, options.accumulate)
    return findings


@contextlib.contextmanager
def _reported_in(findings: list[finding.Finding], kind: str) -> Iterator[None]:
    """Turns a UserError inside the block into a finding."""
    try:
        yield
    except errors.UserError as error:
        findings.append(finding.of_error(kind, str(error)))


def _load(
    config: config_lib.Config, most_images: int, progress: Progress
) -> tuple[list[collection.InspectedSplit], list[finding.Finding]]:
    """Loads and inspects both splits of all data sets, and returns why some can't be loaded."""
    parts, problems = [], []
    for split, name in (("train", collection.TRAINING), ("test", collection.HELD_OUT)):
        try:
            if config.data.datasets:
                sets = loading.load_each(config.data, split)
            else:
                sets = {"": loading.load(config.data, split)}
        except errors.UserError as error:
            # A cause that both splits share is reported once.
            if str(error) not in [problem.message for problem in problems]:
                problems.append(finding.of_error("no_data", str(error)))
            continue
        for data_set, images in sets.items():
            crop = config.data.crop_size or images.crop_size
            if images.sample_shape:
                inspected = sequences.inspect(images)
                parts.append(collection.InspectedSplit(name, images, inspected, crop, data_set))
                continue
            most = most_images or (_DRAWN if images.in_memory else 0)
            total = min(most or images.size, images.size)
            what = f"{total:,} {f'{data_set} {name}'.strip()} images"
            inspected = inspection.inspect(
                images, most, lambda done, what=what: progress(f"Looked at {done:,} of {what}.")
            )
            parts.append(collection.InspectedSplit(name, images, inspected, crop, data_set))
    return parts, problems


def _folders(
    config: config_lib.Config, problems: list[finding.Finding]
) -> tuple[list[str], list[finding.Finding]]:
    """Checks the data folders; `problems` says why data could not be loaded.

    Returns lines on the files that are left out or, if there are problems, on the folders'
    contents; and the findings, which include `problems` with advice that fits the folders.
    """
    data = config.data
    parts = data.parts() if data.datasets else (data,)
    options = [o for o in parts if o.kind in folder.KINDS and not os.path.isfile(o.data_dir)]
    lines, strays = [] if problems else loading.describe_left_out(data), []
    for part in (part for part in options if part.data_dir):
        survey = folder_survey.survey(part.data_dir)
        lines += folder.description(survey) if problems else []
        advice = folder.guess(survey, part.kind) if problems and not data.datasets else ""
        if advice:
            problems = [dataclasses.replace(problem, advice=advice) for problem in problems]
        has_domains = part.kind == "image_folder" and not problems
        strays += folder.strays(survey, folder_layout.find(part.data_dir) if has_domains else None)
    return lines, [*problems, *strays]


def _check_run(
    run: runs.Run, training: Sequence[collection.InspectedSplit]
) -> list[finding.Finding]:
    """Makes the checks that training makes of the labels and the run directory."""
    findings = []
    with _reported_in(findings, "algorithm"):
        for part in training:
            run.check_data(part.images.example_spec)
    with _reported_in(findings, "run_dir"):
        run.check()
    return findings


def _run(config: config_lib.Config, training: Sequence[collection.InspectedSplit]) -> runs.Run:
    """Returns the run that training would create."""
    sets = {part.data_set: part.images for part in training}
    if len(sets) > 1:
        label_space = joint.Joint(list(sets.values()), list(sets)).label_space
    else:
        label_space = training[0].images.label_space
        data = loading.with_pack_crop(config.data, training[0].images)
        config = dataclasses.replace(config, data=data)
    shape = training[0].images.sample_shape
    return runs.Run(pathlib.Path(config.train.run_dir), config, label_space, shape)


def _check_images(
    images: collection.Collection, config: config_lib.Config
) -> list[finding.Finding]:
    if any(part.images.sample_shape for part in images.splits):
        return [
            *pictures.broken(images.splits, config.data.on_corrupt),
            *sequences.remarks(images.splits),
        ]
    findings = [
        *counts.of_labels(images.splits, config),
        *pictures.broken(images.splits, config.data.on_corrupt),
    ]
    if images.size:
        findings += [
            *duplicates.copies(images),
            *pictures.small(images, config),
            *pictures.cut(images),
            *pictures.modes(images, config),
            *duplicates.lookalikes(images),
        ]
    return findings
