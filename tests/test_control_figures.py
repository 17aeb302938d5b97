"""Figures and tables of Table 1's page, and the rules of its search and budget, worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from hetsnn.sweeps.runs import identity, settings
from hetsnn.sweeps.store import Store
from hetsnn_book import experiments
from hetsnn_book.experiments import ablation as declared_ablation
from hetsnn_book.experiments import control as declared
from hetsnn_book.experiments import control_search
from hetsnn_book.plots import ablation, control, robots
from hetsnn_book.plots import control_contest as contest
from hetsnn_book.plots import control_search as searching

BASELINES = pd.DataFrame({"environment": ["hopper"], "nothing": [50.0], "random": [100.0]})


Row = tuple[str, str, float]


def frame(*rows: Row, size: int = 1024) -> pd.DataFrame:
    """Runs of one size: robot, side, reward."""
    return pd.DataFrame(rows, columns=["environment", "evolved", "reward"]).assign(size=size)


def both_sides(robot: str, seeds: int = 1) -> list[Row]:
    return [(robot, side, 100.0 * seed) for side in ("neuron", "weight") for seed in range(seeds)]


def test_table_1_has_a_row_for_each_robot_and_size_that_is_measured() -> None:
    rows = pd.concat([frame(("hopper", "weight", 9.0)), frame(*both_sides("hopper", 2)[:3], size=2048)])
    ours = control.table_1(robots.reward_table(rows), BASELINES, printed=False)
    same = {"robot": "Hopper", "standing still": "50"}
    assert ours.to_dict("records") == [
        same | {"size": "1,024", "neurons": None, "weights": "9"},
        same | {"size": "2,048", "neurons": "50 ± 71", "weights": "0"},
    ]
    beside = control.table_1(robots.reward_table(rows), BASELINES, printed=True).set_index("size")
    assert beside.loc["1,024", "weights, paper"] == "1,832 ± 404"


def test_pairs_in_which_weights_earn_more_are_counted() -> None:
    ahead = frame(("hopper", "neuron", 3.0), ("hopper", "weight", 4.0), ("ant", "neuron", 5.0), ("ant", "weight", 1.0))
    rows = pd.concat([ahead, frame(("hopper", "weight", 9.0), size=2048)]).assign(backend="spring")
    assert contest.ahead(rows) == "1 of 2"  # the larger hopper has one side
    other = rows.assign(backend="positional", reward=-rows["reward"])
    assert contest.ahead(pd.concat([rows, other])) == "1 of 2"
    assert contest.ahead(rows[-1:]) is None
    assert contest.ahead(rows[:0]) is None


def test_missing_trainings_are_one_sentence() -> None:
    left = pd.DataFrame(
        {"environment": ["ant", "ant", "hopper"], "size": [8192, 1024, 4096], "hours": [0.25, 1.25, 2.5]}
    ).assign(backend="spring")
    assert (
        control.not_measured(left) == "Not measured: Ant at 1,024, 8,192; Hopper at 4,096, about 4 hours of two cores."
    )
    unknown = control.not_measured(left.assign(hours=np.nan))
    assert unknown == "Not measured: Ant at 1,024, 8,192; Hopper at 4,096."
    other = pd.concat([left[2:], left[1:2].assign(backend="positional", hours=0.25)])
    assert control.not_measured(other).startswith("Not measured: Hopper at 4,096; Ant at 1,024 in positional physics, ")
    assert control.not_measured(left[:0]) == "Nothing is missing."
    assert control.not_measured(left[2:], ["ant"]).endswith("cores. The search has not ended for Ant.")


def test_actuators_before_and_after() -> None:
    after = {"action": 0.5, "saturated": 0.25, "silent": 0.1, "rate": 0.2}
    before = {f"first_{name}": value / 2 for name, value in after.items()}
    rows = frame(("hopper", "neuron", 9.0)).assign(**after, **before)
    table = control.actuators(rows)
    assert table["training"].to_list() == ["before", "after"]
    assert table["mean |action|"].to_list() == ["0.25", "0.50"]
    assert table["beyond 0.9"].to_list() == ["12%", "25%"]
    assert table["silent neurons"].to_list() == ["5%", "10%"]
    assert table["spikes per step"].to_list() == ["0.10", "0.20"]


def test_curves_of_the_smallest_size_and_how_much_they_rise_late() -> None:
    curve = {"curve_mean": 10 * np.arange(21.0), "curve_steps": np.arange(21.0)}
    rows = pd.concat([frame(*both_sides("hopper")), frame(*both_sides("hopper"), size=2048)])
    rows = rows.assign(**{name: [values] * len(rows) for name, values in curve.items()})
    table = control.curve_table(rows)
    assert set(table["size"]) == {1024, 2048}
    assert set(control.smallest(table)["size"]) == {1024}
    rises = control.late_rise(rows)
    assert set(rises) == {("hopper", "neuron"), ("hopper", "weight")}
    assert rises["hopper", "neuron"][0] == pytest.approx(40 / 185)  # four points, of 170 to 200
    assert control.late_rise(rows.assign(curve_mean=[np.ones(2)] * 4, curve_steps=[np.arange(2.0)] * 4)) == {}
    assert control.late_rise(rows[:0]) == {}
    (axis, *_) = control.curves(table, BASELINES).axes
    assert axis.get_title() == "Hopper (1 seed)"
    assert len(axis.lines) == 2 + 2  # both sides, and both baselines


def test_neurons_against_weights_by_hand() -> None:
    rewards = {"neuron": (60.0, 700.0), "weight": (800.0, 900.0, 540.0)}
    rows = frame(*[("hopper", side, reward) for side, each in rewards.items() for reward in each])
    rows = rows.assign(curve_mean=[np.array([10.0 * place, 999.0]) for place in range(len(rows))])
    contested = contest.contested(rows, BASELINES)
    (row,) = contest.by_robot(contested).to_dict("records")
    assert row["score, neurons"] == "0.39"  # 10 and 650 above standing still, of 850
    assert row["neurons minus weights"].startswith("-367 [")
    assert row["neurons win"].startswith("17% [")  # one of six pairs
    gains = contest.gains(rows, BASELINES).set_index("evolves")
    assert gains.loc["neurons"].to_list() == ["Hopper", "1,024", "5", "380", "700", "0 of 2"]
    assert gains.loc["weights"].to_list() == ["Hopper", "1,024", "30", "800", "900", "0 of 3"]
    for less in (rows[:2], frame(*[("hopper", side, 49.0) for side in rewards])):  # one side; nobody above standing
        assert contest.by_robot(contest.contested(less, BASELINES)).empty


def test_the_answer_has_the_robots_with_both_sides_at_the_smallest_size() -> None:
    rows = [("hopper", "neuron", 1024, 1500.0), ("hopper", "neuron", 4096, 9000.0), ("hopper", "weight", 1024, 2500.4)]
    table = pd.DataFrame([*rows, ("ant", "neuron", 1024, 1.0)], columns=["environment", "evolved", "size", "reward"])
    table = table.assign(backend="spring", still=992.3)
    answer = "On the Hopper at size 1,024 evolved neurons earn 1,500 and evolved weights 2,500, "
    assert contest.means(table) == answer + "where standing still earns 992"
    assert contest.means(table[3:]) is None
    assert contest.means(table.assign(backend="positional")) is None


STILL = {"hopper": 1000.0, "walker2d": 500.0}


def stage(number: int, rewards: dict[tuple[str, str, int], float]) -> pd.DataFrame:
    """Runs of a stage: robot, side and place of the setting, and the reward."""
    rows = [
        {"stage": number, "environment": robot, "evolved": side, "trial": trial, "seed": 0}
        | {"reward": reward, "still": STILL[robot]}
        | control_search.trials()[trial]
        for (robot, side, trial), reward in rewards.items()
    ]
    return pd.DataFrame(rows)


def test_a_stage_ranks_settings_by_their_reward_above_standing_still_on_all_robots() -> None:
    above = {0: (0.0, 30.0), 1: (-100.0, 40.0), 2: (100.0, 0.0)}  # hopper, walker
    rewards = {
        (robot, "neuron", trial): STILL[robot] + both[place]
        for trial, both in above.items()
        for place, robot in enumerate(STILL)
    }
    found = control_search.scored(stage(2, rewards))
    spreads = [np.std([both[place] for both in above.values()], ddof=1) for place in range(2)]
    expected = {trial: np.mean(np.divide(both, spreads)) for trial, both in above.items()}
    scores = found.groupby("trial")["score"].mean()
    assert scores.to_dict() == pytest.approx(expected)
    best = sorted(expected, key=lambda trial: -expected[trial])
    assert control_search.ranking(stage(2, rewards), "hopper", "neuron", 1) == tuple(best[:1])
    hopper = stage(1, {case: reward for case, reward in rewards.items() if case[0] == "hopper"})
    assert control_search.ranking(hopper, "hopper", "neuron", 0) == (2, 0, 1)


def test_every_setting_of_the_search_is_drawn_and_later_stages_are_larger() -> None:
    first = {("hopper", side, trial): 1000.0 + trial for side in ("neuron", "weight") for trial in range(4)}
    both = pd.concat([stage(1, first), stage(2, {("hopper", "neuron", 3): 1900.0})])
    table = searching.table(both)
    assert table["above"].tolist() == [0.0, 1.0, 2.0, 3.0] * 2 + [900.0]
    panels = searching.knobs(table).axes
    assert len(panels) == len(control_search.RANGES)
    neurons = panels[0].collections[0]
    assert isinstance(neurons, PathCollection)
    assert len(np.asarray(neurons.get_offsets())) == 5
    assert neurons.get_sizes()[-1] > neurons.get_sizes()[0]
    stages = searching.stages_table(table)
    assert stages["best, neurons"].to_list()[:2] == ["+3", "+900"]
    assert stages["settings a side"].to_list()[:2] == ["4 of 64", "0 of 8"]  # the weights have no second stage yet


@pytest.fixture
def known_winners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search has ended."""
    setting = control_search.trials()[0]
    for module in (declared, declared_ablation):
        monkeypatch.setattr(module, "settled", lambda _: {"neuron": setting, "weight": setting})
    monkeypatch.setattr(experiments, "_declared", lambda declare, profile: declare(profile))  # others have none of it


@pytest.mark.usefixtures("known_winners")
def test_hours_of_what_is_missing_by_robot_and_side_and_more_for_larger_networks() -> None:
    runs = experiments.runs("control", "paper")
    small, large = (next(run for run in runs if declared.labels(run)["size"] == size) for size in (1024, 4096))
    assert small.training.architecture.hidden == 1024
    robot = small.training.task.environment
    one = settings(small) | {"identity": identity(small), "seconds": 3600.0, "record": '{"device": "2 of 2 cores"}'}
    on_a_gpu = {"identity": identity(large), "seconds": 1.0, "record": '{"device": "1 x NVIDIA H200"}'}
    rates = robots.rates("control", pd.DataFrame([one, settings(large) | on_a_gpu]))
    done = pd.DataFrame([one])
    left = robots.missing("control", done, rates).set_index(["environment", "evolved", "size"]).sort_index()
    assert len(left) == len(runs) - 1
    hours = left[left["backend"] == "spring"]["hours"][robot, "neuron"]
    assert set(hours[1024]) == {1.0}
    assert set(hours[4096]) == {(4096 + 512) / (1024 + 512)}
    assert large.training.architecture.hidden == 4096
    assert left["hours"]["ant", "weight"].isna().all()
    assert left[left["backend"] == "positional"]["hours"].isna().all()  # another physics takes another time


@pytest.mark.usefixtures("known_winners")
def test_pages_have_nothing_to_show_before_anything_is_computed(store: Store) -> None:
    empty, standing = (experiments.read(name, "paper", store) for name in ("control", "control_baselines"))
    baselines = robots.baseline_table(standing)
    assert list(baselines) == ["environment", "nothing", "random"]
    table = robots.reward_table(empty)
    assert control.table_1(table, baselines, printed=True).empty
    assert contest.by_robot(contest.contested(empty, baselines)).empty
    assert contest.gains(empty, baselines).empty
    assert control.actuators(empty).empty
    assert len(control.rewards(table, baselines).axes) == 4
    nothing = experiments.read("ablation", "paper", store)
    assert ablation.otherwise(nothing).empty
    assert ablation.twins(nothing)["reward"].isna().all()
    assert len(ablation.rewards(ablation.reward_table(nothing), baselines).axes) == 1
    assert np.isnan(ablation.pooled(nothing)).all()
    found = searching.table(experiments.read("control_search", "paper", store))
    assert searching.stages_table(found)["best, neurons"].isna().all()
    assert searching.finals(experiments.read("control_finals", "paper", store)).empty


def test_a_robot_that_only_does_not_fall_is_not_ahead() -> None:
    rewards = {"halfcheetah": (400.0, 600.0), "walker2d": (1200.0, 1600.0)}
    rows = [
        {"environment": robot, "evolved": side, "reward": reward, "size": 1024, "curve_mean": [0.0, reward]}
        for robot, of in rewards.items()
        for side, reward in zip(("neuron", "weight"), of, strict=True)
    ]
    standing = pd.DataFrame(
        {"environment": ["halfcheetah", "walker2d"], "nothing": [-1.0, 511.0], "random": [0.0, 0.0]}
    )
    assert contest.moving(pd.DataFrame(rows), standing).to_list() == [False, True, False, True]
    assert (
        contest.movers(pd.DataFrame(rows), standing, "weight")
        == "1 of 1 runs on the HalfCheetah, 1 of 1 runs on the Walker2d"
    )
    assert contest.gains(pd.DataFrame(rows), standing)["get ahead"].to_list() == ["0 of 1", "1 of 1"] * 2
    assert contest.movers(pd.DataFrame(rows)[:0], standing, "weight") is None
