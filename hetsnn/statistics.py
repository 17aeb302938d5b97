"""Intervals instead of bare means."""

from typing import Any

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
        The mean, and the interval's lower and upper end. Where all seeds agree the interval is a point; a single seed
        has none, so that its ends are NaN, and without any seed the mean is NaN, too.
    """
    first = np.asarray(values, float)
    # A group of zeros turns a mean into a difference and adds nothing to its interval.
    second = np.zeros(2) if minus is None else np.asarray(minus, float)
    fewest = min(len(first), len(second))
    if fewest < 2:
        return _difference(first, second) if fewest else np.nan, np.nan, np.nan
    found = stats.bootstrap(
        (first, second),
        _difference,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=0,
        vectorized=True,
    ).confidence_interval
    return float(_difference(first, second)), float(found.low), float(found.high)


def _difference(first: np.ndarray, second: np.ndarray, axis: int = -1) -> Any:
    return first.mean(axis=axis) - second.mean(axis=axis)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share; unlike a bootstrap's it has a width even where all trials succeed or fail.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    found = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)
