"""A generator with held-out images as what is measured: of a run, or live in training."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import joint, loading
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import options as data_options
from stargan_tf.data import source as source_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import directions as directions_lib
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import outputs as outputs_lib
from stargan_tf.evaluation import requests
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.inference import batches

MODES = ("latent", "reference")  # of translations with styles
_BATCH = 32  # inputs at a time
_SEED = 0


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of a run is measured.

    Attributes:
      inputs: How many held-out images of each data set; 0: all.
      outputs: How many translations of each; algorithms without styles have one.
      real: How many training images of each data set metrics look at, at most; 0: all.
      pairs: Whether each pair of domains is a direction; None: where they are few.
      modes: Which of `MODES`, of algorithms with styles.
      classifies: Whether an algorithm that tells labels has learnt it; see `Run.classifies`.
    """

    inputs: int = 0
    outputs: int = 1
    real: int = 0
    pairs: bool | None = None
    modes: tuple[str, ...] = MODES
    classifies: bool = True


def members(
    training: source_lib.Source, held_out: source_lib.Source, data: data_options.DataOptions
) -> tuple[subject_lib.Member, ...]:
    """Returns the data sets of a run, each with labels of its own.

    Args:
      training: What `loading.load` gives for "train".
      held_out: The same for "test".
      data: How images are read.
    """
    if not isinstance(training, joint.Joint):
        return (member("", training, held_out, data),)
    found = []
    for block, *sources in zip(
        training.label_space.blocks, training.members, held_out.members, strict=True
    ):
        found.append(member(block.name, *sources, data, block))
    return tuple(found)


def member(
    name: str,
    training: source_lib.Source,
    held_out: source_lib.Source,
    data: data_options.DataOptions,
    block: labels_lib.Block | None = None,
) -> subject_lib.Member:
    """Returns one data set; `block`: where its labels are in those of the sources, if unified."""

    def images(source: source_lib.Source) -> images_lib.Images:
        sampler = loading.sampler(source, data, _SEED, augment=False)
        sampler = dataclasses.replace(sampler, flip=data.flip)
        labels = block.of(source.labels) if block else source.labels
        return images_lib.Images(sampler, space, labels)

    space = block.space if block else training.label_space
    return subject_lib.Member(name, space, images(training), images(held_out))


class RunSubject(subject_lib.Subject):
    """The translations of held-out images by an algorithm, whose weights may change later.

    Attributes:
      algorithm: What translates.
    """

    def __init__(
        self,
        algorithm: algorithm_lib.Translates,
        data_sets: Sequence[subject_lib.Member],
        plan: Plan = Plan(),
        about: Mapping[str, object] = {},
    ):
        """Prepares to translate; reads no image.

        Args:
          algorithm: Built; `Translates`. Its weights of the moment count in each measurement.
          data_sets: See `members`. A single one may have some of the algorithm's domains alone, or
            its labels in another order; translations are then to its labels.
          plan: How much is measured.
          about: What a report has to say of the run.
        """
        super().__init__()
        self.algorithm, self._plan = algorithm, plan
        styled = isinstance(algorithm, algorithm_lib.Styled)
        self._targets = algorithm.targets(algorithm.settings.label_space)
        self.image_size = algorithm.settings.image_size
        self.members = tuple(
            dataclasses.replace(one, training=one.training and one.training.spread(plan.real))
            for one in data_sets
        )
        self.modes = plan.modes if styled else ("",)
        self.outputs = plan.outputs if styled else 1
        sizes = [one.held_out.size for one in self.members]
        self.varies = styled or any(plan.inputs and plan.inputs < size for size in sizes)
        self.offers = frozenset({subject_lib.Need.INPUTS, subject_lib.Need.NETWORKS})
        if self._goes_back():
            self.offers |= {subject_lib.Need.BACK}
        if all(one.training for one in self.members):
            self.offers |= {subject_lib.Need.REAL}
        blocks = algorithm.settings.label_space.blocks
        whole = all(
            one.space.names == block.space.names
            for one, block in zip(self.members, blocks, strict=True)
        )
        if whole and all(_drawn(one) for one in self.members):
            self.offers |= {subject_lib.Need.RENDERS}
        if len(self.members) == 1 and _paired(self.members[0], self._targets):
            self.offers |= {subject_lib.Need.TARGETS}
            if isinstance(self.members[0].held_out.source, source_lib.Answers):
                self.offers |= {subject_lib.Need.ANSWERS}
        self.directions = tuple(self._directions())
        self.total = self.outputs * sum(map(self._expected, self.directions))
        images = [len(self.inputs(number)) for number in range(len(sizes))]
        self.about = {
            "images": images, "outputs_of_each": self.outputs, "seed": _SEED, **about
        }  # fmt: skip

    def batches(self, mode: str, draw: int = 0) -> Iterator[subject_lib.Batch]:
        """Yields all translations of a mode; see `Subject.batches`."""
        chosen = [self.inputs(number, draw) for number in range(len(self.members))]
        known: dict[tuple[int, int], np.ndarray] = {}
        for number, direction in enumerate(self.directions):
            place = direction.images_of, direction.labels_of
            if place not in known:
                known[place] = self._labels(*place, chosen[direction.images_of])
            space = self.members[direction.labels_of].space
            own = known[place]
            wanted = space.changed(own, (direction.target,))
            rows = np.flatnonzero(self._asked(direction, own, wanted))
            if not len(rows):
                continue
            inputs = _Inputs(direction, chosen[direction.images_of][rows], own[rows], wanted[rows])
            random = np.random.default_rng((_SEED, draw, number, self.modes.index(mode)))
            yield from self._translated(inputs, mode, random)

    def translated_back(self, batch: subject_lib.Batch) -> np.ndarray:
        """Returns the outputs translated back to what the inputs were: (N, K, H, W, 3) uint8."""
        number = batch.direction.images_of
        own = self.unified(number, self.members[number].held_out.labels[batch.indices])
        shape = batch.outputs.shape
        outputs = batch.outputs.reshape(-1, *shape[2:])
        if isinstance(self.algorithm, algorithm_lib.Styled):
            styles = outputs_lib.styles_of(self.algorithm, batch.images, own)
            function, what = self.algorithm.render, styles
        else:
            shown = self.unified(batch.direction.labels_of, batch.wanted)
            request = requests.by_label(self.algorithm, shown, own)
            function, what = request.function, request.targets(slice(None))
        what = np.repeat(what, shape[1], axis=0)
        return outputs_lib.in_grey_levels(function, outputs, what).reshape(shape)

    def translated(
        self, images: np.ndarray, labels_of: int, own: np.ndarray, wanted: np.ndarray
    ) -> np.ndarray:
        """Returns images (N, H, W, 3) uint8, translated; as they are where there is no direction.

        Args:
          images: (N, H, W, 3) uint8.
          labels_of: The number of the data set whose labels the following are.
          own: (N, width), the images'.
          wanted: (N, width), what is asked for.
        """
        own, wanted = (self.unified(labels_of, labels) for labels in (own, wanted))
        if isinstance(self.algorithm, algorithm_lib.Directional):
            wanted = np.where(self.algorithm.reaches(own, wanted)[:, np.newaxis], wanted, own)
        request = requests.by_label(self.algorithm, own, wanted)
        return outputs_lib.in_grey_levels(request.function, images, request.targets(slice(None)))

    def inputs(self, number: int, draw: int = 0) -> np.ndarray:
        """Returns the numbers of the held-out images that are translated, ascending."""
        candidates, count = self._candidates(number), self._plan.inputs
        size = len(candidates)
        if not count or count >= size:
            return candidates
        if draw == 0:  # evenly spaced: many data sets are sorted by domain
            return candidates[np.linspace(0, size - 1, count).round().astype(np.int64)]
        random = np.random.default_rng((_SEED, draw, number))
        return candidates[np.sort(random.choice(size, count, replace=False))]

    def _candidates(self, number: int) -> np.ndarray:
        """Returns the numbers of the held-out images that can be translated, ascending."""
        one = self.members[number]
        if self._targets == self.algorithm.settings.label_space.names:
            return np.arange(one.held_out.size)
        return np.flatnonzero(~_shown(one.held_out.labels, one.space, self._targets))

    def unified(self, number: int, labels: np.ndarray) -> np.ndarray:
        """Returns labels of a data set as the networks take them."""
        space = self.algorithm.settings.label_space
        if len(self.members) > 1:
            return space.unified(number, labels)
        own = self.members[number].space
        if own.names == space.names:
            return labels
        placed = np.zeros((len(labels), space.width), np.float32)
        placed[:, [space.index(name) for name in own.names]] = labels
        return placed

    def _translated(self, inputs: "_Inputs", mode: str, random) -> Iterator[subject_lib.Batch]:
        """Yields the outputs of a direction; none if no held-out image could be its reference."""
        direction, count = inputs.direction, len(inputs.indices)
        held_out = self.members[direction.images_of].held_out
        request = self._request(inputs, mode, random)
        for part in batches.slices(count if request else 0, max(1, _BATCH // self.outputs)):
            images = held_out.take(inputs.indices[part])
            repeated = np.repeat(images, self.outputs, axis=0)
            made = outputs_lib.in_grey_levels(request.function, repeated, request.targets(part))
            yield subject_lib.Batch(
                direction,
                made.reshape(len(images), self.outputs, *made.shape[1:]),
                images,
                inputs.labels[part],
                inputs.wanted[part],
                inputs.indices[part],
                None if request.references is None else request.references[part],
            )

    def _request(self, inputs: "_Inputs", mode: str, random) -> requests.Request | None:
        direction = inputs.direction
        asked = self.unified(direction.labels_of, inputs.wanted)
        if not mode:
            own = self.unified(direction.labels_of, inputs.labels)
            return requests.by_label(self.algorithm, own, asked)
        if mode == "latent":
            return requests.by_latent(self.algorithm, asked, self.outputs, random)
        one = self.members[direction.labels_of]
        shows = one.held_out.labels[:, one.space.index(direction.target)] == 1
        if not shows.any():
            return None
        size = len(asked), self.outputs
        return requests.by_reference(
            self.algorithm, one.held_out, asked[0], np.flatnonzero(shows), size, random
        )

    def _directions(self) -> Iterator[subject_lib.Direction]:
        """Yields what inputs are translated to; of several data sets, to the labels of each."""
        tells = isinstance(self.algorithm, algorithm_lib.Classifier) and self._plan.classifies
        for images_of, one in enumerate(self.members):
            prefix = f"{one.name}: " if one.name else ""
            whole = self.algorithm.settings.label_space
            for labels_of, block in enumerate(whole.blocks):
                own = images_of == labels_of
                if not (own or tells or _drawn(one)):
                    continue  # the inputs' own labels can't be told
                space = self.members[labels_of].space
                unified = whole.names[block.start :]
                unified = unified if len(self.members) > 1 else space.names
                for direction in directions_lib.to_labels(space, unified, self._plan.pairs, own):
                    if self._targets != whole.names and direction.target not in self._targets:
                        continue
                    if not self._can(direction):
                        continue
                    yield dataclasses.replace(
                        direction, name=prefix + direction.name,
                        images_of=images_of, labels_of=labels_of,
                    )  # fmt: skip

    def _goes_back(self) -> bool:
        """Returns whether every translation can be translated back."""
        if isinstance(self.algorithm, algorithm_lib.Directional):
            known = set(self.algorithm.directions)
            return all((target, source) in known for source, target in known)
        return self._targets == self.algorithm.settings.label_space.names

    def _can(self, direction: subject_lib.Direction) -> bool:
        """Returns whether the algorithm translates in a direction, if it has directions itself."""
        if not isinstance(self.algorithm, algorithm_lib.Directional):
            return True
        names = self.algorithm.settings.label_space.names
        known = {(names[source], names[target]) for source, target in self.algorithm.directions}
        return any(
            direction.target == target and direction.source in ("", source)
            for source, target in known
        )

    def _expected(self, direction: subject_lib.Direction) -> int:
        """Returns how many inputs a direction has, or at most if their labels have to be seen."""
        chosen = self.inputs(direction.images_of)
        if direction.images_of != direction.labels_of:
            return len(chosen)
        own = self.members[direction.images_of].held_out.labels[chosen]
        wanted = self.members[direction.labels_of].space.changed(own, (direction.target,))
        return int(self._asked(direction, own, wanted).sum())

    def _labels(self, images_of: int, labels_of: int, chosen: np.ndarray) -> np.ndarray:
        """Returns the inputs' labels, as one data set has them; of another what can be told."""
        images, space = self.members[images_of].held_out, self.members[labels_of].space
        if images_of == labels_of:
            return images.labels[chosen]
        if _drawn(self.members[images_of]):  # which knows every label
            return images.source.labelled(space).labels[chosen]
        block = self.algorithm.settings.label_space.blocks[labels_of]
        parts = batches.slices(len(chosen), outputs_lib.BATCH)
        seen = [outputs_lib.seen(self.algorithm, images.take(chosen[part])) for part in parts]
        return block.of(np.concatenate(seen))

    def _asked(self, direction, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Returns which inputs (N,) bool are translated in a direction."""
        space = self.members[direction.labels_of].space
        if direction.source:
            return own[:, space.index(direction.source)] == 1
        shows = wanted[:, space.index(direction.target)] == 1
        asked = (own != wanted).any(axis=1) & (shows == direction.present)
        if isinstance(self.algorithm, algorithm_lib.Directional):
            both = (self.unified(direction.labels_of, labels) for labels in (own, wanted))
            asked &= self.algorithm.reaches(*both)
        return asked


@dataclasses.dataclass(frozen=True)
class _Inputs:
    """The inputs of a direction: their numbers (N,), labels and targets (N, width)."""

    direction: subject_lib.Direction
    indices: np.ndarray
    labels: np.ndarray
    wanted: np.ndarray


def _drawn(one: subject_lib.Member) -> bool:
    return isinstance(one.held_out.source, cartoon_faces.CartoonFaces)


def _paired(one: subject_lib.Member, targets: Sequence[str]) -> bool:
    """Returns whether all held-out images that are translated have a partner.

    Of a run that goes both ways, partners are known of one side only.
    """
    source = one.held_out.source
    if source.pairs is None or tuple(targets) == one.space.names:
        return False
    shown = _shown(source.labels, one.space, targets)
    return set(np.flatnonzero(~shown).tolist()) <= set(source.pairs[:, 0].tolist())


def _shown(labels: np.ndarray, space: labels_lib.LabelSpace, names: Sequence[str]) -> np.ndarray:
    """Returns which images (N,) bool show one of the labels."""
    return labels[:, [space.index(name) for name in names]].any(axis=1)
