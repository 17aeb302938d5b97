"""Other searches: equal trials and evaluations, settings from the search, and rules on known data."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hetsnn.training.evolution import settings_of
from hetsnn_book import experiments
from hetsnn_book.claims import searchers as rules
from hetsnn_book.claims.statements import NO, TOO_FEW, UNDECIDED, YES, answers
from hetsnn_book.experiments import searchers, searchers_search
from hetsnn_book.experiments.searchers_search import SPANS, STRATEGIES, TRIALS, ranking, searched, trials
from hetsnn_book.plots import searchers as draws
from hetsnn_book.project import published_only


def test_all_strategies_have_as_many_trials_evaluations_and_seeds() -> None:
    runs = searchers_search.runs("paper")
    counts = pd.DataFrame(
        [
            {"strategy": run.training.method.strategy, "side": run.training.genome.evolved,
             **experiments.labels(run), "cost": run.training.method.cost * run.training.method.length}
            for run in runs
        ]
    )  # fmt: skip
    assert counts.groupby(["strategy", "side", "contest"]).size().unique().tolist() == [TRIALS * searchers_search.SEEDS]
    assert all(len(set(of["cost"])) == 1 for _, of in counts.groupby("contest"))
    assert set(counts["strategy"]) == set(STRATEGIES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_has_the_settings_that_it_uses_and_widths_that_all_share(strategy: str) -> None:
    assert all(set(trial) == settings_of(strategy) & {"sigma", "learning_rate"} for trial in trials(strategy))
    assert [trial["sigma"] for trial in trials(strategy)] == [trial["sigma"] for trial in trials("Open_ES")]
    assert len({trial["sigma"] for trial in trials(strategy)}) == TRIALS
    for contest in SPANS:
        run = searched(("searchers", 1), strategy, trials(strategy)[0], contest, "neuron", 1).check()
        assert run.training.method.strategy == strategy
        assert experiments.labels(run) == {"contest": contest}


def test_a_ranking_is_by_the_mean_reward_of_a_trial_and_then_by_how_fast_it_learns() -> None:
    rewards, early = [0.1, 0.9, 0.5, 0.9, 0.9], [1.0, 0.2, 1.0, 0.4, 0.2]
    rows = [
        {"contest": "memory", "strategy": "SNES", "evolved": "neuron", **trial, "reward": reward + seed,
         "curve_best": np.array([0.0, fast])}
        for trial, reward, fast in zip(trials("SNES"), rewards, early, strict=False)
        for seed in range(2)
    ]  # fmt: skip
    assert ranking(pd.DataFrame(rows), "memory", "SNES", "neuron") == [3, 1, 4, 2, 0]


def test_settings_are_the_best_of_the_published_search(monkeypatch: pytest.MonkeyPatch) -> None:
    found = experiments.read("searchers_search", "paper", published_only())
    for (contest, strategy, side), place in searchers.WINNERS.items():
        assert ranking(found, contest, strategy, side)[0] == place
    monkeypatch.setattr(searchers, "WINNERS", {("memory", "SNES", "weight"): 3})
    runs = searchers.runs("paper")
    assert len(runs) == searchers.SEEDS
    assert {run.training.method.sigma for run in runs} == {trials("SNES")[3]["sigma"]}


def made_up(lead: float, better: float, seeds: int = 8) -> pd.DataFrame:
    """Two strategies on CartPole; neurons lead, and SNES is better, by so much of the best reward."""
    noise = np.random.default_rng(0).normal(0, 0.01, (2, 2, seeds))
    noise -= noise.mean(-1, keepdims=True)
    rows = [
        {"contest": "cartpole", "strategy": strategy, "evolved": side, "seed": seed, "limit": 200.0,
         "reward": 200 * (0.4 + lead * (side == "neuron") + better * (strategy == "SNES") + noise[i, j, seed])}
        for i, strategy in enumerate(("Open_ES", "SNES"))
        for j, side in enumerate(("neuron", "weight"))
        for seed in range(seeds)
    ]  # fmt: skip
    return rules.scored(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("size", "seeds", "expected"), [(0.3, 8, YES), (0.0, 8, NO), (0.1, 8, UNDECIDED), (0.3, 3, TOO_FEW)]
)
def test_rules_compare_sides_and_strategies(size: float, seeds: int, expected: str) -> None:
    leads = answers(made_up(size, 0.0, seeds), rules.LEADS)
    assert set(leads["answer"]) == {expected}
    assert len(leads) == 2
    rivals = answers(made_up(0.0, size, seeds), rules.RIVALS)
    assert set(rivals["answer"]) == {expected}
    assert len(rivals) == 2


def test_figure_shows_each_strategy_at_its_row() -> None:
    means = rules.means(made_up(0.3, 0.1))
    axis: Any = draws.strategies(means).axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == list(STRATEGIES.values())
    neuron = np.asarray(axis.containers[0].lines[0].get_xdata(), float)
    assert neuron[:2] == pytest.approx([0.7, 0.8], abs=0.02)
    assert np.isnan(neuron[2:]).all()
