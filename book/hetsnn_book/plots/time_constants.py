"""Looks and panels that figures of time constants share: evolution beside drift, a column for each setting."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetsnn_book.figures import COLORS, PALETTE

STYLES: dict[str, dict[str, Any]] = {
    "evolved": {"color": COLORS["neuron"], "marker": "o"},
    "drift": {"color": PALETTE[7], "marker": "s"},
}
SPECIES_STYLES: dict[str, dict[str, Any]] = {
    "mouse": {"color": PALETTE[2], "ls": "-"},
    "human": {"color": PALETTE[4], "ls": "--"},
}


def errorbar(axis: Axes, x: pd.Series, rows: pd.DataFrame, label: str, look: dict | None = None) -> None:
    """Draw means with their intervals, in the look of a search; default: that of the label."""
    error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
    axis.errorbar(x, rows["mean"], error, lw=1.5, capsize=2, markersize=5, label=label, **(look or STYLES[label]))


def grid(
    table: pd.DataFrame, by: str, names: dict[str, str], draw: Callable[[Axes, pd.DataFrame, str, float], None]
) -> Figure:
    """Draw a grid of panels: a column per setting, a row per name, both searches in each panel."""
    settings = sorted(table["setting"].unique())
    names = {name: label for name, label in names.items() if name in set(table[by])}
    size = (6.4, 1.4 + 2.3 * len(names))
    figure, axes = plt.subplots(len(names), len(settings), figsize=size, sharex=True, sharey="row", squeeze=False)
    for row, (name, label) in zip(axes, names.items(), strict=True):
        for axis, setting in zip(row, settings, strict=True):
            for search, shift in (("evolved", 0.97), ("drift", 1.03)):
                rows = table[(table["setting"] == setting) & (table[by] == name) & (table["search"] == search)]
                draw(axis, rows, search, shift)
            axis.label_outer()
        row[0].set_ylabel(label)
    for axis, setting in zip(axes[0], settings, strict=True):
        axis.set_title(f"{setting} read-out")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
