"""Batches: their sizes, what may go in and come out, and one value that stands for all."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.inference import batches


class InBatchesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((1, [1]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1]))
    def test_arrays_tensors_and_sequences_are_cut_alike(self, count, sizes):
        x, calls = np.arange(2.0 * count).reshape(count, 2), []

        def function(array, tensor, numbers):
            calls.append((len(array), len(tensor), len(numbers)))
            return array + tensor * np.array(numbers)[:, None]

        found = batches.in_batches(function, x, tf.constant(x), range(count), size=4)
        self.assertAllEqual(found, x + x * np.arange(count)[:, None])
        self.assertEqual(calls, [(n, n, n) for n in sizes])

    def test_lists_and_dictionaries_are_joined(self):
        found = batches.in_batches(lambda part: [str(n) for n in part], range(5), size=2)
        self.assertEqual(found, ["0", "1", "2", "3", "4"])
        inputs = {"a": np.arange(5), "b": np.arange(5) * 10}
        found = batches.in_batches(lambda p: {"sum": tf.constant(p["a"] + p["b"])}, inputs, size=2)
        self.assertEqual(list(found), ["sum"])
        self.assertAllEqual(found["sum"], np.arange(5) * 11)

    @parameterized.parameters(([],), ([1], [1, 2]))
    def test_what_can_not_be_cut(self, *inputs):
        with self.assertRaisesRegex(ValueError, "the same number of examples. Received"):
            batches.in_batches(lambda *parts: parts[0], *inputs)


class ForEachTest(tf.test.TestCase):
    def test_one_stands_for_all(self):
        self.assertEqual(batches.for_each(["a"], 3, "x"), ["a", "a", "a"])
        self.assertEqual(batches.for_each(["a", "b"], 2, "x"), ["a", "b"])
        self.assertAllEqual(batches.for_each(np.eye(2)[:1], 2, "x"), [[1, 0], [1, 0]])
        with self.assertRaisesRegex(errors.UserError, "`x` takes one value .* received 2 for 3"):
            batches.for_each(["a", "b"], 3, "x")


if __name__ == "__main__":
    tf.test.main()
