"""Two logical devices before TensorFlow is used, parsed flags, quiet logs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402
from absl import flags  # noqa: E402

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()],
)
# pytest, not absl, has parsed the command line; create_tempdir() asks for absl's flags.
flags.FLAGS.mark_as_parsed()


def pytest_collection_modifyitems(items):
    """Leaves out what `tf.test.TestCase` brings: test_session is a method to use, not a test."""
    items[:] = [item for item in items if item.name != "test_session"]
