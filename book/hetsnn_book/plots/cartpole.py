"""Figures of Fig. 5: the cart and its pole, reward against episodes and against the limit, the search."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hetsnn.statistics import mean_band, mean_interval
from hetsnn_book.experiments.cartpole_search import METHODS, POPULATION, SIDES, method_of
from hetsnn_book.figures import COLORS, MARKERS, PALETTE
from hetsnn_book.measures.learning import rise_at_end

NAMES = {(method, side): f"{method}-{side}" for method in METHODS for side in SIDES}
STYLES: dict[tuple[str, str], dict[str, Any]] = {
    (method, side): {"color": COLORS[side], "marker": MARKERS[side], "ls": "-" if method == "ES" else "--"}
    for method, side in NAMES
}
BATCHES = {"plain": "mean as baseline", "own": "learned value", "evolution's": "learned value, ES's updates"}


def cart(angle: float = 0.12) -> Figure:
    """Draw the task: a cart on a track of limited length, and a pole on it."""
    figure, axis = plt.subplots(figsize=(6.4, 2.4))
    axis.set(xlim=(-3.2, 3.2), ylim=(-0.5, 1.6), aspect="equal")
    axis.axis("off")
    axis.plot([-2.4, 2.4], [0, 0], color="0.4", lw=2)
    for x in (-2.4, 2.4):
        axis.plot([x, x], [-0.15, 0.15], color="0.4", lw=2)
        axis.text(x, -0.42, f"{x:+.1f}", ha="center", fontsize=11)
    axis.add_patch(Rectangle((-0.3, 0.03), 0.6, 0.3, fc=PALETTE[7]))
    for bound in (-np.pi / 15, np.pi / 15):
        axis.plot([0, 1.2 * np.sin(bound)], [0.33, 0.33 + 1.2 * np.cos(bound)], color="0.6", lw=1, ls=":")
    axis.plot([0, np.sin(angle)], [0.33, 0.33 + np.cos(angle)], color=PALETTE[3], lw=6, solid_capstyle="round")
    axis.text(0.42, 1.35, "12 degrees", fontsize=11)
    for x, text in ((-1.0, "push left"), (1.0, "push right")):
        axis.annotate("", (x, 0.18), (0.35 * np.sign(x), 0.18), arrowprops={"arrowstyle": "->", "lw": 2})
        axis.text(1.35 * x, 0.32, text, ha="center", fontsize=11)
    return figure


def final_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean reward after training with its interval, and the share of seeds that hold the pole, by limit."""
    rows = []
    for (method, side, limit), group in frame.groupby([method_of(frame), "evolved", "limit"], sort=False):
        rows.append(
            (method, side, limit, len(group), *mean_interval(group["reward"]), (group["reward"] >= 0.95 * limit).mean())
        )
    return pd.DataFrame(rows, columns=["method", "evolved", "limit", "seeds", "mean", "low", "high", "solved"])


def seconds(frame: pd.DataFrame) -> pd.Series:
    """Return backpropagation's computing time divided by evolution's, for equal episodes, by side and limit."""
    means = frame.groupby([method_of(frame), "evolved", "limit"])["seconds"].mean()
    return means["BP"] / means["ES"]


def rises_at_end(frame: pd.DataFrame, limit: int) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return the relative rise of the return over the last fifth of the episodes, see `rise_at_end`.

    Args:
        frame: runs with their curves.
        limit: limit of the episodes.

    Returns:
        The mean over seeds with its 95 % interval, by method and side.
    """
    runs = frame[frame["limit"] == limit]
    rises = runs["curve_mean"].map(lambda curve: rise_at_end(np.asarray(curve)))
    return {
        (str(method), str(side)): mean_interval(of)
        for (method, side), of in rises.groupby([method_of(runs), runs["evolved"]])
    }


def curve_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean return of training episodes with its interval, by method, side, limit and episode."""
    rows = []
    for (method, side, limit), group in frame.groupby([method_of(frame), "evolved", "limit"], sort=False):
        curves = np.stack(group["curve_mean"].to_list())
        mean, low, high = mean_band(curves)
        episodes = POPULATION * np.arange(1, len(mean) + 1)
        rows.append(
            pd.DataFrame(
                {
                    "method": method,
                    "evolved": side,
                    "limit": limit,
                    "episodes": episodes,
                    "mean": mean,
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def curves(table: pd.DataFrame) -> Figure:
    """Plot Fig. 5: reward against episodes, a panel per limit."""
    limits = sorted(table["limit"].unique())
    figure, axes = plt.subplots(
        -(-len(limits) // 2), 2, squeeze=False, sharex=True, figsize=(6.4, 1.0 + 2.4 * -(-len(limits) // 2))
    )
    for axis, limit in zip(axes.flat, limits, strict=False):
        for (method, side), label in NAMES.items():
            rows = table[(table["limit"] == limit) & (table["method"] == method) & (table["evolved"] == side)]
            style = STYLES[method, side]
            axis.plot(rows["episodes"], rows["mean"], label=label, **style, markevery=5, markersize=4)
            axis.fill_between(rows["episodes"], rows["low"], rows["high"], color=style["color"], alpha=0.2, lw=0)
        axis.axhline(limit, color="black", lw=0.8, ls=":")
        axis.set(title=f"at most {limit:,} steps", ylim=(0, 1.06 * limit))
    for axis in axes.flat[len(limits) :]:
        axis.axis("off")
    for axis in axes[-1]:
        axis.set_xlabel("episodes")
    for axis in axes[:, 0]:
        axis.set_ylabel("reward")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=10)
    return figure


def final(table: pd.DataFrame) -> Figure:
    """Plot the reward after training as a share of the limit, against the limit."""
    figure, axis = plt.subplots(figsize=(6.4, 4.0))
    limits = sorted(table["limit"].unique())
    for number, ((method, side), label) in enumerate(NAMES.items()):
        rows = table[(table["method"] == method) & (table["evolved"] == side)].set_index("limit").reindex(limits)
        share = rows[["mean", "low", "high"]].div(limits, axis=0)
        error = np.abs(share[["low", "high"]].to_numpy().T - share["mean"].to_numpy())
        style = STYLES[method, side]
        axis.errorbar(
            np.arange(len(limits)) + 0.06 * (number - 1.5), share["mean"], error, capsize=3, label=label, **style
        )
    axis.set_xticks(range(len(limits)), [f"{limit:,}" for limit in limits])
    axis.set(xlabel="limit of steps", ylabel="reward / limit", ylim=(0, 1.05))
    figure.legend(loc="outside upper center", ncols=4, fontsize=10)
    return figure


def best_table(best: pd.DataFrame, plain: pd.DataFrame) -> pd.DataFrame:
    """Return the final reward of BP by baseline, beside evolution, at the limits of `cartpole_best`."""
    plain = plain[plain["limit"].isin(best["limit"].unique())]
    kinds = method_of(plain).map({"ES": "ES", "BP": BATCHES["plain"]})
    together = pd.concat(
        [
            plain.assign(kind=kinds),
            best.assign(kind=np.where(best["batch"] == POPULATION, BATCHES["evolution's"], BATCHES["own"])),
        ],
        ignore_index=True,
    )
    rows = [
        (kind, side, limit, len(group), *mean_interval(group["reward"]), (group["reward"] >= 0.95 * limit).mean())
        for (kind, side, limit), group in together.groupby(["kind", "evolved", "limit"])
    ]
    return pd.DataFrame(rows, columns=["kind", "evolved", "limit", "seeds", "mean", "low", "high", "solved"])


def best(table: pd.DataFrame) -> Figure:
    """Plot the reward after training by method and baseline, a panel per limit."""
    limits = sorted(table["limit"].unique())
    kinds = [kind for kind in ("ES", *BATCHES.values()) if kind in set(table["kind"])]
    figure, axes = plt.subplots(1, len(limits), squeeze=False, sharey=True, figsize=(6.4, 3.8))
    for axis, limit in zip(axes[0], limits, strict=True):
        for shift, side in zip((-0.12, 0.12), SIDES, strict=True):
            rows = table[(table["limit"] == limit) & (table["evolved"] == side)].set_index("kind").reindex(kinds)
            share = rows[["mean", "low", "high"]] / limit
            error = np.abs(share[["low", "high"]].to_numpy().T - share["mean"].to_numpy())
            style = {"color": COLORS[side], "marker": MARKERS[side], "ls": "", "label": f"{side}s are trained"}
            axis.errorbar(share["mean"], np.arange(len(kinds)) + shift, xerr=error, capsize=3, **style)
        axis.set(title=f"at most {limit:,} steps", xlabel="reward / limit", xlim=(0, 1.05), yticks=range(len(kinds)))
    axes[0, 0].set_yticklabels(
        [kind if kind == "ES" else f"BP,\n{kind.replace(', ', ',' + chr(10))}" for kind in kinds], fontsize=10
    )
    axes[0, 0].set_ylim(len(kinds) - 0.5, -0.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def search(table: pd.DataFrame) -> Figure:
    """Plot the mean reward of each trial against its learning rate, a panel per side."""
    figure, axes = plt.subplots(1, len(SIDES), sharey=True, squeeze=False, figsize=(6.4, 3.8))
    for axis, side in zip(axes[0], SIDES, strict=True):
        for method, marker, color in (("ES", "o", PALETTE[0]), ("BP", "^", PALETTE[3])):
            rows = table[(table["method"] == method) & (table["evolved"] == side)]
            axis.scatter(rows["learning_rate"], rows["reward"], marker=marker, color=color, label=method, s=36)
        axis.set(xscale="log", xlabel="learning rate", title=f"{side}s are trained")
        axis.set_xticks([0.003, 0.01, 0.03, 0.1, 0.3], ["0.003", "0.01", "0.03", "0.1", "0.3"], fontsize=10)
        axis.minorticks_off()
    axes[0, 0].set_ylabel("mean reward of the trial")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
