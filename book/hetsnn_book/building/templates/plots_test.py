"""Figures of the chapter `skeleton`: the numbers that are drawn are those that were measured."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from hetsnn_book.plots import skeleton as draw


def test_reward_is_drawn_as_the_mean_over_seeds() -> None:
    frame = pd.DataFrame({"length": [2, 2, 10, 10], "reward": [1.0, 0.0, -1.0, -1.0]})
    figure = draw.reward(draw.reward_table(frame))
    drawn = figure.axes[0].lines[0].get_xydata()
    plt.close(figure)
    np.testing.assert_allclose(drawn, [[2, 0.5], [10, -1.0]])
