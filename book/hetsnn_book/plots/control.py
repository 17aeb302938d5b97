"""Figures and tables of Table 1: rewards beside the paper's, learning curves, the search, missing runs."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.statistics import mean_interval
from hetsnn_book import paper
from hetsnn_book.experiments.control import SEEDS
from hetsnn_book.experiments.control_search import RANGES, SEARCHED, SIDES
from hetsnn_book.figures import COLORS, MARKERS
from hetsnn_book.plots.axes import legend, titled
from hetsnn_book.plots.robots import BASELINES, SETTING
from hetsnn_book.plots.styles import BASELINE_STYLES, ROBOTS
from hetsnn_book.plots.text import with_spread

SEARCH_TICKS = {"sigma": (0.05, 0.4), "learning_rate": (0.01, 0.1), "tau_m": (2, 15), "gain": (0.5, 1, 10)}


def paper_table() -> pd.DataFrame:
    """Return Table 1 as printed, with sizes in hidden neurons of the neurons' side."""
    table = paper.table("table1_control")
    ranks = table.groupby(["environment", "evolved"])["n_parameters"].rank().astype(int)
    return table.assign(size=[1024 * 2 ** (rank - 1) for rank in ranks])


def shown(frame: pd.DataFrame, seeds: int = SEEDS) -> pd.DataFrame:
    """Return for each robot and size the runs of the declared budget, or of the short one until sides have `seeds`."""

    def chosen(group: pd.DataFrame) -> pd.DataFrame:
        declared, short = (group[group["budget"] == name] for name in ("declared", "short"))
        enough = min((declared["evolved"] == side).sum() for side in SIDES) >= seeds
        return declared if enough else group if short.empty else short

    groups = [chosen(group) for _, group in frame.groupby(["environment", "size"])]
    return pd.concat(groups) if groups else frame


def rewards(table: pd.DataFrame, baselines: pd.DataFrame, budgets: dict[str, str]) -> Figure:
    """Plot Table 1: reward against size, a panel per robot.

    Marks for our results are filled. Marks for the paper's results are hollow.

    Args:
        table: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
        budgets: names of the plotted budgets, each with its label.
    """
    theirs, known = paper_table(), baselines.set_index("environment")
    sizes = sorted({*theirs["size"]} | {*table["size"]})
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(6.4, 6.4))
    for axis, (environment, title) in zip(axes.flat, ROBOTS.items(), strict=True):
        for side, shift in zip(SIDES, (-0.1, 0.1), strict=True):
            style: dict[str, Any] = {"color": COLORS[side], "marker": MARKERS[side], "capsize": 2, "lw": 1.3}
            printed = theirs[(theirs["environment"] == environment) & (theirs["evolved"] == side)]
            at = np.array([sizes.index(size) for size in printed["size"]]) + shift
            axis.errorbar(at + 0.06, printed["reward_mean"], printed["reward_std"], mfc="white", ls=":", alpha=0.7,
                          label=f"paper, {side}s", **style)  # fmt: skip
            for budget, label in budgets.items():
                ours = table[
                    (table["budget"] == budget) & (table["environment"] == environment) & (table["evolved"] == side)
                ]
                at = np.array([sizes.index(size) for size in ours["size"]]) + shift
                if len(ours):
                    look = style | ({"marker": "D"} if budget == "short" else {})
                    axis.errorbar(
                        at - 0.06, ours["mean"], ours["sd"].fillna(0), ls="-", label=f"{label}, {side}s", **look
                    )
        for name, style in BASELINE_STYLES.items():
            if environment in known.index:
                axis.axhline(
                    known.loc[environment, name],
                    lw=1.2,
                    label={"nothing": "doing nothing", "random": "random actions"}[name],
                    **style,
                )
        axis.set_title(titled(title, measured=environment in set(table["environment"])))
        axis.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes], fontsize=9)
        axis.set_ylim(min(0, axis.get_ylim()[0]), None)
    for axis in axes[-1]:
        axis.set_xlabel("neurons, or as many\nparameters in weights")
    for axis in axes[:, 0]:
        axis.set_ylabel("reward of an episode")
    legend(figure, ncols=3, fontsize=9)
    return figure


def table_1(rows: pd.DataFrame, baselines: pd.DataFrame, *, printed: bool) -> pd.DataFrame:
    """Return Table 1 as text: a row per robot, size and budget, with both sides, ours and the paper's.

    Args:
        rows: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
        printed: include the paper's rows, even if ours are not measured yet.
    """
    ours, known = rows.set_index(["environment", "size", "budget", "evolved"]), baselines.set_index("environment")
    theirs = paper_table().set_index(["environment", "size", "evolved"])
    keys = {key[:3] for key in ours.index}
    if printed:
        keys |= {(*key[:2], "") for key in theirs.index} - {(*key[:2], "") for key in keys}
    table = []
    for robot, size, budget in sorted(keys, key=lambda key: (list(ROBOTS).index(key[0]), *key[1:])):
        found = {side: ours.loc[key] for side in SIDES if (key := (robot, size, budget, side)) in ours.index}
        row: dict[str, str | None] = {"robot": ROBOTS[robot], "size": f"{size:,}"}
        if printed:
            seeds = dict.fromkeys(f"{of['seeds']:.0f}" for of in found.values())
            row |= {"budget": budget, "seeds": " and ".join(seeds)}
        for side in SIDES:
            row[f"{side}s"] = with_spread(*found[side][["mean", "sd"]]) if side in found else None
            if printed:
                row[f"{side}s, paper"] = with_spread(*theirs.loc[(robot, size, side), ["reward_mean", "reward_std"]])
        for name in BASELINES.values():
            row[name] = f"{known.loc[robot, name]:,.0f}" if robot in known.index else None
        table.append(row)
    return pd.DataFrame(table)


def curve_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves, by budget, robot, size and side: steps taken, and the mean return over seeds.

    The columns `low` and `high` are the ends of its normal interval; they are NaN for a single seed.
    """
    rows = []
    for keys, group in frame.groupby(list(SETTING)):
        curves, steps = np.stack(group["curve_mean"].to_list()), np.stack(group["curve_steps"].to_list())
        error = np.full(curves.shape[1], np.nan)
        if len(curves) > 1:
            error = 1.96 * curves.std(0, ddof=1) / np.sqrt(len(curves))
        numbers = {
            "steps": steps.mean(0),
            "mean": curves.mean(0),
            "low": curves.mean(0) - error,
            "high": curves.mean(0) + error,
        }
        named = dict(zip(SETTING, keys, strict=True))
        rows.append(pd.DataFrame({**named, "seeds": len(group), "point": np.arange(curves.shape[1]), **numbers}))
    empty = pd.DataFrame(columns=[*SETTING, "seeds", "point", "steps", "mean", "low", "high"])
    return pd.concat(rows, ignore_index=True) if rows else empty


def smallest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each robot's smallest size."""
    return frame[frame["size"] == frame.groupby("environment")["size"].transform("min")]


def late_rise(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return the relative rise of the population's return over the last fifth of the steps.

    The rise of a run is that of a line fitted to the last fifth of its curve, divided by the mean return there.

    Returns:
        The mean over seeds with its 95 % interval, by robot and side, for each robot's smallest size. Curves with a
        single point in the last fifth are left out.
    """
    rises = {}
    for (environment, side), runs in smallest(frame).groupby(["environment", "evolved"]):
        of_runs = [_rise(*curve) for curve in zip(runs["curve_steps"], runs["curve_mean"], strict=True)]
        if not np.isnan(of_runs).any():
            rises[environment, side] = mean_interval(of_runs)
    return rises


def _rise(steps: np.ndarray, returns: np.ndarray) -> float:
    late = steps >= 0.8 * steps[-1]
    if late.sum() < 2:
        return np.nan
    slope = np.polyfit(steps[late], returns[late], 1)[0]
    return float(slope * 0.2 * steps[-1] / abs(returns[late].mean()))


def curves(table: pd.DataFrame, baselines: pd.DataFrame) -> Figure:
    """Plot the learning curves of each robot's smallest size, with the baselines, a panel per robot."""
    table, known = smallest(table), baselines.set_index("environment")
    robots = [name for name in ROBOTS if name in set(table["environment"])]
    lines = -(-len(robots) // 2)
    figure, axes = plt.subplots(lines, 2, squeeze=False, figsize=(6.4, 0.9 + 2.6 * lines))
    for axis, environment in zip(axes.flat, robots, strict=False):
        of_robot = table[table["environment"] == environment]
        budget, seeds = of_robot["budget"].iloc[0], of_robot["seeds"].min()
        title = f"{ROBOTS[environment]}\n({budget} budget, {seeds} seed{'s' if seeds > 1 else ''})"
        for side, rows in of_robot.groupby("evolved"):
            axis.plot(
                rows["steps"] / 1e6,
                rows["mean"],
                color=COLORS[side],
                marker=MARKERS[side],
                markevery=7,
                label=f"{side}s evolve",
            )
            axis.fill_between(rows["steps"] / 1e6, rows["low"], rows["high"], color=COLORS[side], alpha=0.2, lw=0)
        for name, style in BASELINE_STYLES.items():
            if environment in known.index:
                axis.axhline(known.loc[environment, name], lw=1.2, label=name, **style)
        axis.locator_params(axis="x", nbins=3)  # long tick labels need room
        axis.set(title=title, xlabel="million steps taken", ylim=(min(0, axis.get_ylim()[0]), None))
    for axis in axes.flat[len(robots) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("return of an episode")
    legend(figure, ncols=4)
    return figure


def search_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of the search, a row per run: its settings and its reward."""
    return frame[["environment", "evolved", "sigma", "learning_rate", "tau_m", "gain", "reward", "steps"]].reset_index(
        drop=True
    )


def search(table: pd.DataFrame) -> Figure:
    """Plot the reward of each trial on each robot against each setting; the setting's range is shaded."""
    robots = [name for name in ROBOTS if name in set(table["environment"])]
    names = {"sigma": "width", "learning_rate": "rate", "tau_m": "time constant", "gain": "input gain"}
    figure, axes = plt.subplots(
        len(robots), len(names), sharey="row", sharex="col", squeeze=False, figsize=(6.4, 1.3 + 2.2 * len(robots))
    )
    for row, environment in zip(axes, robots, strict=True):
        for axis, (name, label) in zip(row, names.items(), strict=True):
            for side in SIDES:
                trials = table[(table["environment"] == environment) & (table["evolved"] == side)]
                axis.scatter(
                    trials[name],
                    trials["reward"],
                    color=COLORS[side],
                    marker=MARKERS[side],
                    s=28,
                    label=f"{side}s evolve",
                )
            axis.set_xscale("log")
            axis.set_xticks(SEARCH_TICKS[name], [f"{tick:g}" for tick in SEARCH_TICKS[name]], fontsize=9)
            axis.axvspan(*RANGES[name], color="0.95", zorder=-1)
            axis.minorticks_off()
            if environment == robots[-1]:
                axis.set_xlabel(label)
        row[0].set_ylabel(f"{ROBOTS[environment]}:\nreward")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def finals_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finalists of each side, best first: their settings, mean and standard deviation over seeds."""
    table = frame.groupby(["evolved", *SEARCHED])["reward"].agg(mean="mean", sd="std").reset_index()
    return table.sort_values(["evolved", "mean"], ascending=[True, False], ignore_index=True)
