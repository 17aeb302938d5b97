"""Figures and tables of Table 1: rewards beside the paper's, learning curves, actuators."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.statistics import mean_band, mean_interval
from hetsnn_book import paper
from hetsnn_book.experiments.control import BACKENDS, NEURONS
from hetsnn_book.experiments.control_search import SIDES
from hetsnn_book.figures import COLORS, MARKERS
from hetsnn_book.measures.learning import rise_at_end
from hetsnn_book.plots.axes import legend, titled
from hetsnn_book.plots.robots import SETTING
from hetsnn_book.plots.styles import BASELINE_STYLES
from hetsnn_book.plots.text import with_spread
from hetsnn_book.words import ROBOTS

ACTUATORS = {
    "action": "mean |action|",
    "saturated": "beyond 0.9",
    "silent": "silent neurons",
    "rate": "spikes per step",
}


def paper_table() -> pd.DataFrame:
    """Return Table 1 as printed, with sizes in hidden neurons of the neurons' side."""
    table = paper.table("table1_control")
    ranks = table.groupby(["environment", "evolved"])["n_parameters"].rank().astype(int)
    return table.assign(size=[NEURONS[rank - 1] for rank in ranks])


def rewards(table: pd.DataFrame, baselines: pd.DataFrame) -> Figure:
    """Plot Table 1: reward against size, a panel per robot.

    Marks for our results are filled. Marks for the paper's results are hollow.

    Args:
        table: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
    """
    theirs, known = paper_table(), baselines.set_index("environment")
    sizes = sorted({*theirs["size"]} | {*table["size"]})
    figure, axes = plt.subplots(2, 2, sharex=True, figsize=(6.4, 6.4))
    for axis, (environment, title) in zip(axes.flat, ROBOTS.items(), strict=True):
        for side, shift in zip(SIDES, (-0.1, 0.1), strict=True):
            style: dict[str, Any] = {"color": COLORS[side], "marker": MARKERS[side], "capsize": 2, "lw": 1.3}
            for rows, mean, sd, offset, look in (
                (theirs, "reward_mean", "reward_std", 0.06, {"mfc": "white", "ls": ":", "alpha": 0.7}),
                (table, "mean", "sd", -0.06, {"ls": "-"}),
            ):
                whose = "paper" if rows is theirs else "ours"
                one = rows[(rows["environment"] == environment) & (rows["evolved"] == side)]
                at = np.array([sizes.index(size) for size in one["size"]]) + shift + offset
                if len(one):
                    axis.errorbar(at, one[mean], one[sd].fillna(0), label=f"{whose}, {side}s", **style, **look)
        for name, style in BASELINE_STYLES.items():
            if environment in known.index:
                label = {"nothing": "standing still", "random": "random actions"}[name]
                axis.axhline(known.loc[environment, name], lw=1.2, label=label, **style)
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
    """Return Table 1 as text: a row per robot and size that is measured on at least one side, ours and the paper's.

    Args:
        rows: rewards from `reward_table`.
        baselines: rewards from `baseline_table`.
        printed: show the paper's rewards, too.
    """
    ours, known = rows.set_index(["environment", "size", "evolved"]), baselines.set_index("environment")
    theirs = paper_table().set_index(["environment", "size", "evolved"])
    table = []
    for robot, size in sorted({key[:2] for key in ours.index}, key=lambda key: (list(ROBOTS).index(key[0]), key[1])):
        row: dict[str, str | None] = {"robot": ROBOTS[robot], "size": f"{size:,}"}
        for side in SIDES:
            key = (robot, size, side)
            row[f"{side}s"] = with_spread(*ours.loc[key, ["mean", "sd"]]) if key in ours.index else None
            if printed:
                row[f"{side}s, paper"] = with_spread(*theirs.loc[key, ["reward_mean", "reward_std"]])
        row["standing still"] = f"{known.loc[robot, 'nothing']:,.0f}" if robot in known.index else None
        table.append(row)
    return pd.DataFrame(table, columns=None if table else ["robot", "size"])


def not_measured(left: pd.DataFrame, waiting: Sequence[str] = ()) -> str:
    """Return the missing trainings as a sentence: robots with their sizes and physics, and the hours of two cores.

    Args:
        left: missing trainings from `robots.missing`.
        waiting: robots whose search has not ended.
    """
    searches = f"The search has not ended for {', '.join(ROBOTS[robot] for robot in waiting)}." if waiting else ""
    if left.empty:
        return searches or "Nothing is missing."
    groups = []
    for physics, of_physics in left.groupby("backend", sort=False):
        where = "" if physics == BACKENDS[0] else f" in {physics} physics"
        for robot, rows in of_physics.groupby("environment"):
            sizes = ", ".join(f"{size:,}" for size in sorted(set(rows["size"])))
            groups.append(f"{ROBOTS[robot]} at {sizes}{where}")
    hours = left["hours"].sum(skipna=False)
    cost = f", about {hours:,.0f} hours of two cores" if np.isfinite(hours) else ""
    return f"Not measured: {'; '.join(groups)}{cost}. {searches}".strip()


def actuators(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what networks do with joints and neurons: a row per robot, size and side, before training and after it."""
    rows = []
    in_order = frame.assign(environment=pd.Categorical(frame["environment"], list(ROBOTS), ordered=True))
    for (robot, size, side), group in in_order.groupby(["environment", "size", "evolved"], observed=True):
        for when, prefix in (("before", "first_"), ("after", "")):
            row = {"robot": ROBOTS[robot], "size": f"{size:,}", "evolves": f"{side}s", "training": when}
            for name, label in ACTUATORS.items():
                spec = ".0%" if name in ("saturated", "silent") else ".2f"
                row[label] = f"{group[prefix + name].mean():{spec}}"
            rows.append(row)
    return pd.DataFrame(rows, columns=["robot", "size", "evolves", "training", *ACTUATORS.values()])


def curve_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves, by robot, size and side: steps taken, and the mean return over seeds.

    The columns `low` and `high` are the ends of its interval, of Student's t; they are NaN for a single seed.
    """
    rows = []
    for keys, group in frame.groupby(list(SETTING)):
        curves, steps = np.stack(group["curve_mean"].to_list()), np.stack(group["curve_steps"].to_list())
        numbers = {"steps": steps.mean(0), **dict(zip(("mean", "low", "high"), mean_band(curves), strict=True))}
        named = dict(zip(SETTING, keys, strict=True))
        rows.append(pd.DataFrame({**named, "seeds": len(group), "point": np.arange(curves.shape[1]), **numbers}))
    empty = pd.DataFrame(columns=[*SETTING, "seeds", "point", "steps", "mean", "low", "high"])
    return pd.concat(rows, ignore_index=True) if rows else empty


def smallest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each robot's smallest size."""
    return frame[frame["size"] == frame.groupby("environment")["size"].transform("min")]


def late_rise(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return the relative rise of the population's return over the last fifth of the generations, see `rise_at_end`.

    Returns:
        The mean over seeds with its 95 % interval, by robot and side, for each robot's smallest size. Curves with a
        single point in the last fifth are left out.
    """
    rises = {}
    for (environment, side), runs in smallest(frame).groupby(["environment", "evolved"]):
        of_runs = [rise_at_end(np.asarray(curve)) for curve in runs["curve_mean"]]
        if not np.isnan(of_runs).any():
            rises[environment, side] = mean_interval(of_runs)
    return rises


def curves(table: pd.DataFrame, baselines: pd.DataFrame) -> Figure:
    """Plot the learning curves of each robot's smallest size, with the baselines, a panel per robot."""
    table, known = smallest(table), baselines.set_index("environment")
    robots = [name for name in ROBOTS if name in set(table["environment"])]
    lines = -(-len(robots) // 2)
    figure, axes = plt.subplots(lines, 2, squeeze=False, figsize=(6.4, 0.9 + 2.6 * lines))
    for axis, environment in zip(axes.flat, robots, strict=False):
        of_robot = table[table["environment"] == environment]
        seeds = of_robot["seeds"].min()
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
        title = f"{ROBOTS[environment]} ({seeds} seed{'s' if seeds > 1 else ''})"
        axis.set(title=title, xlabel="million steps taken", ylim=(min(0, axis.get_ylim()[0]), None))
    for axis in axes.flat[len(robots) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("return of an episode")
    legend(figure, ncols=4)
    return figure
