"""Frames of a video that goes from style to style, with a run whose translations have styles."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.inference import arguments, batches
from stargan_tf.inference import model as model_lib
from stargan_tf.pictures import photo_jobs, photos, sheets

MAX_SOURCES = 8
MAX_WIDTH = 4096  # pixels; what decoders of H.264 in hardware take
_SMALLEST_CELL = 96  # pixels; smaller images are enlarged by a whole factor
_SHARPNESS = 5.0

Render = Callable[[np.ndarray, np.ndarray], np.ndarray]
Reference = tuple[str, pathlib.Path]  # a domain, and a photo whose style is taken


@dataclasses.dataclass(frozen=True)
class Waypoint:
    """A style that the video passes through.

    Attributes:
      style: (style_dim,) float32.
      reference: (S, S, 3) uint8, the photo that is shown beside it, or None.
    """

    style: np.ndarray
    reference: np.ndarray | None = None


def ease(t: float | np.ndarray) -> float | np.ndarray:
    """Returns how far a transition is at time t: a sigmoid from exactly 0 to exactly 1.

    The logistic function at u = k (2t - 1), which goes from -k to k, moved and stretched so that
    its ends are 0 and 1. As sigma(u) = (1 + tanh(u / 2)) / 2, that is

      e(t) = (sigma(u) - sigma(-k)) / (sigma(k) - sigma(-k))
           = (1 + tanh(k (t - 1/2)) / tanh(k / 2)) / 2,  k = 5.

    The paper names no k; 5 stays within 5 % of either style for a fifth of the time each.

    Args:
      t: In [0, 1], of any shape.
    """
    return (1 + np.tanh(_SHARPNESS * (t - 0.5)) / np.tanh(_SHARPNESS / 2)) / 2


def frame_count(waypoints: int, steps: int) -> int:
    """Returns how many frames it takes to pass `waypoints` styles, `steps` from one to the next."""
    return (waypoints - 1) * steps + 1


def frames(
    render: Render, sources: np.ndarray, waypoints: Sequence[Waypoint], steps: int
) -> Iterator[np.ndarray]:
    """Yields the frames: sources above, below each of them in the style of the moment.

    References are one more column at the left: below, the one that is nearer. The first frame has
    the first style, and the last the last. Frames are rendered in batches, when they are needed.

    Args:
      render: As `Styled.render`.
      sources: (N, S, S, 3) float32 in [-1, 1].
      waypoints: At least one; all of them with a reference, or none.
      steps: Frames from one waypoint to the next.

    Yields:
      (2 S f, (N or N + 1) S f, 3) uint8; f enlarges small images.
    """
    shown = photos.to_uint8(sources)
    count = frame_count(len(waypoints), steps)
    for part in batches.slices(count, max(1, batches.BATCH // len(sources))):
        moments = [_moment(waypoints, number, steps) for number in range(count)[part]]
        styles = np.repeat([m.style for m in moments], len(sources), axis=0)
        outputs = render(np.concatenate([sources] * len(moments)), styles)
        outputs = photos.to_uint8(outputs).reshape(len(moments), *sources.shape)
        for moment, images in zip(moments, outputs, strict=True):
            yield _picture(shown, images, moment.reference)


def cell_size(image_size: int) -> int:
    """Returns the side in pixels at which a frame shows images of `image_size`."""
    return image_size * -(-_SMALLEST_CELL // min(image_size, _SMALLEST_CELL))


def max_sources(image_size: int, with_references: bool) -> int:
    """Returns how many sources a video shows at most: 8, or as many as MAX_WIDTH pixels hold."""
    return min(MAX_SOURCES, max(1, MAX_WIDTH // cell_size(image_size) - with_references))


def domains(
    space: labels_lib.LabelSpace, names: Sequence[str], targets: Sequence[str] = ()
) -> tuple[str, ...]:
    """Returns the domains to visit: `names`, checked; or all of the run's, or some of many.

    `targets` are those that there are translations to; empty: all.
    """
    arguments.check_targets(space, names, targets)
    return tuple(names) or sheets.targets(space, targets)[0]


def reference_files(
    space: labels_lib.LabelSpace, path: pathlib.Path, names: Sequence[str]
) -> list[Reference]:
    """Returns the references in the order of the video, domain after domain.

    Args:
      space: The domains of the run.
      path: A folder that holds a folder of photos for every domain; or one photo.
      names: The domains to visit. Empty: those that have a folder. For one photo: its domain.

    Raises:
      UserError: The path does not exist, has no folder for a domain, one of an unknown domain or an
        empty one, or it is a photo and `names` is not one domain.
    """
    for name in names:
        space.index(name)
    if not path.exists():
        raise errors.UserError(f"`references`={path} does not exist; {_LAYOUT}.")
    if not path.is_dir():
        if len(names) != 1:
            raise errors.UserError(
                f"`references`={path} is one photo, so say with `to`=NAME as which of "
                f"{', '.join(space.names)} it is seen; received `to`={','.join(names)}."
            )
        return [(names[0], path)]
    folders = {
        names_lib.normalized(p.name): p for p in path.iterdir() if p.is_dir() and p.name[0] != "."
    }
    if not names:
        for name in sorted(folders):
            space.index(name)
        names = tuple(name for name in space.names if name in folders)
    missing = [name for name in names if name not in folders]
    if missing or not names:
        raise errors.UserError(
            f"`references`={path} holds no folder {' or '.join(missing) or 'of a domain'}; "
            f"{_LAYOUT}; the domains are {', '.join(space.names)}."
        )
    return [
        (name, file)
        for name in names
        for file in photo_jobs.find_photos([str(folders[name])], "`references`")
    ]


_LAYOUT = "expected FOLDER/<domain>/PHOTOS, or one photo with `to`=NAME"


def read_photos(paths: Sequence[pathlib.Path], framing: photos.Framing) -> tuple[np.ndarray, str]:
    """Returns photos (N, S, S, 3) uint8, and how the first that was cut was cut, or ""."""
    squares, notes = zip(*map(framing.read, paths), strict=True)
    return np.stack([np.asarray(square) for square in squares]), next(filter(None, notes), "")


def latent_styles(
    model: model_lib.Model, names: Sequence[str], seeds: Sequence[int], psi: float = 1.0
) -> list[Waypoint]:
    """Returns the styles of every seed's latent code, domain after domain; see `Model.styles`."""
    styles = model.styles([name for name in names for _ in seeds], [*seeds] * len(names), psi)
    return _at_least_two(model, list(map(Waypoint, styles)), names[0])


def reference_styles(
    model: model_lib.Model, names: Sequence[str], references: np.ndarray
) -> list[Waypoint]:
    """Returns the styles of references (N, S, S, 3) uint8, whose domains are `names`."""
    styles = model.encode(photos.from_uint8(references), names)
    return _at_least_two(model, list(map(Waypoint, styles, references)), names[0])


def _at_least_two(model: model_lib.Model, styles: list[Waypoint], name: str) -> list[Waypoint]:
    """Returns a single style between two of its domain's mean style."""
    if len(styles) > 1:
        return styles
    mean = dataclasses.replace(styles[0], style=model.styles(name, psi=0.0))
    return [mean, *styles, mean]


def _moment(waypoints: Sequence[Waypoint], number: int, steps: int) -> Waypoint:
    """Returns the style of frame `number`, with the reference that is nearer."""
    index, step = divmod(number, steps)
    here, there = waypoints[index], waypoints[min(index + 1, len(waypoints) - 1)]
    weight = np.float32(ease(step / steps))
    style = here.style + weight * (there.style - here.style)
    return Waypoint(style, here.reference if weight < 0.5 else there.reference)


def _picture(sources: np.ndarray, outputs: np.ndarray, reference: np.ndarray | None) -> np.ndarray:
    if reference is not None:
        sources = [np.full_like(reference, 255), *sources]
        outputs = [reference, *outputs]
    rows = [np.concatenate(list(row), axis=1) for row in (sources, outputs)]
    size, picture = len(outputs[0]), np.concatenate(rows, axis=0)
    factor = cell_size(size) // size
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)
