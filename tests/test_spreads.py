"""Spreads of time constants: their runs, and rules that answer data whose answer is known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hetsnn.training.policies import fix
from hetsnn_book import experiments
from hetsnn_book.claims import spreads as rules
from hetsnn_book.claims.statements import NO, TOO_FEW, UNDECIDED, YES, answers
from hetsnn_book.experiments import factorial, spreads
from hetsnn_book.experiments.factorial_search import OWN, trials
from hetsnn_book.experiments.spreads import BIOLOGY, FROZEN, RANDOM, SPREADS, START
from hetsnn_book.measures.cell_types import MAIN, summary
from hetsnn_book.plots import spreads as draws


def test_spreads_of_real_neurons_are_those_of_the_fit() -> None:
    cells = summary()
    for species, spread in BIOLOGY.items():
        fits = {fit["family"]: fit for fit in cells.loc[(species, MAIN), "fits"]}
        assert spread == round(fits["lognormal"]["shape"], 2)


def test_neurons_start_with_the_spread_that_is_named() -> None:
    for run in experiments.runs("spreads", "quick")[::8]:
        drawn = fix(run.training, run.training.key)[0].drawn
        spread = np.log(np.asarray(drawn["neuron"]["tau_m"]) / run.training.architecture.tau_m).std()
        labels = experiments.labels(run)
        assert spread == pytest.approx(labels["spread"], abs=0.15)
        assert labels["use"] == (START if run.training.genome.evolved == "neuron" else FROZEN)


def test_each_use_has_every_spread_once_the_settings_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factorial, "WINNERS", {("memory", OWN): 0, ("memory", RANDOM): 1})
    runs = spreads.runs("paper")
    per_cell = len(spreads.SPANS["memory"]) * spreads.SEEDS
    assert len(runs) == (len(SPREADS) + len(BIOLOGY) + 1) * per_cell
    found = {(labels["use"], labels["spread"]) for labels in map(experiments.labels, runs)}
    # The factorial has the other frozen spreads, in the same setting.
    others = {(FROZEN, run.training.architecture.tau_sigma) for run in factorial.runs("paper")
              if factorial.labels(run)["cell"] == RANDOM}  # fmt: skip
    assert found | others == {(use, spread) for use in (FROZEN, START) for spread in SPREADS} | {(FROZEN, 0.0)}
    # A spread and its reference differ in nothing else.
    frozen = [run.training for run in runs if run.training.genome.evolved == "weight"]
    tuned = {(training.architecture.tau_m, training.architecture.gain, training.method.sigma) for training in frozen}
    assert tuned == {(trials("memory")[1].tau_m, trials("memory")[1].gain, trials("memory")[1].sigma)}
    assert {run.training.architecture.tau_m for run in runs} == {trials("memory")[place].tau_m for place in (0, 1)}


def made_up(gain: float, seeds: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Starts with a spread that gain so much, and the factorial's own cells, of which the frozen spread loses."""
    noise = np.random.default_rng(0).normal(0, 0.1, seeds)
    rows, others = [], []
    for span in (25, 100):
        for seed in range(seeds):
            one = {"contest": "memory", "span": span, "seed": seed}
            rows.append({**one, "use": START, "spread": 0.6, "reward": 0.5 + gain + noise[seed]})
            rows.append({**one, "use": FROZEN, "spread": 0.0, "reward": 0.5 + noise[seed]})
            for cell, spread, reward in ((OWN, np.nan, 0.5), (RANDOM, 0.6, 0.2)):
                others.append({**one, "cell": cell, "spread": spread, "reward": reward + noise[seed]})
    return pd.DataFrame(rows), pd.DataFrame(others)


@pytest.mark.parametrize(
    ("gain", "seeds", "expected"), [(0.2, 8, YES), (0.0, 8, NO), (0.05, 8, UNDECIDED), (0.2, 3, TOO_FEW)]
)
def test_a_spread_is_compared_with_none_within_seeds(gain: float, seeds: int, expected: str) -> None:
    table = rules.panel(*made_up(gain, seeds))
    found = answers(table, rules.STATEMENTS).set_index("statement")
    assert set(found.index) == {"A spread of 0.6 helps: start, neurons evolve.",
                                "A spread of 0.6 helps: frozen, weights evolve."}  # fmt: skip
    start = found.loc["A spread of 0.6 helps: start, neurons evolve."]
    assert start["answer"] == expected
    assert start["effect"] == pytest.approx(gain)
    assert found.loc["A spread of 0.6 helps: frozen, weights evolve.", "effect"] == pytest.approx(-0.3)


def test_the_panel_draws_means_by_spread() -> None:
    means = rules.means(rules.panel(*made_up(0.2)))
    assert means.set_index(["use", "spread"])["seeds"].unique().tolist() == [8]
    axis: Any = draws.panel(means).axes[0]
    start = axis.containers[1].lines[0]
    np.testing.assert_allclose(np.asarray(start.get_xdata(), float), [0.0, 0.6])
    np.testing.assert_allclose(np.diff(np.asarray(start.get_ydata(), float)), 0.2)
