"""Hyperparameters of BicycleGAN. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
from typing import ClassVar

from stargan_tf.algorithms import hparams
from stargan_tf.base import errors
from stargan_tf.base.options import option
from stargan_tf.data import labels

_SMALLEST, _LARGEST = 16, 1024


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are those of Zhu et al. 2017 (section 4) and of their released program.

    --batch_size counts the pairs of each half of a step: the cVAE-GAN half sees one batch, the
    cLR-GAN half another. The program counts both, so that its batch of 2 is 1 here.
    """

    latent_dim: int = option(8, "Length of the latent code z (section 4).", minimum=1)
    where_add: str = option(
        "all",
        "Where z enters the U-Net: before every convolution of the encoder, or at the input alone "
        "(section 4).",
        choices=("all", "input"),
    )
    input_channels: int = option(
        3, "Channels of the image that is translated: 3, or 1 for edges, which are grey."
    )
    g_channels: int = option(
        64, "Channels of G's first layer; the others have up to 8 times as many.", minimum=1
    )
    e_channels: int = option(
        64, "Channels of E's first layer; the others have up to 4 times as many.", minimum=1
    )
    d_channels: int = option(
        64, "Channels of the first layer of D's finer scale; the coarser has half.", minimum=2
    )
    d_layers: int = option(
        0,
        "Convolutions of stride 2 in each scale of D; 0: 3 from 256 pixels on, 2 from 32 on.",
        minimum=0,
        maximum=5,
        advice="0 chooses by the image size",
    )
    encoder: str = option(
        "resnet", "E: residual blocks, or convolutions (section 4).", choices=("resnet", "conv")
    )
    use_dropout: bool = option(
        False,
        "Drop half of the units behind G's inner levels in training (on in the authors' scripts).",
    )
    conditional_d: bool = option(
        False, "D sees the image that is translated, too; the paper does better without."
    )
    use_same_d: bool = option(False, "One D for both halves, in place of D and D2.")
    lambda_gan: float = option(1.0, "Weight of D's loss for the encoded z (section 4).", minimum=0)
    lambda_gan2: float = option(1.0, "Weight of D2's loss for the random z (section 4).", minimum=0)
    lambda_l1: float = option(10.0, "Weight of the distance to the true image.", minimum=0)
    lambda_z: float = option(0.5, "Weight of the recovered z (section 4).", minimum=0)
    lambda_kl: float = option(
        0.01, "Weight of the divergence of E's z from a normal distribution.", minimum=0
    )
    lr: float = option(2e-4, "Learning rate of G, E, D and D2 (section 4).", minimum=0)
    beta_1: float = option(0.5, "Adam's decay of the first moment (section 4).", minimum=0, below=1)
    beta_2: float = option(
        0.999, "Adam's decay of the second moment (section 4).", minimum=0, below=1
    )
    lr_decay_start: float = option(
        0.5,
        "Share of total_steps after which the learning rate falls linearly (the program: 100 of "
        "200 epochs); 1 keeps it constant.",
        minimum=0,
        maximum=1,
        advice="it is a share of total_steps",
    )
    epoch_steps: int = option(
        0,
        "Steps of an epoch, after each of which the learning rate falls, as in the authors' "
        "program; 0: it falls after every step.",
        minimum=0,
    )

    # What a laptop's CPU trains in half an hour; as in the header of a file of configs/.
    for_laptops: ClassVar[str] = (
        "--image_size=64 --g_channels=16 --e_channels=16 --d_channels=16 --batch_size=4 --lr=1e-3 "
        "--lambda_kl=0.0025 --total_steps=6000"
    )

    def d_layers_at(self, image_size: int) -> int:
        """Returns how many convolutions of stride 2 a scale of D has at an image size (pixels)."""
        return self.d_layers or (3 if image_size >= 256 else 2 if image_size >= 32 else 1)

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if the networks can't be built at this image size (pixels)."""
        if not _SMALLEST <= image_size <= _LARGEST or image_size & (image_size - 1):
            raise errors.UserError(
                f"bicyclegan needs an image_size that is a power of two from {_SMALLEST} to "
                f"{_LARGEST}, since its U-Net goes down to one pixel; received image_size="
                f"{image_size}; choose 64, 128 or 256."
            )
        if self.input_channels not in (1, 3):
            raise errors.UserError(
                f"input_channels is 3, or 1 for grey images; received {self.input_channels}."
            )
        # The coarser scale sees half the size, and two convolutions of stride 1 take 2 pixels.
        if image_size // 2 < 3 * 2**self.d_layers:
            raise errors.UserError(
                f"D has too many layers for its coarser scale of {image_size // 2} pixels; "
                f"received d_layers={self.d_layers}; pass d_layers=0, or a smaller number."
            )

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError unless the data are pairs of two domains.

        Args:
          label_space: Of the data.
          starts_from_run: Whether another run gives the first weights.
        """
        del starts_from_run
        if label_space.kind != "domains" or label_space.width != 2:
            raise errors.UserError(
                "bicyclegan learns from pairs of two domains; received "
                f"{label_space.kind} ({', '.join(label_space.names)}); pass dataset=pairs, or "
                "dataset=cartoon_pairs, which needs no files."
            )
