"""Signals that ask a training to stop: the first is kept for later, the second ends it."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.training import interruption

# A step that does not end and in which Python calls no handler, as it is in TensorFlow's steps.
ENDLESS = """
    import hashlib
    from stargan_tf.training import interruption

    with interruption.requests():
        print("begun", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
"""


class RequestsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGTERM),
        (signal.SIGTERM, signal.SIGINT),
        (signal.SIGINT, signal.SIGINT),
    )
    def test_a_second_signal_ends_a_process_within_a_step(self, first, second):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(ENDLESS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        try:
            self.assertEqual(process.stdout.readline(), b"begun\n")
            process.send_signal(first)
            time.sleep(0.2)  # or the kernel makes one signal of two
            self.assertIsNone(process.poll())  # one is not enough
            process.send_signal(second)
            stderr = process.communicate(timeout=60)[1]
        finally:
            process.kill()
            process.wait()
        self.assertEqual(process.returncode, 128 + second)
        self.assertRegex(stderr, b"^\nerror: Ended by a second signal .*newest checkpoint[.]\n$")

    def test_within_a_step_of_tensorflow(self):
        # A step that ends only when the second signal has been seen.
        queue, seen = tf.queue.FIFOQueue(1, tf.int32, [()]), []

        def at_second(number):
            seen.append(number)
            queue.enqueue(0)

        def send():
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(os.getpid(), number)
                time.sleep(0.2)

        step = tf.function(queue.dequeue)
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        with interruption.requests(at_second) as received:
            thread = threading.Thread(target=send)
            thread.start()
            step()
            thread.join()
        self.assertEqual(seen, [signal.SIGTERM])
        self.assertCountEqual(received, [signal.SIGINT, signal.SIGTERM])
        after = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        self.assertEqual(after, before)
        self.assertEqual(signal.set_wakeup_fd(-1), -1)

    def test_one_signal_is_kept(self):
        seen = []
        with interruption.requests(seen.append) as received:
            os.kill(os.getpid(), signal.SIGTERM)
            for _ in range(1000):
                if received:
                    break
        self.assertEqual((received, seen), ([signal.SIGTERM], []))


if __name__ == "__main__":
    tf.test.main()
