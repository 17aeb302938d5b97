"""Intervals instead of bare means."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

RESAMPLES = 9999


def mean_interval(
    values: ArrayLike, minus: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Mean over seeds, or a difference of two means, with its percentile bootstrap interval.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13.

    Args:
        values: one number per seed.
        minus: those of an independent group, whose mean is subtracted.
        confidence: of the interval.

    Returns:
        The mean, and the interval's lower and upper end; where all seeds agree the interval is a point.
    """
    groups = [np.asarray(values, float)] + ([] if minus is None else [np.asarray(minus, float)])

    def statistic(first: np.ndarray, *second: np.ndarray, axis: int = -1) -> np.ndarray:
        return first.mean(axis=axis) - sum(group.mean(axis=axis) for group in second)

    found = stats.bootstrap(
        groups,
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=0,
        vectorized=True,
    ).confidence_interval
    return float(statistic(*groups)), float(found.low), float(found.high)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927)."""
    found = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)
