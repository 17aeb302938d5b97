"""Seeds are the units of intervals: a seed is drawn once for all lengths, so more lengths add no certainty."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hetsnn.errors import InputError
from hetsnn_book.experiments import descent
from hetsnn_book.experiments.memory_search import SETTINGS
from hetsnn_book.measures.seeds import per_doubling
from hetsnn_book.plots import descent as descent_figures
from hetsnn_book.plots import drift as drift_figures
from hetsnn_book.plots import memory_contest

LENGTHS = (10, 25, 100)
BP = {"method": "BP", "evolved": "neuron", "surrogate": "arctan", "width": descent.WIDTHS[0], "detach_reset": False}


def runs(lengths: tuple[int, ...], **settings: object) -> pd.DataFrame:
    """Runs of one setting, in which a seed earns the same at every length."""
    rewards = np.random.default_rng(2).random(6)
    rows = [{"seed": seed, "length": length, "reward": rewards[seed]} for seed in range(6) for length in lengths]
    return pd.DataFrame(rows).assign(**settings)


def finals(lengths: tuple[int, ...]) -> pd.DataFrame:
    setting = dict.fromkeys(SETTINGS, 1.0) | {"bias": False, "evolved": "neuron"}
    return memory_contest.finals_table(runs(lengths, **setting))


def surrogates(lengths: tuple[int, ...]) -> pd.DataFrame:
    return descent_figures.surrogate_table(runs(lengths, **BP))


def distances(lengths: tuple[int, ...]) -> pd.DataFrame:
    networks = runs(lengths, readout="leaky", tau_coordinates="log", shuffled=False, learning_rate=0.03)
    networks["tau"] = [np.linspace(1.0, 4.0, 8)] * len(networks)
    numbers = ("log_sd", "cv", "skewness", "from_mouse", "from_human")
    table = drift_figures.by_rate(networks.assign(**dict.fromkeys(numbers, networks["reward"])))
    return table[table["of"] != "ks"]


@pytest.mark.parametrize("table", [finals, surrogates, distances])
def test_more_lengths_do_not_narrow_an_interval(table: Callable[[tuple[int, ...]], pd.DataFrame]) -> None:
    one, several = (table(lengths)[["mean", "low", "high"]].to_numpy(float) for lengths in (LENGTHS[:1], LENGTHS))
    assert len(one) > 0
    assert (one[:, 2] > one[:, 1]).all()
    np.testing.assert_allclose(several, one)


def test_slopes_are_those_of_a_line_through_the_means() -> None:
    values = np.array([10, 25, 40, 100])
    means = np.array([0.2, 0.5, 0.1, 0.9])
    assert means @ per_doubling(values) == pytest.approx(np.polyfit(np.log2(values), means, 1)[0])
    with pytest.raises(InputError, match="at least two different ones, got 1"):
        per_doubling(np.array([25, 25]))
