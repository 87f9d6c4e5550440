r"""Translates a photo, or a folder of photos, with a trained run.

  python -m stargan_tf.translate --run=runs/quickstart --image=face.jpg \\
      --to=Blond_Hair,Smiling --output=out.png

--to sets the attributes that it names (-Smiling clears one), clears what they exclude, and keeps
the rest as --from says, or else as the run's own classifier sees the image. For domains: --to=cat.
With --sheet instead of --to, every target side by side.
"""

import pathlib

from absl import flags

from stargan_tf import command_line, errors
from stargan_tf.data import options, photo_jobs

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_IMAGE = flags.DEFINE_string("image", None, "A photo, or a folder of photos.", required=True)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The PNG file to write; a folder where --image is one.", required=True
)
_TO = flags.DEFINE_string("to", "", "What to change: names, comma-separated; -NAME clears one.")
_FROM = flags.DEFINE_string(
    "from", "", "What the photo shows: names, comma-separated; empty: ask the run's classifier."
)
_SHEET = flags.DEFINE_boolean("sheet", False, "Write every target side by side instead.")
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad", "stretch"),
    "How the photo becomes square: cut out its centre, add bars, or change its proportions.",
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, or a step.")


def main() -> int:
    """Translates; a photo of a folder that can't be read is named and left out (status 1)."""
    if bool(_TO.value) == _SHEET.value:
        raise errors.UserError(
            "Say what to change with --to=NAME, or pass --sheet; one of the two."
        )
    pairs = photo_jobs.pairs(pathlib.Path(_IMAGE.value), pathlib.Path(_OUTPUT.value))
    command_line.import_tensorflow()
    from stargan_tf.training import runs, translation

    run = runs.open_run(_RUN.value)
    edits = options.split_names(_TO.value)
    known = options.split_names(_FROM.value)
    translation.check_names(run.label_space, edits, known)
    translation.check_known(run, known)
    translator = translation.Translator(run, _CHECKPOINT.value)

    def translate(image: pathlib.Path, output: pathlib.Path) -> str:
        if _SHEET.value:
            return translator.sheet(image, output, _FIT.value, known)
        return translator.translate(image, output, _FIT.value, edits, known)

    return command_line.each_photo(pairs, translate, "translated")


if __name__ == "__main__":
    command_line.run(main)
