"""Figures of the direct test: gradient descent beside evolution on the memory task."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.networks.surrogates import SURROGATES
from hetsnn.statistics import mean_interval
from hetsnn_book.experiments.descent import WIDTHS, WINNERS
from hetsnn_book.experiments.descent_search import METHODS, SIDES, method_of
from hetsnn_book.plots.axes import length_axis
from hetsnn_book.plots.styles import ESTIMATE_COLORS
from hetsnn_book.words import title

TRAINED = {"neuron": "neurons are trained", "weight": "weights are trained"}
MARKS = dict(zip(METHODS, "osD", strict=True))


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs in their winner's own setting, with their method."""
    frame = frame.assign(method=method_of(frame))
    ours = [WINNERS[method, side].get("width") for method, side in zip(frame["method"], frame["evolved"], strict=True)]
    same = frame["surrogate"].isin(["arctan"]) & (frame["width"] == pd.Series(ours, frame.index, float))
    return frame[same | (frame["method"] == "ES")]


def reward_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward with its interval by side, method and length, and descent's at equal time, `early`."""
    rows = []
    frame = plain(frame)
    for (side, length), of_length in frame.groupby(["evolved", "length"]):
        limit = of_length[of_length["method"] == "ES"]["seconds"].mean()
        for method, group in of_length.groupby("method", sort=False):
            early = np.nan
            if method != "ES":
                curve = np.stack(group["curve_mean"].to_list()).mean(0)
                done = np.arange(1, len(curve) + 1) / len(curve) * group["seconds"].mean()
                # Before the curve's first point, the network is at its start, which is no better than chance.
                early = float(np.interp(limit, [0.0, *done], [0.0, *curve]))
            rows.append(
                (side, method, length, len(group), *mean_interval(group["reward"]), early, group["seconds"].mean())
            )
    return pd.DataFrame(
        rows, columns=["evolved", "method", "length", "seeds", "mean", "low", "high", "early", "seconds"]
    )


def reached(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the mean reward over all lengths, by side and method: at equal episodes, and at equal time."""
    groups = table.groupby(["evolved", "method"])[["mean", "early"]].mean()
    return {
        key: (row["mean"], row["mean"] if np.isnan(row["early"]) else row["early"]) for key, row in groups.iterrows()
    }


def seconds(frame: pd.DataFrame) -> float:
    """Return descent's computing time divided by evolution's, for equal episodes."""
    means = plain(frame).groupby(["method", "evolved", "length"])["seconds"].mean()
    by_gradient = [means[method] for method in list(METHODS)[1:] if method in means.index.get_level_values(0)]
    return float(np.median(pd.concat([each / means["ES"] for each in by_gradient]).dropna()))


def reward(table: pd.DataFrame) -> Figure:
    """Plot reward against memory length, a panel per side."""
    figure, axes = plt.subplots(1, len(SIDES), sharey=True, figsize=(6.4, 4.2))
    for axis, side in zip(axes, SIDES, strict=True):
        for shift, method in zip((0.95, 1.0, 1.05), METHODS, strict=True):
            rows = table[(table["evolved"] == side) & (table["method"] == method)].sort_values("length")
            style = {"color": ESTIMATE_COLORS[method], "marker": MARKS[method], "markersize": 4, "lw": 1.5}
            error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
            axis.errorbar(rows["length"] * shift, rows["mean"], error, elinewidth=0.6, label=method, **style)
            if method != "ES":
                axis.plot(rows["length"] * shift, rows["early"], **style | {"ls": ":", "mfc": "white"})
        axis.set_title(TRAINED[side])
        length_axis(axis)
    axes[0].set(ylabel="mean reward", ylim=(-0.7, 1.1))
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=10)
    return figure


def surrogate_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward by width of the arctan and by surrogate, at the lengths that have several."""
    frame = frame.assign(method=method_of(frame))
    frame = frame[frame["method"] != "ES"]
    lengths = frame[frame["width"].isin(WIDTHS)]["length"].unique()
    rows = []
    for (side, method, name, width), group in frame[frame["length"].isin(lengths)].groupby(
        ["evolved", "method", "surrogate", "width"]
    ):
        own = bool(width == WINNERS[method, side]["width"])
        kinds = [("width", f"{width:g}")] * int(name == "arctan") + [("surrogate", name)] * own
        rewards = group.groupby("seed")["reward"].mean()  # a seed is drawn once for all lengths
        rows += [(side, method, *kind, len(rewards), *mean_interval(rewards)) for kind in kinds]
    return pd.DataFrame(rows, columns=["evolved", "method", "what", "value", "seeds", "mean", "low", "high"])


def surrogates(table: pd.DataFrame) -> Figure:
    """Plot reward by width and by surrogate, a row per side."""
    figure, axes = plt.subplots(len(SIDES), 2, sharey=True, sharex="col", figsize=(6.4, 5.6))
    for row, side in zip(axes, SIDES, strict=True):
        for axis, what in zip(row, ("width", "surrogate"), strict=True):
            values = sorted(
                {*table[table["what"] == what]["value"]}, key=list(SURROGATES).index if what == "surrogate" else float
            )
            for shift, method in zip((-0.1, 0.1), list(METHODS)[1:], strict=True):
                chosen = (table["what"] == what) & (table["evolved"] == side) & (table["method"] == method)
                rows = table[chosen].set_index("value").reindex(values)
                error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
                axis.errorbar(
                    np.arange(len(values)) + shift,
                    rows["mean"],
                    error,
                    ls="",
                    marker=MARKS[method],
                    capsize=3,
                    color=ESTIMATE_COLORS[method],
                    label=method,
                )
            axis.set_xticks(range(len(values)), [title(value) for value in values], fontsize=9, rotation=30)
        row[0].set(ylabel=f"{TRAINED[side]}\n\nmean reward", ylim=(-0.75, 1.1))
        row[0].yaxis.label.set_fontsize(10)
    axes[-1, 0].set_xlabel("width (arctan)")
    axes[-1, 1].set_xlabel("surrogate")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
