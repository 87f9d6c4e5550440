"""Checks the arguments of `translate`, for a model and for a client. Imports no TensorFlow."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.pictures import face_framing, regions

SIZES = ("model", "original")  # of translations


def several(value: Any) -> list[Any]:
    """Returns a name or number as a list of one, and several of them as a list."""
    single = isinstance(value, str) or not isinstance(value, Iterable)
    return [value] if single else list(value)


def are_labels(to: Any) -> bool:
    """Returns whether `to` holds label vectors, not names."""
    return isinstance(to, np.ndarray) and to.dtype.kind in "buif"


def check_labels(
    space: labels_lib.LabelSpace,
    to: Sequence[str] | np.ndarray,
    known: Sequence[str],
    styled: Iterable[str],
    model: object,
    directional: bool = False,
) -> None:
    """Checks a translation to labels.

    Args:
      space: The labels of the model.
      to: What to change, as `LabelSpace.edited` takes it; or whole label vectors.
      known: What the images show.
      styled: The names of the arguments for styles that were passed.
      model: What messages call the model.
      directional: Whether what the images show decides how they are translated.

    Raises:
      UserError: A name is unknown, two exclude each other, or an argument does not fit.
    """
    for name in styled:
        raise errors.UserError(
            f"`{name}` is for models whose translations have styles; received it with {model}, "
            "whose translations have none; leave it out."
        )
    if are_labels(to):
        checked_rows(to, space.width, "to")
        if known and not directional:
            raise errors.UserError(
                "Whole label vectors in `to` say all; received `known` too; leave it out."
            )
        return
    if not to:
        raise errors.UserError(
            f"Say what to change with `to`; the names are {', '.join(space.names)}."
        )
    for names in (to, known):
        space.edited(np.zeros(space.width, np.float32), names)


def check_source(space: labels_lib.LabelSpace, model: object) -> None:
    """Raises a UserError if a model with directions can't do without knowing what an image shows.

    Of two domains it is taken to be the other one.
    """
    if len(space.names) > 2:
        raise errors.UserError(
            f"{model} has a generator for each pair of domains, so it has to know what a photo "
            f"shows; say it with `known`, such as known={space.names[-1]}."
        )


def check_styles(
    space: labels_lib.LabelSpace,
    to: Sequence[str],
    known: Collection[str] | None,
    styled: Collection[str],
    model: object,
    count: int | None = 1,
    targets: Sequence[str] = (),
) -> None:
    """Checks a translation to styles, with the arguments and errors of `check_labels`.

    `to` holds one domain for all of `count` images, or one for each; if `count` is None, any number
    of domains makes sense, also none. `targets` are the domains that there are translations to; if
    it is empty, all.
    """
    if known:
        raise errors.UserError(
            f"`known` is for models that change attributes; received it with {model}, whose "
            "translations do not depend on what the photo shows; leave it out."
        )
    others = [name for name in (*(["to"] if to else []), *styled) if name != "style"]
    if "style" in styled and others:
        raise errors.UserError(
            f"`style` holds all there is to a style; received `{others[0]}` too; leave it out."
        )
    latent = [name for name in others if name not in ("to", "reference")]
    if "reference" in styled and latent:
        raise errors.UserError(
            f"`{latent[0]}` is of latent codes; received it with `reference`; leave one of the two "
            "out."
        )
    check_targets(space, to, targets)
    if "style" not in styled and count and len(to) not in (1, count):
        raise errors.UserError(
            f"Name the one domain to go to with `to`; received {', '.join(to) or 'none'}; the "
            f"domains are {', '.join(targets or space.names)}."
        )


def check_targets(
    space: labels_lib.LabelSpace, names: Iterable[str], targets: Sequence[str] = ()
) -> None:
    """Raises a UserError if there is no domain of a name, or there are no translations to it.

    `targets` are the domains to which there are; if it is empty, all.
    """
    for name in names:
        if targets and space.names[space.index(name)] not in targets:
            others = [n for n in space.names if n not in targets]
            raise errors.UserError(
                f"Images of {', '.join(others)} are translated to {', '.join(targets)}, and to "
                f"nothing else; received {name}; pass {targets[0]}."
            )
        space.index(name)


def check_styled(styled: bool, model: object) -> None:
    """Raises a UserError unless the translations of a model have styles."""
    if not styled:
        raise errors.UserError(
            f"The translations of {model} have no styles; translate to its labels, or use a run "
            "whose algorithm has styles."
        )


def check_latent(seeds: Iterable[int], psi: float = 1.0) -> None:
    """Raises a UserError unless seeds are whole numbers from 0 on, and psi is a number from 0."""
    for seed in seeds:
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise errors.UserError(f"`seed` is a whole number from 0 on; received {seed!r}.")
    if not 0 <= psi < float("inf"):  # NaN is not
        raise errors.UserError(f"`psi` is a finite number from 0 on; received {psi:g}.")


def check_size(size: str, paste: str) -> None:
    """Raises a UserError unless `size` and `paste` are those of `Translator.translate`."""
    for name, value, known in (("size", size, SIZES), ("paste", paste, regions.PASTES)):
        if value not in known:
            raise errors.UserError(
                f"`{name}` is {' or '.join(map(repr, known))}; received {value!r}."
            )


def check_margin(margin: float) -> None:
    """Raises a UserError unless `margin` is one of `face_framing.around`."""
    if not 0 <= margin <= face_framing.MAX_MARGIN:  # NaN is not
        raise errors.UserError(
            f"`margin` goes from 0 to {face_framing.MAX_MARGIN:g}, in sides of the face; received "
            f"{margin:g}."
        )


def checked_rows(array: np.ndarray, width: int, name: str) -> np.ndarray:
    """Returns one vector of `width` numbers, or several, as (N, width) float32.

    Raises:
      UserError: They are of another width, or not finite; `name` is the argument.
    """
    rows = np.atleast_2d(np.asarray(array, np.float32))
    if rows.ndim != 2 or rows.shape[1] != width or not np.isfinite(rows).all():
        raise errors.UserError(
            f"`{name}` must hold finite numbers ({width},) or (count, {width}); received "
            f"{np.shape(array)}."
        )
    return rows
