"""Regenerated against published: what agrees, and what must not pass."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.measures.comparison import ALL, compare

SETTINGS = ["evolved", "length", "gain"]


def frame(scores: dict[int, list[float]]) -> pd.DataFrame:
    """Runs of some lengths, by the scores of their seeds."""
    rows = [
        {"evolved": "neuron", "length": length, "gain": 1.0, "reward": score}
        for length, of_length in scores.items()
        for score in of_length
    ]
    return pd.DataFrame(rows)


def test_the_same_results_agree_and_only_what_varies_is_named() -> None:
    old = frame({5: [1, 0, 1], 9: [0, 0, 0]})
    table = compare(old, old, SETTINGS, "reward")
    assert list(table.columns[:1]) == ["length"]
    assert list(table["length"]) == [5, 9, ALL]
    assert table["agrees"].all()
    assert (table["difference"] == 0).all()
    assert list(table["seeds"]) == [3, 3, 6]


def test_one_seed_may_fall_the_other_way() -> None:
    old, new = frame({5: [1.0] * 10, 9: [0.0] * 10}), frame({5: [1.0] * 9 + [0.0], 9: [0.0] * 10})
    assert compare(old, new, SETTINGS, "reward")["agrees"].all()


def test_half_of_the_seeds_may_not() -> None:
    old, new = frame({5: [1.0] * 20, 9: [0.0] * 20}), frame({5: [1.0] * 10 + [0.0] * 10, 9: [0.0] * 20})
    table = compare(old, new, SETTINGS, "reward").set_index("length")
    assert not table.loc[5, "agrees"]
    assert table.loc[9, "agrees"]


def test_what_no_setting_with_few_seeds_shows_all_of_them_show() -> None:
    """A tenth less everywhere: four seeds of a setting cannot tell, a hundred settings can."""
    rng = np.random.default_rng(0)
    old = frame({length: list(rng.normal(0.5, 0.1, 4)) for length in range(100)})
    new = frame({length: list(rng.normal(0.4, 0.1, 4)) for length in range(100)})
    table = compare(old, new, SETTINGS, "reward")
    assert table["agrees"][:-1].mean() > 0.9
    assert not table["agrees"].iloc[-1]
    again = frame({length: list(rng.normal(0.5, 0.1, 4)) for length in range(100)})
    assert compare(old, again, SETTINGS, "reward")["agrees"].iloc[-1]


@pytest.mark.parametrize("seeds", [5, 40])
def test_tolerance_is_that_of_a_difference_of_means(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    old, new = rng.normal(0, 1, seeds), rng.normal(0, 3, seeds)
    found = compare(frame({5: list(old)}), frame({5: list(new)}), SETTINGS, "reward")["tolerance"].iloc[0]
    error = (old.var(ddof=1) / seeds + new.var(ddof=1) / seeds) ** 0.5
    assert found == pytest.approx(3.2905 * error + np.ptp(np.concatenate([old, new])) / seeds, rel=1e-3)


def test_methods_without_a_setting_are_compared_too() -> None:
    """A gradient has no population: its runs are a setting of their own."""
    old = pd.DataFrame({"population": [32.0, 32.0, np.nan, np.nan], "reward": [1.0, 1.0, 1.0, 0.0]})
    table = compare(old, old.assign(reward=[1.0, 1.0, -9.0, -9.0]), ["population"], "reward")
    assert list(table["population"]) == [32.0, "-", ALL]
    assert list(table["agrees"])[:2] == [True, False]


def test_nothing_in_common_gives_no_row() -> None:
    assert compare(frame({5: [1.0]}), frame({9: [1.0]}), SETTINGS, "reward").empty
