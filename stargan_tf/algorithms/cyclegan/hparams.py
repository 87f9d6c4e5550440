"""Hyperparameters of CycleGAN. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
import itertools
from typing import ClassVar

from stargan_tf.algorithms import hparams
from stargan_tf.base import errors
from stargan_tf.base.options import option
from stargan_tf.data import labels
from stargan_tf.data import options as data_options

_MOST_PAIRS = 100  # of 14 domains; their weights alone are 11 GB


@dataclasses.dataclass(frozen=True)
class HParams(hparams.HParams):
    """The defaults are the setting of the paper (Zhu et al. 2017, section 4 and appendix).

    The weight of the identity loss is that of the authors' program; the paper has it only where
    paintings become photos.
    """

    g_conv_dim: int = option(64, "Channels of G's first layer.", minimum=1)
    g_repeat_num: int = option(
        9, "Residual blocks in G's bottleneck (appendix: 9 from 256 px on, 6 at 128).", minimum=1
    )
    d_conv_dim: int = option(64, "Channels of D's first layer.", minimum=1)
    d_layers: int = option(
        3, "Strided convolutions of D; 3: it judges patches of 70 x 70 px (appendix).", minimum=1
    )
    lambda_a: float = option(
        10.0,
        "Weight of the cycle that begins with an image of the first domain (section 4).",
        minimum=0,
    )
    lambda_b: float = option(
        10.0,
        "Weight of the cycle that begins with an image of the second domain (section 4).",
        minimum=0,
    )
    lambda_idt: float = option(
        0.5,
        "Weight of the identity loss, as a factor on lambda_a and lambda_b (section 5.2; 0: none).",
        minimum=0,
    )
    pool_size: int = option(
        50, "Earlier translations that D is shown again, of each domain (section 4; 0: none).",
        minimum=0,
    )  # fmt: skip
    lr: float = option(2e-4, "Learning rate (section 4).", minimum=0)
    beta_1: float = option(0.5, "Adam's decay of the first moment.", minimum=0, below=1)
    beta_2: float = option(0.999, "Adam's decay of the second moment.", minimum=0, below=1)
    lr_decay_start: float = option(
        0.5,
        "Share of total_steps after which the learning rate falls linearly to 0 (section 4: 100 of "
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
    pair: str = option(
        "",
        "The two domains X,Y to train; empty: every pair of domains, each with two generators and "
        "two discriminators of its own.",
    )

    # What a laptop's CPU trains in half an hour; as in the header of a file of configs/.
    for_laptops: ClassVar[str] = (
        "--image_size=64 --load_size=68 --g_conv_dim=16 --g_repeat_num=2 --d_conv_dim=16 "
        "--d_layers=2 --lambda_idt=0 --batch_size=2 --lr=5e-4 --total_steps=5000 --epoch_steps=0"
    )
    draws_domains_equally: ClassVar[bool] = True

    def pairs(self, label_space: labels.LabelSpace) -> tuple[tuple[int, int], ...]:
        """Returns the domains (A, B) of each pair that is trained, as positions in labels.

        Raises:
          UserError: `pair` does not name two domains of the data.
        """
        if not self.pair:
            return tuple(itertools.combinations(range(label_space.width), 2))
        names = data_options.split_names(self.pair)
        if len(set(names)) != 2 or len(names) != 2:
            raise errors.UserError(
                f"`pair` names two domains, as in pair={','.join(label_space.names[:2])}; received "
                f"pair={self.pair}."
            )
        return (tuple(sorted(map(label_space.index, names))),)

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if the networks can't be built at this image size (pixels)."""
        if image_size < 8 or image_size % 4:
            raise errors.UserError(
                "cyclegan needs an image_size that is a multiple of 4 and at least 8, since G "
                f"halves it twice; received image_size={image_size}; choose 64, 128 or 256."
            )
        if image_size >> self.d_layers < 3:
            raise errors.UserError(
                f"cyclegan with d_layers={self.d_layers} needs an image_size of at least "
                f"{3 << self.d_layers}, since D halves it {self.d_layers} times; received "
                f"image_size={image_size}; change one of the two."
            )

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError if the labels are not those of two domains or more.

        Args:
          label_space: Of the data.
          starts_from_run: Makes no difference.
        """
        del starts_from_run
        if label_space.kind == "joint":
            raise errors.UserError(
                "cyclegan is trained on one data set; received several in `datasets`; pass "
                "`dataset`, or algorithm=stargan_v1, which has joint training."
            )
        if label_space.kind != "domains":
            raise errors.UserError(
                "cyclegan needs images that belong to one domain each; received the attributes "
                f"{', '.join(label_space.names)}; pass domains=A,B instead of `attributes`."
            )
        if label_space.width < 2:
            raise errors.UserError(
                "cyclegan translates between domains and needs two or more; received only "
                f"{', '.join(label_space.names)}; add a folder or a name."
            )
        if (count := len(self.pairs(label_space))) > _MOST_PAIRS:
            raise errors.UserError(
                f"{label_space.width} domains are {count:,} pairs, each with two generators and "
                f"two discriminators; at most {_MOST_PAIRS} can be trained together; pass pair="
                f"{','.join(label_space.names[:2])} to train one, or fewer domains."
            )
