"""Measures translations of drawn faces to labels against the true ones."""

import collections

import numpy as np

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import metric, render_error, run_subject, subject
from stargan_tf.pictures import photos, sheets

FIGURES = (
    metric.Figure("nearest", "nearest", ".1%", "higher"),
    metric.Figure("error", "error", ".1f", "lower"),
    metric.Figure("unchanged", "input", ".1f"),
    metric.Figure("ratio", "ratio", ".1%", "lower"),
    metric.Figure("elsewhere", "elsewhere", ".1f", "lower"),
    metric.Figure("images", "faces", ".0f", total=True),
)
EXPLANATION = """\
Errors are mean absolute grey levels (0-255) over the pixels in which the true renders of the
target and of its alternatives differ: of the output, and of the unchanged input. nearest: share of
the outputs that are nearer to the true render than to the alternatives. elsewhere: over all other
pixels."""
_SHEET_ROWS = 6


class LabelRenders:
    """Compares translations with true renders, batch by batch.

    A hair colour (a member of an exclusive group) or a domain is compared with the renders of the
    group's members; any other attribute is flipped, and compared with the face as it was.
    """

    def __init__(self, measured: run_subject.RunSubject):
        self._subject = measured
        self._errors: dict[str, list[render_error.RenderError]] = collections.defaultdict(list)
        self._faces = {
            (i, j): one.held_out.source.labelled(other.space)
            for i, one in enumerate(measured.members)
            for j, other in enumerate(measured.members)
        }

    def add(self, batch: subject.Batch) -> None:
        """Compares the outputs of a batch."""
        direction = batch.direction
        faces = self._faces[direction.images_of, direction.labels_of]
        own = self._errors[direction.name]
        for index, image, output in zip(batch.indices, batch.images, batch.outputs, strict=True):
            truths = _truths(faces, index, direction.target)
            own += [render_error.compare(image, one, truths, asked=0) for one in output]

    def rows(self) -> dict[str, dict[str, float]]:
        """Returns `render_error.summarize` of each direction, and of those that belong together.

        These are the directions to the colours of a group, or both directions of an attribute;
        behind them the mean over the directions.
        """
        joined: dict[tuple, list[str]] = collections.defaultdict(list)
        for direction in self._subject.directions:
            space = self._subject.members[direction.labels_of].space
            group = next((g for g in space.exclusive if direction.target in g), direction.target)
            if space.kind != "domains" and direction.name in self._errors:
                place = direction.images_of, direction.labels_of, group
                joined[place].append(direction.name)
        rows = {name: render_error.summarize(some) for name, some in self._errors.items()}
        mean = {
            key: float(np.mean([row[key] for row in rows.values()]))
            for key in rows[next(iter(rows))]
        }
        mean["images"] = sum(row["images"] for row in rows.values())
        for (images_of, *_), parts in joined.items():
            if len(parts) > 1:
                prefix = f"{self._subject.members[images_of].name}: "
                name = " / ".join([parts[0], *(part.removeprefix(prefix) for part in parts[1:])])
                every = [error for part in parts for error in self._errors[part]]
                rows[name] = render_error.summarize(every)
        return {**rows, metric.MEAN: mean}

    def sheet(self) -> sheets.Sheet:
        """Returns the first faces of every data set, with each target beside its true render.

        Of many targets it shows some; see `sheets.evenly`.
        """
        members = self._subject.members
        targets = [(j, name) for j, one in enumerate(members) for name in one.space.names]
        shown = [targets[i] for i in sheets.evenly(len(targets))]
        count = max(1, _SHEET_ROWS // len(members))
        rows = []
        for i, one in enumerate(members):
            images = one.held_out.take(self._subject.inputs(i)[:count])
            columns = [images]
            for j, name in shown:
                columns += self._translated(i, j, name, images)
            rows.append(np.stack(columns, axis=1))
        headings = ["input", *(text for _, name in shown for text in (name, f"true {name}"))]
        note = sheets.share(len(shown), len(targets), "labels")
        return sheets.Sheet(headings, photos.from_uint8(np.concatenate(rows)), note)

    def _translated(self, i: int, j: int, name: str, images: np.ndarray) -> list[np.ndarray]:
        """Returns the translations of data set i's first faces to a label of j, and the renders."""
        faces, indices = self._faces[i, j], self._subject.inputs(i)[: len(images)]
        own = faces.labels[indices]
        wanted = self._subject.members[j].space.changed(own, (name,))
        outputs = self._subject.translated(images, j, own, wanted)
        truths = [faces.render(k, label) for k, label in zip(indices, wanted, strict=True)]
        return [outputs, np.stack(truths)]


def _truths(faces: cartoon_faces.CartoonFaces, index: int, name: str) -> list[np.ndarray]:
    """Returns the true render of the target `name` first, then those of its alternatives."""
    space, label = faces.label_space, faces.labels[index : index + 1]
    rivals = [space.changed(label, (space.names[i],)) for i in space.rivals(name)]
    wanted = [space.changed(label, (name,)), *(rivals or [label])]
    return [faces.render(index, one[0]) for one in wanted]
