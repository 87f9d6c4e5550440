r"""Makes a video that goes from style to style, with a run whose translations have styles.

  python -m stargan_tf.animate --run=runs/v2 --image=photos/ --output=styles.mp4 \
      --to=cat,dog --seeds=0-9
  python -m stargan_tf.animate --run=runs/v2 --image=face.jpg --output=references.mp4 \
      --references=FOLDER

The styles are those of random codes, one for every seed, domain after domain; or with --references
those of the photos in FOLDER/<domain>/. A single style is reached from its domain's mean style,
and left to it. .mp4 needs the extra "video"; .gif does not.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.data import options
from stargan_tf.inference import arguments
from stargan_tf.pictures import photo_jobs, video
from stargan_tf.reports import progress

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_IMAGE = flags.DEFINE_string(
    "image", None, "A photo, or a folder of photos of which the first 8 are shown.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "The .mp4 or .gif file to write.", required=True)
_TO = flags.DEFINE_string(
    "to", "", "The domains, comma-separated, in their order; empty: all, or a dozen of many."
)
_SEEDS = flags.DEFINE_string(
    "seeds", "", "Seeds of the random styles, such as 0-9 or 1,5,7; empty: 0-9."
)
_PSI = flags.DEFINE_float(
    "psi", 1.0, "1: random styles as they are; towards 0: nearer to the domain's mean style."
)
_REFERENCES = flags.DEFINE_string(
    "references",
    "",
    "A folder with a folder of photos for every domain: their styles; or one photo, with --to.",
)
_SECONDS = flags.DEFINE_float("seconds", 2.0, "Seconds from one style to the next.")
_FPS = flags.DEFINE_integer("fps", 30, "Frames per second: up to 120, of a GIF 50.")
_LOOP = flags.DEFINE_boolean("loop", False, "Go back to the first style at the end.")
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad", "stretch"),
    "How photos become square: cut out the centre, add bars, or change the proportions.",
)
_CROP_SIZE = flags.DEFINE_integer(
    "crop_size",
    None,
    "--fit=crop: the side of the centred square in pixels; 0: the largest (default: as the run's "
    "--crop_size).",
    lower_bound=0,
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")

_MAX_SEEDS = 1000
_MAX_SECONDS = 3600


def main() -> None:
    """Renders the styles between styles, and writes them as they come."""
    output = pathlib.Path(_OUTPUT.value)
    video.check(output, _FPS.value)
    seeds, steps = _checked_flags()
    command_line.import_tensorflow()
    from stargan_tf.algorithms import algorithm
    from stargan_tf.inference import animation
    from stargan_tf.inference import model as model_lib
    from stargan_tf.pictures import photos, sheets
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    run.require(algorithm.Translates)
    arguments.check_styled(run.has_styles, run.shown)
    space, to = run.label_space, options.split_names(_TO.value)
    names, references = animation.domains(space, to, run.targets), []
    if _REFERENCES.value:
        references = animation.reference_files(space, pathlib.Path(_REFERENCES.value), to)
    files = photo_jobs.find_photos([_IMAGE.value], "--image")
    used = files[: animation.max_sources(run.config.data.image_size, bool(references))]
    for path in (*used, *(path for _, path in references)):
        if path.resolve() == output.resolve():
            raise errors.UserError(f"--output would overwrite the photo {path}; choose another.")
    framing = run.framing(_FIT.value, _CROP_SIZE.value)
    sources, note = animation.read_photos(used, framing)
    if references:
        names, paths = zip(*references, strict=True)
        pictures, _ = animation.read_photos(paths, framing)

    model = model_lib.Model(run, _CHECKPOINT.value)
    if references:
        waypoints = animation.reference_styles(model, names, pictures)
    else:
        waypoints = animation.latent_styles(model, names, seeds, _PSI.value)
    if _LOOP.value and waypoints[0] is not waypoints[-1]:
        waypoints.append(waypoints[0])
    total = animation.frame_count(len(waypoints), steps)
    some = "" if references or _TO.value else sheets.targets(space, run.targets)[1]
    print(
        f"{len(used)} of {len(files)} photos, {len(waypoints)} styles"
        f"{some and f' of {some}'}, {total} frames, {total / _FPS.value:.1f} s"
        f"{command_line.as_flags(note)}",
        flush=True,
    )
    sources = photos.from_uint8(sources)
    frames = animation.frames(model.algorithm.render, sources, waypoints, steps)
    video.write(output, progress.counted(frames, total, "frame"), _FPS.value)
    print(output)


def parse_seeds(text: str) -> list[int]:
    """Returns the seeds in "0-9", "1,5,7" or "0-3,7", in that order.

    Raises:
      UserError: It is none of these, or more than 1000 seeds.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        bounds = (first, last) if dash else (first,)
        span = range(0)
        if all(b.isascii() and b.isdecimal() and len(b) < 20 for b in bounds):
            span = range(int(first), int(bounds[-1]) + 1)
        if not span or len(span) + len(seeds) > _MAX_SEEDS:
            raise errors.UserError(
                f"--seeds takes up to {_MAX_SEEDS} numbers from 0 on, such as 0-9 or 1,5,7; "
                f"received {text!r}."
            )
        seeds += span
    return seeds


def _checked_flags() -> tuple[list[int], int]:
    """Returns the seeds and the frames from one style to the next."""
    if _REFERENCES.value and (_SEEDS.value or _PSI.value != 1.0):
        raise errors.UserError(
            "--references takes the styles from photos, --seeds and --psi choose random ones; "
            "received both; leave one out."
        )
    seeds = parse_seeds(_SEEDS.value or "0-9")
    arguments.check_latent(seeds, _PSI.value)
    if not 0 < _SECONDS.value <= _MAX_SECONDS:
        raise errors.UserError(
            f"--seconds is above 0 and at most {_MAX_SECONDS}; received {_SECONDS.value:g}."
        )
    return seeds, max(1, round(_SECONDS.value * _FPS.value))


if __name__ == "__main__":
    command_line.run(main)
