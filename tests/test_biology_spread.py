"""Spreads of time constants beside those of random steps."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book import experiments
from hetsnn_book.measures import time_constants
from hetsnn_book.plots import biology_spread as draw


@pytest.mark.parametrize("annealed", [False, True])
def test_random_steps_add_up_as_walks_do(annealed: bool) -> None:
    rate, generations = 0.05, 120
    falls = 0.5 * (1 + np.cos(np.pi * np.arange(generations) / generations)) if annealed else np.ones(generations)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(20_000, generations))
    walked = (rate * falls * signs).sum(1).std()
    assert draw.random_steps(rate, generations, annealed) == pytest.approx(walked, rel=0.02)


def test_neurons_on_bounds_are_counted() -> None:
    tau = np.array([[1.0, 2.0, 3.0, 1000.0], [1.2, 2.0, 3.0, 999.0]])
    np.testing.assert_allclose(time_constants.on_bounds(tau, 1000.0), [0.5, 0.0])
    np.testing.assert_allclose(time_constants.on_bounds(tau, np.array([1000.0, 999.0])), [0.5, 0.25])


def test_spreads_stand_beside_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that walked at random have the predicted spread; a task without results has no row."""
    monkeypatch.setattr(experiments, "names", list)
    rate, generations, rng = 0.02, 100, np.random.default_rng(1)
    networks = pd.DataFrame(
        {
            "seed": np.arange(30),
            "shuffled": False, "readout": "leaky", "tau_coordinates": "log", "annealed": None, "tau_max": 1000.0,
            "learning_rate": rate, "generations": generations, "hidden": 64, "tau_m": 20.0, "r_min": 0.0,
            "widths": [(1.0, 1.0, 1.0, 1.0)] * 30,
            "genome": [rate * np.sqrt(generations) * rng.normal(size=256) for _ in range(30)],
        }
    )  # fmt: skip
    (row,) = draw.table(networks).itertuples()
    assert (row.task, row.networks, row.on_bounds) == ("memory", 30, 0)
    assert row.predicted == pytest.approx(0.2)
    assert row.low < 0.2 < row.high
    assert draw.table(networks.assign(tau_coordinates="linear")).empty
