"""CycleGAN as an algorithm: pairs of domains, how they translate, and how they are exported."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.cyclegan import hparams as hparams_lib
from stargan_tf.algorithms.cyclegan import inputs as inputs_lib
from stargan_tf.algorithms.cyclegan import networks, pair, signatures, watching
from stargan_tf.base import errors
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.pictures import sheets


class CycleGAN(
    watching.Watching,
    algorithm.Algorithm,
    algorithm.Directional,
    algorithm.Previews,
    algorithm.Exportable,
):
    """Zhu, Park et al. 2017, arXiv 1703.10593: two generators for two domains, tied by a cycle.

    Of K domains each pair has two generators and two discriminators of its own, K (K - 1) of each
    in all, as StarGAN's authors count them. They share nothing; a step updates every pair once.
    """

    name = "cyclegan"
    # Of the only pair; where there are several, the names of their networks begin with the pair's.
    shaped_by = {
        **dict.fromkeys(("G_A", "G_B"), ("g_conv_dim", "g_repeat_num")),
        **dict.fromkeys(("D_A", "D_B"), ("d_conv_dim", "d_layers")),
    }

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size)
        hparams.check_training(settings.label_space)
        names = settings.label_space.names
        prefixes = {
            (a, b): f"{names[a]}-{names[b]}." if len(names) > 2 else ""
            for a, b in hparams.pairs(settings.label_space)
        }
        if len(set(prefixes.values())) < len(prefixes):  # ("a-b", "c") and ("a", "b-c")
            raise errors.UserError(
                f"Two pairs of the domains {', '.join(names)} would have one name; rename a domain "
                "that has a hyphen."
            )
        self.pairs = [pair.Pair(d, prefix, hparams, settings) for d, prefix in prefixes.items()]
        self.networks, self.optimizers, self.trains, shaped_by = {}, {}, {}, self.shaped_by
        self.shaped_by = {
            one.prefix + name: flags for one in self.pairs for name, flags in shaped_by.items()
        }
        self._generators: dict[tuple[int, int], networks.Generator] = {}
        for one in self.pairs:
            self.networks |= {one.prefix + name: net for name, net in one.networks.items()}
            self.optimizers |= {one.prefix + name: opt for name, opt in one.optimizers.items()}
            for kind in ("G", "D"):
                self.trains[one.prefix + kind] = tuple(f"{one.prefix}{kind}_{x}" for x in "AB")
            there, back = one.domains, one.domains[::-1]
            for name, direction in (("G_A", there), ("G_B", back)):
                if one.prefix + name not in settings.missing:
                    self._generators[direction] = one.networks[name]
        self.directions = tuple(self._generators)
        self.translates_with = self.translating_networks()[0]
        self._translate: dict[tuple[int, int], Callable] = {
            direction: tf.function(G, reduce_retracing=True)
            for direction, G in self._generators.items()
        }

    def translating_networks(self) -> tuple[str, ...]:
        """Returns the names of all generators that have weights."""
        generators = {id(G) for G in self._generators.values()}
        return tuple(name for name, net in self.networks.items() if id(net) in generators)

    @property
    def batches_per_step(self) -> int:
        """Each pair has a batch of both its domains."""
        return 2 * len(self.pairs)

    def inputs(
        self, sampler: samplers.Sampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.inputs`."""
        domains = [one.domains for one in self.pairs]
        return inputs_lib.inputs(sampler, slices, first_step, domains)

    def train_step(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Updates, for each pair, both generators together, then both discriminators."""
        del step  # The optimizers count their updates, from which the schedule knows the step.
        found = {}
        for k, one in enumerate(self.pairs):
            a, b = (transforms.as_floats(batch[name][k]) for name in ("a", "b"))
            losses = one.step(a, b, batch["pool"][k])
            found |= {one.prefix + name: loss for name, loss in losses.items()}
        return found

    def extra_state(self) -> dict[str, tf.Variable]:
        """Returns the pools of earlier translations."""
        return {
            f"{one.prefix}{pool}/{name}": variable
            for one in self.pairs
            for pool in one.pools
            for name, variable in one.pools[pool].state().items()
        }

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns nothing: which networks there are depends on the labels, not their shapes."""
        return {}

    def translate_from(
        self, images: tf.Tensor, sources: np.ndarray, labels: np.ndarray
    ) -> np.ndarray:
        """Returns images, each by the generator from its domain to the wanted one."""
        images = np.asarray(images, np.float32)
        asked = list(
            zip(self._sources(sources, labels), labels.argmax(axis=1).tolist(), strict=True)
        )
        outputs = images.copy()
        for direction in dict.fromkeys(asked):
            if direction[0] == direction[1]:
                continue  # an image of the domain is what is asked for
            rows = [i for i, other in enumerate(asked) if other == direction]
            outputs[rows] = self._translated(images[rows], direction)
        return outputs

    def _translated(self, images: np.ndarray, direction: tuple[int, int]) -> np.ndarray:
        if direction not in self._translate:
            names = self.settings.label_space.names
            known = ", ".join(f"{names[s]} to {names[t]}" for s, t in self.directions)
            raise errors.UserError(
                f"No generator was trained from {names[direction[0]]} to {names[direction[1]]}; "
                f"there are those from {known}."
            )
        return self._translate[direction](tf.constant(images)).numpy()

    def _sources(self, sources: np.ndarray, labels: np.ndarray) -> list[int]:
        """Returns the positions of images' domains; of two, where it is not known, the other."""
        known = np.asarray(sources).any(axis=1)
        names = self.settings.label_space.names
        if not known.all() and len(names) > 2:
            raise errors.UserError(
                "What an image shows decides which generator translates it; say it with `known`, "
                f"such as known={names[-1]}."
            )
        return np.where(known, sources.argmax(axis=1), 1 - labels.argmax(axis=1)).tolist()

    def serving_signatures(self, *, whole: bool = True) -> dict[str, algorithm.Signature]:
        """Returns `translate` for servers, and for devices a signature for each direction."""
        del whole  # No network only prepares an input.
        return signatures.signatures(self.settings.label_space, self._generators)

    def sample_sheets(self, images: np.ndarray, labels: np.ndarray) -> dict[str, sheets.Sheet]:
        """Returns the sheets targets and reconstructions.

        An image is its own translation to its own domain. Images of domains that are not trained
        are left out.
        """
        space = self.settings.label_space
        trained = {domain for direction in self.directions for domain in direction}
        rows = [i for i, domain in enumerate(labels.argmax(axis=1)) if domain in trained]
        if not rows:
            return {}
        x, own = images[rows], labels[rows]
        shown, note = sheets.targets(space)
        columns, cells = ["input"], [x]
        for name in shown:
            target = np.broadcast_to(np.eye(space.width)[space.index(name)], own.shape)
            # A pair may be alone: then some images can't become what a column shows.
            reached = self.reaches(own, target)
            if not reached.any() or space.index(name) not in trained:
                continue
            columns.append(name)
            cells.append(self.translate_from(x, own, np.where(reached[:, None], target, own)))
        made = {"targets": sheets.Sheet(columns, np.stack(cells, axis=1), note)}
        there = np.stack([self._next(label) for label in own])
        fake = self.translate_from(x, own, there)
        cells, columns = [x, fake], ["input", "translated"]
        if self.reaches(there, own).all():
            cells.append(self.translate_from(fake, there, own))
            columns.append("and back")
        return made | {"reconstructions": sheets.Sheet(columns, np.stack(cells, axis=1))}

    def _next(self, label: np.ndarray) -> np.ndarray:
        """Returns the domain, one-hot, after that of a label to which it can be translated."""
        own, width = int(label.argmax()), len(label)
        order = [(own + k) % width for k in range(1, width)]
        target = next((t for t in order if (own, t) in self.directions), own)
        return np.eye(width, dtype=np.float32)[target]


ALGORITHM = CycleGAN
