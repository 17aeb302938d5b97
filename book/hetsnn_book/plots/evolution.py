"""Figures of the chapter on evolution: smoothing, pairs, ranks, population and drift."""

from collections.abc import Sequence

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.figures import PALETTE
from hetsnn_book.measures.estimates import best_share, hill
from hetsnn_book.plots.axes import legend


def smoothing(table: pd.DataFrame) -> Figure:
    """Draw each landscape, its smoothed forms (lines), and the means of populations (dots)."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.4))
    for axis, (name, of) in zip(axes, table.groupby("landscape", sort=False), strict=True):
        for color, (sigma, rows) in zip(("black", *PALETTE), of.groupby("sigma"), strict=False):
            axis.plot(
                rows["x"], rows["closed"], color=color, lw=1.2 if sigma == 0 else 2, label=rf"$\sigma$ = {sigma:g}"
            )
            axis.plot(rows["x"], rows["measured"], "o", color=color, ms=5, mec="white", mew=0.5)
        axis.set(title=name, xlabel=r"$\theta$", xlim=(-2, 2))
    axes[1].set_ylim(-5, 0.3)
    axes[0].set_ylabel("fitness")
    axes[0].legend(loc="upper left")
    return figure


def errors(table: pd.DataFrame) -> Figure:
    """Draw the error and the cosine of estimates against the population, beside the closed forms (lines)."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.9))
    for (sampling, rows), color, mark in zip(table.groupby("sampling", sort=False), PALETTE, "os", strict=False):
        by_rank = {"color": color, "mfc": "none", "ms": 9, "ls": "", "label": f"{sampling}, by ranks"}
        axes[0].plot(rows["population"], rows["error_closed"], color=color)
        axes[0].plot(rows["population"], rows["error"], mark, color=color, mec="white", label=f"{sampling}, by fitness")
        axes[1].plot(rows["population"], rows["cosine_closed"], color=color)
        axes[1].plot(rows["population"], rows["cosine"], mark, color=color, mec="white")
        axes[1].plot(rows["population"], rows["cosine_ranks"], mark, **by_rank)
    axes[0].set(xscale="log", yscale="log", xlabel="population", ylabel="squared error / squared slope")
    axes[1].set(xscale="log", xlabel="population", ylabel="cosine to the slope", ylim=(0, None))
    for axis in axes:
        axis.set_xticks(table["population"].unique(), [f"{n:g}" for n in table["population"].unique()])
        axis.minorticks_off()
    legend(figure, ncols=2)
    return figure


def shares(table: pd.DataFrame, population: int) -> Figure:
    """Draw the best candidate's share of all weights against the skew, beside the closed form of ranks (dotted)."""
    figure, axis = plt.subplots(figsize=(6.4, 3.2))
    for (name, rows), color, mark in zip(table.groupby("weights"), (PALETTE[1], PALETTE[0]), "so", strict=True):
        axis.plot(rows["skew"], rows["share"], color=color, marker=mark, label=f"weights are {name}")
    axis.axhline(best_share(population), color="black", lw=1, ls=":", label=r"$2 (M - 1) / M^2$")
    axis.set(xlabel="skew of the fitness", ylabel="best candidate's share", ylim=(0, None))
    axis.legend()
    return figure


def drift(table: pd.DataFrame, others: pd.DataFrame) -> Figure:
    """Draw the spread of drifting coordinates: by rate against generations, and with other widths and populations."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.8), sharey=True)
    for (rate, rows), color in zip(table.groupby("rate"), PALETTE, strict=False):
        axes[0].plot(rows["generation"], rows["spread"], color=color, label=f"rate {rate:g}")
        axes[0].plot(rows["generation"], rows["closed"], color="black", lw=1, ls=":")
    for ((sigma, population), rows), color in zip(others.groupby(["sigma", "population"]), PALETTE[3:], strict=False):
        label = rf"$\sigma$ = {sigma:g}, $M$ = {population}"
        axes[1].plot(rows["generation"], rows["spread"], color=color, label=label)
    axes[1].plot(rows["generation"], rows["closed"], color="black", lw=1, ls=":", label=r"rate $\times \sqrt{G}$")
    for axis in axes:
        axis.set(xscale="log", yscale="log", xlabel="generation")
    axes[0].set(ylabel="spread of the coordinates", title="the rate sets it")
    axes[1].set(title=f"nothing else does (rate {others['rate'].iloc[0]:g})")
    axes[1].legend(loc="lower right")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def population(seen: pd.DataFrame, centres: pd.DataFrame, shown: Sequence[int]) -> Figure:
    """Draw a population on its landscape in a few generations, and the path of its centre."""
    side = np.linspace(-2.5, 2.5, 121)
    x, y = np.meshgrid(side, side)
    height = np.asarray(hill(jnp.stack([x.ravel(), y.ravel()], -1))).reshape(x.shape)
    figure, axes = plt.subplots(2, 2, figsize=(6.4, 6.2), sharex=True, sharey=True)
    for axis, generation in zip(axes.flat, shown, strict=True):
        axis.contourf(x, y, height, levels=20, cmap="Greys_r", alpha=0.6)
        now, path = seen[seen["generation"] == generation], centres[centres["generation"] <= generation]
        best = now["fitness"] >= now["fitness"].median()
        axis.plot(
            now["x"][~best], now["y"][~best], "o", color=PALETTE[1], ms=4, mec="white", mew=0.5, label="worse half"
        )
        axis.plot(
            now["x"][best], now["y"][best], "o", color=PALETTE[0], ms=4, mec="white", mew=0.5, label="better half"
        )
        axis.plot(path["x"], path["y"], color="black", lw=1.5)
        axis.plot(path["x"].iloc[-1:], path["y"].iloc[-1:], "D", color="black", ms=6, label="centre")
        axis.set(title=f"generation {generation}", aspect="equal", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
        axis.grid(False)
    for axis in axes[1]:
        axis.set_xlabel("first coordinate")
    for axis in axes[:, 0]:
        axis.set_ylabel("second coordinate")
    legend(figure, ncols=3)
    return figure
