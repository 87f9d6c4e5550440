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
from stargan_tf.data import options

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
    pairs = _jobs(pathlib.Path(_IMAGE.value), pathlib.Path(_OUTPUT.value))
    command_line.import_tensorflow()
    from stargan_tf.training import runs, translation

    run = runs.open_run(_RUN.value)
    edits = options.split_names(_TO.value)
    known = options.split_names(_FROM.value)
    translation.check_names(run.label_space, edits, known)
    translator = translation.Translator(run, _CHECKPOINT.value)
    failed = 0
    for image, output in pairs:
        try:
            if _SHEET.value:
                said = translator.sheet(image, output, _FIT.value, known)
            else:
                said = translator.translate(image, output, _FIT.value, edits, known)
            print(f"{output}  ({said})", flush=True)
        except errors.UserError as error:
            if len(pairs) == 1:
                raise
            command_line.fail(str(error))
            failed += 1
    if failed:
        command_line.fail(f"{failed} of {len(pairs)} photos could not be translated.")
    return 1 if failed else 0


def _jobs(image: pathlib.Path, output: pathlib.Path) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Returns what to read and what to write, and makes the folder of the output."""
    if not image.exists():
        raise errors.UserError(f"--image={image} does not exist; name a photo or a folder of them.")
    if image.is_dir():
        if output.suffix and not output.is_dir():
            raise errors.UserError(
                f"--image={image} is a folder, so --output must be one too; received {output}."
            )
        names = sorted(p.name for p in image.iterdir() if p.is_file() and p.name[0] != ".")
        if not names:
            raise errors.UserError(f"The folder --image={image} holds no photo.")
        stems = [pathlib.Path(name).stem for name in names]
        pairs = [
            # a.jpg and a.png would become the same file: keep the suffix of those in the name.
            (image / name, output / f"{name if stems.count(stem) > 1 else stem}.png")
            for name, stem in zip(names, stems, strict=True)
        ]
        folder = output
    else:
        if output.suffix.lower() != ".png":
            raise errors.UserError(
                f"--output is written as PNG; received {output}; end it in .png."
            )
        pairs, folder = [(image, output)], output.parent
    for source, target in pairs:
        if source.resolve() == target.resolve():
            raise errors.UserError(f"--output would overwrite the photo {source}; choose another.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.UserError(
            f"Could not make the folder {folder}: {error.strerror}; choose another --output."
        ) from error
    return pairs


if __name__ == "__main__":
    command_line.run(main)
