"""Tables of Table 1's page: which runs they show, and neurons against weights worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from hetsnn.sweeps.runs import identity
from hetsnn.sweeps.store import Store
from hetsnn_book import experiments
from hetsnn_book.experiments.control import labels
from hetsnn_book.plots import ablation, control, robots
from hetsnn_book.plots import control_contest as contest

BASELINES = pd.DataFrame({"environment": ["hopper"], "nothing": [50.0], "random": [100.0]})


Row = tuple[str, str, str, float]


def frame(*rows: Row, size: int = 1024) -> pd.DataFrame:
    """Runs of one size: robot, budget, side, reward."""
    return pd.DataFrame(rows, columns=["environment", "budget", "evolved", "reward"]).assign(size=size)


def both_sides(robot: str, budget: str, seeds: int = 1) -> list[Row]:
    return [(robot, budget, side, 100.0 * seed) for side in ("neuron", "weight") for seed in range(seeds)]


def test_the_declared_budget_is_shown_where_both_sides_have_its_seeds() -> None:
    short = [row for robot in ("hopper", "walker2d", "ant") for row in both_sides(robot, "short")]
    declared = [*both_sides("hopper", "declared", 5), *both_sides("walker2d", "declared", 4)]
    of_robots = control.shown(frame(*short, *declared, ("ant", "declared", "neuron", 9.0))).groupby("environment")
    assert {robot: set(group["budget"]) for robot, group in of_robots} == {
        "hopper": {"declared"},
        "walker2d": {"short"},
        "ant": {"short"},
    }
    of_robots = control.shown(frame(*short, *declared), seeds=4).groupby("environment")
    assert set(of_robots.get_group("walker2d")["budget"]) == {"declared"}
    alone = frame(("ant", "small", "neuron", 9.0))  # as at quick, where few robots have both sides
    assert control.shown(alone)["reward"].to_list() == [9.0]
    assert control.shown(alone[:0]).empty


def test_finalists_stand_in_the_order_of_their_means() -> None:
    finals = pd.DataFrame(
        [("neuron", 0.1, 5.0), ("neuron", 0.1, 7.0), ("neuron", 0.2, 9.0), ("neuron", 0.2, 11.0), ("weight", 0.1, 1.0)],
        columns=["evolved", "sigma", "reward"],
    ).assign(learning_rate=0.01, tau_m=2.0, gain=1.0)
    table = control.finals_table(finals)
    assert table["evolved"].to_list() == ["neuron", "neuron", "weight"]
    assert table["mean"].to_list() == [10.0, 6.0, 1.0]
    assert table["sd"][:2].to_list() == pytest.approx([2**0.5] * 2)


def test_neurons_against_weights_by_hand() -> None:
    rewards = {"neuron": (500.0, 900.0), "weight": (300.0, 500.0)}
    rows = [("hopper", "short", side, reward) for side, both in rewards.items() for reward in both]
    contested = contest.contested(frame(*rows), BASELINES)
    found = contest.comparison(contested)
    assert found["settings"] == 1
    assert found["neuron"][0] == pytest.approx(0.75)  # 0.5 and 1 between random actions, 100, and the best, 900
    assert found["weight"][0] == pytest.approx(0.375)
    assert found["improvement"][0] == pytest.approx(0.875)  # of four pairs three are won and one is a tie
    assert found["seeds"] == 2
    words = contest.in_words(found, contested)
    assert "over 1 setting (short budget: Hopper; 2 seeds or more)" in words
    assert "0.75 [" in words.split("neurons")[0]
    assert "88% [" in words
    for less in (rows[:2], [("hopper", "short", side, 99.0) for side in rewards]):  # one side; nobody beats random
        none = contest.contested(frame(*less), BASELINES)
        assert contest.comparison(none)["settings"] == 0
        assert "no robot" in contest.in_words(contest.comparison(none), none)


def test_where_both_sides_are_there() -> None:
    rows = frame(*both_sides("hopper", "declared"), *both_sides("walker2d", "short"), ("ant", "short", "neuron", 1.0))
    baselines = pd.DataFrame({"environment": ["hopper", "walker2d", "ant"], "random": [-1.0] * 3})
    contested = contest.contested(rows, baselines)
    assert contest.where(contested) == "declared budget: Hopper; short budget: Walker2d"
    assert contest.where(contest.contested(rows[:0], baselines)) == ""


def test_table_1_has_a_row_for_each_robot_size_and_budget() -> None:
    rows = pd.concat(
        [
            frame(*both_sides("hopper", "short", 2), ("hopper", "declared", "weight", 9.0)),
            frame(*both_sides("hopper", "declared", 2)[:3], size=2048),
        ]
    )
    ours = control.table_1(robots.reward_table(rows), BASELINES, printed=False)
    same = {"robot": "Hopper", "nothing": "50", "random": "100"}
    assert ours.to_dict("records") == [
        same | {"size": "1,024", "neurons": None, "weights": "9"},
        same | {"size": "1,024", "neurons": "50 ± 71", "weights": "50 ± 71"},
        same | {"size": "2,048", "neurons": "50 ± 71", "weights": "0"},
    ]
    beside = control.table_1(robots.reward_table(rows), BASELINES, printed=True)
    beside = beside.set_index(["robot", "size"]).sort_index()
    assert len(beside) == 16 + 1
    assert beside.loc[("Hopper", "1,024"), "budget"].to_list() == ["declared", "short"]
    assert beside.loc[("Hopper", "1,024"), "seeds"].to_list() == ["1", "2"]
    assert beside.loc[("Hopper", "2,048"), "seeds"].to_list() == ["2 and 1"]
    assert beside.loc[("Ant", "1,024"), "weights, paper"].to_list() == ["990 ± 1"]
    assert beside.loc[("Ant", "1,024"), "neurons"].to_list() == [None]


def test_curves_of_the_smallest_size_and_how_much_they_rise_late() -> None:
    curve = {"curve_mean": 10 * np.arange(21.0), "curve_steps": np.arange(21.0)}
    rows = pd.concat([frame(*both_sides("hopper", "short")), frame(*both_sides("hopper", "short"), size=2048)])
    rows = rows.assign(**{name: [values] * len(rows) for name, values in curve.items()})
    table = control.curve_table(rows)
    assert set(table["size"]) == {1024, 2048}
    assert set(control.smallest(table)["size"]) == {1024}
    rises = control.late_rise(rows)
    assert set(rises) == {("hopper", "neuron"), ("hopper", "weight")}
    assert rises["hopper", "neuron"][0] == pytest.approx(40 / 180)
    assert control.late_rise(rows.assign(curve_mean=[np.ones(2)] * 4, curve_steps=[np.arange(2.0)] * 4)) == {}
    assert control.late_rise(rows[:0]) == {}
    (axis, *_) = control.curves(table, BASELINES).axes
    assert axis.get_title() == "Hopper\n(short budget, 1 seed)"
    assert len(axis.lines) == 2 + 2  # both sides, and both baselines


def test_hours_of_what_is_missing_by_robot_and_side_and_more_for_larger_networks() -> None:
    runs = experiments.runs("control", "paper")
    small, large = (
        next(r for r in runs if labels(r)["size"] == size and labels(r)["budget"] == "declared")
        for size in (1024, 4096)
    )
    assert small.training.architecture.hidden == 1024
    robot = small.training.task.environment
    done = pd.DataFrame({"identity": [identity(small)], "environment": robot, "evolved": "neuron"})
    rates = robots.rates("control", done.assign(seconds=3600.0))
    left = robots.missing("control", done, rates).set_index(["environment", "evolved", "size", "budget"]).sort_index()
    assert len(left) == len(runs) - 1
    hours = left["hours"][robot, "neuron"]
    assert set(hours[1024, "declared"]) == {1.0}
    assert set(hours[4096, "declared"]) == {(4096 + 4096) / (4096 + 1024)}
    assert large.training.architecture.hidden == 4096
    assert left["hours"]["ant", "weight"].isna().all()


def test_pages_have_nothing_to_show_before_anything_is_computed(store: Store) -> None:
    empty, standing = (experiments.read(name, "paper", store) for name in ("control", "control_baselines"))
    baselines = robots.baseline_table(standing)
    assert list(baselines) == ["environment", "nothing", "random"]
    table = robots.reward_table(empty)
    assert control.table_1(table, baselines, printed=True)["neurons"].isna().all()
    assert "no robot" in contest.in_words(contest.comparison(empty), contest.contested(empty, baselines))
    assert contest.by_robot(contest.contested(empty, baselines)).empty
    assert contest.gains(empty, baselines).empty
    assert len(control.rewards(table, baselines, {"declared": "ours"}).axes) == 4
    nothing = experiments.read("ablation", "paper", store)
    assert ablation.otherwise(nothing).empty
    assert ablation.twins(nothing)["reward"].isna().all()
    assert len(ablation.rewards(ablation.reward_table(nothing), baselines).axes) == 4
    assert all(np.isnan(difference).all() for difference in ablation.pooled(nothing).values())


def test_robot_by_robot_by_hand() -> None:
    rewards = {"neuron": (60.0, 700.0), "weight": (800.0, 900.0, 540.0)}
    rows = frame(*[("hopper", "declared", side, reward) for side, each in rewards.items() for reward in each])
    rows = rows.assign(curve_mean=[np.array([10.0 * place, 999.0]) for place in range(len(rows))])
    (row,) = contest.by_robot(contest.contested(rows, BASELINES)).to_dict("records")
    assert row["neurons minus weights"].startswith("-367 [")
    assert row["neurons win"].startswith("17% [")  # one of six pairs
    gains = contest.gains(rows, BASELINES).set_index("evolves")
    assert gains.loc["neurons"].to_list() == ["Hopper", "1,024", "declared", "5", "380", "700", "1 of 2"]
    assert gains.loc["weights"].to_list() == ["Hopper", "1,024", "declared", "30", "800", "900", "2 of 3"]
