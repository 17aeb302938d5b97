"""Tables of results on robots that several chapters draw: rewards, baselines, and the trainings that are missing."""

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn.sweeps.programs import work
from hetsnn.sweeps.runs import Run, identity, settings
from hetsnn_book import experiments

SETTING = ("environment", "size", "evolved")  # what the runs of several seeds have in common
BASELINES = {0.0: "nothing", 1.0: "random"}


def baseline_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rewards of doing nothing and of random actions, a row per robot."""
    named = frame.assign(policy=frame["amplitude"].map(BASELINES))
    table = named.pivot_table("reward", "environment", "policy").reset_index()
    return table.reindex(columns=["environment", *BASELINES.values()])


def reward_table(frame: pd.DataFrame, by: tuple[str, ...] = SETTING) -> pd.DataFrame:
    """Return the mean reward over seeds with its spread and interval, for each combination of the columns `by`."""
    rows = []
    for keys, group in frame.groupby(list(by)):
        mean, low, high = mean_interval(group["reward"])
        spread = group["reward"].std(ddof=1) if len(group) > 1 else np.nan
        rows.append((*keys, len(group), mean, spread, low, high))
    return pd.DataFrame(rows, columns=[*by, "seeds", "mean", "sd", "low", "high"])


def cost(run: Run) -> float:
    """Return the cost of a training, up to a factor of its robot and side; larger networks take longer to step."""
    return work(run.training) * float(run.training.task.step_cost + run.training.architecture.hidden)


def rates(name: str, done: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the `cost` per second of an experiment's published trainings, by robot and side."""
    costs = {identity(run): cost(run) for run in experiments.runs(name, "paper")}
    timed = done.assign(cost=done["identity"].map(costs)).groupby(["environment", "evolved"])
    return {key: group["cost"].sum() / group["seconds"].sum() for key, group in timed}


def missing(name: str, done: pd.DataFrame, rates: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Return settings, labels and estimated `hours` of an experiment's missing runs.

    Args:
        name: name of the experiment.
        done: its frame at paper.
        rates: cost per second, by robot and side.
    """
    there, rows = set(done["identity"]), []
    for run in experiments.runs(name, "paper"):
        if identity(run) not in there:
            rate = rates.get((run.training.task.environment, run.training.genome.evolved), np.nan)
            rows.append(settings(run) | experiments.labels(run) | {"hours": cost(run) / rate / 3600})
    return pd.DataFrame(rows, columns=None if rows else ["environment", "size", "hours"])
