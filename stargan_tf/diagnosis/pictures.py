"""What is wrong with single images: broken, small, cut, turned, transparent, grey, plain."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from stargan_tf import hyperparameters
from stargan_tf.base import errors
from stargan_tf.data import loading
from stargan_tf.diagnosis import collection as collection_lib
from stargan_tf.diagnosis import finding

_TINY = 32  # pixels, of the shorter side
_CUT = 0.4  # the share of an image beyond the centred square from which on it counts as cut
_MANY = 0.25  # the share of small images from which on the size that is asked for is at fault
_SIZES = (512, 256, 128, 64, 32, 16)  # of training, to choose a smaller one from


def broken(parts: Sequence[collection_lib.Part], on_corrupt: str) -> list[finding.Finding]:
    """Returns what is to be said of images that can't be used."""
    found = []
    skips = on_corrupt == "skip"
    total = sum(part.images.size for part in parts)
    for late, kind, text, consequence in (
        (False, "unreadable", "Cannot be read", "training would not start"),
        (True, "damaged", "Damaged inside, as only decoding shows",
         "training would stop when it comes to one"),
    ):  # fmt: skip
        names = [
            f"{part.images.describe(index)} ({reason})"
            for part in parts
            for index, reason in part.inspection.problems.items()
            if (index in part.inspection.late) == late
        ]
        if names:
            others = "" if skips else ", or pass --on_corrupt=skip to train without them"
            advice = f"Remove or replace {finding.these(len(names), 'broken file')}{others}"
            consequence = "training leaves them out" if skips else consequence
            message = f"{text}: {len(names):,} of {finding.counted(total, 'image')}; {consequence}."
            severity = "warning" if skips else "failure"
            found.append(finding.naming(kind, severity, message, advice, names))
    for part in parts:
        try:
            loading.without(part.images, part.inspection.problems)
        except errors.UserError:
            message = f"A label has no {part.split} image that can be read; skipping is no help."
            advice = "Replace the broken files by whole ones"
            found.append(finding.Finding("unreadable", "failure", message, advice))
    return found


def small(
    images: collection_lib.Collection, config: hyperparameters.Config
) -> list[finding.Finding]:
    """Returns what is to be said of images that are tiny, or smaller than training asks for."""
    sides, size, crop = images.sides(), config.data.image_size, config.data.crop_size
    shorter = np.minimum(images.table["width"], images.table["height"])
    enlarged = sides < size
    below = shorter < crop
    fits = f"--crop_size={int(np.percentile(shorter, 100 * _MANY))}"
    many = enlarged.mean() >= _MANY
    smaller = _smaller_size(config, sides) if many else 0
    return [
        *_said(
            images,
            shorter < _TINY,
            "tiny",
            f"Below {_TINY} px: {{share}}; such pictures are mostly icons and thumbnails.",
            "Remove or replace {these}",
            names=lambda k: _sized(images, k),
        ),
        *_said(
            images,
            enlarged,
            "enlarged",
            f"Smaller than --image_size={size}: {{share}}; they are enlarged, and blur.",
            f"Pass --image_size={smaller}, or replace {{these}} by larger ones"
            if smaller
            else "Replace {these} by larger ones, or remove them",
            noun="small picture",
            # Otherwise they would be nearly all.
            names=None if many else lambda k: _sized(images, k),
        ),
        *_said(
            images,
            below,
            "crop_size",
            f"Smaller than --crop_size={crop}: {{share}}; of these the largest square is cut out, "
            "so that they are framed wider than the others.",
            f"Pass {fits}, or leave it out"
            if below.mean() >= _MANY
            else "Remove {these}, or pass a smaller --crop_size",
            names=lambda k: _sized(images, k),
        ),
    ]


def cut(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns what is to be said of images that lose much to the centred square."""
    width, height = (images.table[side].astype(np.float64) for side in ("width", "height"))
    lost = 1 - images.sides() ** 2.0 / (width * height)
    far = lost > _CUT
    advice = "Crop {these} to what they show, about square"
    without = 1 - np.minimum(width, height) / np.maximum(width, height)  # lost with crop_size 0
    if far.any() and np.median(without[far]) <= _CUT:
        larger = int(np.median(np.minimum(width, height)[far]))
        advice = f"Pass a larger crop, such as --crop_size={larger}"
    return _said(
        images,
        far,
        "far_from_square",
        f"Over {_CUT:.0%} lies outside the centred square that training cuts out: {{share}}; "
        "what they show may be cut off.",
        advice,
        names=lambda k: f"{_sized(images, k)}, {lost[k]:.0%} cut off",
    )


def modes(
    images: collection_lib.Collection, config: hyperparameters.Config
) -> list[finding.Finding]:
    """Returns what is to be said of images with transparency, of grey ones, and of 16 bits."""
    table = images.table
    grey = table["grey"] & ~table["plain"]
    return [
        *_deep(images, config.data.max_grey),
        *_said(
            images,
            table["transparent"],
            "transparent",
            "Transparent in places: {share}; white is put beneath them, in training as in every "
            "use of the run.",
            "Put {these} on another background if white is not wanted, as in `mogrify -background "
            "grey -alpha remove FILE` (ImageMagick)",
            severity="hint",
            names=images.describe,
        ),
        *_said(
            images,
            grey & ~grey.all(),
            "greyscale",
            "Greyscale among colour images: {share}; the networks learn both.",
            "Remove {these} if translations shall be in colour",
            noun="grey picture",
            severity="hint",
            names=images.describe,
        ),
        *_said(
            images,
            table["plain"],
            "single_colour",
            "Of a single colour: {share}.",
            "Remove {these} of one colour",
            names=images.describe,
        ),
    ]


def _deep(images: collection_lib.Collection, max_grey: int) -> list[finding.Finding]:
    """Returns what is to be said of grey images of 16 bits that do not go up to `max_grey`."""
    largest = images.table["largest"].astype(np.int64)
    full = 2 ** int(largest.max()).bit_length() - 1  # of as many bits as there are in use
    if full > max_grey:
        which, text = largest > max_grey, f"Values above --max_grey={max_grey} in grey images of "
        text += "16 bits: {share}; all of these become white."
    else:
        which = (largest > 0) & (full < max_grey)
        text = f"Values up to {full} only in grey images of 16 bits: {{share}}; with --max_grey="
        text += f"{max_grey} they become dark."
    return _said(
        images, which, "grey_range", text, f"Pass --max_grey={full}", names=images.describe
    )


def accepted_sizes(hparams: Any) -> list[int]:
    """Returns which of the usual sizes of training images (pixels) a paper's networks take.

    Args:
      hparams: The paper's hyperparameters.
    """
    accepted = []
    for size in _SIZES:
        with contextlib.suppress(errors.UserError):
            hparams.check(size)
            accepted.append(size)
    return accepted


def _smaller_size(config: hyperparameters.Config, sides: np.ndarray) -> int:
    """Returns a size that three quarters of the images have and the networks take, or 0."""
    most = min(np.percentile(sides, 100 * _MANY), config.data.image_size - 1)
    return max((size for size in accepted_sizes(config.hparams) if size <= most), default=0)


def _said(
    images: collection_lib.Collection,
    which: np.ndarray,
    kind: str,
    text: str,
    advice: str,
    *,
    noun: str = "picture",
    severity: Literal["warning", "hint"] = "warning",
    names: Callable[[int], str] | None,
) -> list[finding.Finding]:
    """Returns the finding on the images (N,) bool, [] where there are none.

    Args:
      images: All.
      which: Those that it is about.
      kind: Of the finding.
      text: Its message, with {share} for how many of them there are.
      advice: With {these} for what to do it to.
      noun: What they are called there.
      severity: Of the finding.
      names: Names an image by its number; None: none are named.
    """
    count = int(which.sum())
    if not count:
        return []
    text = text.format(share=f"{count:,} of {finding.counted(images.size, 'image')}")
    advice = advice.format(these=finding.these(count, noun))
    first = np.flatnonzero(which)[: finding.MOST_NAMES] if names else ()
    return [finding.Finding(kind, severity, text, advice, tuple(names(k) for k in first), count)]


def _sized(images: collection_lib.Collection, k: int) -> str:
    return f"{images.describe(k)} ({images.table['width'][k]} x {images.table['height'][k]})"
