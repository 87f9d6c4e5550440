"""Looks at data sets whose examples are not images but sequences, as far as they tell."""

from collections.abc import Sequence

import numpy as np

from stargan_tf.data import source
from stargan_tf.diagnosis import collection, finding, inspection


def inspect(examples: source.Source) -> inspection.Inspection:
    """Decodes every example and returns which have problems; no picture is looked at."""
    early = examples.problems()
    problems = examples.problems(thorough=True)
    late = frozenset(problems.keys() - early.keys())
    return inspection.Inspection(np.zeros(0, np.int64), np.zeros(0, inspection.ROW), problems, late)


def remarks(parts: Sequence[collection.InspectedSplit]) -> list[finding.Finding]:
    """Returns what the training parts say of themselves, as findings."""
    return [
        finding.Finding(one.kind, one.severity, one.message, one.advice, one.names)
        for part in parts
        if part.split == collection.TRAINING
        for one in part.images.remarks()
    ]
