"""Tables of Table 1's page: which runs they show, and neurons against weights worked out by hand."""

import pandas as pd
import pytest

from hetsnn_book import control

BASELINES = pd.DataFrame({"environment": ["hopper"], "nothing": [50.0], "random": [100.0]})


def frame(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Runs of 1,024 neurons: robot, budget, side, reward."""
    return pd.DataFrame(rows, columns=["environment", "budget", "evolved", "reward"]).assign(size=1024)


def test_the_declared_budget_is_shown_where_both_sides_have_it() -> None:
    short = [(robot, "short", side, 1.0) for robot in ("hopper", "walker2d") for side in ("neuron", "weight")]
    both = [("hopper", "declared", "neuron", 3.0), ("hopper", "declared", "weight", 2.0)]
    of_robots = control.shown(frame(*short, *both, ("walker2d", "declared", "neuron", 9.0))).groupby("environment")
    assert {robot: set(group["budget"]) for robot, group in of_robots} == {
        "hopper": {"declared"},
        "walker2d": {"short"},
    }
    alone = frame(("ant", "declared", "neuron", 9.0))  # as at quick, where few robots have both sides
    assert control.shown(alone)["reward"].to_list() == [9.0]
    assert control.shown(alone[:0]).empty


def test_finalists_stand_in_the_order_of_their_means() -> None:
    finals = pd.DataFrame(
        [("neuron", 0.1, 5.0), ("neuron", 0.1, 7.0), ("neuron", 0.2, 9.0), ("neuron", 0.2, 11.0), ("weight", 0.1, 1.0)],
        columns=["evolved", "sigma", "reward"],
    ).assign(learning_rate=0.01, tau_m=2.0, gain=1.0)
    table = control.finals_table(finals)
    assert table["evolves"].to_list() == ["neuron", "neuron", "weight"]
    assert table["mean"].to_list() == [10.0, 6.0, 1.0]
    assert table["sd"][:2].to_list() == pytest.approx([2**0.5] * 2)


def test_neurons_against_weights_by_hand() -> None:
    rewards = {"neuron": (500.0, 900.0), "weight": (300.0, 500.0)}
    rows = [("hopper", "short", side, reward) for side, both in rewards.items() for reward in both]
    found = control.comparison(frame(*rows), BASELINES)
    assert found["settings"] == 1
    assert found["neuron"][0] == pytest.approx(0.75)  # 0.5 and 1 between random actions, 100, and the best, 900
    assert found["weight"][0] == pytest.approx(0.375)
    assert found["improvement"][0] == pytest.approx(0.875)  # of four pairs three are won and one is a tie
    assert control.comparison(frame(*rows[:2]), BASELINES)["settings"] == 0
