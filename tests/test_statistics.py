"""Intervals beside closed forms and beside what they promise: to cover the truth as often as they say."""

import numpy as np
import pytest
from scipy import stats

from hetsnn.statistics import mean_interval, wilson_interval

Z = stats.norm.ppf(0.975)


@pytest.mark.parametrize("ones", [3, 25, 47])
def test_mean_interval_of_ones_and_zeros_has_the_binomial_quantiles(ones: int) -> None:
    """Resampling n seeds of which a share p is 1 draws from a binomial distribution: no simulation is needed."""
    n = 50
    mean, *ends = mean_interval([1.0] * ones + [0.0] * (n - ones))
    assert mean == pytest.approx(ones / n)
    # 9,999 resamples may miss a quantile by one of the 1/n steps between possible means
    np.testing.assert_allclose(ends, stats.binom.ppf([0.025, 0.975], n, ones / n) / n, atol=1.01 / n)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_mean_interval_of_many_seeds_is_the_normal_one(confidence: float) -> None:
    values = np.random.default_rng(1).exponential(size=1000)
    mean, low, high = mean_interval(values, confidence=confidence)
    half = stats.norm.ppf((1 + confidence) / 2) * values.std() / np.sqrt(len(values))
    np.testing.assert_allclose([mean, low, high], [values.mean(), mean - half, mean + half], atol=0.06 * half)


def test_difference_of_means_adds_the_variances_of_both_groups() -> None:
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(1.0, 1.0, 1000), rng.normal(0.25, 3.0, 500)
    difference, low, high = mean_interval(ours, theirs)
    half = Z * np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    assert difference == pytest.approx(ours.mean() - theirs.mean())
    np.testing.assert_allclose([low, high], [difference - half, difference + half], atol=0.06 * half)


def test_mean_interval_is_a_point_where_all_seeds_agree() -> None:
    assert mean_interval([1.0] * 50) == (1.0, 1.0, 1.0)
    assert mean_interval([1.0] * 50, [0.5] * 20) == (0.5, 0.5, 0.5)


def test_too_few_seeds_have_no_interval() -> None:
    np.testing.assert_equal(mean_interval([0.5]), (0.5, np.nan, np.nan))
    np.testing.assert_equal(mean_interval([0.5, 1.0], [0.25]), (0.5, np.nan, np.nan))
    np.testing.assert_equal(mean_interval([0.5, 1.0], []), (np.nan, np.nan, np.nan))


def test_mean_interval_is_the_same_each_time() -> None:
    values = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], 50)
    assert mean_interval(values) == mean_interval(values)


@pytest.mark.parametrize(("successes", "trials"), [(1, 3), (18, 50), (49, 50)])
def test_wilson_interval_ends_where_the_score_test_turns(successes: int, trials: int) -> None:
    """Its ends p solve (share - p)^2 = z^2 p (1 - p) / n."""
    share = successes / trials
    roots = np.roots([1 + Z**2 / trials, -2 * share - Z**2 / trials, share**2])
    np.testing.assert_allclose(wilson_interval(successes, trials), sorted(roots), rtol=1e-9)


def test_wilson_interval_has_a_width_where_all_or_none_succeed() -> None:
    assert wilson_interval(50, 50) == pytest.approx((50 / (50 + Z**2), 1.0))
    assert wilson_interval(0, 50) == pytest.approx((0.0, Z**2 / (50 + Z**2)))


def test_wilson_interval_covers_the_truth_as_often_as_it_says() -> None:
    n, shares = 50, np.linspace(0.02, 0.98, 97)
    ends = np.array([wilson_interval(k, n) for k in range(n + 1)])
    covered = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    probability = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)
    assert (covered * probability).sum(0).mean() == pytest.approx(0.95, abs=0.01)
