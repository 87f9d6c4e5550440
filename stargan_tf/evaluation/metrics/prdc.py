"""Precision, recall, density and coverage of InceptionV3's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class Prdc(feature_metrics.Inception, set_metrics.Neighbours):
    """See the classes that it joins."""

    name = "prdc"


METRIC = Prdc
