"""Figures of the chapter `skeleton`."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.statistics import mean_interval
from hetsnn_book.plots.axes import errorbar, length_axis


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean reward with its 95 % interval over seeds, a row per memory length."""
    rows = [(length, len(group), *mean_interval(group["reward"])) for length, group in frame.groupby("length")]
    return pd.DataFrame(rows, columns=["length", "seeds", "mean", "low", "high"])


def reward(table: pd.DataFrame) -> Figure:
    """Reward against memory length."""
    figure, axis = plt.subplots()
    errorbar(axis, table, "neuron", shift=1.0)
    length_axis(axis)
    axis.set(ylabel="mean reward", ylim=(-0.15, 1.08))
    return figure
