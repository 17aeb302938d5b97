"""The experiments as they are declared, beside what is published of them."""

from typing import Any

import pins
import pytest
from tiny import RUNS

from hetsnn.errors import InputError
from hetsnn.sweeps import programs
from hetsnn.sweeps.runs import identity
from hetsnn.sweeps.sweep import Outcome
from hetsnn.training.method import Training
from hetsnn_book import experiments
from hetsnn_book.experiments import (
    cartpole,
    control,
    control_finals,
    control_search,
    descent,
    descent_search,
    images,
    images_finals,
    images_search,
)
from hetsnn_book.experiments.memory_contest import WINNERS
from hetsnn_book.experiments.memory_finals import CHOSEN, FINALISTS
from hetsnn_book.experiments.memory_search import ranking, trials
from hetsnn_book.measures import image_references
from hetsnn_book.project import published_only


@pytest.mark.parametrize("name", experiments.names())
def test_identities_are_pinned(name: str) -> None:
    today, pinned = pins.pin(name), pins.pinned(name)
    assert pinned.get("version") == today["version"], f"version {today['version']} of {name} has no pin: `make guards`"
    assert today == pinned, f"runs of {name} changed their identities, and its VERSION is the same: see tests/pins.py"


@pytest.mark.parametrize("name", experiments.names())
def test_what_is_declared_is_published(name: str) -> None:
    names = [identity(run) for run in experiments.runs(name, "paper")]
    assert len(set(names)) == len(names)
    published = set(published_only().rows(name, columns=[]).index)
    assert published <= set(names) if hasattr(experiments.load(name), "PARTLY") else set(names) <= published


@pytest.mark.parametrize("name", experiments.names())
def test_what_is_compiled_in_a_hurry_is_the_smallest_profile(name: str) -> None:
    def trainings(profile: str) -> list[list[Training]]:
        return [[run.training for run in of] for of in programs.pack_runs(experiments.runs(name, profile), {})]

    assert all(map(programs.compile_fast, trainings("smoke")))
    trained = [of for of in trainings("paper") if any(training.method.length > 1 for training in of)]
    assert not any(map(programs.compile_fast, trained))  # networks as they are drawn take no time


@pytest.mark.parametrize("name", experiments.names())
def test_every_run_of_every_profile_can_be(name: str) -> None:
    for profile in experiments.PROFILES:
        runs = experiments.runs(name, profile)
        assert len(set(map(identity, runs[:500]))) == len(runs[:500])
        assert all(run.check() is run for run in runs[::40])
        assert {run.experiment for run in runs} <= {name}
        assert runs or hasattr(experiments.load(name), "PARTLY")


def test_the_finalists_are_the_best_of_the_published_search() -> None:
    search = experiments.read("memory_search", "paper", published_only())
    for (side, kind), places in CHOSEN.items():
        assert [trials()[place] for place in places] == ranking(search, side, kind)[:FINALISTS]


def test_the_contest_is_between_the_winners_of_the_published_finals() -> None:
    finals = experiments.read("memory_finals", "paper", published_only())
    for (side, kind), setting in WINNERS.items():
        assert ranking(finals, side, kind)[0] == setting


@pytest.mark.parametrize("contest", [cartpole, descent])
def test_settings_are_those_of_the_winners_of_the_published_searches(contest: Any) -> None:
    name = f"{contest.NAME}_search"
    search = experiments.read(name, "paper", published_only())
    for (method, side), chosen in contest.WINNERS.items():
        assert experiments.load(name).winner(search, method, side) == chosen


def test_no_two_trials_of_descent_share_the_first_place() -> None:
    table = descent_search.summary(experiments.read("descent_search", "paper", published_only()))
    scores = table[["reward", "noisy"]].apply(tuple, axis=1)
    for _, group in scores.groupby([table["method"], table["evolved"]]):
        assert (group == group.max()).sum() == 1


def test_settings_of_robots_that_go_on_are_the_best_of_the_published_stages() -> None:
    found = experiments.read("control_search", "paper", published_only())
    for (search, side), stages in control_search.KEPT.items():
        for stage, places in enumerate(stages):
            assert control_search.ranking(found, search, side, stage) == places


def test_the_setting_and_the_budget_of_robots_follow_from_the_published_finals() -> None:
    curves = experiments.read("control_finals", "paper", published_only())
    meetings = {(search, side) for search in control_search.SEARCHES for side in control_search.SIDES}
    several = {of for of in meetings if len(control_finals.finalists(*of)) > 1}
    assert set(control_finals.FINAL) == several
    for (search, side), winner in control_finals.FINAL.items():
        assert set(control_finals.ranking(curves, search, side)) == set(control_finals.finalists(search, side))
        assert control_finals.ranking(curves, search, side)[0] == winner
    assert control.BUDGET["generations"] == control_finals.declared(curves)


def test_settings_for_images_are_those_of_the_winners_of_the_published_searches() -> None:
    search, finals = (experiments.read(f"images_{name}", "paper", published_only()) for name in ("search", "finals"))
    for side, places in images_finals.CHOSEN.items():
        drawn = images_search.trials(side)
        assert [drawn[place] for place in places] == images_search.ranking(search, side)[: images_finals.FINALISTS]
        assert images_search.ranking(finals, side)[0] == images.WINNERS[side]


def test_published_references_are_of_the_networks_that_are_trained() -> None:
    ours = {
        identity(run): (run.training.task.dataset, run.training.architecture.hidden)
        for run in experiments.runs("images", "paper")
    }
    of_networks = [row for row in image_references.published() if row["hidden"]]
    assert len(of_networks) == 4
    assert all(ours[row["run"]] == (row["dataset"], row["hidden"]) for row in of_networks)


def test_a_chapter_that_is_interrupted_does_not_go_on_with_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "sweep", lambda runs, store: Outcome(1, len(runs) - 1))
    with pytest.raises(KeyboardInterrupt):
        experiments.collect("memory", "smoke")
    assert len(experiments.collect("memory", "paper"))


def test_only_selects_by_labels() -> None:
    robots = experiments.runs("control_search", "paper")
    chosen = experiments.select(robots, "environment=hopper,stage=1")
    assert {run.training.genome.evolved for run in chosen} == {"neuron", "weight"}
    assert {run.training.architecture.hidden for run in chosen} == {1024, 293}
    assert len(chosen) == 2 * control_search.SEARCHES["hopper"].stages[0].settings
    with pytest.raises(InputError, match=r"stage must be one of 1.*got '9'"):
        experiments.select(robots, "stage=9")


def test_only_selects_by_settings() -> None:
    assert experiments.select(RUNS, None) == RUNS
    assert [run.training.seed for run in experiments.select(RUNS, "length=5,evolved=neuron")] == [0, 1]
    assert experiments.select(RUNS, "widths=(1.0, 1.0, 1.0, 1.0),length=5") == experiments.select(RUNS, "length=5")
    for bad, says in (
        ("speed=2", "a setting must be one of .*got 'speed'"),
        ("length=4", "length must be one of 2, 3, 5, got '4'"),
        ("length", "a condition must be NAME=VALUE, as in seed=0, got 'length'"),
        ("", "a condition must be NAME=VALUE, as in seed=0, got ''"),
        ("length=5,length=3", "length must be one of 5 after the conditions before it, got '3'"),
    ):
        with pytest.raises(InputError, match=says):
            experiments.select(RUNS, bad)
    with pytest.raises(InputError, match="--only must select from at least one run, got 'seed=0'"):
        experiments.select((), "seed=0")
