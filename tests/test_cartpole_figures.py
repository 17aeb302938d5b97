"""How much returns on CartPole still rise at the end of a training."""

import numpy as np
import pandas as pd
import pytest

from hetsnn_book.measures.learning import rise_at_end
from hetsnn_book.plots import cartpole as draw


def test_a_rise_is_that_of_the_last_fifth_by_method_and_side() -> None:
    line, flat = 10 * np.arange(20.0), np.full(20, 7.0)
    rows = [
        {"sigma": sigma, "evolved": side, "limit": limit, "curve_mean": curve}
        for sigma, side, limit, curve in [
            (0.1, "neuron", 1000, line), (0.1, "neuron", 1000, line), (np.nan, "neuron", 1000, flat),
            (0.1, "weight", 1000, flat), (0.1, "weight", 100, line),
        ]
    ]  # fmt: skip
    found = draw.rises_at_end(pd.DataFrame(rows), 1000)
    assert found["ES", "neuron"][0] == pytest.approx(40 / 175)  # four points, of 160 to 190
    assert found["BP", "neuron"][0] == found["ES", "weight"][0] == pytest.approx(0.0)
    assert np.isnan(rise_at_end(np.ones(5)))
