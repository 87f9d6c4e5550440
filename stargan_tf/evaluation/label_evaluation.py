"""Measuring an algorithm's translations of held-out images against the true ones."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import render_error
from stargan_tf.pictures import photos, sheets

_BATCH = 50  # images translated at a time
_SHEET_ROWS = 6


class Translating(Protocol):
    """What can be measured: an algorithm, or one of the data sets of a joint one."""

    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        """As `Algorithm.translate`."""
        ...


Table = dict[str, dict[str, float]]


def against_renders(
    algorithm: Translating, source: cartoon_faces.CartoonFaces, count: int
) -> tuple[Table, sheets.Sheet]:
    """Translates faces to every target that differs from their own labels, and measures.

    A hair colour (a member of an exclusive group) is compared with the renders of the group's
    members; any other attribute is flipped, and compared with the face as it was.

    Args:
      algorithm: With the weights to measure.
      source: Held-out faces.
      count: How many of them, from the first.

    Returns:
      By target, and by exclusive group over all its targets, the figures of
      `render_error.summarize`; and a sheet of the first faces with the true renders beside them.
    """
    images = np.stack([source.image(i) for i in range(count)])
    labels, space = source.labels[:count], source.label_space
    found: dict[str, list[render_error.RenderError]] = {}
    columns = {"input": images[:_SHEET_ROWS]}
    for name in space.names:
        target = space.changed(labels, (name,))
        outputs = translate(algorithm, images, target)
        found[name] = [
            render_error.compare(images[i], outputs[i], _truths(source, i, name), asked=0)
            for i in np.flatnonzero((target != labels).any(axis=1))
        ]
        columns[name] = outputs[:_SHEET_ROWS]
        columns[f"true {name}"] = np.stack(
            [source.render(i, target[i]) for i in range(len(columns["input"]))]
        )
    table = {name: render_error.summarize(errors) for name, errors in found.items() if errors}
    table |= _groups(space, found)
    cells = photos.from_uint8(np.stack(list(columns.values()), axis=1))
    return table, sheets.Sheet(list(columns), cells)


def joint_against_renders(
    algorithm: algorithm_lib.Algorithm, sets: Mapping[str, cartoon_faces.CartoonFaces], count: int
) -> tuple[Table, sheets.Sheet]:
    """Measures a joint run: the faces of every data set, translated to the labels of every one.

    Args:
      algorithm: With the weights to measure.
      sets: Held-out faces of every data set, with labels of their own, by its name.
      count: How many of each, from the first.

    Returns:
      The figures of `against_renders` by "data set: target"; and a sheet of the first faces of
      every data set; of many targets some, see `sheets.evenly`.
    """
    table, rows = {}, []
    for name, faces in sets.items():
        columns, cells = ["input"], []
        for number, labelled in enumerate(sets.values()):
            # The same faces, with the labels of the other data set, which training never told.
            relabelled = faces.labelled(labelled.label_space)
            one = _OneSet(algorithm, number)
            found, sheet = against_renders(one, relabelled, count)
            table |= {f"{name}: {target}": row for target, row in found.items()}
            columns += sheet.columns[1:]
            cells.append(sheet.images if number == 0 else sheet.images[:, 1:])
        rows.append(np.concatenate(cells, axis=1)[: max(1, _SHEET_ROWS // len(sets))])
    count = len(columns) // 2  # of targets, each with the true render beside it
    shown = sheets.evenly(count)
    places = [0, *(place for i in shown for place in (2 * i + 1, 2 * i + 2))]
    note = sheets.share(len(shown), count, "labels")
    cells = np.concatenate(rows)[:, places]
    return table, sheets.Sheet([columns[i] for i in places], cells, note)


class _OneSet:
    """A jointly trained algorithm, told labels of one data set alone."""

    def __init__(self, algorithm: algorithm_lib.Algorithm, number: int):
        self._algorithm, self._number = algorithm, number

    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        space = self._algorithm.problem.label_space
        return self._algorithm.translate(images, space.unified(self._number, labels))


def translate(algorithm: Translating, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Translates images (N, H, W, 3) uint8 to labels (N, width), some at a time; returns uint8."""
    parts = [slice(i, i + _BATCH) for i in range(0, len(images), _BATCH)]
    return np.concatenate(
        [
            photos.to_uint8(algorithm.translate(photos.from_uint8(images[part]), labels[part]))
            for part in parts
        ]
    )


def _truths(source: cartoon_faces.CartoonFaces, index: int, name: str) -> Sequence[np.ndarray]:
    """Returns the true render of the target `name` first, then those of its alternatives."""
    space, label = source.label_space, source.labels[index : index + 1]
    rivals = [space.changed(label, (space.names[i],)) for i in space.rivals(name)]
    wanted = [space.changed(label, (name,)), *(rivals or [label])]
    return [source.render(index, one[0]) for one in wanted]


def _groups(
    space: labels_lib.LabelSpace, found: dict[str, list[render_error.RenderError]]
) -> Table:
    table = {}
    for group in space.exclusive:
        errors = [error for name in group for error in found[name]]
        if errors:
            table[" / ".join(group)] = render_error.summarize(errors)
    return table
