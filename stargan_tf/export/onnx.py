r"""Exports a run as ONNX files, and compares each with the run.

  python -m export.onnx --run=runs/quickstart --output=exported/onnx

Writes a folder with a file for each signature, such as translate.onnx, with model.json, which says
what the numbers mean, and report.txt. Batches are open, and heights and widths where the networks
leave them so. Each file is run by ONNX Runtime and compared with the run's networks; a folder is
kept only if all of them agree. Signatures for image files, whose names end in _bytes, are for
SavedModels only. How to run one: docs/deployment.md.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.data import options as data_options

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The folder to write; missing or empty.", required=True
)
_SIGNATURES = flags.DEFINE_string(
    "signatures", "", "Which to convert, comma-separated; empty: all."
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
_LICENSE = flags.DEFINE_string(
    "license",
    "",
    "The licence of the weights, which the files state: cc-by-4.0, apache-2.0, other.",
)


def main() -> None:
    """Exports, and prints how near each file is to the run."""
    command_line.import_tensorflow()
    from stargan_tf.runs import runs
    from stargan_tf.serving import onnx

    try:
        exported = onnx.export(
            runs.open_run(_RUN.value),
            pathlib.Path(_OUTPUT.value),
            signatures=data_options.split_names(_SIGNATURES.value),
            checkpoint=_CHECKPOINT.value,
            licence=_LICENSE.value,
        )
    except RuntimeError as error:  # of tf2onnx or ONNX Runtime, or it answers otherwise
        raise errors.UserError(str(error)) from error
    print(onnx.table(exported.reports))
    print(f"{exported.directory}  (every file run by ONNX Runtime and compared)")


if __name__ == "__main__":
    command_line.run(main)
