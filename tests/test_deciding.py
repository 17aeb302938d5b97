"""The setting that decides where a claim holds, on made-up effects."""

import numpy as np
import pandas as pd
from scipy import stats
from test_verdicts import BAD, cells, judge

from hetsnn_book.claims.deciding import binned, decisive, shares_by


def test_noise_names_no_setting() -> None:
    rng, named, names = np.random.default_rng(0), 0, ["bias", "gain", "read-out"]
    for _ in range(60):
        random = cells(*np.zeros(48)).assign(**{name: rng.integers(2, size=48) for name in names})
        named += bool(decisive(random, rng.random(48) < 0.5, names))
    assert named <= stats.binom.ppf(0.999, 60, 0.05)


def test_the_deciding_setting_is_found_by_the_data() -> None:
    rng = np.random.default_rng(0)
    settings = {
        "bias": rng.random(64) < 0.5,
        "gain": np.exp(rng.normal(size=64)),
        "read-out": rng.choice(["a", "b"], 64),
    }
    some = cells(*np.zeros(64)).assign(**settings)
    assert decisive(some, settings["bias"] ^ (rng.random(64) < 0.1), list(settings)) == ["bias"]
    assert decisive(some, settings["gain"] > 1.5, list(settings)) == ["gain"]  # a number, in thirds
    assert decisive(some, np.ones(64, bool), list(settings)) == []  # nothing to decide
    assert decisive(some[:1], np.ones(1, bool), list(settings)) == []
    low, middle, high = shares_by(some, settings["gain"] > 1.5, "gain")["mean"]
    assert low == 0.0
    assert high > middle
    assert binned(pd.Series([2.0, 1.0, 2.0])).tolist() == ["2", "1", "2"]


def test_settings_that_change_together_are_named_together() -> None:
    bias = np.arange(40) % 2 == 0
    tied = cells(*np.zeros(40), bias=bias, clock=np.where(bias, "rising", "falling"), gain=np.arange(40) // 4 % 2)
    assert decisive(tied, bias, ["bias", "clock", "gain"]) == ["bias and clock"]


def test_two_settings_may_decide_together() -> None:
    """Bare networks have neither a bias nor a read-out that remembers; either alone explains little."""
    grid = cells(*np.zeros(64)).assign(
        bias=np.arange(64) % 2, memory=np.arange(64) // 2 % 2, gain=np.arange(64) // 4 % 2, rate=np.arange(64) // 8 % 2
    )
    holds = ((grid["bias"] == 0) & (grid["memory"] == 0)).to_numpy()
    found = judge(grid.assign(effect=0.5 * holds, low=0.5 * holds, high=0.5 * holds), BAD)
    assert (found.verdict, found.decided_by) == ("depends on bias and memory", "bias and memory")
    assert "100% at 0, 0" in found.evidence


def test_settings_that_were_drawn_together_count_once() -> None:
    """Six trials on 16 robots each are six draws of the gain, whatever their number of rows."""
    drawn = cells(*np.zeros(96), trial=np.repeat(np.arange(6), 16), gain=np.repeat(np.arange(6) % 2, 16))
    holds = drawn["gain"].to_numpy() == 1
    assert decisive(drawn, holds, ["gain"]) == ["gain"]
    assert decisive(drawn, holds, ["gain"], ["trial"]) == []  # 3 of 3 against 0 of 3: by chance in 1 of 10
    robots = drawn.assign(robot=np.tile(np.arange(16) % 2, 6))
    assert decisive(robots, robots["robot"] == 1, ["gain", "robot"], ["trial"]) == ["robot"]
