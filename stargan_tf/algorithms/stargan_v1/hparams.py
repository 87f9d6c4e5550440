"""Hyperparameters of StarGAN v1. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
from typing import ClassVar

from stargan_tf.algorithms import hparams
from stargan_tf.base import errors
from stargan_tf.base.options import option


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are the setting of the paper (Choi et al. 2018, section 5 and appendix)."""

    g_conv_dim: int = option(64, "Channels of G's first layer (table 4).", minimum=1)
    g_repeat_num: int = option(6, "Residual blocks in G's bottleneck (table 4).", minimum=1)
    d_conv_dim: int = option(64, "Channels of D's first layer (table 5).", minimum=1)
    d_repeat_num: int = option(6, "Strided convolutions of D (table 5).", minimum=1)
    adversarial_loss: str = option(
        "wgan_gp",
        "wgan_gp: equation 8, with which the paper trains; vanilla: the log form, equation 1.",
        choices=("wgan_gp", "vanilla"),
    )
    lambda_cls: float = option(
        1.0, "Weight of the domain classification loss (section 4).", minimum=0
    )
    lambda_rec: float = option(10.0, "Weight of the reconstruction loss (section 4).", minimum=0)
    lambda_gp: float = option(10.0, "Weight of the gradient penalty (section 4).", minimum=0)
    n_critic: int = option(
        5, "D updates in a step, before its one G update (section 5).", minimum=1
    )
    g_lr: float = option(1e-4, "Learning rate of G (section 5).", minimum=0)
    d_lr: float = option(1e-4, "Learning rate of D (section 5).", minimum=0)
    beta_1: float = option(0.5, "Adam's decay of the first moment (section 5).", minimum=0, below=1)
    beta_2: float = option(
        0.999, "Adam's decay of the second moment (section 5).", minimum=0, below=1
    )
    lr_decay_start: float = option(
        0.5,
        "Share of total_steps after which the learning rates fall linearly to 0 (section 5: half); "
        "1 keeps them constant.",
        minimum=0,
        maximum=1,
        advice="it is a share of total_steps",
    )

    # What a laptop's CPU trains in half an hour; as in the header of a file of configs/. With one
    # update of D for each of G, G outruns D at the start, which then may die.
    for_laptops: ClassVar[str] = (
        "--image_size=64 --g_conv_dim=16 --g_repeat_num=3 --d_conv_dim=32 --d_repeat_num=4 "
        "--n_critic=2 --batch_size=8 --g_lr=3e-4 --d_lr=3e-4 --lambda_cls=2 --total_steps=4000"
    )

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if the networks can't be built at this image size (pixels)."""
        multiple = max(4, 2**self.d_repeat_num)
        if image_size < multiple or image_size % multiple:
            raise errors.UserError(
                f"stargan_v1 with d_repeat_num={self.d_repeat_num} needs an image_size that is a "
                f"multiple of {multiple}, since D halves it {self.d_repeat_num} times; received "
                f"image_size={image_size}; change one of the two."
            )
