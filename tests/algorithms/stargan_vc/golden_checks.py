"""What golden tests of voices share: sums of gradients and of what updates changed."""

import numpy as np


def check_sums(test, found, expected, median_tol, worst_tol, nothing=1e-9):
    """Compares `[sum, sum of absolute values]` of tensors by name.

    Biases and lengths before a normalization have no gradient but for rounding: they are bounded.
    """
    test.assertCountEqual(found, expected)
    errors = []
    for name, value in found.items():
        value = np.asarray(value, np.float64)
        if expected[name][1] < nothing * value.size:
            test.assertLess(np.abs(value).sum(), worst_tol * value.size, name)
            continue
        sums = np.array([value.sum(), np.abs(value).sum()])
        scale = max(expected[name][1], 1e-5 * value.size)
        errors.append(np.abs(sums - expected[name]).max() / scale)
        test.assertLess(errors[-1], worst_tol, name)
    test.assertLess(np.median(errors), median_tol)


def norm(values):
    """Returns the length of all tensors together."""
    return np.sqrt(sum(np.square(np.asarray(v, np.float64)).sum() for v in values))
