"""The Frechet distance of InceptionV3's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class Frechet(feature_metrics.Inception, set_metrics.Frechet):
    """See the classes that it joins."""

    name = "frechet"


METRIC = Frechet
