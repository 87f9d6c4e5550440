"""Hyperparameters of StarGAN v2. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
import pathlib
from typing import ClassVar

from stargan_tf.algorithms import hparams
from stargan_tf.base import errors
from stargan_tf.base.options import option
from stargan_tf.data import labels

_SMALLEST, _LARGEST = 16, 1024
_SMALLEST_WITH_MASKS = 64


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are the setting of the paper for AFHQ (Choi et al. 2020, section 3, appendix A).

    The paper's setting for CelebA-HQ has lambda_ds 1 and w_hpf 1.
    """

    latent_dim: int = option(16, "Length of the latent code z (appendix A).", minimum=1)
    style_dim: int = option(64, "Length of the style code s (appendix A).", minimum=1)
    hidden_units: int = option(
        512, "Units of the mapping network's hidden layers (appendix A).", minimum=1
    )
    channel_base: int = option(
        0,
        "Channels at the full resolution; 0: 2^14 / image_size, the paper's (appendix A).",
        minimum=0,
        advice="0 stands for the paper's",
    )
    max_channels: int = option(512, "The most channels of a layer (appendix A).", minimum=1)
    bottleneck_size: int = option(
        0,
        "G's smallest feature map in pixels; 0: the paper's 16, or 8 where w_hpf > 0 (appendix A). "
        "Smaller keeps less of the source's shapes.",
    )
    w_hpf: float = option(
        0.0,
        "Divides the high-pass filter of the skips from encoder to decoder, which keep a face's "
        "contours; needs --landmark_weights; 0: no skips (CelebA-HQ: 1).",
        minimum=0,
    )
    landmark_weights: str = option(
        "",
        "Where w_hpf > 0: the file of the landmark network's weights (wing.ckpt of the authors' "
        "release, or the same as .safetensors or .npz); with --init_from, empty: that run's.",
        may_change=True,
    )
    lambda_reg: float = option(1.0, "Weight of R1, at every D update (section 3).", minimum=0)
    lambda_sty: float = option(1.0, "Weight of the style reconstruction (section 3).", minimum=0)
    lambda_ds: float = option(
        2.0, "Initial weight of the diversity loss (CelebA-HQ: 1).", minimum=0
    )
    ds_iter: int = option(
        100_000, "Steps over which lambda_ds falls linearly to 0 (section 3).", minimum=1
    )
    lambda_cyc: float = option(1.0, "Weight of the cycle consistency (section 3).", minimum=0)
    lr: float = option(1e-4, "Learning rate of G, E and D (section 3).", minimum=0)
    f_lr: float = option(1e-6, "Learning rate of the mapping network F (section 3).", minimum=0)
    beta_1: float = option(0.0, "Adam's decay of the first moment (section 3).", minimum=0, below=1)
    beta_2: float = option(
        0.99, "Adam's decay of the second moment (section 3).", minimum=0, below=1
    )
    weight_decay: float = option(
        1e-4, "L2 added to every gradient, as a share of the weight.", minimum=0
    )
    ema_decay: float = option(
        0.999, "Decay of the averages of G, F and E (section 3).", minimum=0, below=1
    )
    crop_probability: float = option(
        0.5,
        "Share of training images that are cropped at random, to 80 % of the area or more.",
        minimum=0,
        maximum=1,
    )
    augment: str = option(
        "none",
        "diffaugment: change what D sees, real and fake, by colour, translation and cutout (arXiv "
        "2006.10738); for a few hundred images of a domain, where D learns them by heart.",
        choices=("none", "diffaugment"),
    )

    # What a laptop's CPU trains in half an hour; as in the header of a file of configs/.
    for_laptops: ClassVar[str] = (
        "--image_size=64 --channel_base=16 --max_channels=128 --bottleneck_size=8 "
        "--hidden_units=128 --batch_size=4 --lr=1e-3 --f_lr=1e-4 --total_steps=3000 "
        "--ds_iter=6000 --ema_decay=0.99"
    )
    draws_domains_equally: ClassVar[bool] = True  # whatever their sizes

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if the networks can't be built at this image size (pixels)."""
        if not _SMALLEST <= image_size <= _LARGEST or image_size & (image_size - 1):
            raise errors.UserError(
                f"stargan_v2 needs an image_size that is a power of two from {_SMALLEST} to "
                f"{_LARGEST}; received image_size={image_size}; choose 64, 128, 256 or 512."
            )
        if self.w_hpf > 0 and image_size < _SMALLEST_WITH_MASKS:
            raise errors.UserError(
                f"w_hpf > 0 needs an image_size of {_SMALLEST_WITH_MASKS} or more, since its skips "
                f"are at 32 px and above; received image_size={image_size}; pass w_hpf=0."
            )
        size = self.bottleneck_size
        if size and (size & (size - 1) or not 4 <= size <= (32 if self.w_hpf else image_size)):
            raise errors.UserError(
                "bottleneck_size is a power of two from 4 to the image_size (with w_hpf > 0: to "
                f"32), or 0 for the paper's; received {size}."
            )
        if self.landmark_weights and self.w_hpf == 0:
            raise errors.UserError(
                "`landmark_weights` is used only if w_hpf > 0; received it with w_hpf=0; leave it "
                "out, or pass w_hpf=1."
            )

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError if data or files that training needs are missing.

        Args:
          label_space: Of the data.
          starts_from_run: Whether another run gives the first weights, also the landmark network's.
        """
        if label_space.kind == "joint":
            raise errors.UserError(
                "stargan_v2 is trained on one data set; received several in `datasets`; pass "
                "`dataset`, or algorithm=stargan_v1, which has joint training."
            )
        if label_space.kind != "domains":
            raise errors.UserError(
                "stargan_v2 needs images that belong to one domain each; received the attributes "
                f"{', '.join(label_space.names)}; pass domains=A,B instead of `attributes`."
            )
        if label_space.width < 2:
            raise errors.UserError(
                "stargan_v2 translates between domains and needs two or more; received only "
                f"{', '.join(label_space.names)}; add a folder or a name."
            )
        if self.w_hpf > 0 and not (self.landmark_weights or starts_from_run):
            raise errors.UserError(
                f"w_hpf={self.w_hpf:g} needs the weights of the landmark network, to know where a "
                "face's contours are; received none; pass landmark_weights=wing.ckpt (from the "
                "authors' release), or w_hpf=0, which needs none."
            )
        if self.landmark_weights and not pathlib.Path(self.landmark_weights).is_file():
            raise errors.UserError(
                f"landmark_weights={self.landmark_weights} does not exist; give the path of "
                "wing.ckpt (from the authors' release), or w_hpf=0, which needs none."
            )

    def flags_for_few_images(self) -> str:
        """Returns the flag that changes what D sees, unless it is given."""
        return "augment=diffaugment" if self.augment == "none" else ""
