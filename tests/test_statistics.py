"""Intervals beside closed forms and beside what they promise: to cover the truth as often as they say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hetsnn import statistics
from hetsnn.errors import InputError
from hetsnn.statistics import (
    FAMILIES,
    fit,
    interquartile_mean,
    ks_distance,
    maximum_likelihood,
    mean_interval,
    probability_of_improvement,
    scale_free,
    scaled_distance,
    wilson_interval,
)

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


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("shape", "scale"), [(0.3, 20.0), (2.0, 3.0), (9.0, 0.1)])
def test_maximum_likelihood_is_scipys(family: str, shape: float, scale: float) -> None:
    samples = FAMILIES[family].rvs(
        min(shape, 2.0) if family == "lognormal" else shape, scale=scale, size=(3, 80), random_state=1
    )
    ours = np.transpose(maximum_likelihood(samples, family))
    theirs = [FAMILIES[family].fit(sample, floc=0)[::2] for sample in samples]
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)  # scipy searches with a tolerance
    distances = [
        stats.kstest(s, FAMILIES[family].cdf, args=(a, 0, b)).statistic for s, (a, b) in zip(samples, ours, strict=True)
    ]
    np.testing.assert_allclose(ks_distance(samples, family, *ours.T), distances, rtol=1e-9)


@pytest.mark.parametrize(("family", "shape", "other"), [("lognormal", 0.3, "gamma"), ("gamma", 3.0, "lognormal")])
def test_a_fit_of_many_draws_prefers_what_they_were_drawn_from(family: str, shape: float, other: str) -> None:
    values = FAMILIES[family].rvs(shape, scale=20.0, size=3000, random_state=4)
    right, wrong = fit(values, family, 99), fit(values, other, 99)
    assert [right["shape"], right["scale"]] == pytest.approx([shape, 20.0], rel=0.05)
    assert right["log_likelihood"] == pytest.approx(
        FAMILIES[family].logpdf(values, right["shape"], 0, right["scale"]).sum()
    )
    assert right["aic"] == 4 - 2 * right["log_likelihood"] < wrong["aic"]
    assert right["p_value"] > 0.05 > wrong["p_value"] == 0.01
    assert right == fit(values, family, 99)


@pytest.mark.parametrize("family", FAMILIES)
def test_intervals_of_a_fit_cover_the_truth(family: str) -> None:
    samples = FAMILIES[family].rvs(0.8, scale=20.0, size=(150, 400), random_state=5)
    fits = pd.DataFrame([fit(values, family, 199) for values in samples])
    for name, truth in (("shape", 0.8), ("scale", 20.0)):
        assert ((fits[f"{name}_low"] < truth) & (fits[f"{name}_high"] > truth)).mean() == pytest.approx(0.95, abs=0.05)


def test_intervals_of_a_lognormal_are_the_normal_ones() -> None:
    values = stats.lognorm.rvs(0.4, scale=20.0, size=500, random_state=5)
    found, sigma = fit(values, "lognormal"), np.log(values).std()
    assert found["shape_high"] - found["shape_low"] == pytest.approx(2 * Z * sigma / np.sqrt(1000), rel=0.15)
    assert np.log(found["scale_high"] / found["scale_low"]) == pytest.approx(2 * Z * sigma / np.sqrt(500), rel=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_p_values_are_uniform_where_the_family_is_right(family: str) -> None:
    """They would pile up near 1 if the parameters were not fitted again to each simulated sample."""
    drawn = FAMILIES[family].rvs(1.5, scale=2.0, size=(200, 40), random_state=6)
    p = np.array([fit(values, family, 99)["p_value"] for values in drawn])
    assert stats.kstest(p - 0.005, "uniform").pvalue > 0.01


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_what_has_no_fit(values: list[float]) -> None:
    with pytest.raises(InputError, match="values of a gamma fit must be positive"):
        fit(values, "gamma")


def test_blocks_of_refits_do_not_lose_any(monkeypatch: pytest.MonkeyPatch) -> None:
    values = stats.lognorm.rvs(0.4, size=30, random_state=7)
    whole = fit(values, "lognormal")
    monkeypatch.setattr(statistics, "BLOCK_NUMBERS", 1000)
    pieces = fit(values, "lognormal")
    assert pieces["p_value"] == pytest.approx(whole["p_value"], abs=0.06)
    assert pieces["shape_low"] == pytest.approx(whole["shape_low"], rel=0.05)


def test_the_band_of_curves_is_students() -> None:
    curves = np.random.default_rng(8).normal(size=(5, 3))
    expected = stats.ttest_1samp(curves, 0.0).confidence_interval(0.9)
    np.testing.assert_allclose(statistics.mean_band(curves, 0.9), [curves.mean(0), *expected])
    mean, *ends = statistics.mean_band(curves[:1])
    np.testing.assert_array_equal(mean, curves[0])
    assert np.isnan(ends).all()


def test_scale_free_numbers_do_not_know_the_unit() -> None:
    values = stats.lognorm.rvs(0.5, scale=20.0, size=4000, random_state=9)
    numbers = scale_free(values)
    assert numbers == pytest.approx(scale_free(values / 1000))
    expected = {"cv": stats.variation(values), "skewness": stats.skew(values), "log_sd": np.log(values).std()}
    assert numbers == pytest.approx(expected)
    assert scaled_distance(values, 7 * values) == pytest.approx(0, abs=1e-12)


def test_scaled_distance_of_two_points_is_their_mean_difference() -> None:
    assert scaled_distance([1.0, 2.0, 4.0], [3.0, 6.0, 24.0]) == pytest.approx(2 / 3)
    found = scaled_distance([[[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]]], [3.0, 6.0, 24.0])
    assert found == pytest.approx(np.full((1, 2), 2 / 3))


def test_joint_interval_of_one_cell_is_students() -> None:
    values = np.random.default_rng(0).normal(size=7)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    mean, *ends = statistics.joint_interval([values], lambda means: means[..., 0], 0.9)
    assert mean == pytest.approx(values.mean())
    np.testing.assert_allclose(ends, expected, atol=0.03)


def test_joint_interval_of_a_difference_has_both_groups_errors() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=40), rng.normal(3.0, 2.0, 30)
    found = statistics.joint_interval([first, second], lambda one, other: (one - other)[..., 0])
    error = np.sqrt(first.var(ddof=1) / 40 + second.var(ddof=1) / 30)
    half = stats.t.ppf(0.975, 29) * error
    np.testing.assert_allclose(found, first.mean() - second.mean() + np.array([0, -half, half]), rtol=0.03)


def test_cells_that_share_seeds_count_as_few_seeds() -> None:
    """Three lengths with the same three streams are three seeds, not nine."""
    rng = np.random.default_rng(0)
    stream = rng.normal(size=(3, 1)) * np.ones((3, 3))
    _, low, high = statistics.joint_interval([stream], lambda means: means.mean(-1))
    _, own_low, own_high = statistics.joint_interval([stream[:, :1]], lambda means: means[..., 0])
    assert (low, high) == pytest.approx((own_low, own_high))
    assert high - low > np.ptp(stats.ttest_1samp(stream.ravel(), 0.0).confidence_interval())


def test_joint_interval_covers_the_truth_with_five_seeds() -> None:
    rng, inside = np.random.default_rng(0), 0
    for _ in range(400):
        shared = rng.normal(size=(5, 1))
        _, low, high = statistics.joint_interval([shared + rng.normal(size=(5, 4))], lambda means: means.mean(-1))
        inside += low < 0 < high
    assert stats.binomtest(inside, 400, 0.95).pvalue > 1e-3


def test_joint_interval_of_too_few_seeds() -> None:
    def mean(means: np.ndarray) -> np.ndarray:
        return means.mean(-1)

    assert np.isnan(statistics.joint_interval([np.ones((0, 2))], mean)).all()
    np.testing.assert_equal(statistics.joint_interval([[[1.0, 3.0]]], mean), (2.0, np.nan, np.nan))
    assert statistics.joint_interval([[1.0, 1.0, 1.0]], mean) == (1.0, 1.0, 1.0)


def test_interquartile_mean_is_that_of_the_middle_half() -> None:
    scores = [[0.0, 2.0, 4.0, 100.0], [1.0, 3.0, 5.0, -50.0]]
    found, low, high = interquartile_mean(scores)
    assert found == np.mean([1.0, 2.0, 3.0, 4.0])  # of -50 0 1 2 3 4 5 100
    assert low < found < high
    assert interquartile_mean([[0.5] * 5, [0.5] * 3]) == (0.5, 0.5, 0.5)


def test_interquartile_interval_of_many_seeds_is_the_normal_one() -> None:
    values = np.random.default_rng(2).normal(size=(2, 200))
    found, low, high = interquartile_mean(list(values))
    # The variance of a normal sample's 25 % trimmed mean is 1.195 / n (Tukey 1960; efficiency 0.837).
    half = stats.norm.ppf(0.975) * np.sqrt(1.195 / values.size)
    np.testing.assert_allclose([low, high], [found - half, found + half], atol=0.2 * half)


def test_probability_of_improvement_counts_pairs_and_halves_ties() -> None:
    pairs = [([1.0, 2.0, 3.0], [2.0, 2.0]), ([5.0, 5.0], [0.0, 1.0])]
    found, low, high = probability_of_improvement(pairs)
    assert found == pytest.approx((0.5 + 1.0) / 2)  # of six pairs two win, two tie, two lose
    assert low < found < high
    assert probability_of_improvement([([2.0], [1.0])]) == (1.0, 1.0, 1.0)
    first, second = np.random.default_rng(3).normal([[1.0], [0.0]], size=(2, 40))
    expected = stats.mannwhitneyu(first, second).statistic / first.size**2
    assert probability_of_improvement([(first, second)])[0] == pytest.approx(expected)
