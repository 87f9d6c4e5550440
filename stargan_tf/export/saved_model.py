r"""Exports a run as a SavedModel for TensorFlow Serving.

  python -m export.saved_model --run=runs/quickstart --output=exported/stargan

Writes the model's next version, exported/stargan/1 and so on, from the moving averages where the
run has them. Each signature is then loaded as a server loads it and compared with the run; a
version that differs is not kept. What it can be asked: export/serving/README.md.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.reports import table

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The folder of the model; each export adds a version.", required=True
)
_PRECISION = flags.DEFINE_enum(
    "precision",
    "float32",
    ("float32", "bfloat16"),
    "In which convolutions are computed; bfloat16 is for processors that have it. Images and "
    "weights are float32 in both.",
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")


def main() -> None:
    """Exports, and prints how near each signature is to the run."""
    command_line.import_tensorflow()
    from stargan_tf.runs import runs
    from stargan_tf.serving import saved_model

    try:
        exported = saved_model.export(
            runs.open_run(_RUN.value),
            pathlib.Path(_OUTPUT.value),
            precision=_PRECISION.value,
            checkpoint=_CHECKPOINT.value,
        )
    except RuntimeError as error:  # it answers otherwise than the run does
        raise errors.UserError(str(error)) from error
    rows = [(name, f"{e.largest:.1e}", f"{e.mean:.1e}") for name, e in exported.errors.items()]
    print(table.table(["signature", "max error", "mean error"], rows))
    if not exported.warmed_up:
        print(
            "No warm-up requests were written, so a server's first answers are slow; for them: "
            f"{errors.install_command('serving')}"
        )
    print(f"{exported.directory}  ({exported.size / 2**20:.1f} MB, every signature verified)")


if __name__ == "__main__":
    command_line.run(main)
