"""Figures of Fig. 2: the maze, reward against memory length, learning curves, time constants, where the memory is."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hetsnn.figures import COLORS, MARKERS, PALETTE
from hetsnn.statistics import mean_interval, wilson_interval

LABELS = {"neuron": "neurons evolve", "weight": "weights evolve"}
TICKS = (1, 2, 5, 10, 25, 50, 100)


def readout(tau_readout: pd.Series) -> pd.Series:
    """The kind of a read-out, from its time constant in time steps."""
    return tau_readout.eq(1.0).map({True: "memoryless", False: "leaky"})


def length_axis(axis: Axes) -> None:
    """A logarithmic axis of memory lengths."""
    axis.set_xscale("log")
    axis.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axis.minorticks_off()
    axis.set(xlabel="memory length", xlim=(0.85, 118))


def errorbar(axis: Axes, table: pd.DataFrame, side: str, shift: float) -> None:
    """Means with their intervals against memory length, moved a little so that sides do not hide each other."""
    error = np.abs(table[["low", "high"]].to_numpy().T - table["mean"].to_numpy())
    axis.errorbar(
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


def maze(length: int) -> Figure:
    """The T-maze: a cue at the entrance, a corridor without cues, a choice at its end."""
    figure, axis = plt.subplots(figsize=(6.4, 2.4))
    axis.set(xlim=(-0.8, 9.6), ylim=(-2.1, 2.1), aspect="equal")
    axis.axis("off")
    for x in range(8):
        axis.add_patch(Rectangle((x, -0.5), 1, 1, fc=PALETTE[9] if x < 1 else "#eeeeee", ec="white", lw=2))
    for y, sign in ((0.5, "+1"), (-1.5, "-1")):
        axis.add_patch(Rectangle((8, y), 1, 1, fc="#cccccc", ec="white", lw=2))
        axis.text(8.5, y + 0.5, sign, ha="center", va="center", fontsize=12)
    axis.add_patch(Rectangle((8, -0.5), 1, 1, fc="#eeeeee", ec="white", lw=2))
    axis.text(0.5, 0, "cue\n+1 or -1", ha="center", va="center", fontsize=9)
    axis.annotate("", (7.8, 0), (1.3, 0), arrowprops={"arrowstyle": "->", "lw": 1.5})
    axis.text(4.5, 0.2, f"{length} steps: the cue is gone, a clock runs", ha="center", va="bottom", fontsize=10)
    axis.text(8.5, 0, "go\nwhere?", ha="center", va="center", fontsize=9)
    return figure


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean reward and share of solved seeds with their intervals, by side, read-out, clock and length."""
    rows = []
    keys = ["evolved", "readout", "rising_clock", "length"]
    for key, group in frame.assign(readout=readout(frame["tau_readout"])).groupby(keys):
        solved = int((group["reward"] == 1).sum())
        mean = mean_interval(group["reward"])
        rows.append((*key, len(group), *mean, solved / len(group), *wilson_interval(solved, len(group))))
    return pd.DataFrame(rows, columns=[*keys, "seeds", "mean", "low", "high", "solved", "solved_low", "solved_high"])


def reward(table: pd.DataFrame, frame: pd.DataFrame) -> Figure:
    """Fig. 2: reward against memory length, a panel per read-out: means with intervals over the single seeds."""
    kinds = ["leaky", "memoryless"]
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 4.2))
    rng = np.random.default_rng(0)
    for axis, kind in zip(axes, kinds, strict=True):
        for side, shift in (("neuron", 0.97), ("weight", 1.03)):
            seeds = frame[(frame["evolved"] == side) & (readout(frame["tau_readout"]) == kind) & ~frame["rising_clock"]]
            spread = rng.uniform(-0.035, 0.035, len(seeds))
            axis.scatter(
                seeds["length"] * shift, seeds["reward"] + spread, s=3, color=COLORS[side], alpha=0.25, linewidths=0
            )
            chosen = (table["evolved"] == side) & (table["readout"] == kind) & ~table["rising_clock"]
            errorbar(axis, table[chosen], side, shift)
        axis.set_title(f"{kind} read-out")
        length_axis(axis)
    axes[0].set(ylabel="reward", ylim=(-1.1, 1.1))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def clocks(table: pd.DataFrame) -> Figure:
    """Mean reward with bsuite's falling clock beside the rising clock that the paper prints."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
    lengths = sorted(table[table["rising_clock"]]["length"].unique())
    for axis, kind in zip(axes, ("leaky", "memoryless"), strict=True):
        for side in ("neuron", "weight"):
            for rising, style in ((False, "-"), (True, ":")):
                chosen = table[
                    (table["evolved"] == side) & (table["readout"] == kind) & (table["rising_clock"] == rising)
                ]
                chosen = chosen[chosen["length"].isin(lengths)]
                label = f"{LABELS[side]}, {'rising' if rising else 'falling'} clock"
                axis.plot(
                    chosen["length"], chosen["mean"], style, color=COLORS[side], marker=MARKERS[side], label=label
                )
        axis.set_title(f"{kind} read-out")
        length_axis(axis)
        axis.set_xlim(4, 62)
    axes[0].set(ylabel="mean reward", ylim=(-0.1, 1.1))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


def curve_table(frame: pd.DataFrame, lengths: list[int]) -> pd.DataFrame:
    """Mean fitness of the population by generation, and the shares of seeds where all candidates tie.

    In a `solved_tie` all candidates earn the full reward, in a `blind_tie` none tells the search where to go.
    """
    rows = []
    some = frame[frame["length"].isin(lengths) & ~frame["rising_clock"]]
    for (side, kind, length), group in some.assign(readout=readout(some["tau_readout"])).groupby(
        ["evolved", "readout", "length"]
    ):
        mean, best, untied = (np.stack(group[f"curve_{name}"].to_list()) for name in ("mean", "best", "untied"))
        stride = -(-int(group["generations"].iloc[0]) // mean.shape[1])
        rows.append(
            pd.DataFrame(
                {
                    "evolved": side,
                    "readout": kind,
                    "length": length,
                    "generation": np.arange(mean.shape[1]) * stride,
                    "fitness": mean.mean(0),
                    "solved_tie": ((untied == 0) & (best == 1)).mean(0),
                    "blind_tie": ((untied == 0) & (best < 1)).mean(0),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def curves(table: pd.DataFrame) -> Figure:
    """Learning curves, and the share of seeds that search blindly."""
    cases = list(table.groupby(["evolved", "readout"], sort=True).groups)
    figure, axes = plt.subplots(2, len(cases), sharex=True, sharey="row", figsize=(6.4, 4.4))
    for column, (side, kind) in zip(axes.T, cases, strict=True):
        chosen = table[(table["evolved"] == side) & (table["readout"] == kind)]
        for number, (length, group) in enumerate(chosen.groupby("length")):
            for axis, name in zip(column, ("fitness", "blind_tie"), strict=True):
                axis.plot(group["generation"], group[name], color=PALETTE[number], label=f"{length}")
        column[0].set_title(f"{LABELS[side]},\n{kind}", fontsize=10)
        column[1].set_xlabel("generation", fontsize=10)
    axes[0, 0].set(ylabel="population's\nmean reward", ylim=(-0.1, 1.05))
    axes[1, 0].set(ylabel="share of seeds\nin a blind tie", ylim=(-0.05, 1.05))
    for axis in axes.flat:
        axis.tick_params(labelsize=9)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6, title="memory length")
    return figure


def time_constants(table: pd.DataFrame) -> Figure:
    """What tau_m became at each length: median, quartiles, 5th to 95th percentile over neurons and seeds."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
    for axis, kind in zip(axes, ("leaky", "memoryless"), strict=True):
        group = table[table["readout"] == kind]
        axis.fill_between(group["length"], group["q05"], group["q95"], color=COLORS["neuron"], alpha=0.15, lw=0)
        axis.fill_between(group["length"], group["q25"], group["q75"], color=COLORS["neuron"], alpha=0.35, lw=0)
        axis.plot(group["length"], group["q50"], color=COLORS["neuron"], marker="o")
        axis.axhline(2.0, color="black", lw=1, ls=":")
        axis.set_title(f"{kind} read-out")
        axis.set_yscale("log")
        length_axis(axis)
    axes[0].set_ylabel(r"evolved $\tau_m$ [dt]")
    axes[0].set_ylim(0.9, 11)
    axes[0].set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    axes[0].minorticks_off()
    return figure


def lesions(table: pd.DataFrame) -> Figure:
    """Mean reward of the networks that solve the task, intact, after lesions and under noise, by memory length."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 4.4))
    for axis, side in zip(axes, ("neuron", "weight"), strict=True):
        group = table[table["evolved"] == side]
        for number, (kind, of_kind) in enumerate(group.groupby("test", sort=False)):
            axis.plot(
                of_kind["length"],
                of_kind["mean"],
                color=PALETTE[number],
                marker="osD^v"[number],
                label=str(kind),
                lw=1.5,
            )
        axis.set_title(LABELS[side])
        length_axis(axis)
    axes[0].set(ylabel="mean reward of solved seeds", ylim=(-0.1, 1.1))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
