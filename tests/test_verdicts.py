"""The form of a verdict: specifications, the setting that decides, and the tuned best, on made-up effects."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hetsnn_book.claims.claim import Claim, Judgement, Measured, failing, pooled
from hetsnn_book.claims.criteria import Criterion, differs, holm
from hetsnn_book.claims.deciding import decisive
from hetsnn_book.claims.specifications import COLUMNS, difference
from hetsnn_book.claims.verdicts import CONTRADICTS, NO_VERDICT, NOT_FOUND, NOT_MEASURED, ROBUST, verdict_of
from hetsnn_book.project import PROJECT

ABOVE, EQUAL = Criterion(0.1, "points"), Criterion(0.1, "points", within=True)
TABLES = ["factorial.py", "searchers.py", "spreads.py"]  # modules with tables of means for figures


def cells(*effects: float, half: float = 0.05, seeds: int = 5, **settings: object) -> pd.DataFrame:
    """Specifications with these effects, and intervals of one width."""
    middle = np.array(effects)
    numbers = {"effect": middle, "low": middle - half, "high": middle + half, "seeds": seeds, "blind": False}
    return pd.DataFrame(settings | numbers)


def judge(specifications: pd.DataFrame, best: pd.DataFrame | None = None, criterion: Criterion = ABOVE) -> Judgement:
    measured = Measured(specifications) if best is None else Measured(specifications, best)
    return Claim("Fig. 0", "A claim.", (), criterion, lambda: measured).judge()


GOOD, BAD = cells(0.5), cells(0.0)


def test_an_effect_has_to_be_larger_than_the_smallest_of_interest() -> None:
    effects = cells(0.3, 0.12, 0.0, -0.3)
    assert ABOVE.holds(effects).tolist() == [True, False, False, False]  # 0.12 is above 0.1, its interval is not
    assert ABOVE.reversed(effects).tolist() == [False, False, False, True]
    assert not ABOVE.holds(cells(0.1, half=0.0)).any()  # a tie with the smallest effect shows nothing
    assert Criterion(-0.1, "points").holds(effects).tolist() == [True, True, True, False]  # "not clearly worse"


def test_equal_means_within_the_bounds_and_not_just_an_interval_that_holds_0() -> None:
    assert EQUAL.holds(cells(0.0, 0.04, half=0.05)).tolist() == [True, True]
    assert EQUAL.holds(cells(0.0, half=0.3)).tolist() == [False]
    assert EQUAL.holds(cells(0.1, half=0.0)).tolist() == [False]
    assert EQUAL.reversed(cells(0.3, -0.3, 0.0)).tolist() == [True, True, False]


def test_a_single_seed_counts_only_where_that_was_declared() -> None:
    single = cells(0.3, 0.0, half=np.nan, seeds=1)
    assert not ABOVE.judgeable(single).any()
    declared = Criterion(0.1, "points", pointwise=True)
    assert declared.judgeable(single).all()
    assert declared.holds(single).tolist() == [True, False]


@pytest.mark.parametrize(("first", "second", "count"), [(0.0, 0.6, 5), (0.3, 0.5, 12)])
def test_p_values_are_those_of_a_t_test_against_the_smallest_effect(first: float, second: float, count: int) -> None:
    values = np.random.default_rng(1).normal(first, 0.2, count) + second
    effect = pd.DataFrame([difference(values, np.zeros(count))], columns=COLUMNS)
    against = stats.ttest_1samp(values, ABOVE.smallest, alternative="greater")
    np.testing.assert_allclose(np.log(ABOVE.p_values(effect)), np.log(against.pvalue), atol=0.3)
    interval = stats.ttest_1samp(values, 0.0).confidence_interval()
    np.testing.assert_allclose(effect[["low", "high"]].to_numpy()[0], interval, atol=0.02)


def test_holm_is_bonferroni_for_the_smallest_and_keeps_the_order() -> None:
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.04, 0.9])), [0.09, 0.04, 0.09, 0.9])
    assert holm(np.array([])).shape == (0,)


def test_a_difference_counts_on_either_side_after_a_correction_for_the_number_of_rows() -> None:
    rows = pd.DataFrame({"effect": [0.2, -0.2], "low": [0.02, -0.38], "high": [0.38, -0.02], "seeds": 31})  # p = 0.031
    assert differs(rows[:1]).tolist() == [True]
    assert differs(rows).tolist() == [False, False]
    sure = pd.DataFrame(
        {"effect": [-0.2, 0.1, 0.1], "low": [-0.3, -0.1, np.nan], "high": [-0.1, 0.3, np.nan], "seeds": 31}
    )
    assert differs(sure).tolist() == [True, False, False]
    assert differs(rows[:0]).shape == (0,)


def test_cells_that_are_judged_together_are_corrected_for_their_number() -> None:
    edge = cells(0.17, half=0.06, seeds=20)
    assert ABOVE.hold_jointly(edge).all()
    many = cells(*[0.17] + [0.0] * 23, half=0.06, seeds=20)
    assert ABOVE.holds(many).sum() == 1  # "1 of 24" by chance
    assert not ABOVE.hold_jointly(many).any()


@pytest.mark.parametrize(
    ("share", "best", "deciding", "somewhere", "verdict"),
    [
        (0.8, 1.0, "", False, ROBUST),
        (0.8, None, "gain", True, ROBUST),
        (0.9, 0.0, "gain", True, "depends on tuning"),
        (0.9, 0.79, "gain", True, "depends on several settings"),
        (0.79, 0.8, "gain", False, "depends on gain"),
        (0.79, 0.8, "", False, "depends on several settings"),
        (0.1, 1.0, "", False, "depends on tuning"),
        (0.1, 1.0, "gain", True, "depends on gain"),
        (0.5, None, "gain", False, "depends on gain"),
        (0.5, 0.7, "gain", True, "depends on gain"),
        (0.5, 0.7, "gain", False, NOT_FOUND),
        (0.5, 0.7, "", False, NOT_FOUND),
        (0.1, 0.0, "gain", True, "depends on gain"),
        (0.1, None, "gain", True, "depends on gain"),
        (0.1, None, "gain", False, NOT_FOUND),
        (0.1, None, "", False, NOT_FOUND),
    ],
)
def test_verdicts(share: float, best: float | None, deciding: str, somewhere: bool, verdict: str) -> None:
    assert verdict_of(share, best, deciding, somewhere=somewhere) == verdict


def test_a_claim_is_robust_in_most_specifications_and_where_both_sides_are_tuned() -> None:
    most = cells(*[0.5] * 8, 0.0, 0.0)
    found = judge(most, GOOD)
    assert (found.verdict, found.share, len(found.specifications)) == (ROBUST, 0.8, 10)
    assert found.share_interval == pytest.approx((0.49, 0.943), abs=0.001)  # Wilson's, by hand
    assert (found.effect, found.interval) == (0.5, (0.45, 0.55))
    assert judge(most, BAD).verdict == "depends on tuning"
    assert judge(cells(*[0.5] * 3), GOOD).verdict == NOT_MEASURED  # too few specifications
    assert judge(cells(*[0.5] * 10, seeds=1, half=np.nan), GOOD).verdict == NOT_MEASURED  # no intervals
    assert judge(cells(*[0.1] * 10, half=0.0), cells(0.1, half=0.0)).verdict == NOT_FOUND  # ties


def test_a_setting_that_decides_is_the_verdict() -> None:
    bias = np.arange(20) % 2
    half = cells(*np.where(bias, 0.5, 0.0), bias=bias)
    found = judge(half, BAD)
    assert (found.verdict, found.decided_by) == ("depends on bias", "bias")
    assert "by bias: 0% at 0, 100% at 1" in found.evidence
    assert judge(cells(*np.tile([0.5, 0.0], 10), bias=0), BAD).verdict == NOT_FOUND
    rates = half.rename(columns={"bias": "learning rate of evolution"})
    assert judge(rates, BAD).verdict == NOT_FOUND  # what tuning sets saves no claim that fails where both are tuned
    assert judge(rates, GOOD).verdict == "depends on learning rate of evolution"


def test_a_pair_that_decides_is_named_though_the_claim_is_robust_for_none_of_its_values() -> None:
    grid = cells(*np.zeros(80), bias=np.arange(80) % 2, gain=np.arange(80) // 2 % 2)
    either = (grid["bias"] != grid["gain"]).to_numpy() & (np.arange(80) % 10 < 6)
    found = judge(grid.assign(effect=0.5 * either, low=0.5 * either, high=0.5 * either), GOOD)
    assert decisive(grid, either, ["bias", "gain"]) == []
    assert (found.verdict, found.decided_by) == ("depends on bias and gain", "bias and gain")


def test_an_interval_that_spans_the_smallest_effect_decides_nothing() -> None:
    spans, some = cells(0.5, half=1.0), cells(*[0.5] * 7, *[0.0] * 3)
    assert not ABOVE.hold_jointly(spans).any()
    assert not ABOVE.fail_jointly(spans).any()
    undecided = judge(some, spans)
    assert undecided.verdict == NO_VERDICT
    assert undecided.evidence.startswith("nothing is decided")
    assert judge(some, BAD).verdict == NOT_FOUND
    assert judge(cells(*[0.5] * 14, *[0.0] * 26), spans).verdict == NOT_FOUND  # the share is evidence
    assert judge(cells(*[0.5] * 10), spans).verdict == NO_VERDICT
    assert judge(cells(*[0.5] * 10), BAD).verdict == "depends on tuning"


@pytest.mark.parametrize(("effect", "half", "held", "failed"), [
    (0.5, 0.1, True, False), (0.0, 0.05, False, True), (0.1, 0.0, False, True), (0.2, 0.5, False, False),
    (0.2, np.nan, False, False),
])  # fmt: skip
def test_effects_hold_fail_or_neither(effect: float, half: float, held: bool, failed: bool) -> None:
    one = cells(effect, half=half)
    assert (ABOVE.hold_jointly(one)[0], ABOVE.fail_jointly(one)[0]) == (held, failed)


def test_a_fifth_of_the_tuned_cells_may_fail() -> None:
    """As `verdicts.md` says: more than a fifth must."""
    assert not failing(ABOVE, cells(*[0.5] * 4, 0.0), 1.0, 0)
    assert not failing(ABOVE, cells(*[0.5] * 8, *[0.0] * 2), 1.0, 0)
    assert failing(ABOVE, cells(*[0.5] * 7, *[0.0] * 2), 1.0, 0)


def test_no_claim_reads_the_ends_of_a_bootstrap_interval() -> None:
    """Seeds are few, and a percentile interval of five is far too narrow: claims have Student's."""
    sources = {path.name: path.read_text() for path in (PROJECT / "book" / "hetsnn_book" / "claims").glob("*.py")}
    assert len(sources) > 10
    assert [name for name, source in sorted(sources.items()) if "mean_interval" in source] == TABLES


def test_equal_sides_fail_where_they_clearly_differ() -> None:
    assert EQUAL.fail_jointly(cells(0.3)).all()
    assert EQUAL.fail_jointly(cells(-0.3)).all()
    assert not EQUAL.fail_jointly(cells(0.3, half=0.3)).any()
    assert EQUAL.fail_jointly(cells(0.17, half=0.06, seeds=20)).all()
    assert not EQUAL.fail_jointly(cells(0.17, *[0.0] * 23, half=0.06, seeds=20)).any()  # corrected for their number


@pytest.mark.parametrize(("effects", "half", "verdict"), [
    ([0.5] * 4, 0.05, ROBUST), ([0.5] * 3 + [0.0], 0.05, NOT_FOUND), ([0.5] * 4, 1.0, NO_VERDICT),
    ([0.1] * 4, 0.0, NOT_FOUND), ([0.5] * 3, 0.05, NOT_MEASURED),
])  # fmt: skip
def test_tuned_cells_alone(effects: list[float], half: float, verdict: str) -> None:
    found = Claim("Fig. 0", "A.", (), ABOVE, lambda: Measured(best=cells(*effects, half=half))).judge()
    assert found.verdict == verdict
    assert np.isnan(found.share_interval).all()


def test_blind_searches_are_no_evidence() -> None:
    some = cells(*[0.5] * 6, *[0.0] * 6).assign(blind=[False] * 6 + [True] * 6)
    found = judge(some, GOOD)
    assert (found.verdict, len(found.specifications)) == (ROBUST, 6)
    assert "6 more are no evidence" in found.evidence
    assert judge(some[6:], GOOD).verdict == NOT_MEASURED


def test_many_tuned_cells_say_how_many_hold() -> None:
    found = judge(cells(*[0.5] * 10), cells(0.5, 0.5, 0.5, 0.5, -0.5))
    assert found.verdict == ROBUST
    assert "holds in 4 of 5 tuned cells and clearly fails in 1, corrected" in found.evidence
    assert "whole interval below 0 in 1" in found.evidence
    assert "by cell (+0.50; +0.50; +0.50; +0.50; -0.50)" in found.evidence
    assert judge(cells(*[0.5] * 10), cells(0.5, 0.5, 0.0)).verdict == "depends on several settings"
    assert judge(cells(*[0.5] * 10), cells(0.0, 0.0)).verdict == "depends on tuning"
    assert pooled(cells(0.2, 0.4)) == pytest.approx((0.3, 0.25, 0.35))


def test_cells_are_told_by_what_tells_them_apart() -> None:
    some = cells(0.4, 0.3, -0.2).assign(side=["neuron", "neuron", "weight"], length=[10, 1000, 10], task="memory")
    told = "neurons, length 10 +0.40; neurons, length 1,000 +0.30; weights, length 10 -0.20"
    assert judge(cells(*[0.5] * 10), some).told_cells() == told
    many = cells(*np.linspace(-0.2, 0.5, 8)).assign(length=range(8))
    assert judge(cells(*[0.5] * 10), many).told_cells() == "-0.20 to +0.50"
    assert judge(cells(*[0.5] * 10), some[:1]).told_cells() == ""


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "no specifications can be judged yet"), (1, "1 specification can"), (3, "3 specifications can")],
)
def test_too_few_specifications_are_told_in_words(count: int, said: str) -> None:
    found = judge(cells(*[0.5] * count), cells())
    assert found.verdict == NOT_MEASURED
    assert found.evidence.startswith(said)
    assert found.evidence.endswith("a verdict needs 4")


def test_what_algebra_settles_no_measurement_changes() -> None:
    claim = Claim(
        "Fig. 0", "A claim.", (), ABOVE, lambda: Measured(lacking="no data"), settled=(CONTRADICTS, "because")
    )
    assert (claim.judge().verdict, claim.judge().evidence) == (CONTRADICTS, "because")
