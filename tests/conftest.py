"""Two logical devices before TensorFlow is used, parsed flags, quiet logs, compiled graphs kept."""

import os
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402
from absl import flags  # noqa: E402
from tensorflow.python.eager import context  # noqa: E402

from tests import versions  # noqa: E402

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()],
)
# pytest, not absl, has parsed the command line; create_tempdir() asks for absl's flags.
flags.FLAGS.mark_as_parsed()


@pytest.fixture(autouse=True, scope="module")
def _compiled_graphs_kept():
    """Lets what a test has compiled serve the next tests of its module.

    `tf.test.TestCase` and whoever else seeds TensorFlow make it forget all compiled graphs, so that
    its stateful random numbers begin anew. Nothing here uses those.
    """
    with mock.patch.object(context.pywrap_tfe, "TFE_ContextClearCaches"):
        yield
    context.context().clear_kernel_cache()


def pytest_collection_modifyitems(items):
    """Leaves out what is no test, and marks what runs with both versions of TensorFlow."""
    # `tf.test.TestCase` brings test_session, a method to use.
    items[:] = [item for item in items if item.name != "test_session"]
    for item in items:
        if versions.decided(item.path) is not False:
            item.add_marker("both_versions")
