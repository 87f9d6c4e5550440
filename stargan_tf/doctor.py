"""Checks a data set and the flags of a training before it is started.

  python -m stargan_tf.doctor --flagfile=configs/v1_folder.flags --data_dir=DIR

It takes every flag of stargan_tf.train but does not train: it counts, decodes and compares the
images, draws a contact sheet of what training would see, and takes a few steps in another process
to measure the time. Exit status 1: training would fail with these flags; 0: it would not.
"""

import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import TextIO

import tqdm
from absl import flags

from stargan_tf.base import errors, files
from stargan_tf.cli import command_line, train_flags

_OUTPUT = flags.DEFINE_string(
    "output", "", "The folder for contact_sheet.png; empty: RUN_DIR/doctor."
)
_JSON = flags.DEFINE_string("json", "", "Also write the report to this file as JSON.")
_TIME = flags.DEFINE_boolean("time", True, "Take a few steps to measure time and memory.")
_TIME_LIMIT = flags.DEFINE_integer(
    "time_limit", 300, "Seconds after which these steps are cut off.", lower_bound=1
)
_MAX_IMAGES = flags.DEFINE_integer(
    "max_images",
    0,
    "Inspect at most this many images of a split, evenly spaced; 0: all, or 256 if they are drawn.",
    lower_bound=0,
)
_MAX_LISTED = flags.DEFINE_integer(
    "max_listed", 10, "How many images the text names for each finding.", lower_bound=0
)


def main() -> int:
    """Examines, prints the report and writes the sheet; returns the exit status."""
    config = train_flags.config_from_flags(check_model=False)
    command_line.import_tensorflow()
    import tensorflow as tf

    from stargan_tf.diagnosis import cost, examination, trial
    from stargan_tf.pictures import photos

    directory = config.train.run_dir
    idle_gpu = command_line.has_nvidia_driver() and not tf.config.list_physical_devices("GPU")
    tf.config.set_visible_devices([], "GPU")  # the trial's process needs their memory
    take = functools.partial(trial.measure, time_limit=_TIME_LIMIT.value) if _TIME.value else None
    with (
        _quiet_decoders() as stderr,
        tqdm.tqdm(bar_format="{desc}", file=stderr, disable=None, leave=False) as line,
    ):
        report, sheet = examination.examine(
            config,
            cost.Machine.this(directory, idle_gpu),
            most_images=_MAX_IMAGES.value,
            trial=take,
            progress=line.set_description_str,
        )
    unwritten = ""
    if sheet is not None:
        path = pathlib.Path(_OUTPUT.value or os.path.join(directory, "doctor"), "contact_sheet.png")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            photos.save_png(path, sheet)
            report = dataclasses.replace(report, sheet=str(path))
        except (OSError, errors.UserError) as error:
            unwritten = f"The contact sheet was not written: {error}"
    print(command_line.as_flags(report.text(_MAX_LISTED.value)), flush=True)
    if unwritten:
        command_line.fail(unwritten)
    if _JSON.value:
        content = json.dumps(report.to_json() | {"flags": config.values()}, indent=2)
        with files.atomic(pathlib.Path(_JSON.value)) as file:
            file.write(command_line.as_flags(content).encode() + b"\n")
    return 1 if report.fails else 0


@contextlib.contextmanager
def _quiet_decoders() -> Iterator[TextIO]:
    """Discards file descriptor 2, where libjpeg complains of damaged files; yields a new stderr."""
    sys.stderr.flush()
    with open(os.devnull, "wb") as nobody, os.fdopen(os.dup(2), "w") as stderr:
        os.dup2(nobody.fileno(), 2)
        try:
            yield stderr
        finally:
            sys.stderr.flush()
            os.dup2(stderr.fileno(), 2)


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)
