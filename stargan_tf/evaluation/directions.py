"""Which directions there are to the labels of a data set."""

import itertools
from collections.abc import Iterator, Sequence

from stargan_tf.data import labels as labels_lib
from stargan_tf.evaluation import subject as subject_lib

_MOST_PAIRS = 12  # of domains, each for itself; of more domains all that go to one together


def to_labels(
    space: labels_lib.LabelSpace, unified: Sequence[str], pairs: bool | None, own: bool
) -> Iterator[subject_lib.Direction]:
    """Yields the directions to the labels of a data set.

    Args:
      space: What its labels mean.
      unified: Their names in the run, which differ where two data sets share one.
      pairs: Whether each pair of domains is a direction; None: where they are few.
      own: Whether the inputs are of that data set.
    """
    ordered = list(itertools.permutations(space.names, 2))
    few = len(ordered) <= _MOST_PAIRS if pairs is None else pairs
    if space.kind == "domains" and own and few:
        for source, target in ordered:
            yield subject_lib.Direction(f"{source}2{target}", target, source=source)
        return
    for name, shown in zip(space.names, unified, strict=False):
        yield subject_lib.Direction(shown, name)
        if space.kind != "domains" and not space.rivals(name):
            yield subject_lib.Direction(f"-{shown}", name, present=False)
