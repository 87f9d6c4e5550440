"""Whether translations are among the true ones, where all of these are known."""

import numpy as np

from stargan_tf.algorithms import algorithm
from stargan_tf.data import source as source_lib
from stargan_tf.evaluation import diversity, metric, options, subject
from stargan_tf.evaluation import outputs as outputs_lib
from stargan_tf.inference import batches
from stargan_tf.pictures import photos, sheets

_ANSWERS = 10  # true translations of an input, its own among them
_SPREAD_OF = 30  # inputs: ten outputs each take a while
_ROWS, _SHOWN = 6, 4  # of the sheet, and its random outputs
_SEED = 1


class Answers(metric.Metric):
    """Compares with ten true translations of each input: its own, and those in others' styles."""

    name = "answers"
    needs = frozenset({subject.Need.INPUTS, subject.Need.NETWORKS, subject.Need.ANSWERS})
    each_mode = False
    figures = (
        metric.Figure("encoded", "encoded", ".1%", "higher"),
        metric.Figure("followed", "followed", ".1%", "higher"),
        metric.Figure("spread", "spread", ".2f"),
        metric.Figure("true_spread", "true", ".2f"),
        metric.Figure("images", "images", ".0f", total=True),
    )
    explanation = """\
encoded: share of the inputs whose output in the style of their own true translation is nearest to
that, among ten true translations (chance: 10 %). followed: the same of the style of another pair,
and of the true translation in that style. spread: mean absolute difference between ten outputs of
an input, of random latent codes, in grey levels (0-255); true: between ten true translations."""

    @classmethod
    def unsuitable(cls, subject: subject.Subject, options: options.MetricOptions) -> str:
        """Returns why it does not apply: there is only one output of an input."""
        del options
        if not isinstance(subject.algorithm, algorithm.Styled):
            return "its translations have no styles"
        if len(subject.members[0].held_out.source.pairs) < _ANSWERS:
            return f"it compares each of {_ANSWERS} held-out pairs or more with the others"
        return ""

    def add(self, batch: subject.Batch) -> None:
        """Does nothing: other outputs are needed, which `result` makes."""

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the figures of each direction, and a sheet beside the true translations."""
        held_out, algorithm_ = self.subject.members[0].held_out, self.subject.algorithm
        rows, pictures = {}, {}
        for direction in self.subject.directions:
            asker = _Asker(algorithm_, held_out, self.subject, direction.target, draw)
            encoded, followed = asker.nearest()
            spread, true = asker.spread()
            rows[direction.name] = {
                "encoded": float(encoded.mean()),
                "followed": float(followed.mean()),
                "spread": spread,
                "true_spread": true,
                "images": float(len(encoded)),
            }
            pictures["sheet"] = np.asarray(sheets.render(asker.sheet()))
        return metric.Result(rows, pictures=pictures)


class _Asker:
    """The inputs of a direction, each with ten pairs whose styles are asked for: its own first."""

    def __init__(self, algorithm_, held_out, subject_, target: str, draw: int):
        self._algorithm, self._images = algorithm_, held_out
        self._source: source_lib.Answers = held_out.source
        space = algorithm_.settings.label_space
        self._label = np.eye(space.width, dtype=np.float32)[space.index(target)]
        self._random = np.random.default_rng((_SEED, draw))
        chosen = set(subject_.inputs(0, draw).tolist())
        starts = held_out.source.pairs[:, 0]
        self._inputs = np.array([i for i in starts if i in chosen], np.int64)
        self._asked = np.stack([self._with_others(i, starts) for i in self._inputs])
        self._partner = dict(held_out.source.pairs.tolist())

    def _with_others(self, own: int, starts: np.ndarray) -> np.ndarray:
        others = starts[starts != own]
        return np.array([own, *self._random.choice(others, _ANSWERS - 1, replace=False)])

    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns which outputs (N,) bool are nearest to the true one.

        Those in the style of the input's own pair, and those in another pair's.
        """
        right = [[], []]
        for part in batches.slices(len(self._inputs), outputs_lib.BATCH):
            inputs, asked = self._inputs[part], self._asked[part]
            true = np.stack(
                [self._true(i, styles) for i, styles in zip(inputs, asked, strict=True)]
            )
            for place, found in enumerate(right):
                outputs = self._in_style_of(inputs, asked[:, place])
                distances = outputs_lib.difference(outputs[:, np.newaxis], true)
                found.append(distances.argmin(axis=1) == place)
        return np.concatenate(right[0]), np.concatenate(right[1])

    def spread(self) -> tuple[float, float]:
        """Returns the mean difference between ten outputs of an input, and between ten answers."""
        few = np.linspace(0, len(self._inputs) - 1, min(_SPREAD_OF, len(self._inputs)))
        made, true = [], []
        for k in few.round().astype(int):
            made.append(diversity.mean_pairwise_distance(self._drawn(self._inputs[k], _ANSWERS)))
            answers = self._true(self._inputs[k], self._asked[k])
            true.append(diversity.mean_pairwise_distance(answers))
        return float(np.mean(made)), float(np.mean(true))

    def sheet(self) -> sheets.Sheet:
        """Returns some inputs beside their true translation, outputs, and another's style."""
        rows = []
        for k in range(min(_ROWS, len(self._inputs))):
            own, other = self._inputs[k], self._asked[k, 1]
            cells = [
                *self._images.take([own, self._partner[own]]),
                *self._in_style_of([own], [own]),
                *self._drawn(own, _SHOWN),
                *self._images.take([self._partner[other]]),
                *self._in_style_of([own], [other]),
                *self._true(own, [other]),
            ]
            rows.append(photos.from_uint8(np.stack(cells)))
        random = ["random"] * _SHOWN
        headings = ("input", "true", "encoded", *random, "style of", "output", "true")
        return sheets.Sheet(headings, np.stack(rows))

    def _true(self, index: int, styles_of) -> np.ndarray:
        return np.stack([self._source.answer(int(index), int(other)) for other in styles_of])

    def _in_style_of(self, inputs, others) -> np.ndarray:
        references = self._images.take([self._partner[int(other)] for other in others])
        labels = np.repeat(self._label[np.newaxis], len(others), axis=0)
        styles = outputs_lib.styles_of(self._algorithm, references, labels)
        images = self._images.take(inputs)
        return outputs_lib.in_grey_levels(self._algorithm.render, images, styles)

    def _drawn(self, index: int, count: int) -> np.ndarray:
        """Returns `count` outputs of an input, of random latent codes."""
        z = self._random.standard_normal((count, self._algorithm.latent_dim), np.float32)
        styles = self._algorithm.map_latents(z, np.repeat(self._label[np.newaxis], count, axis=0))
        images = np.repeat(self._images.take([index]), count, axis=0)
        return outputs_lib.in_grey_levels(self._algorithm.render, images, styles)


METRIC = Answers
