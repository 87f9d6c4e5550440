"""Means and their confidence intervals, by Student's t distribution."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean, and half the width of its confidence interval; None: there is a single value."""

    mean: float
    half_width: float | None


def mean(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Returns the mean of independent values and its confidence interval.

    That is mean +- t s / sqrt(n), with s the standard deviation of the n values (n - 1 in its
    denominator) and t the quantile of Student's distribution with n - 1 degrees of freedom.
    """
    if len(values) < 2:
        return Interval(float(np.mean(values)), None)
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    t = two_sided_quantile(confidence, len(values) - 1)
    return Interval(float(np.mean(values)), float(t * error))


def two_sided_quantile(confidence: float, degrees: int) -> float:
    """Returns the t with P(|T| <= t) = confidence, for T of Student's distribution.

    P(|T| > t) is the regularized incomplete beta function I_x(degrees / 2, 1 / 2) at
    x = degrees / (degrees + t^2) (Abramowitz and Stegun 1964, 26.7.1); t is found by bisection.

    Args:
      confidence: Above 0 and below 1.
      degrees: Of freedom, from 1 on.
    """
    low, high = 0.0, 1e9
    for _ in range(200):
        t = (low + high) / 2
        x = degrees / (degrees + t * t)
        outside = float(
            tf.math.betainc(*(tf.constant(v, tf.float64) for v in (degrees / 2, 0.5, x)))
        )
        low, high = (t, high) if outside > 1 - confidence else (low, t)
    return (low + high) / 2
