"""Parts of figures that several chapters draw: axes of memory lengths, means with intervals, legends, titles."""

import re
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from hetsnn_book.figures import COLORS, MARKERS, NOT_MEASURED
from hetsnn_book.plots.styles import LABELS

# Colours of maps: 0 is the ground of the page in either theme, and letters are legible on every tint in both.
TINTS = LinearSegmentedColormap.from_list("tints", ["#efc782", "white", "#80b9d8"])  # weights' side, 0, neurons' side
SHADES = "Blues"
LENGTH_TICKS = (1, 2, 5, 10, 25, 50, 100)


def length_axis(axis: Axes) -> None:
    """Make the x axis a logarithmic axis of memory lengths."""
    axis.set_xscale("log")
    axis.set_xticks(LENGTH_TICKS, [str(tick) for tick in LENGTH_TICKS])
    axis.minorticks_off()
    axis.set(xlabel="memory length", xlim=(0.85, 118))


def errorbar(axis: Axes, table: pd.DataFrame, side: str, shift: float) -> ErrorbarContainer:
    """Draw means with intervals against memory length, shifted so that sides do not overlap."""
    error = np.abs(table[["low", "high"]].to_numpy().T - table["mean"].to_numpy())
    return axis.errorbar(
        table["length"] * shift,
        table["mean"],
        error,
        color=COLORS[side],
        marker=MARKERS[side],
        markersize=4,
        lw=1.5,
        capsize=2,
        label=LABELS[side],
    )


def numbers(axis: Axes, grid: pd.DataFrame) -> None:
    """Write the values of a map into its cells, with a sign and one digit, as "+.4", large enough for a phone.

    Args:
        axis: where `grid` is drawn by `imshow`, in `TINTS`.
        grid: the values; a missing one is left out.
    """
    for (y, x), value in np.ndenumerate(grid.to_numpy()):
        if np.isfinite(value):
            text = re.sub(r"(?<=[+-])0(?=\.)|\.0$", "", f"{value:+.1f}") if abs(value) >= 0.05 else "0"
            axis.text(x, y, text, ha="center", va="center", fontsize=11, color="black")


def bands(axis: Axes, table: pd.DataFrame) -> None:
    """Draw median, quartiles and 5th to 95th percentile of the time constants on logarithmic axes."""
    color = COLORS["neuron"]
    axis.fill_between(table["length"], table["q05"], table["q95"], color=color, alpha=0.15, lw=0, label="5 to 95 %")
    axis.fill_between(table["length"], table["q25"], table["q75"], color=color, alpha=0.35, lw=0, label="25 to 75 %")
    axis.plot(table["length"], table["q50"], color=color, marker="o", markersize=4, label="median")
    axis.axhline(2.0, color="black", lw=1, ls=":", label="initial")
    axis.set_yscale("log")
    axis.set_ylim(0.9, 13)
    axis.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    length_axis(axis)


def legend(figure: Figure, **options: Any) -> None:
    """Draw one legend above all panels, each label once."""
    handles = {
        label: handle for axis in figure.axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", **options)


def titled(name: str, *, measured: bool) -> str:
    """Return a panel's title, with a note if the panel has no result of ours."""
    return name if measured else f"{name}\n(ours: {NOT_MEASURED})"
