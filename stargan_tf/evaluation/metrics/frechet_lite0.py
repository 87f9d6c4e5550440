"""The Frechet distance of EfficientNet-Lite0's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class FrechetLite0(feature_metrics.Lite0, set_metrics.Frechet):
    """See the classes that it joins."""

    name = "frechet_lite0"


METRIC = FrechetLite0
