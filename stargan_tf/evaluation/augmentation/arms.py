"""The arms of a study: which images a classifier learns from, and how they are varied."""

import dataclasses

import numpy as np

from stargan_tf.data import subset
from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation.augmentation import images as pool_lib
from stargan_tf.evaluation.classifiers import classifier, training


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way to make a training set of real images and their translations.

    Attributes:
      name: What reports call it.
      real: Whether the real images are part of it.
      translated: Whether their translations are.
      classical: Whether images are mirrored, if the data allow it, and shifted at random.
      even: Whether images of smaller domains are repeated until all domains are equally large.
    """

    name: str
    real: bool = True
    translated: bool = False
    classical: bool = False
    even: bool = False

    def numbers(self, pool: pool_lib.Pool) -> np.ndarray:
        """Returns which images of a pool it has, some perhaps more than once, ascending."""
        first, end = 0 if self.real else pool.real, pool.size if self.translated else pool.real
        numbers = np.arange(first, end)
        if not self.even or pool.label_space.kind != "domains":
            return numbers
        groups = [numbers[column == 1] for column in pool.labels[numbers].T]
        largest = max(map(len, groups))
        return np.sort(np.concatenate([np.resize(own, largest) for own in groups if len(own)]))


ARMS = (
    Arm("real"),
    Arm("real, even", even=True),
    Arm("real + classical", classical=True),
    Arm("real + translated", translated=True),
    Arm("translated only", real=False, translated=True, even=True),
)


def of(pool: pool_lib.Pool) -> tuple[Arm, ...]:
    """Returns the arms that make sense: attributes can't be made equally frequent by repeating."""
    domains = pool.label_space.kind == "domains"
    return tuple(arm for arm in ARMS if domains or arm.name != "real, even")


def counts(pool: pool_lib.Pool) -> dict[str, dict[str, int]]:
    """Returns how many images of each label each arm has, by arm and label."""
    found = {}
    for arm in of(pool):
        sums = pool.labels[arm.numbers(pool)].sum(axis=0)
        names = pool.label_space.names
        found[arm.name] = {name: int(n) for name, n in zip(names, sums, strict=True)}
    return found


def measure(
    arm: Arm,
    pool: pool_lib.Pool,
    held_out: images_lib.Images,
    flip: bool,
    recipe: training.Recipe,
    steps: int,
) -> dict[str, float]:
    """Trains a classifier on an arm; returns the shares of held-out images that it is right on.

    Args:
      arm: What it learns from.
      pool: The images.
      held_out: Real images that nothing was trained on.
      flip: Whether mirrored images have the same labels.
      recipe: How to train; its seed decides the initial weights and the order of the images.
      steps: How many steps to take, whatever the number of images.

    Returns:
      By label: of domains the share of its own images, of attributes that of all images; "mean":
      their mean.
    """
    if not arm.classical:
        recipe = dataclasses.replace(recipe, shift=0.0)
    source, size = subset.subset(pool, arm.numbers(pool)), held_out.take([0]).shape[1]
    sampler = samplers.Sampler(source, recipe.seed, size, flip=flip and arm.classical)
    network = training.train(sampler, recipe, steps, f"{arm.name}, seed {recipe.seed}, loss")
    # No arm's classifier looks at an image twice: only one has learned from mirrored ones.
    judge = classifier.Classifier(network, pool.label_space, size, flip=False)
    seen = np.concatenate([judge.labels(judge.predict(x)) for x in held_out.batches()])
    right = seen == held_out.labels
    shares = {}
    for index, name in enumerate(pool.label_space.names):
        own = held_out.labels[:, index] == 1
        rows = right[own, index] if pool.label_space.kind == "domains" else right[:, index]
        if len(rows):
            shares[name] = float(rows.mean())
    return {**shares, "mean": float(np.mean(list(shares.values())))}
