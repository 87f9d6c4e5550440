"""The contract of an algorithm: what a paper's folder gives to the loop and the command lines."""

import abc
import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.base import errors, keras_versions
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents
from stargan_tf.data.pipeline import samplers
from stargan_tf.optimization import adam
from stargan_tf.pictures import sheets


@dataclasses.dataclass(frozen=True)
class BuildSettings:
    """What an algorithm is built for.

    Attributes:
      label_space: What the labels of the data mean.
      image_size: Height and width of training images in pixels.
      total_steps: Steps of the whole run: the schedules' horizon.
      replicas: Replicas in sync. Each sees an equal slice of the global batch.
      precision: "float32" or "bfloat16", in which convolutions are computed. Weights, losses,
        penalties, normalization statistics and images are float32 in both.
      jit_compile: Whether XLA compiles the gradient computations (not the optimizer's update).
      accumulate: In how many parts, one after the other, a replica's batch passes each update;
        their mean gradient is that of the whole batch.
      normalization_backend: What computes instance normalization: "auto", "native" or "addons".
      training: Whether optimizers are needed; without them a run takes a third of the memory.
      starts_from_run: Whether the networks get their first weights from another run.
      sample_shape: The shape of an example that is not an image; (): examples are images.
      statistics: What the training data told that the run keeps: `Source.statistics`; {}: nothing.
      missing: The networks, by name, whose weights a run lacks that was imported without them:
        what they would do, its algorithm can't.
    """

    label_space: labels_lib.LabelSpace
    image_size: int
    total_steps: int = 1
    replicas: int = 1
    precision: str = "float32"
    jit_compile: bool = False
    accumulate: int = 1
    normalization_backend: str = "auto"
    training: bool = True
    starts_from_run: bool = False
    sample_shape: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    statistics: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict, compare=False)

    @property
    def dtype_policy(self) -> keras.mixed_precision.Policy:
        """The Keras policy of the networks."""
        name = "mixed_bfloat16" if self.precision == "bfloat16" else self.precision
        return keras.mixed_precision.Policy(name)


@dataclasses.dataclass(frozen=True)
class Signature:
    """What an exported model can be asked: named tensors in, named tensors out.

    Every tensor has a batch axis first, of any length: a server joins requests along it.

    Attributes:
      function: Takes the inputs by name and returns the outputs by name; operations on tensors
        only, so that it can be traced for a server and converted for a device. No output has the
        name of an input: converters to other formats take tensors of one name for the same.
      inputs: What it takes; None where a size is open.
      kinds: What each input and output is, by name: "image" (three channels in [-1, 1]), "label" (a
        label vector), "domain" (its number), "source" (the input's own, as either of both),
        "latent", "style"; "features" (N, T, F), T frames of F numbers; "image_file" is the bytes of
        a JPEG or PNG. What has no kind is numbers.
      requires: Takes the inputs by name and returns, by message, scalar booleans that have to be
        true. Servers answer with the message where one is not; devices don't check.
      only_for: "servers" or "devices", if its operations, or what it is for, suit no others.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: dict[str, tf.TensorSpec]
    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    requires: Callable[..., dict[str, tf.Tensor]] = lambda **inputs: {}
    only_for: str = ""


@dataclasses.dataclass(frozen=True)
class LabelAxis:
    """Where a variable holds a part for each entry of a label vector.

    Attributes:
      axis: The axis, from 0 on. At position first + i is the part of entry i of a label vector.
      first: How many positions come before those of the labels.
      vectors: Of how many label vectors there are parts, one vector's after the other's.
    """

    axis: int
    first: int = 0
    vectors: int = 1


class Algorithm(abc.ABC):
    """One paper. Constructed inside `strategy.scope()`, with networks and optimizers built.

    Attributes:
      name: The name of the paper's folder.
      networks: The networks by name; all of them go into a checkpoint.
      optimizers: The optimizers by name; built, so that a step creates no variable.
      trains: For every optimizer, the names of the networks that it updates, in the order in
        which it was built for their trainable variables.
      averages: For every network that is a moving average of another, the name of that, also if
        it is not built because nothing is trained.
      unfilled: The networks that training needs but does not teach, and that have no weights yet:
        the run to start from has to give them.
      takes: What an example of its data has to hold, as of `Source.example_spec`.
      shaped_by: For every network that is no average, the flags that decide its shapes, apart from
        the labels.
      accumulates: Whether `train_step` heeds `BuildSettings.accumulate`.
    """

    name: ClassVar[str]
    accumulates: ClassVar[bool] = False
    takes: ClassVar[Mapping[str, tf.TensorSpec]] = types.MappingProxyType(
        {
            "image": tf.TensorSpec((None, None, 3), tf.uint8),
            "label": tf.TensorSpec((None,), tf.float32),
        }
    )
    shaped_by: ClassVar[Mapping[str, tuple[str, ...]]]
    networks: dict[str, keras.Model]
    optimizers: dict[str, adam.Adam]
    trains: dict[str, tuple[str, ...]]
    averages: Mapping[str, str] = types.MappingProxyType({})
    unfilled: tuple[str, ...] = ()

    def __init__(self, hparams: Any, settings: BuildSettings):
        self.hparams = hparams
        self.settings = settings
        if settings.accumulate > 1 and not self.accumulates:
            raise errors.UserError(
                f"{self.name} can't be trained on a batch part by part; received accumulate="
                f"{settings.accumulate}; leave it out, or pass a smaller `batch_size`."
            )

    @classmethod
    def check_examples(cls, spec: Mapping[str, tf.TensorSpec]) -> None:
        """Raises a UserError unless examples hold what the algorithm takes.

        Args:
          spec: Of the data set: `Source.example_spec`.
        """
        fits = (
            name in spec and taken.is_compatible_with(spec[name])
            for name, taken in cls.takes.items()
        )
        if not all(fits):
            raise errors.UserError(
                f"{cls.name} is trained on examples with {_listed(cls.takes)}; received a data set "
                f"of examples with {_listed(spec)}; choose another data set or `algorithm`."
            )

    @property
    @abc.abstractmethod
    def batches_per_step(self) -> int:
        """How many global batches of images a step consumes."""

    @abc.abstractmethod
    def inputs(
        self, sampler: samplers.AnySampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns the endless dataset of one replica's batch after the other, from `first_step`.

        The loop never looks into a batch: any structure of tensors that `train_step` takes. Every
        random draw of a step is in its batch.
        """

    @abc.abstractmethod
    def train_step(self, batch: Any, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Takes one step: the paper's whole cycle of updates. Runs in replica context.

        Args:
          batch: One replica's, from `inputs`.
          step: int64 scalar, the number of steps taken before; schedules are functions of it.

        Returns:
          float32 scalars by "network/name"; each the mean over the replica's batch.
        """

    @abc.abstractmethod
    def label_axes(self) -> dict[str, LabelAxis]:
        """Returns, by name, the variables whose shapes depend on how many labels there are.

        Where an axis of a variable is shorter than a label vector, the last entries have no part.
        """

    def state(self) -> dict[str, tf.Variable]:
        """Returns, by name, every variable that decides what comes next."""
        state = self._network_variables(self.networks)
        for name, optimizer in self.optimizers.items():
            names = [
                variable_name
                for network in self.trains[name]
                for variable_name in named_variables(network, self.networks[network], True)
            ]
            slots = optimizer.named_state(names)
            state |= {f"optimizers/{name}/{slot}": variable for slot, variable in slots.items()}
        return state | {f"extra/{name}": v for name, v in self.extra_state().items()}

    def extra_state(self) -> dict[str, tf.Variable]:
        """Returns, by name, the variables that training needs and no network or optimizer has.

        Such as a pool of earlier images. They go into checkpoints, under "extra/".
        """
        return {}

    def weights(self) -> dict[str, tf.Variable]:
        """Returns the variables by name that translating needs."""
        averaged = set(self.averages.values())
        return self._network_variables([n for n in self.networks if n not in averaged])

    def _network_variables(self, names: Iterable[str]) -> dict[str, tf.Variable]:
        return {
            name: variable
            for network in names
            for name, variable in named_variables(network, self.networks[network]).items()
        }


class Capability(abc.ABC):
    """What some algorithms can and others can't; `Run.require` asks for it.

    Attributes:
      ability: What it is, after "can".
    """

    ability: ClassVar[str]


class Translates(Capability):
    """Translates images to labels.

    Attributes:
      translates_with: The name of the network that makes the images.
    """

    ability = "translate images"
    translates_with: ClassVar[str] = "G"

    @classmethod
    def targets(cls, space: labels_lib.LabelSpace) -> tuple[str, ...]:
        """Returns the labels that images are translated to: all, unless the paper knows fewer."""
        return space.names

    def translating_networks(self) -> tuple[str, ...]:
        """Returns the names of the networks that translating needs: to every label, in every way.

        Of styles those too that tell the style of an image. Not those that only tell what an image
        shows, which a user may know.
        """
        return (self.translates_with,)

    @abc.abstractmethod
    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        """Returns images (N, H, W, 3) float32, translated to labels (N, width).

        Args:
          images: (N, H, W, 3) float32 in [-1, 1]; H and W as the networks allow.
          labels: Of the wanted images: whole label vectors, 0 and 1.
        """

    def translate_from(
        self, images: tf.Tensor, sources: np.ndarray, labels: np.ndarray
    ) -> np.ndarray:
        """Returns images whose own labels `sources` (N, width) are known, as `translate` does.

        What calls this knows them; most algorithms have no need of them.
        """
        del sources
        return self.translate(images, labels)


class Directional(Translates):
    """Translates from one domain to another, and has to know from which.

    Attributes:
      directions: From which domain to which it can, as positions in labels (source, target). An
        image that is asked for its own domain stays as it is.
    """

    ability = "translate from one domain to another"
    directions: tuple[tuple[int, int], ...]

    @abc.abstractmethod
    def translate_from(
        self, images: tf.Tensor, sources: np.ndarray, labels: np.ndarray
    ) -> np.ndarray:
        """Returns images (N, H, W, 3) float32, translated from one domain to another.

        Args:
          images: (N, H, W, 3) float32 in [-1, 1]; H and W as the networks allow.
          sources: (N, width), one-hot: the domains of the images; zeros: not known. Of two domains
            it is the other one then.
          labels: (N, width), one-hot: the wanted domains.

        Raises:
          UserError: A source is not known and there are more than two domains, or a direction is
            none of `directions`.
        """

    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        """Returns images of domains that are not known, translated; see `translate_from`."""
        return self.translate_from(images, np.zeros_like(labels), labels)

    def reaches(self, sources: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Returns which images (N,) bool, of known domains, can be translated to labels."""
        asked = zip(np.argmax(sources, axis=1), np.argmax(labels, axis=1), strict=True)
        return np.array([s == t or (s, t) in self.directions for s, t in asked], bool)


class Converts(Capability):
    """Converts sequences of features from one domain to another, such as a voice.

    Features are raw, as the data set gives them: what a network normalizes, it does itself, with
    `BuildSettings.statistics`.

    Attributes:
      converts_with: The name of the network that converts.
      frames_multiple: The networks work on sequences whose length is a multiple of this; others are
        filled up by repeating their last frame, and cut again.
    """

    ability = "convert sequences of features"
    converts_with: ClassVar[str] = "G"
    frames_multiple: int = 1

    def converting_networks(self) -> tuple[str, ...]:
        """Returns the names of the networks that converting needs."""
        return (self.converts_with,)

    @abc.abstractmethod
    def convert(
        self,
        features: np.ndarray,
        sources: np.ndarray,
        labels: np.ndarray,
        *,
        differential: bool = False,
    ) -> np.ndarray:
        """Returns features (N, T, F) float32, raw, in the scale of the wanted domains.

        Args:
          features: (N, T, F) float32, raw; any T.
          sources: (N, K), one-hot: the domains of the sequences.
          labels: (N, K), one-hot: the wanted domains.
          differential: Whether to return x + G(x, label) - G(x, source): the input, with only what
            the networks make different between the two domains.
        """


class Previews(Capability):
    """Shows on sheets of images how far training is."""

    ability = "show samples"

    @abc.abstractmethod
    def sample_sheets(self, images: np.ndarray, labels: np.ndarray) -> dict[str, sheets.Sheet]:
        """Returns sheets by name that show how far training is, on held-out images.

        Args:
          images: (N, S, S, 3) float32 in [-1, 1].
          labels: (N, width), theirs.
        """


class Exportable(Capability):
    """Can be exported for servers and devices."""

    ability = "be exported"

    @abc.abstractmethod
    def serving_signatures(self, *, whole: bool = True) -> dict[str, Signature]:
        """Returns what an exported model can be asked, by name; the first is the default.

        Args:
          whole: Whether networks that only prepare an input of others are part; False: what they
            would find is an input, for devices that find it otherwise.
        """


class Classifier(Capability):
    """Tells the labels of an image.

    Attributes:
      classifies_with: The names of the networks that tell them.
    """

    ability = "classify images"
    classifies_with: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def classify(self, images: tf.Tensor) -> np.ndarray:
        """Returns the labels (N, width) float32 of 0 and 1 that the networks see in images.

        Args:
          images: (N, S, S, 3) float32 in [-1, 1], S the image size of the settings.
        """


class Styled(Translates):
    """Translates images to a style, not to a label alone.

    Attributes:
      style_dim: The length of a style.
      latent_dim: The length of a latent code.
    """

    ability = "translate images to a style"
    style_dim: int
    latent_dim: int

    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        """Returns images in the domains of labels, image i in the style of latent i of seed 0."""
        z = latents.draw(0, len(labels), self.latent_dim)
        return self.render(images, self.map_latents(z, labels))

    @abc.abstractmethod
    def map_latents(self, z: np.ndarray, labels: np.ndarray, psi: float = 1.0) -> np.ndarray:
        """Returns styles (N, style_dim) float32 of latent codes.

        Args:
          z: (N, latent_dim) float32, standard normal.
          labels: (N, width) float32, one-hot: the domains.
          psi: 1: as they are; from there to 0: nearer to the domain's mean style, less diverse.
        """

    @abc.abstractmethod
    def encode(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Returns the styles (N, style_dim) float32 that images show.

        Args:
          images: (N, S, S, 3) float32 in [-1, 1].
          labels: (N, width) float32, one-hot: the domains as one of which each is seen.
        """

    @abc.abstractmethod
    def render(self, images: np.ndarray, styles: np.ndarray) -> np.ndarray:
        """Returns images (N, S, S, 3) float32 in the given styles (N, style_dim)."""


def _listed(spec: Mapping[str, tf.TensorSpec]) -> str:
    """Returns named tensors with their shapes in words: "label (any) float32"."""
    return " and ".join(
        f"{name} ({', '.join('any' if n is None else str(n) for n in one.shape)}) {one.dtype.name}"
        for name, one in spec.items()
    )


def named_variables(
    name: str, network: keras.Model, trainable: bool = False
) -> dict[str, tf.Variable]:
    """Returns a built network's variables by "network/layer/leaf", in Keras' order.

    Args:
      name: The network's, put in front.
      network: Built.
      trainable: Whether to leave out those that no optimizer updates.
    """
    variables = network.trainable_variables if trainable else network.variables
    paths = [keras_versions.path(v) for v in variables]  # which begin with the model's own name
    named = {
        "/".join((name, *path.split("/")[1:])): variable
        for path, variable in zip(paths, variables, strict=True)
    }
    if len(named) != len(variables):
        raise ValueError(f"Give the layers of {name} distinct names. Received: {paths}")
    return named
