r"""Translates a photo, or a folder of photos, with a trained run.

  python -m stargan_tf.translate --run=runs/quickstart --image=face.jpg \\
      --to=Blond_Hair,Smiling --output=out.png

--to sets the attributes that it names (-Smiling clears one), clears what they exclude, and keeps
the rest as --from says, or else as the run's own classifier sees the image. For domains: --to=cat.
With --sheet instead of --to, every target side by side (a dozen, where there are more).

A run of StarGAN v2 translates to styles: --to=cat --seed=3 (a latent code), --to=cat
--reference=photo.jpg (that photo's), or --style=saved.npy; --outputs=4 for four latent codes.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.data import options
from stargan_tf.pictures import photo_jobs

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_IMAGE = flags.DEFINE_string(
    "image", None, "A photo, or a folder of photos; sub-folders are read too.", required=True
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The PNG file to write; a folder where --image is one.", required=True
)
_TO = flags.DEFINE_string("to", "", "What to change: names, comma-separated; -NAME clears one.")
_FROM = flags.DEFINE_string(
    "from", "", "What the photo shows: names, comma-separated; empty: ask the run's classifier."
)
_SHEET = flags.DEFINE_boolean(
    "sheet", False, "Write every target side by side instead; of more than twelve, a dozen."
)
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad", "stretch"),
    "How the photo becomes square: cut out its centre, add bars, or change its proportions.",
)
_CROP_SIZE = flags.DEFINE_integer(
    "crop_size",
    None,
    "--fit=crop: the side of the centred square in pixels; 0: the largest (default: as the run's "
    "--crop_size).",
    lower_bound=0,
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, or a step.")
_SEED = flags.DEFINE_integer("seed", None, "Styles: that of this latent code (default: 0).")
_OUTPUTS = flags.DEFINE_integer(
    "outputs", None, "Styles: so many of each photo, of the seeds from --seed on (default: 1)."
)
_PSI = flags.DEFINE_float(
    "psi", None, "Styles: 1 as drawn; nearer to 0 more typical of the domain, less diverse."
)
_REFERENCE = flags.DEFINE_list(
    "reference", [], "Styles: those of these photos, or of a folder's, seen as of domain --to."
)
_STYLE = flags.DEFINE_string("style", None, "Styles: those of a .npy file by --save_style.")
_SAVE_STYLE = flags.DEFINE_string("save_style", None, "Write the styles to this .npy file.")
_MATRIX = flags.DEFINE_boolean(
    "matrix", False, "Write one picture of all photos (across) in all references' styles (down)."
)
_OF_STYLES = ("seed", "outputs", "psi", "reference", "style", "save_style", "matrix")


def main() -> int:
    """Translates; a photo of a folder that can't be read is named and left out (status 1)."""
    if _SHEET.value and _MATRIX.value:
        raise errors.UserError("Pass --sheet or --matrix; received both.")
    image, output = pathlib.Path(_IMAGE.value), pathlib.Path(_OUTPUT.value)
    jobs = (photo_jobs.into_one if _MATRIX.value else photo_jobs.jobs)(image, output)
    command_line.import_tensorflow()
    from stargan_tf.algorithms import algorithm
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    run.require(algorithm.Translates)
    return _with_styles(run, jobs) if run.has_styles else _with_labels(run, jobs)


def _with_labels(run, jobs: photo_jobs.Jobs) -> int:
    from stargan_tf.training import translation

    for name in _OF_STYLES:
        if flags.FLAGS[name].value not in (None, [], False):
            raise errors.UserError(
                f"--{name} is for runs whose translations have styles, as StarGAN v2's; received "
                f"it with {run.directory}, a run of {run.config.train.algorithm}; leave it out."
            )
    if bool(_TO.value) == _SHEET.value:
        raise errors.UserError(
            "Say what to change with --to=NAME, or pass --sheet; one of the two."
        )
    edits = options.split_names(_TO.value)
    known = options.split_names(_FROM.value)
    translation.check_names(run.label_space, edits, known)
    translation.check_known(run, known)
    translator = translation.Translator(run, _CHECKPOINT.value, _CROP_SIZE.value)

    def translate(image: pathlib.Path, output: pathlib.Path) -> str:
        if _SHEET.value:
            return translator.sheet(image, output, _FIT.value, known)
        return translator.translate(image, output, _FIT.value, edits, known)

    return command_line.each_photo(jobs, translate, "translated")


def _with_styles(run, jobs: photo_jobs.Jobs) -> int:
    from stargan_tf.training import style_translation

    if _FROM.value:
        raise errors.UserError(
            f"--from is for runs that change attributes; received it with {run.directory}, whose "
            "translations do not depend on what the photo shows; leave it out."
        )
    if _SAVE_STYLE.value and not _SAVE_STYLE.value.endswith(".npy"):
        raise errors.UserError(f"--save_style ends in .npy; received {_SAVE_STYLE.value}.")
    given = {
        name: flags.FLAGS[name].value
        for name in ("seed", "outputs", "psi")
        if flags.FLAGS[name].value is not None
    }
    if given and (_REFERENCE.value or _STYLE.value):
        raise errors.UserError(
            f"--{next(iter(given))} is of latent codes; received it with --reference or --style; "
            "leave one of the two out."
        )
    request = style_translation.StyleRequest(
        domains=options.split_names(_TO.value),
        references=tuple(photo_jobs.found(_REFERENCE.value, "--reference")),
        saved=pathlib.Path(_STYLE.value) if _STYLE.value else None,
        **given,
    )
    request.check(run.label_space, several=_SHEET.value or _MATRIX.value)
    translator = style_translation.StyleTranslator(
        run, request, _FIT.value, _CHECKPOINT.value, _CROP_SIZE.value
    )
    if _SAVE_STYLE.value:
        translator.save_styles(_SAVE_STYLE.value)
    if _MATRIX.value:
        output = jobs.pairs[0][1]
        said = translator.matrix([path for path, _ in jobs.pairs], output)
        print(f"{output}  ({said})", flush=True)
        return 0
    work = translator.sheet if _SHEET.value else translator.translate
    return command_line.each_photo(jobs, work, "translated")


if __name__ == "__main__":
    command_line.run(main)
