"""Comparison of neurons and weights on robots, robot by robot, and the gain of each side."""

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval, probability_of_improvement
from hetsnn_book.experiments.control import BACKENDS
from hetsnn_book.experiments.control_search import SIDES
from hetsnn_book.plots.text import interval
from hetsnn_book.words import ROBOTS

AHEAD = 500.0  # a robot that moves ahead earns this above standing still, and above not falling
UPRIGHT = dict.fromkeys(("ant", "hopper", "walker2d"), 1000.0)  # points for not falling in a whole episode


def contested(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of robots and sizes that have both sides, each with its `score`.

    The score is 0 for standing still and 1 for the robot's best run of either side and any size. A robot on which no
    run beats standing still has no score and is left out.
    """
    sides = frame.groupby(["environment", "size"])["evolved"].transform("nunique")
    best = frame.groupby("environment")["reward"].transform("max")
    still = frame["environment"].map(baselines.set_index("environment")["nothing"]).astype(float)
    scored = frame.assign(score=(frame["reward"] - still) / (best - still))
    return scored[(sides == len(SIDES)) & (best > still)]


def by_robot(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare neurons with weights as text, a row per robot and size of the `contested` runs."""
    rows = []
    for (robot, size), group in frame.groupby(["environment", "size"]):
        neurons, weights = (group[group["evolved"] == side] for side in SIDES)
        row = {"robot": ROBOTS[robot], "size": f"{size:,}"}
        for side, of in zip(SIDES, (neurons, weights), strict=True):
            row[f"score, {side}s"] = f"{of['score'].mean():.2f}"
        row["neurons minus weights"] = interval(mean_interval(neurons["reward"], weights["reward"]), "+,.0f")
        row["neurons win"] = interval(probability_of_improvement([(neurons["reward"], weights["reward"])]), ".0%")
        rows.append(row)
    columns = ["robot", "size", *(f"score, {side}s" for side in SIDES), "neurons minus weights", "neurons win"]
    return pd.DataFrame(rows, columns=columns)


def means(frame: pd.DataFrame) -> str | None:
    """Return the mean reward of both sides at the smallest size in words, robot by robot; None where none has both."""
    texts = []
    for robot, title in ROBOTS.items() if len(frame) else ():
        group = frame[(frame["environment"] == robot) & (frame["backend"] == BACKENDS[0])]
        small = group[group["size"] == group["size"].min()].groupby("evolved")["reward"].mean()
        if set(SIDES) <= set(small.index):
            texts.append(
                f"on the {title} at size {group['size'].min():,} evolved neurons earn {small['neuron']:,.0f} "
                f"and evolved weights {small['weight']:,.0f}, where standing still earns {group['still'].iloc[0]:,.0f}"
            )
    joined = "; ".join(texts)
    return joined[:1].upper() + joined[1:] or None


def ahead(frame: pd.DataFrame) -> str | None:
    """Return in how many measured pairs of robot and size the weights' mean reward is higher, such as "5 of 5"."""
    if frame.empty:
        return None
    spring = frame[frame["backend"] == BACKENDS[0]]
    sides = spring.pivot_table("reward", ["environment", "size"], "evolved").reindex(columns=list(SIDES)).dropna()
    return f"{(sides['weight'] > sides['neuron']).sum()} of {len(sides)}" if len(sides) else None


def gains(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the gain of training as text, a row per robot, size and side.

    A row has the mean return of the first generation, the median and best reward over seeds, and the number of seeds
    that get ahead.
    """
    ahead, rows = moving(frame, baselines), []
    columns = ["robot", "size", "evolves", "first generation", "median", "best", "get ahead"]
    in_order = frame.assign(environment=pd.Categorical(frame["environment"], list(ROBOTS), ordered=True))
    for (robot, size, side), group in in_order.groupby(["environment", "size", "evolved"], observed=True):
        numbers = (
            np.mean([curve[0] for curve in group["curve_mean"]]),
            group["reward"].median(),
            group["reward"].max(),
        )
        named = (ROBOTS[robot], f"{size:,}", f"{side}s")
        rows.append((*named, *(f"{number:,.0f}" for number in numbers), f"{ahead[group.index].sum()} of {len(group)}"))
    return pd.DataFrame(rows, columns=columns)


def moving(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.Series:
    """Return whether each run gets ahead: it earns `AHEAD` more than standing still, and than `UPRIGHT`."""
    nothing = baselines.set_index("environment")["nothing"]
    least = {robot: max(reward, UPRIGHT.get(robot, reward)) for robot, reward in nothing.items()}
    return frame["reward"] > frame["environment"].map(least).astype(float) + AHEAD


def movers(frame: pd.DataFrame, baselines: pd.DataFrame, side: str) -> str | None:
    """Return how many runs of a side get ahead, robot by robot in words; None without runs."""
    of = frame[frame["evolved"] == side]
    counts = moving(of, baselines).groupby(of["environment"]).agg(["sum", "size"])
    named = {name: title for name, title in ROBOTS.items() if name in counts.index}
    told = [f"{counts['sum'][name]} of {counts['size'][name]} runs on the {title}" for name, title in named.items()]
    return ", ".join(told) or None
