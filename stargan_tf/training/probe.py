"""What a few held-out images show of networks in training: the same images at every look."""

import itertools
from collections.abc import Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.algorithms import watched
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents
from stargan_tf.inference import batches

PREFIX = "watch/"
IMAGES = 64  # shown to the networks that judge images
_TRANSLATED = 16  # of them, an even number
_GREY = 127.5  # grey levels in a unit
_SEED = 0  # of latent codes


class Probe:
    """Looks at networks through held-out images.

    A look draws no random numbers but the latent codes of one fixed seed and changes no variable,
    so a training is the same whether it is looked at or not.

    Args:
      algorithm: The networks.
      images: (N, S, S, 3) float32 in [-1, 1], held out; `IMAGES` of them or fewer. Or other
        examples, which no translation of images is made of.
      labels: (N, width), theirs.
      batch_size: How many to compute at a time: as many as training does fit into memory.
    """

    def __init__(
        self,
        algorithm: algorithm_lib.Algorithm,
        images: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
    ):
        self._algorithm, self._images, self._labels = algorithm, images, labels
        self._size = batch_size
        able = isinstance(algorithm, algorithm_lib.Translates) and images.ndim == 4
        self._targets = algorithm.targets(algorithm.settings.label_space) if able else ()
        sources = _sources(algorithm, labels, self._targets)
        few = min(len(sources), _TRANSLATED) // 2 * 2
        chosen = np.linspace(0, len(sources) - 1, few).round().astype(int)
        self._x, self._own = images[sources[chosen]], labels[sources[chosen]]
        translates = able and few
        self._styled = translates and isinstance(algorithm, algorithm_lib.Styled)
        self._labelled = translates and not self._styled
        self._asked: list[str] = []
        if self._labelled:
            self._asked = [_other(algorithm, own, i) for i, own in enumerate(self._own)]

    @property
    def chance(self) -> float:
        """The target accuracy of answers that are guessed; 0 where no label is asked for."""
        if not self._asked:
            return 0.0
        space = self._algorithm.settings.label_space
        shares = [1 / (1 + (len(_alternatives(space, name)) or 1)) for name in self._asked]
        return float(np.mean(shares))

    def look(self) -> dict[str, float]:
        """Returns what is seen, by name.

        Names begin with "watch/". Differences of images are means over pixels, in grey levels.

        - dead/NETWORK/LAYER: the share of a layer's units that are positive for no image.
        - change: between translations to other labels, or to styles, and the images themselves.
        - by_label: between translations of an image to another label and to its own.
        - by_style: between renderings of an image in two styles of one domain.
        - by_source: between translations of two images to one label, or style, as a share of the
          difference between the images; missing if no two are asked for the same.
        - target_accuracy: the share of translations in which the algorithm's own classifier sees
          what was asked for.
        """
        found = {}
        if isinstance(self._algorithm, watched.Watched):
            found |= self._dead()
        if self._labelled:
            found |= self._by_labels()
        if self._styled:
            found |= self._by_styles()
        return {f"{PREFIX}{name}": value for name, value in found.items()}

    def _dead(self) -> dict[str, float]:
        units = self._in_batches(self._algorithm.units, self._images, self._labels)
        return {f"dead/{name}": float((v.max(axis=0) <= 0).mean()) for name, v in units.items()}

    def _by_labels(self) -> dict[str, float]:
        space = self._algorithm.settings.label_space
        asked = np.concatenate(
            [space.changed(own[np.newaxis], (name,))
             for own, name in zip(self._own, self._asked, strict=True)]
        )  # fmt: skip
        translate = self._algorithm.translate_from
        outputs = self._in_batches(translate, self._x, self._own, asked)
        kept = self._in_batches(translate, self._x, self._own, self._own)
        found = {"change": _difference(outputs, self._x), "by_label": _difference(outputs, kept)}
        alike = [
            pair
            for pair in itertools.combinations(range(len(asked)), 2)
            if (asked[pair[0]] == asked[pair[1]]).all()
        ]
        if alike:
            found["by_source"] = self._by_source(outputs, np.array(alike))
        if isinstance(self._algorithm, algorithm_lib.Classifier):
            seen = self._in_batches(self._algorithm.classify, outputs)
            right = [
                seen[i, space.index(name)] == asked[i, space.index(name)]
                for i, name in enumerate(self._asked)
            ]
            found["target_accuracy"] = float(np.mean(right))
        return found

    def _by_styles(self) -> dict[str, float]:
        """Renders the images in two styles of a domain; two images each share the domain."""
        x, algorithm = self._x, self._algorithm
        space, pairs = algorithm.settings.label_space, len(x) // 2
        wanted = np.array([space.index(name) for name in self._targets])
        domains = np.eye(space.width, dtype=np.float32)[wanted[np.arange(pairs) % len(wanted)]]
        outputs = []
        for z in np.split(latents.draw(_SEED, 2 * pairs, algorithm.latent_dim), 2):
            styles = np.repeat(algorithm.map_latents(z, domains), 2, axis=0)
            outputs.append(self._in_batches(algorithm.render, x, styles))
        return {
            "change": _difference(outputs[0], x),
            "by_style": _difference(*outputs),
            "by_source": self._by_source(outputs[0], np.arange(2 * pairs).reshape(-1, 2)),
        }

    def _by_source(self, outputs: np.ndarray, pairs: np.ndarray) -> float:
        """Returns how much pairs (P, 2) of outputs differ, as a share of what the images do."""
        a, b = pairs.T
        return _difference(outputs[a], outputs[b]) / max(_difference(self._x[a], self._x[b]), 1e-6)

    def _in_batches(self, function, *inputs):
        return batches.in_batches(function, *inputs, size=self._size)


def _sources(
    algorithm: algorithm_lib.Algorithm, labels: np.ndarray, targets: Sequence[str]
) -> np.ndarray:
    """Returns the numbers of the images that show no target, or of all if every label is one."""
    if not targets:
        return np.arange(len(labels))
    space = algorithm.settings.label_space
    if tuple(targets) == space.names:
        return np.arange(len(labels))
    shown = labels[:, [space.index(name) for name in targets]].any(axis=1)
    return np.flatnonzero(~shown)


def _other(algorithm: algorithm_lib.Translates, own: np.ndarray, number: int) -> str:
    """Returns a label to ask for: each in its turn, but none that changes nothing.

    Of an image that the algorithm can't translate it is the image's own.
    """
    space, own = algorithm.settings.label_space, own[np.newaxis]
    turn = np.roll(space.names, -number).tolist()
    asked = {name: space.changed(own, (name,)) for name in turn}
    if isinstance(algorithm, algorithm_lib.Directional):
        asked = {name: label for name, label in asked.items() if algorithm.reaches(own, label)[0]}
    changes = (name for name, label in asked.items() if (label != own).any())
    return next(changes, next(iter(asked)))


def _alternatives(space: labels_lib.LabelSpace, name: str) -> list[int]:
    """Returns the positions of the labels that exclude `name`, of its own data set."""
    block = next(block for block in space.blocks if block.holds(space.index(name)))
    return [i for i in space.rivals(name) if block.holds(i)]


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the mean absolute difference of images in grey levels."""
    return float(np.abs(a - b).mean(dtype=np.float64) * _GREY)
