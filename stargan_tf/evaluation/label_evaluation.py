"""Measures translations of held-out images to labels against the true ones."""

from collections.abc import Mapping, Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import outputs as outputs_lib
from stargan_tf.evaluation import render_error
from stargan_tf.pictures import photos, sheets

_SHEET_ROWS = 6


Table = dict[str, dict[str, float]]


def against_renders(
    algorithm: algorithm_lib.Translates,
    source: cartoon_faces.CartoonFaces,
    count: int,
    data_set: int | None = None,
) -> tuple[Table, sheets.Sheet]:
    """Translates faces to every target that differs from their own labels, and measures.

    A hair colour (a member of an exclusive group) is compared with the renders of the group's
    members; any other attribute is flipped, and compared with the face as it was.

    Args:
      algorithm: With the weights to measure.
      source: Held-out faces.
      count: How many of them, from the first.
      data_set: For a joint run: the number of the data set whose labels `source` has.

    Returns:
      By target, and by exclusive group over all its targets, the figures of
      `render_error.summarize`; and a sheet of the first faces with the true renders beside them.
    """
    images = np.stack([source.image(i) for i in range(count)])
    labels, space = source.labels[:count], source.label_space
    errors: dict[str, list[render_error.RenderError]] = {}
    columns = {"input": images[:_SHEET_ROWS]}
    for name in space.names:
        target = space.changed(labels, (name,))
        asked = target
        if data_set is not None:
            asked = algorithm.settings.label_space.unified(data_set, target)
        outputs = outputs_lib.in_grey_levels(algorithm.translate, images, asked)
        errors[name] = [
            render_error.compare(images[i], outputs[i], _truths(source, i, name), asked=0)
            for i in np.flatnonzero((target != labels).any(axis=1))
        ]
        columns[name] = outputs[:_SHEET_ROWS]
        columns[f"true {name}"] = np.stack(
            [source.render(i, target[i]) for i in range(len(columns["input"]))]
        )
    for group in space.exclusive:
        errors[" / ".join(group)] = [error for name in group for error in errors[name]]
    table = {name: render_error.summarize(some) for name, some in errors.items() if some}
    cells = photos.from_uint8(np.stack(list(columns.values()), axis=1))
    return table, sheets.Sheet(list(columns), cells)


def joint_against_renders(
    algorithm: algorithm_lib.Algorithm, sets: Mapping[str, cartoon_faces.CartoonFaces], count: int
) -> tuple[Table, sheets.Sheet]:
    """Measures a joint run: the faces of every data set, translated to the labels of every one.

    `sets` holds by name the held-out faces of every data set, with labels of their own; the first
    `count` of each are measured.

    Returns:
      The figures of `against_renders` by "data set: target"; and a sheet of the first faces of
      every data set; of many targets some, see `sheets.evenly`.
    """
    table, rows = {}, []
    for name, faces in sets.items():
        columns, cells = ["input"], []
        for number, labelled in enumerate(sets.values()):
            # The same faces, with the labels of the other data set, which training did not have.
            relabelled = faces.labelled(labelled.label_space)
            figures, sheet = against_renders(algorithm, relabelled, count, number)
            table |= {f"{name}: {target}": row for target, row in figures.items()}
            columns += sheet.columns[1:]
            cells.append(sheet.images if number == 0 else sheet.images[:, 1:])
        rows.append(np.concatenate(cells, axis=1)[: max(1, _SHEET_ROWS // len(sets))])
    count = len(columns) // 2  # of targets, each with the true render beside it
    shown = sheets.evenly(count)
    places = [0, *(place for i in shown for place in (2 * i + 1, 2 * i + 2))]
    note = sheets.share(len(shown), count, "labels")
    cells = np.concatenate(rows)[:, places]
    return table, sheets.Sheet([columns[i] for i in places], cells, note)


def _truths(source: cartoon_faces.CartoonFaces, index: int, name: str) -> Sequence[np.ndarray]:
    """Returns the true render of the target `name` first, then those of its alternatives."""
    space, label = source.label_space, source.labels[index : index + 1]
    rivals = [space.changed(label, (space.names[i],)) for i in space.rivals(name)]
    wanted = [space.changed(label, (name,)), *(rivals or [label])]
    return [source.render(index, one[0]) for one in wanted]
