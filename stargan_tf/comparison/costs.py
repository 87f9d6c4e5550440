"""What a run costs: parameters, updates, images and time of its training."""

import collections
import dataclasses
import re
from collections.abc import Mapping

import numpy as np

from stargan_tf.comparison import entries
from stargan_tf.runs import checkpoints, training_time

_COUNTER = re.compile(r"optimizers/(.+)/iterations")


@dataclasses.dataclass(frozen=True)
class Costs:
    """The costs of one run; None: what is not known of it.

    Attributes:
      translating: The parameters of the networks that translating needs.
      trained: The parameters that optimizers update, without moving averages and frozen networks.
      updates: How often, up to the checkpoint, by the name of what is updated: a number for each
        optimizer of that name. Of several pairs of networks each has its own.
      images: How many images training has drawn, with repetitions.
      spent: The time that training took.
    """

    translating: int
    trained: int | None
    updates: Mapping[str, tuple[int, ...]] | None
    images: int | None
    spent: training_time.Spent | None


def of(entry: entries.Entry) -> Costs:
    """Returns the costs of a run, as its networks and its checkpoint tell them.

    A checkpoint that holds no optimizer, as of an imported run, tells of the networks alone.

    Raises:
      UserError: The checkpoint is damaged.
    """
    run, algorithm = entry.run, entry.model.algorithm
    networks = [algorithm.networks[name] for name in algorithm.translating_networks()]
    translating = sum(int(np.prod(v.shape)) for network in networks for v in network.variables)
    saved = checkpoints.Checkpoints(run.checkpoint_dir, {})
    state = saved.read(entry.step, lambda names: [n for n in names if n.startswith("optimizers/")])
    counters = {m[1]: int(value) for name, value in state.items() if (m := _COUNTER.match(name))}
    if not counters:
        return Costs(translating, None, None, None, None)
    updates = collections.defaultdict(list)
    for name, count in sorted(counters.items()):
        updates[re.split(r"[/.]", name)[-1]].append(count)  # of a pair: "black-blond.G"
    return Costs(
        translating,
        # The first moment has an entry for every parameter that is updated.
        sum(v.size for k, v in state.items() if any(k.startswith(f"optimizers/{n}/m/")
                                                    for n in counters)),
        {name: tuple(counts) for name, counts in updates.items()},
        entry.step * run.config.train.batch_size * algorithm.batches_per_step,
        training_time.spent(run.directory, entry.step),
    )  # fmt: skip
