"""The speeds that the progress line tells, against a simulated device and clock."""

import contextlib
import io
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.training import summaries

STEPS = 10


def simulated(data, dispatch, compute, waits_for_device):
    """Trains `STEPS` steps on a simulated machine.

    Returns what is told, for how long the device was idle because there was no batch, and how long
    it all took.

    Args:
      data: Seconds to make a batch; one is made while the one before is in use.
      dispatch: Seconds of Python to give the device a step.
      compute: Seconds of the device for a step.
      waits_for_device: Whether giving it a step waits until it is done, as on CPUs.
    """
    now, ready, done, idle = 100.0, 100.0 + data, 100.0, 0.0
    with mock.patch.object(summaries.time, "monotonic", lambda: now):
        progress = summaries.Progress(0, STEPS, images_per_step=4)
        for _ in range(STEPS):
            wait = max(ready - now, 0.0)
            idle += max(now + wait - max(now, done), 0.0)
            now += wait
            progress.waited(wait)
            ready = now + data  # of the next
            now += dispatch
            done = max(now, done) + compute
            now = done if waits_for_device else now
            progress.given()
        now = max(now, done)
        with contextlib.redirect_stdout(io.StringIO()):
            told = progress.show(STEPS, {})
    return told, idle, now - 100.0


class ProgressTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("data_is_there", 0.0),
        ("device_is_slower", 0.5),
        ("device_is_a_little_slower", 0.9),
        ("data_is_a_little_slower", 1.1),
        ("data_is_slower", 3.0),
    )
    def test_waiting_is_time_without_work_for_the_device(self, data):
        for waits in (False, True):
            told, idle, total = simulated(data, 0.001, 1.0, waits)
            error = 1.01 * STEPS * 0.001 / total  # in which the device is given its steps
            self.assertAllClose(told["speed/waiting_for_data"], idle / total, rtol=0, atol=error)
            self.assertAllClose(told["speed/steps_per_second"], STEPS / total)
            self.assertAllClose(told["speed/images_per_second"], 4 * STEPS / total)


if __name__ == "__main__":
    tf.test.main()
