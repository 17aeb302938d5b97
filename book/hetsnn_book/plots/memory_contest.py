"""Figures of the fair contest on the memory task: search, winners, map of settings, single properties."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hetsnn.statistics import mean_interval, wilson_interval
from hetsnn_book.experiments.memory import readout_kind
from hetsnn_book.experiments.memory_contest import WINNERS, winner_runs
from hetsnn_book.experiments.memory_search import SETTINGS, is_bare
from hetsnn_book.figures import COLORS, MARKERS, PALETTE
from hetsnn_book.plots.axes import TINTS, errorbar, length_axis, numbers
from hetsnn_book.plots.styles import LABELS
from hetsnn_book.words import SYMBOLS

TITLES = {"best": "best setting", "bare": "best bare setting"}


def search(trials: pd.DataFrame) -> Figure:
    """Plot the mean reward of each trial against its tau_m, a panel per side."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 4.4))
    flat = ScalarMappable(Normalize(0, 1), "viridis_r")
    for axis, (side, of_side) in zip(axes, trials.groupby("evolved"), strict=True):
        for (kind, bias), group in of_side.groupby([readout_kind(of_side["tau_readout"]), "bias"]):
            axis.scatter(
                group["tau_m"],
                group["reward"],
                c=group["flat_share"],
                cmap=flat.cmap,
                norm=flat.norm,
                s=55,
                marker="o" if kind == "leaky" else "s",
                edgecolors="black" if bias else "none",
                linewidths=1.5,
            )
        axis.set(title=LABELS[str(side)], xscale="log", xlabel=r"$\tau_m$ of the trial [dt]", xticks=[2, 5, 10, 20, 50])
        axis.set_xticklabels(["2", "5", "10", "20", "50"])
        axis.minorticks_off()
    axes[0].set(ylabel="mean reward", ylim=(min(-0.08, trials["reward"].min() - 0.04), 1.08))
    marks = [
        Line2D([], [], ls="", marker="o", color="0.5", label="leaky read-out"),
        Line2D([], [], ls="", marker="s", color="0.5", label="memoryless read-out"),
        Line2D([], [], ls="", marker="o", mfc="none", color="black", mew=1.5, label="with a bias"),
    ]
    figure.legend(handles=marks, loc="outside upper center", ncols=3)
    figure.colorbar(
        flat, ax=axes, location="bottom", aspect=40, label="share of generations in which all candidates tie"
    )
    return figure


def finals_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finalists of each side, best first: their settings, and their mean reward with its interval."""
    rows = []
    for key, group in frame.groupby(["evolved", *SETTINGS]):
        rewards = group.groupby("seed")["reward"].mean()  # a seed is drawn once for all lengths
        rows.append((*key, bool(is_bare(group).all()), len(group), *mean_interval(rewards)))
    table = pd.DataFrame(rows, columns=["evolved", *SETTINGS, "bare", "runs", "mean", "low", "high"])
    return table.sort_values(["evolved", "mean"], ascending=[True, False], ignore_index=True)


def finals(table: pd.DataFrame) -> Figure:
    """Plot the mean reward of each finalist with its interval, best first, a panel per side; squares are bare.

    Args:
        table: a row per finalist: `evolved`, `bare`, `mean`, `low`, `high`.
    """
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.6))
    for axis, (side, group) in zip(axes, table.groupby("evolved"), strict=True):
        places = np.arange(len(group))
        for bare, marker, label in ((False, "o", "others"), (True, "s", "bare")):
            there = (group["bare"] == bare).to_numpy()
            chosen = group[there]
            error = np.abs(chosen[["low", "high"]].to_numpy().T - chosen["mean"].to_numpy())
            style = {"color": COLORS[str(side)], "mfc": "white" if bare else None, "capsize": 3, "label": label}
            axis.errorbar(places[there], chosen["mean"], error, ls="", marker=marker, markersize=7, **style)
        axis.set(title=LABELS[str(side)], xlabel="finalist", xticks=[])
        axis.legend(loc="lower left")
    axes[0].set(ylabel="mean reward", ylim=(-0.08, 1.08))
    return figure


def contest_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean reward with its interval, share of solved seeds and of flat generations, by side, kind, length."""
    rows = []
    for side, kind in WINNERS:
        for length, group in winner_runs(frame, side, kind).groupby("length"):
            solved, flat = (group["reward"] == 1).mean(), group["flat_share"].mean()
            rows.append((side, kind, length, len(group), *mean_interval(group["reward"]), solved, flat))
    return pd.DataFrame(
        rows, columns=["evolved", "kind", "length", "seeds", "mean", "low", "high", "solved", "flat_share"]
    )


def contest(table: pd.DataFrame) -> Figure:
    """Plot reward against memory length, each side in its best setting, and in its best bare setting."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
    for axis, (kind, title) in zip(axes, TITLES.items(), strict=True):
        for side, shift in (("neuron", 0.97), ("weight", 1.03)):
            errorbar(axis, table[(table["kind"] == kind) & (table["evolved"] == side)], side, shift)
        axis.set_title(title)
        length_axis(axis)
    axes[0].set(ylabel="mean reward", ylim=(-0.15, 1.08))
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def contrast(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward of both sides and their difference, for each cell of the map."""
    cell = ["bias", "readout", "length", "tau_m", "gain"]
    rows = []
    for key, group in frame.assign(readout=readout_kind(frame["tau_readout"])).groupby(cell):
        ours, theirs = (group[group["evolved"] == side]["reward"] for side in ("neuron", "weight"))
        rows.append((*key, len(ours), ours.mean(), theirs.mean(), ours.mean() - theirs.mean()))
    return pd.DataFrame(rows, columns=[*cell, "seeds", "neuron", "weight", "difference"])


def contrast_map(table: pd.DataFrame) -> Figure:
    """Plot the difference between the sides over tau_m and gain, a panel per bias, read-out and length."""
    kinds = list(table.groupby(["bias", "readout"]).groups)
    lengths = sorted(table["length"].unique())
    figure, axes = plt.subplots(
        len(kinds), len(lengths), sharex=True, sharey=True, squeeze=False, figsize=(6.4, 0.6 + 2.2 * len(kinds))
    )
    difference = ScalarMappable(Normalize(-1, 1), TINTS)
    for row, (bias, kind) in zip(axes, kinds, strict=True):
        for axis, length in zip(row, lengths, strict=True):
            chosen = table[(table["bias"] == bias) & (table["readout"] == kind) & (table["length"] == length)]
            grid = chosen.pivot_table(index="gain", columns="tau_m", values="difference")
            axis.imshow(grid, cmap=difference.cmap, norm=difference.norm, origin="lower", aspect="auto")
            numbers(axis, grid)
            axis.set_xticks(range(grid.shape[1]), [f"{tau:g}" for tau in grid.columns])
            axis.set_yticks(range(grid.shape[0]), [f"{gain:g}" for gain in grid.index])
            axis.grid(visible=False)
            axis.set_title(f"length {length}", fontsize=11)
        row[0].set_title(f"{kind}, {'with' if bias else 'no'} bias\nlength {lengths[0]}", fontsize=11)
        row[0].set_ylabel("gain")
    for axis in axes[-1]:
        axis.set_xlabel(r"$\tau_m$ [dt]")
    figure.colorbar(
        difference, ax=axes, location="bottom", aspect=40, label="reward of evolved neurons minus evolved weights"
    )
    return figure


def bsuite(table: pd.DataFrame) -> Figure:
    """Plot reward by memory length in bsuite's environments (marks) and in ours (lines), a panel per kind of winner.

    Args:
        table: a row per network: `evolved`, `kind`, `length`, and the rewards `ours` and `bsuite`.
    """
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.6))
    for axis, (kind, title) in zip(axes, TITLES.items(), strict=True):
        for side, group in table[table["kind"] == kind].groupby("evolved"):
            mean, style = group.groupby("length")[["ours", "bsuite"]].mean(), {"color": COLORS[str(side)]}
            axis.plot(mean.index, mean["ours"], lw=1.5, label=f"{LABELS[str(side)]}: ours", **style)
            axis.plot(
                mean.index, mean["bsuite"], ls="", marker=MARKERS[str(side)], mfc="none", label="bsuite's", **style
            )
        axis.set_title(title)
        length_axis(axis)
    axes[0].set(ylabel="mean reward", ylim=(-0.15, 1.08))
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def properties_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of solved seeds with its Wilson interval for each evolved subset and length."""
    rows = []
    for (widths, length), group in frame.groupby(["widths", "length"]):
        names = [name for name, width in zip(SYMBOLS, widths, strict=True) if width > 0]
        solved = int((group["reward"] == 1).sum())
        low, high = wilson_interval(solved, len(group))
        rows.append(("+".join(names), length, len(group), solved / len(group), low, high, group["flat_share"].mean()))
    return pd.DataFrame(rows, columns=["evolves", "length", "seeds", "solved", "low", "high", "flat_share"])


def properties(table: pd.DataFrame) -> Figure:
    """Plot the share of solved seeds for each property alone and all together."""
    figure, axis = plt.subplots(figsize=(6.4, 3.8))
    lengths = sorted(table["length"].unique())
    order = [*SYMBOLS, "+".join(SYMBOLS)]
    for number, names in enumerate(order):
        group = table[table["evolves"] == names].set_index("length").reindex(lengths)
        error = np.abs(group[["low", "high"]].to_numpy().T - group["solved"].to_numpy())
        axis.errorbar(
            np.arange(len(lengths)) + 0.14 * (number - 2),
            group["solved"],
            error,
            ls="",
            marker="osD^v"[number],
            markersize=7,
            capsize=3,
            color=PALETTE[number],
            label=SYMBOLS.get(names, "all four"),
        )
    axis.set_xticks(range(len(lengths)), [str(length) for length in lengths])
    axis.set(xlabel="memory length", ylabel="share of solved seeds", ylim=(-0.05, 1.05))
    figure.legend(loc="outside upper center", ncols=5)
    return figure
