"""Figures of Fig. 2: the maze, reward against memory length, learning curves, time constants, lesions."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hetsnn.statistics import mean_interval, wilson_interval
from hetsnn_book.experiments.memory import readout_kind
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.plots.axes import bands, errorbar, length_axis
from hetsnn_book.plots.styles import LABELS
from hetsnn_book.plots.text import interval

KINDS = ("leaky", "memoryless")  # read-outs
SHIFTS = {"neuron": 0.97, "weight": 1.03}  # factors on a logarithmic axis that keep sides from overlapping
OFFSETS = {"neuron": 0.05, "weight": -0.05}  # offsets of the seeds' marks along the reward axis
ENOUGH = 0.9  # share of seeds that counts as solving a length


def maze(length: int) -> Figure:
    """Draw the T-maze: a cue at the entrance, a corridor without cues, a choice at its end."""
    figure, axis = plt.subplots(figsize=(6.4, 2.2))
    axis.set(xlim=(0, 9.4), ylim=(-1.6, 1.6), aspect="equal")
    axis.axis("off")
    for x in range(7):
        axis.add_patch(Rectangle((x, -0.5), 1, 1, fc="#eeeeee", ec="white", lw=2))
    axis.add_patch(Rectangle((0, -0.5), 1.5, 1, fc=PALETTE[9], ec="white", lw=2))
    axis.text(0.75, 0, "cue:\n+1 or -1", ha="center", va="center", fontsize=11)
    axis.annotate("", (6.9, -0.25), (1.6, -0.25), arrowprops={"arrowstyle": "->", "lw": 1.5})
    axis.text(4.25, 0.12, f"{length} steps, only a clock", ha="center", va="center", fontsize=12)
    for y, text, color in ((-1.5, "-1", "#cccccc"), (-0.5, "which\nway?", "#eeeeee"), (0.5, "+1", "#cccccc")):
        axis.add_patch(Rectangle((7, y), 1.2, 1, fc=color, ec="white", lw=2))
        axis.text(7.6, y + 0.5, text, ha="center", va="center", fontsize=11)
    return figure


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return mean reward and share of solved seeds with their intervals, by side, read-out, clock and length."""
    rows = []
    keys = ["evolved", "readout", "rising_clock", "length"]
    for key, group in frame.assign(readout=readout_kind(frame["tau_readout"])).groupby(keys):
        solved = int((group["reward"] == 1).sum())
        mean = mean_interval(group["reward"])
        rows.append((*key, len(group), *mean, solved / len(group), *wilson_interval(solved, len(group))))
    return pd.DataFrame(rows, columns=[*keys, "seeds", "mean", "low", "high", "solved", "solved_low", "solved_high"])


def mean_at(table: pd.DataFrame, side: str, kind: str, length: int, *, rising: bool = False) -> str | None:
    """Return the mean reward of a side at a length, with its interval, as text; None if no row of the table has it.

    Args:
        table: a row per side, read-out, clock and length, as `reward_table` returns it.
        side: `"neuron"` or `"weight"`.
        kind: kind of the read-out.
        length: memory length.
        rising: take the clock that the paper prints.
    """
    chosen = (table["evolved"] == side) & (table["readout"] == kind) & (table["length"] == length)
    rows = table[chosen & (table["rising_clock"] == rising)]
    return interval(tuple(rows.iloc[0][["mean", "low", "high"]]), ".2f") if len(rows) else None


def reward(table: pd.DataFrame, frame: pd.DataFrame) -> Figure:
    """Plot Fig. 2: reward against memory length, a panel per read-out: each seed, and the mean with its interval."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 4.6))
    rng = np.random.default_rng(0)
    for axis, kind in zip(axes, KINDS, strict=True):
        for side, shift in SHIFTS.items():
            seeds = frame[
                (frame["evolved"] == side) & (readout_kind(frame["tau_readout"]) == kind) & ~frame["rising_clock"]
            ]
            x = seeds["length"] * shift * np.exp(rng.uniform(-0.02, 0.02, len(seeds)))
            y = seeds["reward"] + OFFSETS[side] + rng.uniform(-0.035, 0.035, len(seeds))
            axis.scatter(x, y, s=6, color=COLORS[side], alpha=0.45, linewidths=0)
            errorbar(axis, _plain(table, side, kind), side, shift)
        axis.set_title(f"{kind} read-out")
        length_axis(axis)
    axes[0].set(ylabel="reward", ylim=(-1.15, 1.15), yticks=[-1, -0.5, 0, 0.5, 1])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def solved(table: pd.DataFrame) -> Figure:
    """Plot the share of solved seeds with its Wilson interval against memory length, a panel per read-out."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
    for axis, kind in zip(axes, KINDS, strict=True):
        for side, shift in SHIFTS.items():
            shares = _plain(table, side, kind)[["length", "solved", "solved_low", "solved_high"]]
            errorbar(axis, shares.set_axis(["length", "mean", "low", "high"], axis=1), side, shift)
        axis.axhline(ENOUGH, color="black", lw=1, ls=":")
        axis.set_title(f"{kind} read-out")
        length_axis(axis)
    axes[0].set(ylabel="share of solved seeds", ylim=(-0.05, 1.05))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def longest_solved(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return the longest length up to which 90 % of the seeds solve every length, by side and read-out; 0 if none."""
    longest = {}
    for side in SHIFTS:
        for kind in KINDS:
            rows = _plain(table, side, kind)
            lengths = rows["length"][(rows["solved"] >= ENOUGH).cummin()]
            longest[side, kind] = int(lengths.max()) if len(lengths) else 0
    return longest


def _plain(table: pd.DataFrame, side: str, kind: str) -> pd.DataFrame:
    """Return the rows of a side and a read-out with bsuite's own clock, by length."""
    chosen = (table["evolved"] == side) & (table["readout"] == kind) & ~table["rising_clock"]
    return table[chosen].sort_values("length")


def clocks(table: pd.DataFrame) -> Figure:
    """Plot the mean reward with bsuite's falling clock beside the rising clock that the paper prints."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
    lengths = sorted(table[table["rising_clock"]]["length"].unique())
    for axis, kind in zip(axes, KINDS, strict=True):
        for side, shift in SHIFTS.items():
            for rising in (False, True):
                chosen = table[
                    (table["evolved"] == side) & (table["readout"] == kind) & (table["rising_clock"] == rising)
                ]
                bars = errorbar(axis, chosen[chosen["length"].isin(lengths)], side, shift ** (1 + 2 * rising))
                if rising:
                    bars.lines[0].set(linestyle=":", markerfacecolor="white")
                bars.set_label(f"{LABELS[side]}, {'rising' if rising else 'falling'} clock")
        axis.set_title(f"{kind} read-out")
        length_axis(axis)
        axis.set_xlim(4, 65)
    axes[0].set(ylabel="mean reward", ylim=(-0.2, 1.1))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


def curve_table(frame: pd.DataFrame, lengths: list[int]) -> pd.DataFrame:
    """Return the population's mean fitness by generation, and the shares of seeds in which all candidates tie.

    In a `solved_tie` all candidates earn the full reward; in a `blind_tie` they earn less, and selection has no signal.
    """
    rows = []
    some = frame[frame["length"].isin(lengths) & ~frame["rising_clock"]]
    for (side, kind, length), group in some.assign(readout=readout_kind(some["tau_readout"])).groupby(
        ["evolved", "readout", "length"]
    ):
        names = ("mean", "best", "outside_largest_tie")
        mean, best, outside = (np.stack(group[f"curve_{name}"].to_list()) for name in names)
        stride = -(-int(group["generations"].iloc[0]) // mean.shape[1])
        rows.append(
            pd.DataFrame(
                {
                    "evolved": side,
                    "readout": kind,
                    "length": length,
                    "generation": np.arange(mean.shape[1]) * stride,
                    "fitness": mean.mean(0),
                    "solved_tie": ((outside == 0) & (best == 1)).mean(0),
                    "blind_tie": ((outside == 0) & (best < 1)).mean(0),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def curves(table: pd.DataFrame) -> Figure:
    """Plot learning curves and the share of seeds in a blind tie."""
    cases = list(table.groupby(["evolved", "readout"], sort=True).groups)
    figure, axes = plt.subplots(2, len(cases), sharex=True, sharey="row", figsize=(6.4, 4.4))
    lengths = sorted(table["length"].unique())
    shades = dict(zip(lengths, plt.get_cmap("viridis_r")(np.linspace(0.1, 1.0, len(lengths))), strict=True))
    for column, (side, kind) in zip(axes.T, cases, strict=True):
        chosen = table[(table["evolved"] == side) & (table["readout"] == kind)]
        for length, group in chosen.groupby("length"):
            for axis, name in zip(column, ("fitness", "blind_tie"), strict=True):
                axis.plot(group["generation"], group[name], color=shades[length], lw=1.5, label=f"{length}")
        column[0].set_title(f"{LABELS[side]},\n{kind}", fontsize=10)
        column[1].set_xlabel("generation", fontsize=10)
    axes[0, 0].set(ylabel="population's\nmean reward", ylim=(-0.1, 1.05))
    axes[1, 0].set(ylabel="share of seeds\nin a blind tie", ylim=(-0.05, 1.05))
    for axis in axes.flat:
        axis.tick_params(labelsize=9)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6, title="memory length")
    return figure


def time_constant_table(frame: pd.DataFrame, tau_m: np.ndarray) -> pd.DataFrame:
    """Return percentiles of the evolved time constants over neurons and seeds, by read-out and length.

    Args:
        frame: runs whose neurons evolved.
        tau_m: evolved time constants of their neurons, (rows of the frame, hidden neurons) [dt].
    """
    rows = []
    for (kind, length), places in frame.groupby([readout_kind(frame["tau_readout"]), "length"]).indices.items():
        percentiles = {f"q{q:02d}": np.percentile(tau_m[places], q) for q in (5, 25, 50, 75, 95)}
        rows.append({"readout": kind, "length": length, **percentiles})
    return pd.DataFrame(rows)


def time_constants(table: pd.DataFrame) -> Figure:
    """Plot evolved tau_m at each length: median, quartiles, 5th to 95th percentile over neurons and seeds."""
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.6))
    for axis, kind in zip(axes, KINDS, strict=True):
        bands(axis, table[table["readout"] == kind])
        axis.set_title(f"{kind} read-out")
    axes[0].set_ylabel(r"evolved $\tau_m$ [dt]")
    return figure


LESIONS = {
    "intact": "reward",
    "hidden neurons reset": "reward_hidden_forgotten",
    "read-out reset": "reward_readout_forgotten",
    "noise of 0.001": "reward_noise_0.001",
    "noise of 0.1": "reward_noise_0.1",
}


def lesion_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward of networks that solve the task, by read-out, side, length and lesion or noise."""
    chosen = frame[(frame["reward"] == 1) & ~frame["rising_clock"]]
    rows = [
        (kind, side, length, len(group), test, group[column].mean(), group["margin"].median())
        for (kind, side, length), group in chosen.groupby([readout_kind(chosen["tau_readout"]), "evolved", "length"])
        for test, column in LESIONS.items()
    ]
    return pd.DataFrame(rows, columns=["readout", "evolved", "length", "seeds", "test", "mean", "margin"])


def lesions(table: pd.DataFrame) -> Figure:
    """Plot the mean reward of networks that solve the task by memory length: intact, after lesions, under noise."""
    figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(6.4, 6.4))
    for row, kind in zip(axes, KINDS, strict=True):
        for axis, side in zip(row, SHIFTS, strict=True):
            group = table[(table["readout"] == kind) & (table["evolved"] == side)]
            for number, test in enumerate(LESIONS):
                of_test = group[group["test"] == test]
                style = {"color": PALETTE[number], "marker": "osD^v"[number], "lw": 1.5, "markersize": 8 - number}
                axis.plot(of_test["length"], of_test["mean"], label=test, **style)
            axis.set_title(f"{LABELS[side]},\n{kind} read-out")
            length_axis(axis)
            axis.label_outer()
        row[0].set(ylabel="mean reward", ylim=(-0.1, 1.1))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
