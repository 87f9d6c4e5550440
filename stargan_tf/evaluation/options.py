"""The options of metrics, which become flags of `evaluate`. Imports no TensorFlow."""

import dataclasses
import pathlib

from stargan_tf.base import files
from stargan_tf.base.options import check_ranges, option
from stargan_tf.evaluation import protocols


@dataclasses.dataclass(frozen=True)
class MetricOptions:
    """What users can tell metrics. Every metric gets all of it and reads what it knows."""

    protocol: str = option(
        "",
        "A published way to measure; it decides what is measured of what, and how features are "
        "computed: "
        + "; ".join(f"{k}: {one.text}" for k, one in protocols.PROTOCOLS.items())
        + ".",
        choices=("", *protocols.PROTOCOLS),
    )
    inception_weights: str = option(
        "",
        "A file of InceptionV3's weights, for frechet, kid and prdc: torchvision's .pth, the graph "
        "of 2015 as .pb or .pth, or the .h5 of keras.applications.",
    )
    lpips_weights: str = option(
        "",
        "Files of weights for lpips, with a comma between them: torchvision's AlexNet, and "
        "alex.pth of the package lpips (v0.1).",
    )
    metrics_cache: str = option(
        "",
        "Where the statistics of real images and trained classifiers are kept; empty: "
        "stargan_tf in the folder for caches of this user (~/.cache).",
    )

    def check(self) -> None:
        """Raises a UserError where a number is outside its range."""
        check_ranges(self)

    @property
    def cache_folder(self) -> pathlib.Path:
        """The folder of what is kept; it need not exist yet."""
        if self.metrics_cache:
            return pathlib.Path(self.metrics_cache)
        return files.cache_folder()
