"""StarGAN v1 as an algorithm: its training cycle, and how its networks translate and classify."""

import contextlib
import functools
import itertools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm
from stargan_tf.algorithms.stargan_v1 import hparams as hparams_lib
from stargan_tf.algorithms.stargan_v1 import inputs as inputs_lib
from stargan_tf.algorithms.stargan_v1 import losses, networks, watching
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import transforms
from stargan_tf.data.pipeline import samplers
from stargan_tf.layers import instance_norm, portability
from stargan_tf.optimization import accumulation, adam, ordering, schedules
from stargan_tf.pictures import sheets

Gradients = list[tf.Tensor]


class StarGANv1(
    watching.Watching,
    algorithm.Algorithm,
    algorithm.Translates,
    algorithm.Classifier,
    algorithm.Previews,
    algorithm.Exportable,
):
    """Choi et al. 2018, arXiv 1711.09020: one G for all domains, told by a label where to go."""

    name = "stargan_v1"
    accumulates = True
    classifies_with = ("D",)
    shaped_by = {
        "G": ("g_conv_dim", "g_repeat_num"),
        "D": ("d_conv_dim", "d_repeat_num", "image_size"),
    }

    def __init__(self, hparams: hparams_lib.HParams, settings: algorithm.BuildSettings):
        super().__init__(hparams, settings)
        hparams.check(settings.image_size)
        space, size = settings.label_space, settings.image_size
        policy = {"dtype": settings.dtype_policy}
        with instance_norm.computed_by(settings.normalization_backend):
            self.G = networks.Generator(
                space.width, hparams.g_conv_dim, hparams.g_repeat_num, name="G", **policy
            )
        self.D = networks.Discriminator(
            size, len(space.names), hparams.d_conv_dim, hparams.d_repeat_num, name="D", **policy
        )
        self.networks = {"G": self.G, "D": self.D}
        for network in self.networks.values():
            network(*network.example_inputs())
        self.trains = {"G": ("G",), "D": ("D",)}
        self.optimizers = {}
        if settings.training:
            sets = len(space.blocks)
            self.optimizers["G"] = self._optimizer(hparams.g_lr, self.G, sets)
            self.optimizers["D"] = self._optimizer(hparams.d_lr, self.D, hparams.n_critic * sets)
        # XLA compiles gradients only: an optimizer's update can't be compiled across devices.
        compiled = portability.compiled if settings.jit_compile else lambda f: f
        self._fake: Callable = compiled(lambda x, c: self.G(x, c))
        self._d_gradients: Callable = compiled(self._discriminator_gradients)
        self._g_gradients: Callable = compiled(self._generator_gradients)
        self._translate = tf.function(self.G, reduce_retracing=True)
        self._classify = tf.function(self.D, reduce_retracing=True)

    def _optimizer(self, lr: float, network: keras.Model, updates_per_step: int) -> adam.Adam:
        schedule = schedules.LinearDecay(
            lr, self.settings.total_steps, self.hparams.lr_decay_start, updates_per_step
        )
        optimizer = adam.Adam(schedule, beta_1=self.hparams.beta_1, beta_2=self.hparams.beta_2)
        optimizer.build(network.trainable_variables)
        return optimizer

    @property
    def batches_per_step(self) -> int:
        """Every D update has a batch; G's is the last of them, of each data set."""
        return self.hparams.n_critic * len(self.settings.label_space.blocks)

    def inputs(
        self, sampler: samplers.AnySampler, slices: samplers.Slices, first_step: int
    ) -> tf.data.Dataset:
        """Returns one replica's batch after the other; see `inputs.inputs`."""
        return inputs_lib.inputs(sampler, slices, first_step, self.hparams.n_critic)

    def train_step(self, batch: inputs_lib.Batch, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Makes n_critic updates of D and, on the last of their batches, one of G.

        Of several data sets (section 3.3) each has its turn in every round of updates.
        """
        del step  # The optimizers count their updates, from which the schedule knows the step.
        step_losses, parts = {}, self.settings.accumulate
        blocks = self.settings.label_space.blocks
        # Unrolled: an optimizer's update inside tf.cond or tf.while_loop fails across devices.
        for k, (turn, block) in enumerate(itertools.product(range(self.hparams.n_critic), blocks)):
            own = {name: transforms.as_floats(values[k]) for name, values in batch.items()}
            prefix = f"{block.name}/" if block.name else ""
            updates_g = turn == self.hparams.n_critic - 1
            # G rests until its own update, whose x_fake is therefore that of D's last one; part by
            # part it is made anew, so that nothing is held in between.
            made = self._made(own, recorded=updates_g) if parts == 1 else None
            d_losses, gradients = accumulation.mean(
                functools.partial(self._of_d, block, made), own, parts
            )
            self._apply("D", self.D, ordering.after(d_losses.values(), gradients))
            step_losses |= {f"D/{prefix}{name}": loss for name, loss in d_losses.items()}
            if updates_g:
                g_losses, gradients = accumulation.mean(
                    functools.partial(self._of_g, block, made), own, parts
                )
                self._apply("G", self.G, ordering.after(g_losses.values(), gradients))
                step_losses |= {f"G/{prefix}{name}": loss for name, loss in g_losses.items()}
        return step_losses

    def _made(
        self, batch: inputs_lib.Batch, *, recorded: bool
    ) -> tuple[tf.GradientTape | None, tf.Tensor]:
        """Returns x_fake of a batch, and the tape that saw how G made it, if `recorded`.

        Only where a gradient follows: what a compiled function keeps for it can't be pruned.
        """
        with tf.GradientTape() if recorded else contextlib.nullcontext() as tape:
            x_fake = self._fake(batch["image"], batch["target_label"])
        return tape, x_fake

    def _of_d(self, block, made, batch: inputs_lib.Batch) -> tuple[losses.Losses, Gradients]:
        """Returns D's losses and gradients of a batch, whose x_fake may be made already."""
        _, x_fake = made or self._made(batch, recorded=False)
        return self._d_gradients(batch["image"], batch["label"], x_fake, batch["alpha"], block)

    def _of_g(self, block, made, batch: inputs_lib.Batch) -> tuple[losses.Losses, Gradients]:
        """Returns G's losses and gradients of a batch, whose x_fake may be made already."""
        tape, x_fake = made or self._made(batch, recorded=True)
        g_losses, by_fake, on_the_way_back = self._g_gradients(
            batch["image"], batch["label"], x_fake, batch["target_label"], block
        )
        there = tape.gradient(x_fake, self.G.trainable_variables, by_fake)
        return g_losses, [a + b for a, b in zip(there, on_the_way_back, strict=True)]

    def _apply(self, name: str, network: keras.Model, gradients: Gradients) -> None:
        variables = network.trainable_variables
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _discriminator_gradients(
        self,
        x: tf.Tensor,
        c: tf.Tensor,
        x_fake: tf.Tensor,
        alpha: tf.Tensor,
        block: labels_lib.Block,
    ) -> tuple[losses.Losses, Gradients]:
        kind = self.hparams.adversarial_loss
        variables = self.D.trainable_variables
        with tf.GradientTape() as tape:
            terms = losses.discriminator(
                self.D, x, c, x_fake, alpha, block=block, adversarial_loss=kind
            )
            weights = {"cls": self.hparams.lambda_cls, "gp": self.hparams.lambda_gp}
            # The optimizer adds up the replicas' gradients; each must be its share of the mean.
            total = losses.total(terms, weights) / self.settings.replicas
        return terms, tape.gradient(total, variables)

    def _generator_gradients(
        self,
        x: tf.Tensor,
        c: tf.Tensor,
        x_fake: tf.Tensor,
        c_target: tf.Tensor,
        block: labels_lib.Block,
    ) -> tuple[losses.Losses, tf.Tensor, Gradients]:
        """Returns G's losses, their gradient by x_fake, and those by weights on the way back."""
        kind = self.hparams.adversarial_loss
        variables = self.G.trainable_variables
        with tf.GradientTape() as tape:
            tape.watch(x_fake)
            terms = losses.generator(
                self.G, self.D, x, c, x_fake, c_target, block=block, adversarial_loss=kind
            )
            weights = {"cls": self.hparams.lambda_cls, "rec": self.hparams.lambda_rec}
            total = losses.total(terms, weights) / self.settings.replicas
        # D's weights are recorded too, but no gradient by them is asked for, and the graph
        # compiler removes what nothing uses.
        return terms, *tape.gradient(total, (x_fake, variables))

    def classify(self, images: tf.Tensor) -> np.ndarray:
        """Returns the labels that D_cls sees: the likelier value of each attribute or domain.

        Of several data sets every block is filled, and the mask is 0: the image is of none.
        """
        logits, space = self._classify(images)[1].numpy(), self.settings.label_space
        labels = np.zeros((len(logits), space.width), np.float32)
        for block in space.blocks:
            block.of(labels)[:] = _likeliest(block.space, block.of(logits))
        return labels

    def translate(self, images: tf.Tensor, labels: np.ndarray) -> np.ndarray:
        """Returns G(images, labels); H and W are multiples of 4."""
        return self._translate(tf.convert_to_tensor(images), tf.constant(labels)).numpy()

    def serving_signatures(self, *, whole: bool = True) -> dict[str, algorithm.Signature]:
        """Returns translate(image (N, H, W, 3), label (N, width)) -> translated; H, W are open."""
        del whole  # There is one network.

        def requires(image: tf.Tensor, label: tf.Tensor) -> dict[str, tf.Tensor]:
            del label
            fits = tf.reduce_all(tf.shape(image)[1:3] % 4 == 0)
            return {"the height and width of image must be multiples of 4": fits}

        inputs = {
            "image": tf.TensorSpec((None, None, None, 3), tf.float32),
            "label": tf.TensorSpec((None, self.settings.label_space.width), tf.float32),
        }
        kinds = {"image": "image", "label": "label", "translated": "image"}
        translate = algorithm.Signature(
            lambda image, label: {"translated": self.G(image, label)}, inputs, kinds, requires
        )
        return {"translate": translate}

    def label_axes(self) -> dict[str, algorithm.LabelAxis]:
        """Returns where labels enter G, after the image's channels, and where they leave D.

        The axes of a convolution are height, width, channels in, channels out. D tells no mask.
        """
        return {
            "G/conv_in/kernel": algorithm.LabelAxis(2, first=3),
            "D/cls/kernel": algorithm.LabelAxis(3),
        }

    def sample_sheets(self, images: np.ndarray, labels: np.ndarray) -> dict[str, sheets.Sheet]:
        """Returns the sheets targets, combinations (the paper's figure 4) and reconstructions.

        Of many labels the first two show some: `sheets.targets`.
        """
        space, own = self.settings.label_space, labels
        if isinstance(space, labels_lib.JointSpace):  # To change a label, one has to know it.
            labels = space.completed(labels, self.classify(tf.constant(images)))
        shown, note = sheets.targets(space)
        singles = {name: space.changed(labels, (name,)) for name in shown}
        made = {"targets": self._sheet(images, singles, note)}
        pairs = {
            "+".join(names): space.changed(labels, names)
            for names in itertools.combinations(shown, 2)
            if not set(names[1:]) & {space.names[i] for i in space.rivals(names[0])}
        }
        if pairs:
            made["combinations"] = self._sheet(images, dict(list(pairs.items())[:10]), note)
        target = singles[space.names[0]]
        fake = self.translate(images, target)
        rows = np.stack([images, fake, self.translate(fake, own)], axis=1)
        headings = ("input", f"to {space.names[0]}", "and back")
        return made | {"reconstructions": sheets.Sheet(headings, rows)}

    def _sheet(self, images: np.ndarray, targets: dict[str, np.ndarray], note: str) -> sheets.Sheet:
        translated = [self.translate(images, target) for target in targets.values()]
        return sheets.Sheet(("input", *targets), np.stack([images, *translated], axis=1), note)


def _likeliest(space: labels_lib.LabelSpace, logits: np.ndarray) -> np.ndarray:
    """Returns the labels (N, width) of one data set that these logits speak for."""
    if space.kind == "domains":
        return np.eye(space.width, dtype=np.float32)[logits.argmax(axis=1)]
    labels = (logits > 0).astype(np.float32)
    for group in space.exclusive:
        members = [space.index(name) for name in group]
        for row in np.flatnonzero(labels[:, members].sum(axis=1) > 1):
            labels[row, members] = 0
            labels[row, members[int(logits[row, members].argmax())]] = 1
    return labels


ALGORITHM = StarGANv1
