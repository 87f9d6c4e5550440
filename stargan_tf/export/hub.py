r"""Publishes a run: its weights with a model card in a folder, and on the Hugging Face hub.

  python -m export.hub --run=runs/x --output=published/x --license=cc-by-4.0
  python -m export.hub --run=runs/x --output=published/x --license=cc-by-4.0 \
      --include=saved_model,tflite --push=USER/NAME

The folder is a run without the state of optimizers and without paths of yours. Its README.md says
from the run's own files what it is, how it was trained, what `evaluate` found of this checkpoint,
and how to use it. Others load it with stargan_tf.load("hf://USER/NAME"), or pass that as --run.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors, files
from stargan_tf.cli import command_line

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The folder to write; missing or empty.", required=True
)
_PUSH = flags.DEFINE_string("push", "", "Upload it to this repository of the hub, too: USER/NAME.")
_PRIVATE = flags.DEFINE_boolean("private", False, "With --push: a new repository is private.")
_LICENSE = flags.DEFINE_string(
    "license",
    "",
    "The licence of the weights, as the hub writes it: cc-by-4.0, apache-2.0, other. --push needs "
    "it, unless the run was trained on drawn faces or voices (apache-2.0).",
)
_LIMITS = flags.DEFINE_string("limits", "", "What else users should know: a sentence on the card.")
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
_WEIGHTS = flags.DEFINE_enum(
    "weights", "float32", ("float32", "float16"), "float16: half the size, and rounded."
)
_NETWORKS = flags.DEFINE_enum(
    "networks",
    "all",
    ("all", "translating"),
    "all: a new training can start from every network; translating: only those that translating "
    "and classifying need.",
)
_INCLUDE = flags.DEFINE_list("include", [], "Exports to add, of saved_model and tflite.")
_QUANTIZE = flags.DEFINE_enum(
    "quantize",
    "float16",
    ("none", "float16", "dynamic", "int8", "int16x8"),
    "With tflite among --include: as of export.tflite.",
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", "", "Where the run's data set is now, to compare a TFLite file on it."
)
_PICTURES = flags.DEFINE_list(
    "pictures",
    None,
    "Samples for the card, by name: sheets, such as targets, and sounds; default: all.",
)
_ADDRESS = flags.DEFINE_string(
    "address", "", "What the card tells users to load; default: hf:// with --push, or the folder."
)


def main() -> None:
    """Writes the folder, and uploads it if that is asked for."""
    _check_flags()
    command_line.import_tensorflow()
    from stargan_tf.publishing import folder, pushing
    from stargan_tf.runs import licences, runs

    run, output = runs.open_run(_RUN.value), pathlib.Path(_OUTPUT.value)
    files.check_free(output)
    licence = licences.licence(run, _LICENSE.value)
    if _PUSH.value:
        pushing.check(_PUSH.value)
        if not licence:
            raise errors.UserError(
                "Nobody may use weights without a licence; pass license=cc-by-4.0, or whatever the "
                "data that the run was trained on allow (license=other, and say it in `limits`)."
            )
    address = _ADDRESS.value or (f"hf://{_PUSH.value}" if _PUSH.value else str(output))
    try:
        facts = folder.write(
            folder.Request(
                run,
                output,
                name=_PUSH.value.rpartition("/")[2],
                address=address,
                checkpoint=_CHECKPOINT.value,
                weights=_WEIGHTS.value,
                networks=_NETWORKS.value,
                exports=tuple(_INCLUDE.value),
                quantize=_QUANTIZE.value,
                data_dir=_DATA_DIR.value,
                pictures=_PICTURES.value,
                licence=_LICENSE.value,
                limits=_LIMITS.value,
            )
        )
    except RuntimeError as error:  # an export answers otherwise than the run does
        raise errors.UserError(str(error)) from error
    _print(output, facts)
    if _PUSH.value:
        print(pushing.push(output, _PUSH.value, private=_PRIVATE.value))


def _check_flags() -> None:
    unknown = sorted({*_INCLUDE.value} - {"saved_model", "tflite"})
    if unknown:
        raise errors.UserError(
            f"`include` knows saved_model and tflite; received {', '.join(unknown)}."
        )
    if _PRIVATE.value and not _PUSH.value:
        raise errors.UserError("`private` says nothing without `push`; pass both, or leave it out.")


def _print(output: pathlib.Path, facts) -> None:
    from stargan_tf.publishing import kinds

    paths = [path for path in output.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in paths) / 2**20
    print(f"{output}  ({len(paths)} files, {size:.1f} MB, step {facts.copy.step})")
    kind = kinds.of(facts.run)
    print(
        f"its {kind.outputs} of {kind.compared_on} differ from the run's by "
        f"{kind.told(facts.copy.mean)} in the mean, {kind.told(facts.copy.largest)} at most"
    )
    if not facts.measured:
        print(
            "note: this checkpoint was not measured, so the card has no figures; for them run "
            f"{command_line.command('evaluate')} --run={facts.run.shown} first."
        )
    if not facts.licence:
        print("note: the card states no licence; say it with --license.")
    print(f"card         {output / 'README.md'}")


if __name__ == "__main__":
    command_line.run(main)
