"""Confidence intervals, and distributions of time constants."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from hetsnn.errors import InputError

RESAMPLES = 9999
ERROR_RESAMPLES = 1000  # behind a standard error, which is then known to 2 %
FAMILIES = {"lognormal": stats.lognorm, "gamma": stats.gamma}  # location 0; the shape is sigma, or k
REFITS = 999  # refits behind a p-value, and behind intervals
BLOCK_NUMBERS = 2**22  # numbers of a block of refits


def mean_interval(
    values: ArrayLike, minus: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the mean over seeds, or the difference of two means, with its percentile bootstrap interval.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13.

    Args:
        values: one number per seed.
        minus: numbers of an independent group, whose mean is subtracted.
        confidence: confidence level of the interval.

    Returns:
        The mean, and the interval's lower and upper end. The interval is a point where all seeds agree. Its ends are
        NaN for a single seed; the mean is NaN, too, without a seed.
    """
    first = np.asarray(values, float)
    # A group of zeros turns a mean into a difference and adds nothing to its interval.
    second = np.zeros(2) if minus is None else np.asarray(minus, float)
    fewest = min(len(first), len(second))
    if fewest < 2:
        return _difference(first, second) if fewest else np.nan, np.nan, np.nan
    interval = stats.bootstrap(
        (first, second),
        _difference,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=0,
        vectorized=True,
    ).confidence_interval
    return float(_difference(first, second)), float(interval.low), float(interval.high)


def _difference(first: np.ndarray, second: np.ndarray, axis: int = -1) -> Any:
    return first.mean(axis=axis) - second.mean(axis=axis)


def joint_interval(
    groups: Sequence[ArrayLike], statistic: Callable[..., Any], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return a statistic of the means of cells, and its interval; a seed is resampled with all its cells at once.

    Cells that share seeds, such as lengths or sizes, are not independent of each other. A bootstrap over whole seeds
    gives the standard error, Student's t with one seed fewer than the smallest group has gives the width. For the mean
    of one cell it is the usual t interval. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 6
    and 12.

    Args:
        groups: independent groups, each (seeds, cells), or (seeds,) for a single cell.
        statistic: function of each group's means over seeds, (..., cells), that returns (...).
        confidence: confidence level of the interval.

    Returns:
        The statistic, and the interval's lower and upper end: NaN if a group has a single seed. All are NaN if a group
        has no seed.
    """
    arrays = [np.asarray(group, float) for group in groups]
    cells = [array if array.ndim == 2 else array[:, None] for array in arrays]
    fewest = min(map(len, cells))
    if fewest == 0:
        return np.nan, np.nan, np.nan
    means = [group.mean(0) for group in cells]
    found = float(statistic(*means))
    if fewest == 1:
        return found, np.nan, np.nan
    resampled = []
    for group, mean, shares in zip(cells, means, _shares(tuple(map(len, cells))), strict=True):
        count = len(group)
        # The factor makes up for a spread about the sample's own mean.
        resampled.append(mean + np.sqrt(count / (count - 1)) * (shares @ (group - mean)))
    half = float(_quantile((1 + confidence) / 2, fewest - 1) * np.std(statistic(*resampled)))
    return found, found - half, found + half


def mean_band(values: ArrayLike, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the means over seeds, and the ends of their intervals, of each place of curves: Student's t.

    Args:
        values: numbers, (seeds, places).
        confidence: confidence level of the intervals.

    Returns:
        Means and lower and upper ends, (places,) each; the ends are NaN for a single seed.
    """
    curves = np.asarray(values, float)
    count, mean = len(curves), curves.mean(0)
    if count < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = _quantile((1 + confidence) / 2, count - 1) * curves.std(0, ddof=1) / np.sqrt(count)
    return mean, mean - half, mean + half


@lru_cache(maxsize=16)  # the claims have thousands of specifications, of the same few numbers of seeds
def _shares(counts: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Return the share of each seed in each resample, (resamples, seeds), of groups of so many seeds; not to change."""
    rng = np.random.default_rng(0)
    found = tuple(rng.multinomial(count, np.full(count, 1 / count), ERROR_RESAMPLES) / count for count in counts)
    for shares in found:
        shares.setflags(write=False)
    return found


@lru_cache
def _quantile(level: float, freedom: int) -> float:
    """Return a quantile of Student's t."""
    return float(stats.t.ppf(level, freedom))


def interquartile_mean(groups: Sequence[ArrayLike], confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of the middle half of all scores, and its interval; seeds are resampled within each group.

    Source: Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.

    Args:
        groups: scores by seed, a group per task.
        confidence: confidence level of the bootstrap interval.
    """
    mean = stats.trim_mean(np.concatenate([np.asarray(group, float) for group in groups]), 0.25)
    resampled = stats.trim_mean(np.concatenate([*map(_resample, groups, range(len(groups)))], axis=1), 0.25, axis=1)
    return float(mean), *_ends(resampled, confidence)


def probability_of_improvement(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the probability that a run of the first group beats a run of the second, and its bootstrap interval.

    A tie counts half; the probability is averaged over tasks. Source: as `interquartile_mean`.

    Args:
        pairs: scores by seed of both groups, a pair per task.
        confidence: confidence level of the interval.
    """

    def beats(first: np.ndarray, second: np.ndarray) -> Any:
        gaps = np.sign(first[..., :, None] - second[..., None, :])
        return 0.5 + gaps.mean(axis=(-2, -1)) / 2

    mean = np.mean([beats(np.asarray(first, float), np.asarray(second, float)) for first, second in pairs])
    resampled = [
        beats(_resample(first, 2 * i), _resample(second, 2 * i + 1)) for i, (first, second) in enumerate(pairs)
    ]
    return float(mean), *_ends(np.mean(resampled, axis=0), confidence)


def _resample(values: ArrayLike, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.asarray(values, float), (RESAMPLES, len(np.asarray(values))))


def _ends(resampled: np.ndarray, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share; unlike a bootstrap interval it has a width even if all trials agree.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def maximum_likelihood(values: np.ndarray, family: str) -> tuple[Any, Any]:
    """Return the maximum-likelihood shape and scale of each sample along the last axis; the location is 0.

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
    """Return the Kolmogorov-Smirnov distance of each sample along the last axis from its distribution."""
    ordered, steps = np.sort(values, -1), np.arange(values.shape[-1] + 1) / values.shape[-1]
    below = FAMILIES[family].cdf(ordered, np.asarray(shape)[..., None], scale=np.asarray(scale)[..., None])
    return np.maximum(steps[1:] - below, below - steps[:-1]).max(-1)


def fit(values: ArrayLike, family: str, refits: int = REFITS, confidence: float = 0.95) -> dict[str, Any]:
    """Fit a distribution with location 0 by maximum likelihood, and test its goodness of fit.

    A parametric bootstrap gives the p-value of the Kolmogorov-Smirnov distance: samples drawn from the fit are fitted
    again, because fitting parameters to the tested data reduces the distance. Intervals are percentiles over resampled
    data.

    Args:
        values: positive numbers, not all equal.
        family: name of the distribution, one of `FAMILIES`.
        refits: samples of each bootstrap.
        confidence: confidence level of the intervals.

    Returns:
        `family`, `n`, `shape` (the lognormal's sigma or the gamma's k) and `scale` (exp(mu), or theta, in the values'
        unit) with `_low` and `_high` ends, `log_likelihood`, `aic`, `ks` and its `p_value`.

    Raises:
        InputError: fewer than two values, values that are not positive, or equal values.
    """
    values, distribution = np.asarray(values, float), FAMILIES[family]
    if len(values) < 2 or not (np.isfinite(values).all() and values.min() > 0 and np.ptp(values) > 0):
        least = f", the smallest {values.min():g}" if len(values) else ""
        raise InputError(
            f"values of a {family} fit must be positive, at least two, and not all equal, got {len(values)}{least}"
        )
    shape, scale = maximum_likelihood(values, family)
    distance, rng, far, again = ks_distance(values, family, shape, scale), np.random.default_rng(0), 0, []
    for block in np.array_split(np.arange(refits), -(-refits * len(values) // BLOCK_NUMBERS)):
        size = (len(block), len(values))
        simulated = distribution.rvs(shape, scale=scale, size=size, random_state=rng)
        far += int((ks_distance(simulated, family, *maximum_likelihood(simulated, family)) >= distance).sum())
        again.append(maximum_likelihood(rng.choice(values, size), family))
    ends = np.quantile(np.concatenate(again, 1), [(1 - confidence) / 2, (1 + confidence) / 2], axis=1)
    likelihood = distribution.logpdf(values, shape, scale=scale).sum()
    numbers = {"shape": shape, "shape_low": ends[0, 0], "shape_high": ends[1, 0]}
    numbers |= {"scale": scale, "scale_low": ends[0, 1], "scale_high": ends[1, 1]}
    numbers |= {"log_likelihood": likelihood, "aic": 4 - 2 * likelihood, "ks": distance}
    row = {name: float(number) for name, number in numbers.items()}
    return {"family": family, "n": len(values), **row, "p_value": (1 + far) / (1 + refits)}


def scale_free(values: ArrayLike) -> dict[str, Any]:
    """Return unitless statistics along the last axis: coefficient of variation, skewness, deviation of the logarithm.

    `log_sd` is the standard deviation of the natural logarithm.
    """
    values = np.asarray(values, float)
    deviations = values.std(-1)
    return {"cv": deviations / values.mean(-1), "skewness": stats.skew(values, -1), "log_sd": np.log(values).std(-1)}


def scaled_distance(values: ArrayLike, others: ArrayLike) -> np.ndarray:
    """Return the Wasserstein distance of each sample, along the last axis, from another; all are divided by medians."""
    values, others = np.asarray(values, float), np.asarray(others, float)
    scaled, other = values / np.median(values, -1, keepdims=True), others / np.median(others)
    distances = [stats.wasserstein_distance(sample, other) for sample in scaled.reshape(-1, scaled.shape[-1])]
    return np.reshape(distances, scaled.shape[:-1])
