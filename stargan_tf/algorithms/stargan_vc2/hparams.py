"""Hyperparameters of StarGAN-VC2. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses

from stargan_tf.algorithms import hparams, sequence_checks
from stargan_tf.base.options import option
from stargan_tf.data import labels

FRAMES_MULTIPLE = 4  # G halves the time twice


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are those of the paper, or common to programs where it does not state them."""

    g_channels: int = option(
        64, "Channels after G's first gate; it is made of twice as many.", minimum=1
    )
    d_channels: int = option(
        64, "Channels after D's first gate; it is made of twice as many.", minimum=1
    )
    g_repeat_num: int = option(9, "Layers of G whose normalization is conditional.", minimum=1)
    source_conditioning: bool = option(
        True,
        "Whether G is told who speaks, beside the target; false: the target alone, as in most "
        "programs.",
    )
    pooling: str = option(
        "sum",
        "How D pools over frequencies and time; sum: as in the paper, with large losses at first; "
        "mean: the same function but for that factor.",
        choices=("sum", "mean"),
    )
    lambda_cyc: float = option(10.0, "Weight of the cycle.", minimum=0)
    lambda_id: float = option(5.0, "Weight of the identity loss.", minimum=0)
    id_steps: int = option(
        10_000, "Steps after which the weight of the identity loss is 0.", minimum=0
    )
    g_lr: float = option(2e-4, "Learning rate of G.", minimum=0)
    d_lr: float = option(1e-4, "Learning rate of D.", minimum=0)
    beta_1: float = option(0.5, "Adam's decay of the first moment.", minimum=0, below=1)
    beta_2: float = option(0.999, "Adam's decay of the second moment.", minimum=0, below=1)

    def check_sample_shape(self, sample_shape: tuple[int, ...]) -> None:
        """Raises a UserError if the networks can't be built for windows (frames, F)."""
        sequence_checks.check_frames("stargan_vc2", sample_shape[0], FRAMES_MULTIPLE)

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError if the labels are not those of two speakers or more.

        Args:
          label_space: Of the data.
          starts_from_run: Makes no difference.
        """
        del starts_from_run
        sequence_checks.check_speakers("stargan_vc2", label_space)
