r"""Translates a photo, or a folder of photos, with a trained run.

  python -m stargan_tf.translate --run=runs/quickstart --image=face.jpg \
      --to=Blond_Hair,Smiling --output=out.png

--to sets the attributes that it names (-Smiling clears one), clears what they exclude, and keeps
the rest as --from says, or else as the run's own classifier sees the image. For domains: --to=cat.
With --sheet instead of --to, every target side by side (a dozen, where there are more).

A run of StarGAN v2 translates to styles: --to=cat --seed=3 (a latent code), --to=cat
--reference=photo.jpg (that photo's), or --style=saved.npy; --outputs=4 for four latent codes.

--size=original puts the translation back into the photo, and --faces finds the faces in it and
translates each. A video is translated frame by frame, and keeps its sound:

  python -m stargan_tf.translate --run=runs/quickstart --video=in.mp4 --to=Blond_Hair \
      --faces --output=out.mp4
"""

import pathlib
import typing

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.data import options
from stargan_tf.pictures import face_framing, faces, framed, photo_jobs, transcoding
from stargan_tf.reports import progress

if typing.TYPE_CHECKING:
    from stargan_tf.inference import translation
    from stargan_tf.runs import runs

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_IMAGE = flags.DEFINE_string(
    "image", None, "A photo, or a folder of photos; sub-folders are read too."
)
_VIDEO = flags.DEFINE_string(
    "video", None, "In place of --image: a video; --output is an .mp4 file. Needs the extra video."
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "The PNG file to write; a folder where --image is one; of --video an .mp4 file.",
    required=True,
)
_TO = flags.DEFINE_string("to", "", "What to change: names, comma-separated; -NAME clears one.")
_FROM = flags.DEFINE_string(
    "from",
    "",
    "What the photo shows: names, comma-separated; empty: ask the run's classifier. Needed by runs "
    "with a generator for each pair of more than two domains.",
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
_SIZE = flags.DEFINE_enum(
    "size",
    "model",
    ("model", "original"),
    "model: write the translated square; original: put it back into the photo at its own size.",
)
_PASTE = flags.DEFINE_enum(
    "paste",
    None,
    ("difference", "square"),
    "--size=original, --faces: add what the translation changed, or put in the whole square, "
    "enlarged (default: difference).",
)
_FACES = flags.DEFINE_boolean(
    "faces",
    False,
    "Find the faces and translate each, inside the photo at its own size. Needs the extra faces.",
)
_MARGIN = flags.DEFINE_float(
    "margin",
    None,
    "--faces: what is added to a face on either side, as a share of it; half as much again above "
    "(default: 0.5).",
    lower_bound=0,
    upper_bound=4,
)
_WING = flags.DEFINE_string(
    "wing", None, "--faces: turn and scale each face as `align` does, with this landmark network."
)
_MEAN = flags.DEFINE_string("mean", None, "The mean landmarks that --wing needs.")
_FACE_BOXES = flags.DEFINE_enum(
    "face_boxes",
    None,
    ("smooth", "fixed", "each"),
    "--video, --faces: squares follow faces smoothly, stay where the faces were first, or are "
    "where they are in each frame (default: smooth).",
)
_SOUND = flags.DEFINE_boolean("sound", True, "--video: keep its sound.")
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
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
    _check_flags()
    if _VIDEO.value:
        return _video(pathlib.Path(_VIDEO.value), pathlib.Path(_OUTPUT.value))
    image, output = pathlib.Path(_IMAGE.value), pathlib.Path(_OUTPUT.value)
    jobs = (photo_jobs.into_one if _MATRIX.value else photo_jobs.jobs)(image, output)
    run = _opened()
    if not run.has_styles:
        return command_line.each_photo(jobs, _to_labels(run), "translated")
    translator = _styles_of(run)
    if _MATRIX.value:
        output = jobs.pairs[0][1]
        line = translator.matrix([path for path, _ in jobs.pairs], output)
        print(f"{output}  ({command_line.as_flags(line)})", flush=True)
        return 0
    work = translator.sheet if _SHEET.value else translator.translate
    return command_line.each_photo(jobs, work, "translated")


def _given() -> list[str]:
    """Returns the flags for styles that were passed."""
    return [name for name in _OF_STYLES if flags.FLAGS[name].value not in (None, [], False)]


def _check_flags() -> None:
    """Raises a UserError if flags do not fit together, or what they need is missing."""
    if bool(_IMAGE.value) == bool(_VIDEO.value):
        raise errors.UserError(
            "Name what to translate with --image or --video, one of the two; received "
            f"{'both' if _IMAGE.value else 'neither'}."
        )
    if _SHEET.value and _MATRIX.value:
        raise errors.UserError("Pass --sheet or --matrix; received both.")
    whole = {"size=original": _SIZE.value == "original", "faces": _FACES.value}
    for name in (n for n, given in {**whole, "video": _VIDEO.value}.items() if given):
        if _SHEET.value or _MATRIX.value:
            raise errors.UserError(
                f"Sheets show squares of photos at the run's size; received --{name} with "
                f"--{'sheet' if _SHEET.value else 'matrix'}; leave one of the two out."
            )
    needs = [("paste", any(whole.values()), "size=original or --faces")]
    needs += [(name, _FACES.value, "faces") for name in ("margin", "wing", "mean")]
    needs += [("face_boxes", _FACES.value and _VIDEO.value, "video with --faces")]
    for name, fits, what in needs:
        if flags.FLAGS[name].value is not None and not fits:
            raise errors.UserError(f"--{name} is of --{what}; received it without; leave it out.")
    framed_by = (
        "fit" if _FIT.value != "crop" else "crop_size" if _CROP_SIZE.value is not None else ""
    )
    if _FACES.value and framed_by and not _REFERENCE.value:
        raise errors.UserError(
            f"--{framed_by} is of whole photos; received it with --faces, whose squares --margin "
            "decides; leave it out."
        )
    if not _SOUND.value and not _VIDEO.value:
        raise errors.UserError("--nosound is of --video; received it without; leave it out.")
    if bool(_WING.value) != bool(_MEAN.value):
        raise errors.UserError("--wing and --mean belong together; received one; pass both.")


def _opened() -> "runs.Run":
    """Returns the run, once it is known to translate."""
    command_line.import_tensorflow()
    from stargan_tf.algorithms import algorithm
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    run.require(algorithm.Translates)
    return run


def _video(source: pathlib.Path, output: pathlib.Path) -> int:
    """Translates a video."""
    transcoding.check(source, output)
    about = transcoding.facts(source, sound=_SOUND.value)
    run = _opened()
    from stargan_tf.inference import video_translation

    translator = (_styles_of if run.has_styles else _labels_of)(run)
    work = video_translation.Video(translator, translator.framer, _FACE_BOXES.value or "smooth")
    count = work.translate(
        source,
        output,
        lambda frames: progress.counted(frames, about.frames, "frame"),
        sound=_SOUND.value,
    )
    sound = f"sound: {about.sound}, as it was" if about.sound else "no sound"
    print(f"{output}  ({translator.described()}; {count} frames; {sound})", flush=True)
    return 0


def _framer(run: "runs.Run") -> framed.Framer:
    """Returns what finds the squares of photos and puts translations back."""
    framing, paste = run.framing(_FIT.value, _CROP_SIZE.value), _PASTE.value or "difference"
    if not _FACES.value:
        return framed.Whole(framing, paste if _SIZE.value == "original" else None)
    align = None
    if _WING.value:
        from stargan_tf.inference import aligned_faces
        from stargan_tf.landmarks import aligner, weights

        weights.check_file(_WING.value, "--wing", "wing.ckpt")
        mean = weights.load_mean(_MEAN.value)
        align = aligned_faces.Alignment(aligner.Aligner(weights.load(_WING.value), mean))
    margin = 0.5 if _MARGIN.value is None else _MARGIN.value
    detector = faces.Detector(levels=2 if _VIDEO.value else 3)
    return face_framing.Faces(detector, framing.size, margin, align, paste, framing.max_grey)


def _to_labels(run: "runs.Run") -> command_line.Work:
    """Returns the function that translates a photo, or writes its sheet."""
    translator = _labels_of(run)
    return translator.sheet if _SHEET.value else translator.translate


def _labels_of(run: "runs.Run") -> "translation.ToLabels":
    """Returns the translator to the labels that are asked for, once they make sense."""
    from stargan_tf.inference import arguments, translation

    if bool(_TO.value) == _SHEET.value:
        raise errors.UserError(
            "Say what to change with --to=NAME, or pass --sheet; one of the two."
        )
    edits, known = options.split_names(_TO.value), options.split_names(_FROM.value)
    space = run.label_space
    arguments.check_labels(
        space, edits or space.names[:1], known, _given(), run.shown, run.is_directional
    )
    framing = run.framing(_FIT.value, _CROP_SIZE.value)
    return translation.ToLabels(run, framing, edits, known or None, _CHECKPOINT.value, _framer(run))


def _styles_of(run: "runs.Run") -> "translation.ToStyles":
    """Returns the translator to the styles that are asked for, once they make sense."""
    from stargan_tf.inference import arguments, translation

    if _SAVE_STYLE.value and not _SAVE_STYLE.value.endswith(".npy"):
        raise errors.UserError(f"--save_style ends in .npy; received {_SAVE_STYLE.value}.")
    domains = options.split_names(_TO.value)
    styled = [name for name in _given() if name not in ("save_style", "matrix")]
    open_ended = (_SHEET.value or _MATRIX.value) and not _REFERENCE.value
    count = None if open_ended else 1
    space, targets = run.label_space, run.targets
    arguments.check_styles(space, domains, _FROM.value, styled, run.shown, count, targets)
    seed, outputs = _SEED.value or 0, 1 if _OUTPUTS.value is None else _OUTPUTS.value
    psi = 1.0 if _PSI.value is None else _PSI.value
    arguments.check_latent([seed], psi)
    if outputs < 1:
        raise errors.UserError(f"--outputs is at least 1; received {outputs}.")
    translator = translation.ToStyles(
        run,
        run.framing(_FIT.value, _CROP_SIZE.value),
        domains,
        range(seed, seed + outputs),
        psi,
        photo_jobs.find_photos(_REFERENCE.value, "--reference"),
        pathlib.Path(_STYLE.value) if _STYLE.value else None,
        _CHECKPOINT.value,
        _framer(run),
    )
    if _SAVE_STYLE.value:
        translator.save_styles(pathlib.Path(_SAVE_STYLE.value))
    return translator


if __name__ == "__main__":
    command_line.run(main)
