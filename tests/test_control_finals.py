"""The robots' finals: who meets, who wins, and how long a training must be."""

import numpy as np
import pandas as pd
import pytest

from hetsnn.training.genomes import Side
from hetsnn_book.experiments import control_finals, control_search
from hetsnn_book.plots import control_search as searching


def test_a_winner_at_an_end_of_its_range_is_named() -> None:
    inside = {name: float(np.sqrt(low * high)) for name, (low, high) in control_search.RANGES.items()}
    assert control_search.at_an_edge(inside) == {}
    outside = inside | {"gain": 9.9, "sigma": 0.0202}
    assert control_search.at_an_edge(outside) == {"sigma": -1, "gain": 1}
    assert control_finals.past(inside) == inside
    assert control_finals.past(outside) == outside | {"gain": 19.8, "sigma": 0.0101}


def test_a_winner_at_an_edge_meets_a_setting_past_it(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = {name: float(np.sqrt(low * high)) for name, (low, high) in control_search.RANGES.items()}
    best: dict[Side, control_search.Setting] = {"neuron": inside | {"learning_rate": 0.29}, "weight": inside}
    monkeypatch.setattr(control_finals, "winners", lambda _: best)
    met = control_finals.finalists("ant", "neuron")
    assert list(met) == [control_finals.BEST, control_finals.PAST]
    assert met[control_finals.PAST] == inside | {"learning_rate": 0.58}
    assert control_finals.finalists("ant", "weight") == {control_finals.BEST: inside}
    monkeypatch.setattr(control_finals, "FINAL", {})
    assert control_finals.settled("ant") == {}  # the two have not met
    monkeypatch.setattr(control_finals, "FINAL", {("ant", "neuron"): control_finals.PAST})
    assert control_finals.settled("ant") == {"neuron": met[control_finals.PAST], "weight": inside}


def budget_frame(last: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Winners' curves of 50 points, which rise to `last` of their generations and stay."""
    points = np.arange(1.0, 51.0)
    rows = [
        {
            "environment": robot,
            "evolved": side,
            "setting": control_finals.BEST,
            "seed": 0,
            "curve_mean": np.minimum(points, end),
        }
        for (robot, side), end in last.items()
    ]
    return pd.DataFrame(rows).assign(setting=control_finals.BEST)


def test_the_budget_ends_where_the_last_curve_has_stopped_to_rise() -> None:
    sides = [(robot, side) for robot in ("hopper", "walker2d") for side in ("neuron", "weight")]
    early = dict.fromkeys(sides, 10.0)
    assert control_finals.declared(budget_frame(early | {sides[2]: 50.0})) == control_finals.LONGEST
    end = control_finals.declared(budget_frame(early | {sides[2]: 20.0}))
    # From point 20 on nothing rises; a fifth of the points up to 24 begins there.
    assert 20 * 5 <= end <= 26 * 5
    other = budget_frame(early).assign(setting="earlier search, place 1", curve_mean=[np.arange(0.0, 5.0, 0.1)] * 4)
    both = pd.concat([budget_frame(early | {sides[2]: 20.0}), other])
    assert control_finals.declared(both) == end  # only winners count


def test_finals_rank_settings_by_their_last_return_on_the_hopper() -> None:
    rows = [
        {
            "environment": "hopper",
            "evolved": "neuron",
            "seed": seed,
            "setting": setting,
            "curve_mean": [0.0, last + seed],
        }
        for setting, last in (("earlier search, place 1", 100.0), (control_finals.BEST, 130.0))
        for seed in range(2)
    ]
    frame = pd.DataFrame(rows)
    walker = frame.assign(environment="walker2d", curve_mean=[[0.0, 10.0 * seed] for seed in range(4)])
    order = [control_finals.BEST, "earlier search, place 1"]
    assert control_finals.ranking(pd.concat([frame, walker]), "hopper", "neuron") == order
    table = searching.finals(frame)
    assert table["robot"].to_list() == ["Hopper"] * 2
    assert table["setting"].to_list() == [control_finals.BEST, "earlier search, place 1"]
    assert table["last return"].to_list() == ["130 ± 1", "100 ± 1"]
    assert table["winner's lead"].to_list() == ["", "+30 [+30, +30]"]


def test_a_winner_at_an_edge_is_told_with_its_lead_over_one_past_it(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = {name: float(np.sqrt(low * high)) for name, (low, high) in control_search.RANGES.items()}
    best: dict[Side, control_search.Setting] = {"neuron": inside | {"learning_rate": 0.29}, "weight": inside}
    monkeypatch.setattr(searching, "settled", lambda name: best if name == "ant" else {})
    rows = [
        {"environment": "ant", "evolved": "neuron", "seed": seed, "setting": setting, "curve_mean": [last]}
        for seed in range(2)
        for setting, last in ((control_finals.BEST, 130.0), (control_finals.PAST, 100.0))
    ]
    assert searching.at_ends(pd.DataFrame(rows)) == "neurons of the Ant: rate (+30 over a setting past it)"
    assert searching.at_ends(pd.DataFrame()) == "neurons of the Ant: rate"
    monkeypatch.setattr(searching, "FINAL", {("ant", "neuron"): control_finals.PAST})
    assert searching.at_ends(pd.DataFrame(rows)) == "neurons of the Ant: rate"
    monkeypatch.setattr(searching, "settled", lambda _: {})
    assert searching.at_ends(pd.DataFrame(rows)) == "none"
