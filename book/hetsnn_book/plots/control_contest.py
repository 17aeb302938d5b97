"""Comparison of neurons and weights on robots: pooled, robot by robot, and the gain of each side."""

from typing import Any

import numpy as np
import pandas as pd

from hetsnn.statistics import interquartile_mean, mean_interval, probability_of_improvement
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.control_search import SIDES
from hetsnn_book.plots.styles import ROBOTS
from hetsnn_book.plots.text import interval

AHEAD = 500.0  # a robot that moves ahead earns this above doing nothing; standing for an episode earns 1,000


def contested(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of robots and sizes that have both sides, each with its `score`.

    The score is 0 for random actions and 1 for the robot's best run of either side and any size. A robot on which no
    run beats random actions has no score and is left out.
    """
    sides = frame.groupby(["environment", "size"])["evolved"].transform("nunique")
    best = frame.groupby("environment")["reward"].transform("max")
    random = frame["environment"].map(baselines.set_index("environment")["random"]).astype(float)
    scored = frame.assign(score=(frame["reward"] - random) / (best - random))
    return scored[(sides == len(SIDES)) & (best > random)]


def where(frame: pd.DataFrame) -> str:
    """Return the robots of a frame by their budgets, as text."""
    groups = [(budget, set(rows["environment"])) for budget, rows in frame.groupby("budget")]
    return "; ".join(
        f"{budget} budget: " + ", ".join(name for robot, name in ROBOTS.items() if robot in robots)
        for budget, robots in groups
    )


def comparison(frame: pd.DataFrame) -> dict[str, Any]:
    """Compare neurons with weights over `contested` runs.

    Returns:
        The number of `settings`; `seeds`, the smallest number of runs of a side; and with their 95 % intervals
        `neuron` and `weight`, the interquartile means of the scores, and `improvement`, the probability that a run of
        evolved neurons beats a run of evolved weights.
    """
    groups: dict[Side, list] = {
        side: [rows["score"] for _, rows in frame[frame["evolved"] == side].groupby(["environment", "size"])]
        for side in SIDES
    }
    if frame.empty:
        return {"settings": 0, "seeds": None, "neuron": None, "weight": None, "improvement": None}
    pairs = list(zip(*groups.values(), strict=True))
    means: dict[str, Any] = {side: interquartile_mean(groups[side]) for side in SIDES}
    seeds = min(len(scores) for pair in pairs for scores in pair)
    return {"settings": len(pairs), "seeds": seeds, **means, "improvement": probability_of_improvement(pairs)}


def in_words(judged: dict[str, Any], frame: pd.DataFrame) -> str:
    """Return a `comparison` of `contested` runs as a sentence."""
    if not judged["settings"]:
        return "no robot has runs of both sides at this profile"
    settings = f"{judged['settings']} setting{'s' if judged['settings'] > 1 else ''}"
    means = " and ".join(f"{interval(judged[side], '.2f')} for {side}s" for side in SIDES)
    return (
        f"over {settings} ({where(frame)}; {judged['seeds']} seeds or more) their interquartile mean is {means} (95 % "
        "intervals), and a run that evolves neurons beats one that evolves weights with a probability of "
        f"{interval(judged['improvement'], '.0%')}"
    )


def by_robot(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare neurons with weights as text, a row per robot and size of the `contested` runs."""
    rows = []
    for (robot, size), group in frame.groupby(["environment", "size"]):
        neurons, weights = (group[group["evolved"] == side]["reward"] for side in SIDES)
        difference = interval(mean_interval(neurons, weights), "+,.0f")
        wins = interval(probability_of_improvement([(neurons, weights)]), ".0%")
        rows.append((ROBOTS[robot], f"{size:,}", group["budget"].iloc[0], difference, wins))
    return pd.DataFrame(rows, columns=["robot", "size", "budget", "neurons minus weights", "neurons win"])


def gains(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the gain of training as text, a row per robot, size, budget and side.

    A row has the mean return of the first generation, the median and best reward over seeds, and the number of seeds
    more than `AHEAD` above doing nothing.
    """
    nothing, rows = baselines.set_index("environment")["nothing"], []
    columns = ["robot", "size", "budget", "evolves", "first generation", "median", "best", "get ahead"]
    in_order = frame.assign(environment=pd.Categorical(frame["environment"], list(ROBOTS), ordered=True))
    by = ["environment", "size", "budget", "evolved"]
    for (robot, size, budget, side), group in in_order.groupby(by, observed=True):
        ahead = (group["reward"] > nothing.get(robot, np.nan) + AHEAD).sum()
        numbers = (
            np.mean([curve[0] for curve in group["curve_mean"]]),
            group["reward"].median(),
            group["reward"].max(),
        )
        named = (ROBOTS[robot], f"{size:,}", budget, f"{side}s")
        rows.append((*named, *(f"{number:,.0f}" for number in numbers), f"{ahead} of {len(group)}"))
    return pd.DataFrame(rows, columns=columns)
