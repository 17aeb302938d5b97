"""Intervals instead of bare means, and distributions of time constants."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from hetsnn.errors import InputError

RESAMPLES = 9999
FAMILIES = {"lognormal": stats.lognorm, "gamma": stats.gamma}  # location 0; shape is sigma, or k
REFITS = 999  # of a fit: for its p-value and for its intervals
AT_ONCE = 2**22  # numbers that are refitted at once


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


def interquartile_mean(groups: Sequence[ArrayLike], confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of the middle half of all scores, and its bootstrap interval, seeds resampled within each group.

    Source: Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.

    Args:
        groups: scores by seed, a group per task.
        confidence: of the interval.
    """
    found = stats.trim_mean(np.concatenate([np.asarray(group, float) for group in groups]), 0.25)
    resampled = stats.trim_mean(np.concatenate([*map(_resample, groups, range(len(groups)))], axis=1), 0.25, axis=1)
    return float(found), *_ends(resampled, confidence)


def probability_of_improvement(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]], confidence: float = 0.95
) -> tuple[float, float, float]:
    """How often a run of the first group beats one of the second, ties by half, averaged over tasks; its interval.

    Source: as `interquartile_mean`.

    Args:
        pairs: scores by seed of both groups, a pair per task.
        confidence: of the interval.
    """

    def beats(first: np.ndarray, second: np.ndarray) -> Any:
        gaps = np.sign(first[..., :, None] - second[..., None, :])
        return 0.5 + gaps.mean(axis=(-2, -1)) / 2

    found = np.mean([beats(np.asarray(first, float), np.asarray(second, float)) for first, second in pairs])
    resampled = [
        beats(_resample(first, 2 * i), _resample(second, 2 * i + 1)) for i, (first, second) in enumerate(pairs)
    ]
    return float(found), *_ends(np.mean(resampled, axis=0), confidence)


def _resample(values: ArrayLike, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.asarray(values, float), (RESAMPLES, len(np.asarray(values))))


def _ends(resampled: np.ndarray, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share; unlike a bootstrap's it has a width even where all trials succeed or fail.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    found = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


def slope_interval(x: ArrayLike, y: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Least-squares slope of y on x with its percentile bootstrap interval, seeds resampled within each x.

    Args:
        x: what was set, such as the logarithm of a memory length; at least two different values.
        y: one number per seed.
        confidence: of the interval.

    Raises:
        InputError: a single x has no slope.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(set(x)) < 2:
        raise InputError("a slope needs at least two different values of x")
    rng = np.random.default_rng(0)
    picked = np.concatenate([rng.choice(np.flatnonzero(x == at), (RESAMPLES, (x == at).sum())) for at in set(x)], 1)
    along = x - x.mean()
    slopes = (along[picked] * y[picked]).sum(1) / (along**2).sum()
    low, high = np.quantile(slopes, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float((along * y).sum() / (along**2).sum()), float(low), float(high)


def maximum_likelihood(values: np.ndarray, family: str) -> tuple[Any, Any]:
    """Shape and scale, location 0, of each sample along the last axis.

    Source: closed form (lognormal); Minka, Estimating a Gamma distribution, 2002 (gamma): a Newton iteration on 1 / k.
    """
    logs, mean = np.log(values), values.mean(-1)
    if family == "lognormal":
        return logs.std(-1), np.exp(logs.mean(-1))
    gap = np.log(mean) - logs.mean(-1)  # log(k) - digamma(k) equals it
    k = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(5):
        k = 1 / (1 / k + (np.log(k) - special.digamma(k) - gap) / (k - k**2 * special.polygamma(1, k)))
    return k, mean / k


def ks_distance(values: np.ndarray, family: str, shape: ArrayLike, scale: ArrayLike) -> Any:
    """Kolmogorov-Smirnov distance of each sample along the last axis from its distribution."""
    ordered, steps = np.sort(values, -1), np.arange(values.shape[-1] + 1) / values.shape[-1]
    below = FAMILIES[family].cdf(ordered, np.asarray(shape)[..., None], scale=np.asarray(scale)[..., None])
    return np.maximum(steps[1:] - below, below - steps[:-1]).max(-1)


def fit(values: ArrayLike, family: str, refits: int = REFITS, confidence: float = 0.95) -> dict[str, Any]:
    """A distribution with location 0 fitted by maximum likelihood, and how well it fits.

    The p-value is that of the Kolmogorov-Smirnov distance by a parametric bootstrap: samples drawn from the fit are
    fitted again, since parameters fitted to the same data make the distance smaller. Intervals are percentiles over
    resampled data.

    Args:
        values: positive numbers, not all the same.
        family: one of `FAMILIES`.
        refits: samples of each bootstrap.
        confidence: of the intervals.

    Returns:
        `family`, `n`, `shape` (the lognormal's sigma or the gamma's k) and `scale` (exp(mu), or theta, in the values'
        unit) with `_low` and `_high` ends, `log_likelihood`, `aic`, `ks` and its `p_value`.

    Raises:
        InputError: values without such a fit.
    """
    values, drawn = np.asarray(values, float), FAMILIES[family]
    if len(values) < 2 or not (np.isfinite(values).all() and values.min() > 0 and np.ptp(values) > 0):
        raise InputError(
            f"no {family} fits {len(values)} values: they are positive, at least two, and not all the same"
        )
    shape, scale = maximum_likelihood(values, family)
    distance, rng, far, again = ks_distance(values, family, shape, scale), np.random.default_rng(0), 0, []
    for block in np.array_split(np.arange(refits), -(-refits * len(values) // AT_ONCE)):
        size = (len(block), len(values))
        simulated = drawn.rvs(shape, scale=scale, size=size, random_state=rng)
        far += int((ks_distance(simulated, family, *maximum_likelihood(simulated, family)) >= distance).sum())
        again.append(maximum_likelihood(rng.choice(values, size), family))
    ends = np.quantile(np.concatenate(again, 1), [(1 - confidence) / 2, (1 + confidence) / 2], axis=1)
    likelihood = drawn.logpdf(values, shape, scale=scale).sum()
    numbers = {"shape": shape, "shape_low": ends[0, 0], "shape_high": ends[1, 0]}
    numbers |= {"scale": scale, "scale_low": ends[0, 1], "scale_high": ends[1, 1]}
    numbers |= {"log_likelihood": likelihood, "aic": 4 - 2 * likelihood, "ks": distance}
    row = {name: float(number) for name, number in numbers.items()}
    return {"family": family, "n": len(values), **row, "p_value": (1 + far) / (1 + refits)}


def scale_free(values: ArrayLike) -> dict[str, Any]:
    """What knows no unit, along the last axis: coefficient of variation, skewness, deviation of the logarithm."""
    values = np.asarray(values, float)
    deviations = values.std(-1)
    return {"cv": deviations / values.mean(-1), "skewness": stats.skew(values, -1), "log_sd": np.log(values).std(-1)}


def scaled_distance(values: ArrayLike, others: ArrayLike) -> float:
    """Wasserstein distance of two samples, each over its median."""
    values, others = np.asarray(values, float), np.asarray(others, float)
    return float(stats.wasserstein_distance(values / np.median(values), others / np.median(others)))
