"""Neurons against weights on robots: over all that have both sides, robot by robot, and what each side has gained."""

from typing import Any

import numpy as np
import pandas as pd

from hetsnn.statistics import interquartile_mean, mean_interval, probability_of_improvement
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.control_search import SIDES
from hetsnn_book.plots.styles import ROBOTS
from hetsnn_book.plots.text import interval

AHEAD = 500.0  # reward above that of doing nothing, of a robot that gets ahead; standing for an episode is worth 1,000


def contested(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The runs of the robots and sizes of which both sides are there, each with its `score`.

    Scores are 0 at random actions and 1 at the best run of the robot, of either side and any size; a robot on which no
    run beats random actions has none, and is left out.
    """
    sides = frame.groupby(["environment", "size"])["evolved"].transform("nunique")
    best = frame.groupby("environment")["reward"].transform("max")
    random = frame["environment"].map(baselines.set_index("environment")["random"]).astype(float)
    scored = frame.assign(score=(frame["reward"] - random) / (best - random))
    return scored[(sides == len(SIDES)) & (best > random)]


def where(frame: pd.DataFrame) -> str:
    """The robots of a frame by their budgets, in words."""
    groups = [(budget, set(rows["environment"])) for budget, rows in frame.groupby("budget")]
    return "; ".join(
        f"{budget} budget: " + ", ".join(name for robot, name in ROBOTS.items() if robot in robots)
        for budget, robots in groups
    )


def comparison(frame: pd.DataFrame) -> dict[str, Any]:
    """Neurons against weights over runs that are `contested`.

    Returns:
        `settings`, how many there are, `seeds`, how many runs a side of any has at least, and with their 95 % intervals
        `neuron` and `weight`, the interquartile means of the scores, and `improvement`, the probability that a run
        that evolves neurons beats one that evolves weights.
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
    """A `comparison`, and the `contested` runs that it is over."""
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
    """Neurons against weights, a row per robot and size of the runs that are `contested`, as text."""
    rows = []
    for (robot, size), group in frame.groupby(["environment", "size"]):
        neurons, weights = (group[group["evolved"] == side]["reward"] for side in SIDES)
        difference = interval(mean_interval(neurons, weights), "+,.0f")
        wins = interval(probability_of_improvement([(neurons, weights)]), ".0%")
        rows.append((ROBOTS[robot], f"{size:,}", group["budget"].iloc[0], difference, wins))
    return pd.DataFrame(rows, columns=["robot", "size", "budget", "neurons minus weights", "neurons win"])


def gains(frame: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """What each robot, size, budget and side has gained, a row each, as text.

    In it are the mean return of the first generation, the median and the best reward over seeds, and how many of these
    are more than `AHEAD` above doing nothing.
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
