"""The kernel distance (KID) of EfficientNet-Lite0's features."""

from stargan_tf.evaluation import feature_metrics, set_metrics


class KidLite0(feature_metrics.Lite0, set_metrics.Kernel):
    """See the classes that it joins."""

    name = "kid_lite0"
    training_rank = 1


METRIC = KidLite0
