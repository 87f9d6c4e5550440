"""The contract of a paper's hyperparameters. Imports no TensorFlow, so that `--help` is instant."""

import dataclasses
from typing import ClassVar

from stargan_tf.base import options
from stargan_tf.data import labels


@dataclasses.dataclass(frozen=True)
class HParams:
    """Base class: every field is declared with `options.option` and becomes a flag.

    Attributes:
      for_laptops: Flags with which a laptop's CPU trains the paper in half an hour; "": none known.
      draws_domains_equally: Whether training sees every domain equally often, whatever its size.
    """

    for_laptops: ClassVar[str] = ""
    draws_domains_equally: ClassVar[bool] = False

    def check(self, image_size: int, sample_shape: tuple[int, ...] = ()) -> None:
        """Raises a UserError if the networks can't be built with these values.

        Args:
          image_size: Height and width of the images in pixels.
          sample_shape: The shape of an example that is not an image, if it is known yet.
        """
        options.check_ranges(self)
        self.check_sizes(image_size)
        if sample_shape:
            self.check_sample_shape(sample_shape)

    def check_sizes(self, image_size: int) -> None:
        """Raises a UserError if values don't fit each other or the image size; by default none."""

    def check_sample_shape(self, sample_shape: tuple[int, ...]) -> None:
        """Raises a UserError if values don't fit examples that are not images; by default none."""

    def check_training(
        self, label_space: labels.LabelSpace, *, starts_from_run: bool = False
    ) -> None:
        """Raises a UserError if data or files that training needs are missing; by default none.

        Args:
          label_space: Of the data.
          starts_from_run: Whether another run gives the first weights.
        """

    def flags_for_few_images(self) -> str:
        """Returns further flags that help if a domain has few images; "": none."""
        return ""
