"""Several data sets as one, with unified labels (Choi et al. 2018, section 3.3)."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from stargan_tf.data import labels as labels_lib
from stargan_tf.data import source, subset


class Joint(source.Source):
    """Data sets one after the other; every label is the unified c~ of `labels.JointSpace`.

    Attributes:
      members: The data sets, each with unified labels.
    """

    def __init__(self, sets: Sequence[source.Source], names: Sequence[str]):
        """Joins the data sets.

        Args:
          sets: Of labels of their own, or all of the same unified ones.
          names: One for each, all different.
        """
        space = sets[0].label_space
        if not isinstance(space, labels_lib.JointSpace):
            spaces = [one.label_space for one in sets]
            space = labels_lib.JointSpace.of(list(zip(names, spaces, strict=True)))
            sets = [
                subset.relabelled(one, space, space.unified(k, one.labels))
                for k, one in enumerate(sets)
            ]
        self.names, self.members = tuple(names), tuple(sets)
        self.label_space = space
        self.sample_name, self.sample_spec = sets[0].sample_name, sets[0].sample_spec
        self.labels = np.concatenate([member.labels for member in sets])
        self._starts = np.cumsum([0, *(member.size for member in sets)])

    def load(self, index: tf.Tensor) -> tf.Tensor:
        """Returns image `index` (int64 scalar) as (height, width, 3) uint8; a graph function."""
        number = tf.searchsorted(self._starts[1:], index[tf.newaxis], side="right")[0]
        branches = [
            lambda member=member, start=int(start): tf.ensure_shape(
                member.load(index - start), self.sample_spec.shape
            )
            for member, start in zip(self.members, self._starts, strict=False)
        ]
        return tf.switch_case(number, branches)

    def describe(self, index: int) -> str:
        """Returns where image `index` comes from (a path), for messages."""
        member, own = self._place(index)
        return member.describe(own)

    def key(self, index: int) -> bytes:
        """Returns 16 bytes that tell image `index` from every other, and from a changed one."""
        member, own = self._place(index)
        return member.key(own)

    def problems(self, *, thorough: bool = False) -> dict[int, str]:
        """Returns what is wrong with each image that can't be used, by its number."""
        return {
            int(start) + i: reason
            for member, start in zip(self.members, self._starts, strict=False)
            for i, reason in member.problems(thorough=thorough).items()
        }

    def subset(self, kept: Sequence[int]) -> "Joint":
        """Returns the data sets without the images that are not in `kept`, ascending."""
        kept, parts = np.asarray(kept), []
        for member, start in zip(self.members, self._starts, strict=False):
            inside = (kept >= start) & (kept < start + member.size)
            parts.append(subset.subset(member, kept[inside] - start))
        return Joint(parts, self.names)

    def _place(self, index: int) -> tuple[source.Source, int]:
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self.members[number], index - int(self._starts[number])
