"""The specification curve draws every specification once in its curve, and once for each of its settings."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from hetsnn_book.plots import specification_curve as draw


def made(count: int) -> pd.DataFrame:
    effect = np.random.default_rng(0).normal(size=count)
    bias = pd.Categorical(np.where(np.arange(count) % 2, "yes", "no"))
    numbers = {"effect": effect, "low": effect - 0.1, "high": effect + 0.1, "holds": effect > 0.1, "bias": bias}
    return pd.DataFrame(numbers)


def test_effects_are_in_order_above_marks_of_their_settings() -> None:
    table = made(30)
    figure = draw.curve(table, ["bias"], label="effect", bounds=(0.0,), best=(0.3, 0.2, 0.4))
    top, grid = figure.axes
    points = [tuple(point) for scatter in top.collections[1:3] for point in np.asarray(scatter.get_offsets())]
    assert [effect for _, effect in sorted(points)] == sorted(table["effect"])
    marks = [
        segment for lines in grid.collections if isinstance(lines, LineCollection) for segment in lines.get_segments()
    ]
    assert len(marks) == 30
    ordered = table.sort_values("effect", ignore_index=True)
    first = {int(segment[0][0]) for segment in marks if round(segment.mean(0)[1]) == 0}
    assert first == set(np.flatnonzero(ordered["bias"] == "no"))
    shares = [text.get_text() for text in grid.texts if text.get_text().endswith("%")]
    assert shares == [f"{table['holds'][table['bias'] == value].mean():.0%}" for value in ("no", "yes")]
    plt.close(figure)


def test_a_small_curve_has_the_points_alone() -> None:
    figure = draw.small(made(7), (0.0,))
    (axis,) = figure.axes
    assert sum(len(np.asarray(scatter.get_offsets())) for scatter in axis.collections[1:]) == 7
    assert not axis.axison
    plt.close(figure)


def test_a_claim_of_one_setting_has_no_marks_and_wide_intervals_do_not_hide_the_effects() -> None:
    table = made(3).assign(low=-100.0)
    figure = draw.curve(table, [], label="effect", bounds=(0.1,))
    top, grid = figure.axes
    assert top.get_ylim()[0] > table["effect"].min() - 1
    assert grid.get_ylim() == (0.5, -0.5)
    plt.close(figure)
