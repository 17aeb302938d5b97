"""Figures of the quality of backpropagated gradients, and of the memory that they need."""

from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.figures import PALETTE
from hetsnn_book.measures.directions import GRADIENTS, SIGMA, over_seeds
from hetsnn_book.plots.axes import length_axis
from hetsnn_book.plots.styles import ESTIMATE_COLORS, LABELS
from hetsnn_book.words import title


def quality(table: pd.DataFrame) -> Figure:
    """Plot norm, relative spread over inputs, and cosine against memory length, a column per side."""
    means = over_seeds(table)
    sides = list(means.groupby("evolved").groups)
    figure, axes = plt.subplots(3, len(sides), sharex=True, sharey="row", squeeze=False, figsize=(6.4, 7.2))
    for column, side in zip(axes.T, sides, strict=True):
        for name, group in means[means["evolved"] == side].groupby("estimate", sort=False):
            style = {"color": ESTIMATE_COLORS[str(name)], "marker": "o", "label": str(name), "lw": 1.5}
            for axis, value in zip(column, ("norm", "relative", "cosine"), strict=True):
                axis.plot(group["length"], group[value], **style)
        column[2].axhline(0, color="black", lw=0.8)
        column[0].set(yscale="log", title=LABELS[side].replace("evolve", "are trained"))
        column[1].set_yscale("log")
        column[2].set_ylim(-0.3, 1.05)
        length_axis(column[2])
    for axis, label in zip(
        axes[:, 0],
        ("norm", "spread over inputs\nor directions / norm", "cosine to the\nsmoothed gradient"),
        strict=True,
    ):
        axis.set_ylabel(label)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def dependence(table: pd.DataFrame) -> Figure:
    """Plot the cosine to the smoothed gradient by width and by surrogate, at the shortest and longest length."""
    sides, table = list(table.groupby("evolved").groups), table[table["surrogate"].notna()]
    names = list(dict.fromkeys(table["surrogate"]))
    figure, axes = plt.subplots(
        len(sides), 2, sharey=True, sharex="col", squeeze=False, figsize=(6.4, 2.2 + 2 * len(sides))
    )
    lengths = (table["length"].min(), table["length"].max())
    for row, side in zip(axes, sides, strict=True):
        for name, (length, mark) in product(GRADIENTS, zip(lengths, "os", strict=True)):
            chosen = (table["evolved"] == side) & (table["estimate"] == name) & (table["length"] == length)
            means = table[chosen].groupby(["surrogate", "width"])["cosine"].mean()
            color = ESTIMATE_COLORS[name]
            style: dict[str, Any] = {"color": color, "marker": mark, "mfc": color if mark == "o" else "white"}
            style["label"] = f"{name[4:]}, length {length}"
            row[0].plot(means["arctan"], ls="-" if mark == "o" else ":", **style)
            row[1].plot(range(len(names)), [means[kind, 1.0] for kind in names], ls="", **style)
        row[0].set(xscale="log", ylabel=f"{LABELS[side].replace('evolve', 'are trained')}\n\ncosine", ylim=(-0.3, 1.05))
        row[0].yaxis.label.set_fontsize(10)
        for axis in row:
            axis.axhline(0, color="black", lw=0.8)
    axes[-1, 0].set_xlabel("width (arctan)")
    axes[-1, 1].set_xlabel("surrogate (width 1)")
    axes[-1, 1].set_xticks(range(len(names)), [title(name) for name in names], fontsize=9, rotation=30)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


def landscape(table: pd.DataFrame) -> Figure:
    """Plot a slice of the loss: the raw loss jumps where spikes appear or disappear, the smoothed loss has a slope."""
    figure, axis = plt.subplots(figsize=(6.4, 3.8))
    smoothed = table.dropna(subset="smoothed")
    axis.plot(table["step"], table["raw"], color=PALETTE[7], lw=1.2, label="loss")
    axis.plot(
        smoothed["step"],
        smoothed["smoothed"],
        color=ESTIMATE_COLORS["ES"],
        label=rf"smoothed with $\sigma$ = {SIGMA:g}",
    )
    near = table[table["step"].abs() <= 0.3]
    axis.plot(
        near["step"], near["tangent"], color=ESTIMATE_COLORS[GRADIENTS[0]], ls="--", label="slope by backpropagation"
    )
    low, high = table["raw"].min(), table["raw"].max()
    axis.set(
        xlabel="step along the backpropagated gradient",
        ylabel="cross-entropy",
        ylim=(low - 0.1 * (high - low), high + 0.1 * (high - low)),
    )
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure


def peak_bytes(table: pd.DataFrame) -> Figure:
    """Plot peak memory against the length of a sequence."""
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    for method, name, marker in (("BP", "BP, a gradient", "s"), ("ES", "ES, a population", "o")):
        rows = table[table["method"] == method]
        axis.plot(
            rows["steps"],
            rows["bytes"] / 2**20,
            marker=marker,
            color=ESTIMATE_COLORS["ES" if method == "ES" else GRADIENTS[0]],
            label=name,
        )
    axis.set(xscale="log", yscale="log", xlabel="steps of the sequence", ylabel="peak memory [MiB]")
    axis.legend()
    return figure
