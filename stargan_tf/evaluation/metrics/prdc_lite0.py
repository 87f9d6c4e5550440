"""Precision, recall, density and coverage of EfficientNet-Lite0's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class PrdcLite0(feature_metrics.Lite0, set_metrics.Neighbours):
    """See the classes that it joins."""

    name = "prdc_lite0"


METRIC = PrdcLite0
