"""Trains a classifier of labels on a data set, the same way every time."""

import contextlib
import dataclasses
import random
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from stargan_tf.base import errors, keras_versions
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import draws, samplers
from stargan_tf.evaluation.classifiers import heads as heads_lib
from stargan_tf.evaluation.classifiers import network as network_lib
from stargan_tf.reports import progress as progress_lib


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a classifier is trained.

    Attributes:
      batch_size: Images in a step.
      epochs: How often each image is seen, within the bounds of steps.
      least_steps: For small data sets.
      most_steps: For large ones, of which not every image is seen so often.
      learning_rate: The highest, after a tenth of the steps; it falls along a cosine to 0.
      weight_decay: Of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101).
      smoothing: Of the labels (Szegedy et al. 2016, arXiv 1512.00567, section 7).
      shift: How far images are moved at most, as a share of their height and width.
      seed: Of the initial weights, the order, and all other chance.
    """

    batch_size: int = 64
    epochs: int = 10
    least_steps: int = 400
    most_steps: int = 3000
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.1
    shift: float = 0.08
    seed: int = 0

    def steps(self, size: int) -> int:
        """Returns the number of steps for a data set of `size` images."""
        wanted = self.epochs * size // self.batch_size
        return min(max(wanted, self.least_steps), self.most_steps)


RECIPE = Recipe()


def train(sampler: samplers.Sampler, recipe: Recipe, steps: int, title: str = "") -> keras.Model:
    """Trains a classifier of the labels of a sampler's source.

    Equal arguments give equal weights, on one machine and with one version of TensorFlow.

    Args:
      sampler: Of the data set to train on; it mirrors images if it is made so.
      recipe: How.
      steps: How many steps to take.
      title: What the progress says before the loss; "": shows no progress.

    Returns:
      The network: images (N, S, S, 3) float32 in [-1, 1] to logits (N, width).

    Raises:
      UserError: An image can't be read.
    """
    heads = heads_lib.Heads(sampler.source.label_space)
    with _seeded(recipe.seed):
        network = network_lib.for_size(sampler.image_size, sampler.source.label_space.width)
    optimizer = _optimizer(recipe, steps)
    optimizer.build(network.trainable_variables)
    step = _step(network, optimizer, heads, recipe.smoothing)
    every = max(1, steps // 10)
    bar = progress_lib.Progress(steps, "step") if title else None
    try:
        with bar or contextlib.nullcontext():
            for number, (images, labels) in enumerate(_batches(sampler, recipe, steps), 1):
                loss = step(images, labels)
                tenth = number % every == 0 or number == steps
                if bar and (tenth or number % 10 == 0):  # reading the loss waits for the step
                    bar.show(number, f"{title} {float(loss):.3f}", line=tenth)
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        raise errors.UserError(
            "An image that a classifier was learning from is damaged or gone; find it with "
            f"stargan_tf.doctor, and replace or remove it ({error.message.splitlines()[0]})."
        ) from error
    return network


def shifted(images: tf.Tensor, uniforms: tf.Tensor, most: int) -> tf.Tensor:
    """Moves each image by whole pixels; what comes in from outside is mirrored at the border.

    Args:
      images: (N, S, S, 3) float32.
      uniforms: (N, 2) in [0, 1): how far down and to the right, from -most to most.
      most: In pixels, below S.
    """
    moves = tf.floor(uniforms * (2 * most + 1)) - most
    down, right = moves[:, 0], moves[:, 1]
    zero, one = tf.zeros_like(down), tf.ones_like(down)
    # An output pixel (x, y) shows the input pixel (x - right, y - down).
    rows = tf.stack([one, zero, -right, zero, one, -down, zero, zero], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=rows,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="REFLECT",
    )


def _batches(sampler: samplers.Sampler, recipe: Recipe, steps: int) -> tf.data.Dataset:
    """Returns the batches: images (N, S, S, 3) float32 in [-1, 1] and labels (N, width)."""
    size = recipe.batch_size

    def described(n: tf.Tensor) -> dict[str, tf.Tensor | samplers.View]:
        index = sampler.index(n * size + tf.range(size, dtype=tf.int64))
        return {
            "image": samplers.View(index, sampler.mirrored(n, size)),
            "label": sampler.label(index),
            "shift": draws.uniform(recipe.seed, draws.Draw.CROP, n, (size, 2)),
        }

    def finished(batch: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        images = transforms.to_unit_range(batch["image"])
        most = round(recipe.shift * sampler.image_size)
        return shifted(images, batch["shift"], most), batch["label"]

    loaded = sampler.load_batches(tf.data.Dataset.range(steps).map(described))
    return loaded.map(finished).prefetch(2)


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    warmup = max(1, steps // 10)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warmup), warmup_target=recipe.learning_rate, warmup_steps=warmup
        ),
        weight_decay=recipe.weight_decay,
        **keras_versions.optimizer_options(),
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def _step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    heads: heads_lib.Heads,
    smoothing: float,
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Returns a compiled function that takes a step on a batch and returns its loss."""
    variables = network.trainable_variables

    @tf.function(reduce_retracing=True)
    def step(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = network(images, training=True)
            loss = tf.reduce_mean(heads.losses(logits, labels, smoothing))
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    return step


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Lets initial weights depend on the seed, and leaves Python's random numbers as they were."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
