"""Claims on evolved time constants: rules and intervals, on made-up networks with known spreads."""

import functools
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hetsnn.sweeps.runs import Run, identity, settings
from hetsnn_book import experiments
from hetsnn_book.claims import biology as rules
from hetsnn_book.claims.criteria import differs
from hetsnn_book.claims.verdicts import NOT_FOUND, NOT_MEASURED, ROBUST
from hetsnn_book.experiments import biology
from hetsnn_book.measures import time_constants
from hetsnn_book.plots import biology_controls


def made_up(median: float, spread: float, rng: np.random.Generator, run: Run) -> dict[str, Any]:
    """A row of a frame, as a run would leave it whose log tau_m became normal."""
    genome = np.zeros((4, 64))
    genome[0] = np.log(median) + spread * rng.normal(size=64)
    if run.training.genome.tau_coordinates == "linear":
        genome[0] = np.exp(genome[0]) - 1  # in units of the initial value
    return settings(run) | {"identity": identity(run), "flat_share": 0.5, "genome": genome.ravel(), "reward": 1.0}


@functools.cache
def few() -> tuple[Run, ...]:
    """The first seeds of each setting."""
    return tuple(run for run in experiments.runs("biology", "paper") if run.training.seed < biology.FIRST_SEED + 4)


def frame_of(spread_of: Any, median_of: Any = lambda _: 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame([made_up(median_of(run), spread_of(run), rng, run) for run in few()])


def test_time_constants_are_those_that_learned_networks_have() -> None:
    rng, runs = np.random.default_rng(0), experiments.runs("biology", "quick")[::12]
    frame = pd.DataFrame([made_up(1.0, 0.3, rng, run) for run in runs])
    assert not frame["shuffled"].any()
    found = time_constants.learned(frame)
    for _, rows in frame.reset_index().groupby("tau_coordinates").indices.items():
        _, variables = experiments.learned("biology", "quick", frame.iloc[rows])
        np.testing.assert_allclose(found[rows], variables["neuron"]["tau_m"], rtol=1e-6)


TAILED, LIKE_CELLS, LONGER, WIDER = (claim.judge for claim in rules.CLAIMS)


def test_claims_need_more_than_drift() -> None:
    """As wide as the cells, but no more so than drift: no similarity. Closer at every rate: similarity."""
    same = frame_of(lambda run: 0.3 * run.training.method.learning_rate / 0.03)
    assert LIKE_CELLS(same).verdict == NOT_FOUND
    closer = frame_of(lambda run: 0.9 if run.training.method.shuffled else 0.3)
    assert LIKE_CELLS(closer).verdict == ROBUST
    at_some = frame_of(
        lambda run: 0.9 if run.training.method.shuffled and run.training.method.learning_rate < 0.1 else 0.3
    )
    found = LIKE_CELLS(at_some)
    assert (found.verdict, found.decided_by) == ("depends on learning rate", "learning rate")


def test_a_long_tail_has_to_be_there_and_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SAMPLES", 199)

    def some(spread: float) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        return pd.DataFrame([made_up(1.0, spread, rng, run) for _ in range(5) for run in few()])

    assert TAILED(some(0.4)).verdict == ROBUST
    assert TAILED(some(0.02)).verdict == NOT_FOUND  # as symmetric as a normal distribution


def test_claims_of_growth_follow_the_slope() -> None:
    grows = frame_of(lambda run: 0.1 + 0.002 * run.training.task.length, lambda run: run.training.task.length**0.2)
    assert [judge(grows).verdict for judge in (LONGER, WIDER)] == [ROBUST] * 2
    assert LONGER(grows).effect == pytest.approx(0.2, abs=0.03)
    shrinks = frame_of(
        lambda run: 0.4 - 0.002 * run.training.task.length, lambda run: 3 * run.training.task.length**-0.2
    )
    assert [judge(shrinks).verdict for judge in (LONGER, WIDER)] == [NOT_FOUND] * 2
    level = frame_of(lambda _: 0.3)
    assert [judge(level).verdict for judge in (LONGER, WIDER)] == [NOT_FOUND] * 2
    one_length, evolved = grows[grows["length"] == 5], grows[~grows["shuffled"]]
    assert {judge(one_length).verdict for judge in (LONGER, WIDER)} == {NOT_MEASURED}
    assert {claim.judge(evolved).verdict for claim in rules.CLAIMS} == {NOT_MEASURED}
    slopes = time_constants.trends(time_constants.measured(grows)).set_index("of")["slope"]
    np.testing.assert_allclose(slopes["median"], 0.2, atol=0.03)


def shifted(noise: Any) -> pd.DataFrame:
    """Networks of one setting; what seeds add is equal at all lengths, and `noise` is what a length adds besides."""
    rng, rows = np.random.default_rng(3), []
    for seed, shuffled in product(range(8), (False, True)):
        own = rng.normal(0, 0.3)
        for length in (2, 10, 50):
            at = 0.1 * np.log2(length) + own + noise(rng)
            numbers = {"median": 2**at, "log_sd": 0.3 + at, "from_mouse": at + shuffled, "from_human": at + shuffled}
            rows.append({"seed": seed, "length": length, "shuffled": shuffled, **numbers})
    same = {"readout": "leaky", "tau_coordinates": "log", "learning_rate": 0.03, "cv": 1.0, "skewness": 1.0}
    return pd.DataFrame(rows).assign(**same)


def test_slopes_over_lengths_have_intervals_over_seeds() -> None:
    exact = time_constants.trends(shifted(lambda _: 0.0))
    np.testing.assert_allclose(exact[["slope", "low", "high"]], 0.1, atol=1e-9)  # what seeds add is no slope
    noisy = shifted(lambda rng: rng.normal(0, 0.1))
    found = time_constants.trends(noisy).set_index(["shuffled", "of"])
    for shuffled, group in noisy.groupby("shuffled"):
        slopes = [stats.linregress(np.log2(of["length"]), of["log_sd"]).slope for _, of in group.groupby("seed")]
        expected = stats.ttest_1samp(slopes, 0.0).confidence_interval()
        np.testing.assert_allclose(found.loc[(shuffled, "log_sd"), ["low", "high"]], expected, atol=0.005)


def test_distances_over_lengths_have_intervals_over_seeds() -> None:
    """A seed has one draw for all lengths, so more lengths do not narrow the interval."""
    networks = shifted(lambda _: 0.0)
    found = time_constants.selection(networks).set_index("species").loc["mouse"]
    far, near = (
        networks[networks["shuffled"] == shuffled].groupby("seed")["from_mouse"].mean() for shuffled in (True, False)
    )
    half = stats.t.ppf(0.975, 7) * np.sqrt((far.var() + near.var()) / 8)
    difference = far.mean() - near.mean()
    np.testing.assert_allclose(found[["low", "high"]].to_list(), [difference - half, difference + half], atol=0.05)
    assert found["share"] == pytest.approx(difference / far.mean())


@pytest.mark.parametrize("spread", [0.3, 1.2])
def test_what_a_spread_start_adds_has_the_interval_and_the_test_of_students(spread: float) -> None:
    rng, rows = np.random.default_rng(5), []
    for sigma, _ in product((0.0, spread), range(10)):
        reward = rng.normal(sigma, 0.4)
        rows.append({"readout": "leaky", "length": 5, "tau_sigma": sigma, "reward": reward, "curve_mean": [reward]})
    frame = pd.DataFrame(rows).assign(untrained=0.0)
    found = biology_controls.start_table(frame, {"homogeneous": 0.0, "spread": spread})
    gain = found[(found["start"] == "spread") & (found["of"] == "reward")].rename(columns={"gain": "effect"})
    wide, alike = (frame[frame["tau_sigma"] == sigma]["reward"] for sigma in (spread, 0.0))
    error = np.sqrt((wide.var() + alike.var()) / 10)
    difference = wide.mean() - alike.mean()
    half = stats.t.ppf(0.975, 9) * error
    np.testing.assert_allclose(gain[["low", "high"]].iloc[0], [difference - half, difference + half], atol=0.1 * half)
    p = 2 * stats.t.sf(abs(difference) / error, 9)
    assert differs(gain).tolist() == [p <= 0.05]


def test_blind_networks_are_left_out() -> None:
    frame = frame_of(lambda _: 0.3)[::10].reset_index()
    frame.loc[:5, "flat_share"] = 1.0
    assert len(time_constants.measured(frame)) == len(frame) - 6
