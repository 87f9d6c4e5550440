"""The kernel distance (KID) of InceptionV3's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class Kid(feature_metrics.Inception, set_metrics.Kernel):
    """See the classes that it joins."""

    name = "kid"


METRIC = Kid
