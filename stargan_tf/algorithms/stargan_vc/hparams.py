"""Hyperparameters of StarGAN-VC. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
from typing import ClassVar

from stargan_tf.algorithms import hparams, sequence_checks
from stargan_tf.base import errors
from stargan_tf.base.options import option
from stargan_tf.data import labels

COEFFICIENTS = 36  # of a frame, in the paper; its networks' kernels fit no other number
_ONLY_1D = ("hidden_dim", "bottleneck_dim", "embedding_dim", "d_hidden_dim", "dropout",
            "source_conditioning", "gan_loss")  # fmt: skip
_ONLY_2D = ("channels", "norm", "segments", "c_lr")
_MULTIPLES = {"1d": 4, "2d": 32}  # of frames


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are those of the author's program of 2021, which is the 1d architecture.

    The paper of 2018 is the 2d architecture; configs/stargan_vc_paper.flags has its setting.
    """

    architecture: str = option(
        "1d",
        "1d: convolutions over time, of the author's program; 2d: over frequencies and time, of "
        "the paper (figure 3).",
        choices=("1d", "2d"),
    )
    normalize: str = option(
        "auto",
        "Whether features are normalized by the mean and deviation of each speaker or of all "
        "together; auto: of all with 1d, as in the author's program, of each with 2d.",
        choices=("auto", "speaker", "all"),
    )
    hidden_dim: int = option(64, "1d: channels of G's hidden layers.", minimum=1)
    bottleneck_dim: int = option(16, "1d: channels between G's encoder and decoder.", minimum=1)
    embedding_dim: int = option(16, "1d: the length of a speaker's embedding.", minimum=1)
    d_hidden_dim: int = option(32, "1d: channels of D's hidden layers.", minimum=1)
    dropout: float = option(
        0.1, "1d: the share of D's units that dropout drops after each layer.", minimum=0, below=1
    )
    source_conditioning: bool = option(False, "1d: whether G's encoder is told who speaks.")
    gan_loss: str = option(
        "wgan_gp",
        "1d: Wasserstein, least squares, or cross entropy.",
        choices=("wgan_gp", "lsgan", "cgan"),
    )
    channels: int = option(
        32, "2d: channels of the first layer; a multiple of 4 (figure 3).", minimum=4
    )
    norm: str = option(
        "instance",
        "2d: the normalization; batch is the paper's, whose result depends on the other samples of "
        "a batch, so that only one device can compute it.",
        choices=("instance", "batch"),
    )
    segments: str = option(
        "product",
        "2d: how D and C judge a whole sequence: the product of the probabilities of its segments "
        "(section 3.3), or the mean of the segments' losses, which does not saturate.",
        choices=("product", "mean"),
    )
    lambda_cls: float = option(1.0, "Weight of G's classification loss.", minimum=0)
    lambda_cyc: float = option(1.0, "Weight of the cycle.", minimum=0)
    lambda_id: float = option(1.0, "Weight of the identity loss.", minimum=0)
    lambda_gp: float = option(
        1.0, "Weight of D's gradient penalty (0: none, as in the paper).", minimum=0
    )
    g_lr: float = option(5e-4, "Learning rate of G.", minimum=0)
    d_lr: float = option(5e-6, "Learning rate of D.", minimum=0)
    c_lr: float = option(1e-4, "2d: learning rate of the classifier C.", minimum=0)
    g_beta_1: float = option(0.9, "Adam's decay of the first moment, of G.", minimum=0, below=1)
    d_beta_1: float = option(
        0.5, "Adam's decay of the first moment, of D and C.", minimum=0, below=1
    )
    beta_2: float = option(0.999, "Adam's decay of the second moment.", minimum=0, below=1)
    gradient_clip: float = option(
        1.0, "The longest gradient of a network; longer ones are scaled (0: none is).", minimum=0
    )

    for_laptops: ClassVar[str] = (
        "--bottleneck_dim=64 --d_lr=2e-4 --frames=128 --batch_size=8 --total_steps=400"
    )
    draws_domains_equally: ClassVar[bool] = True

    @property
    def frames_multiple(self) -> int:
        """The networks work on sequences whose length is a multiple of this."""
        return _MULTIPLES[self.architecture]

    @property
    def by_speaker(self) -> bool:
        """Whether features are normalized by each speaker's own mean and deviation."""
        if self.normalize == "auto":
            return self.architecture == "2d"
        return self.normalize == "speaker"

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if an option belongs to the other architecture."""
        del image_size
        foreign = _ONLY_2D if self.architecture == "1d" else _ONLY_1D
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for name in foreign:
            value = getattr(self, name)
            if value != defaults[name]:
                other = "2d" if self.architecture == "1d" else "1d"
                raise errors.UserError(
                    f"`{name}` belongs to architecture={other}; received {name}={value} with "
                    f"architecture={self.architecture}; leave it out or change the architecture."
                )
        if self.channels % 4:
            raise errors.UserError(
                f"`channels` must be a multiple of 4, since C has a quarter of them; received "
                f"channels={self.channels}; choose {max(4, self.channels // 4 * 4)}."
            )

    def check_sample_shape(self, sample_shape: tuple[int, ...]) -> None:
        """Raises a UserError if the networks can't be built for windows (frames, F)."""
        frames, features = sample_shape
        kind = f"stargan_vc with architecture={self.architecture}"
        sequence_checks.check_frames(kind, frames, self.frames_multiple)
        if self.architecture == "2d" and features != COEFFICIENTS:
            raise errors.UserError(
                f"stargan_vc with architecture=2d takes frames of {COEFFICIENTS} features; "
                f"received {features}; choose other features or architecture=1d."
            )

    def check_replicas(self, replicas: int) -> None:
        """Raises a UserError if so many devices can't compute what one does."""
        if self.norm == "batch" and replicas > 1:
            raise errors.UserError(
                "norm=batch normalizes over a whole batch, which devices would each do over their "
                f"own part; received it with {replicas} devices; choose norm=instance, or "
                "strategy=one_device."
            )

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError if the labels are not those of two speakers or more.

        Args:
          label_space: Of the data.
          starts_from_run: Makes no difference.
        """
        del starts_from_run
        sequence_checks.check_speakers("stargan_vc", label_space)
