"""Checks single images: broken, small, cut off, transparent, grey, of one colour."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import loading
from stargan_tf.diagnosis import collection as collection_lib
from stargan_tf.diagnosis import finding
from stargan_tf.runs import config as config_lib

_TINY = 32  # pixels of the shorter side
_CUT = 0.4  # share of an image outside the centred square above which it counts as cut off
_MANY = 0.25  # share of small images above which the image size is to blame
_SIZES = (512, 256, 128, 64, 32, 16)  # training sizes to recommend


def broken(
    parts: Sequence[collection_lib.InspectedSplit], on_corrupt: str
) -> list[finding.Finding]:
    """Returns the findings on images that can't be used."""
    findings = []
    skips = on_corrupt == "skip"
    total = sum(part.images.size for part in parts)
    noun = parts[0].images.noun if parts else "image"
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
            others = "" if skips else ", or pass on_corrupt=skip to train without them"
            advice = f"Remove or replace {finding.these(len(names), 'broken file')}{others}"
            consequence = "training leaves them out" if skips else consequence
            message = f"{text}: {len(names):,} of {finding.counted(total, noun)}; {consequence}."
            severity = "warning" if skips else "failure"
            findings.append(finding.Finding(kind, severity, message, advice, names))
    for part in parts:
        try:
            loading.without(part.images, part.inspection.problems)
        except errors.UserError:
            message = f"A label has no {part.split} image that can be read; skipping does not help."
            advice = "Replace the broken files by whole ones"
            findings.append(finding.Finding("unreadable", "failure", message, advice))
    return findings


def small(images: collection_lib.Collection, config: config_lib.Config) -> list[finding.Finding]:
    """Returns the findings on images that are tiny, or smaller than the training's images."""
    sides, size, crop = images.sides(), config.data.image_size, config.data.crop_size
    shorter = np.minimum(images.table["width"], images.table["height"])
    enlarged = sides < size
    below = shorter < crop
    fits = f"crop_size={int(np.percentile(shorter, 100 * _MANY))}"
    many = enlarged.mean() >= _MANY
    smaller = _smaller_size(config, sides) if many else 0
    return [
        *_about(
            images,
            shorter < _TINY,
            "tiny",
            f"Below {_TINY} px: {{share}}; such pictures are mostly icons and thumbnails.",
            "Remove or replace {these}",
            names=_sized,
        ),
        *_about(
            images,
            enlarged,
            "enlarged",
            f"Smaller than image_size={size}: {{share}}; they are enlarged, and blur.",
            f"Pass image_size={smaller}, or replace {{these}} by larger ones"
            if smaller
            else "Replace {these} by larger ones, or remove them",
            noun="small picture",
            # The list would hold nearly all images otherwise.
            names=None if many else _sized,
        ),
        *_about(
            images,
            below,
            "crop_size",
            f"Smaller than crop_size={crop}: {{share}}; the largest square is cut from these, so "
            "that they are framed wider than the others.",
            f"Pass {fits}, or leave it out"
            if below.mean() >= _MANY
            else "Remove {these}, or pass a smaller `crop_size`",
            names=_sized,
        ),
    ]


def cut(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns the finding on images that lose much by cutting out the centred square."""
    width, height = (images.table[side].astype(np.float64) for side in ("width", "height"))
    lost = 1 - images.sides() ** 2.0 / (width * height)
    far = lost > _CUT
    advice = "Crop {these} to what they show, about square"
    without = 1 - np.minimum(width, height) / np.maximum(width, height)  # lost if crop_size=0
    if far.any() and np.median(without[far]) <= _CUT:
        larger = int(np.median(np.minimum(width, height)[far]))
        advice = f"Pass a larger crop, such as crop_size={larger}"
    return _about(
        images,
        far,
        "far_from_square",
        f"Over {_CUT:.0%} lies outside the centred square that training cuts out: {{share}}; "
        "what they show may be cut off.",
        advice,
        names=lambda images, k: f"{_sized(images, k)}, {lost[k]:.0%} cut off",
    )


def modes(images: collection_lib.Collection, config: config_lib.Config) -> list[finding.Finding]:
    """Returns the findings on transparent images, grey ones, and grey ones of 16 bits."""
    table = images.table
    grey = table["grey"] & ~table["plain"]
    return [
        *_deep(images, config.data.max_grey),
        *_about(
            images,
            table["transparent"],
            "transparent",
            "Transparent in places: {share}; they are put on white, in training and whenever the "
            "run is used.",
            "Put {these} on another background if white is not wanted, as in `mogrify -background "
            "grey -alpha remove FILE` (ImageMagick)",
            severity="hint",
        ),
        *_about(
            images,
            grey & ~grey.all(),
            "greyscale",
            "Greyscale among colour images: {share}; the networks learn both.",
            "Remove {these} if translations should be in colour",
            noun="grey picture",
            severity="hint",
        ),
        *_about(
            images,
            table["plain"],
            "single_colour",
            "Of a single colour: {share}.",
            "Remove {these} of one colour",
        ),
    ]


def _deep(images: collection_lib.Collection, max_grey: int) -> list[finding.Finding]:
    """Returns the finding on grey images of 16 bits if `max_grey` does not fit their range."""
    largest = images.table["largest"].astype(np.int64)
    full = 2 ** int(largest.max()).bit_length() - 1  # with as many bits as are in use
    if full > max_grey:
        which, text = largest > max_grey, f"Values above max_grey={max_grey} in grey images of "
        text += "16 bits: {share}; all of these become white."
    else:
        which = (largest > 0) & (full < max_grey)
        text = f"Values up to {full} only in grey images of 16 bits: {{share}}; with max_grey="
        text += f"{max_grey} they become dark."
    return _about(images, which, "grey_range", text, f"Pass max_grey={full}")


def accepted_sizes(hparams: Any) -> list[int]:
    """Returns the usual image sizes (pixels) that the networks of a paper's HParams take."""
    accepted = []
    for size in _SIZES:
        with contextlib.suppress(errors.UserError):
            hparams.check(size)
            accepted.append(size)
    return accepted


def _smaller_size(config: config_lib.Config, sides: np.ndarray) -> int:
    """Returns a size that the networks take and three quarters of the images reach, or 0."""
    most = min(np.percentile(sides, 100 * _MANY), config.data.image_size - 1)
    return max((size for size in accepted_sizes(config.hparams) if size <= most), default=0)


def _sized(images: collection_lib.Collection, k: int) -> str:
    return f"{images.describe(k)} ({images.table['width'][k]} x {images.table['height'][k]})"


def _about(
    images: collection_lib.Collection,
    which: np.ndarray,
    kind: str,
    text: str,
    advice: str,
    *,
    noun: str = "picture",
    severity: Literal["warning", "hint"] = "warning",
    names: Callable[[collection_lib.Collection, int], str]
    | None = collection_lib.Collection.describe,
) -> list[finding.Finding]:
    """Returns a finding on the images that `which` (N,) bool marks, or [] if there are none.

    `text` has {share} in place of how many images are concerned, `advice` {these} in place of the
    images, each called a `noun`. `names` returns the name of image k; None: no image is named.
    """
    count = int(which.sum())
    if not count:
        return []
    text = text.format(share=f"{count:,} of {finding.counted(images.size, 'image')}")
    advice = advice.format(these=finding.these(count, noun))
    first = np.flatnonzero(which)[: finding.MOST_NAMES] if names else ()
    named = [names(images, k) for k in first]
    return [finding.Finding(kind, severity, text, advice, named, count)]
