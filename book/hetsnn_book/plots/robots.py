"""Tables of results on robots that several chapters draw: rewards, baselines, and the trainings that are missing."""

import json

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn.sweeps import devices
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
    """Return the cost of a training, up to a factor of robot, side and physics; larger networks take longer to step."""
    return work(run.training) * float(run.training.task.step_cost + run.training.architecture.hidden)


Rates = dict[tuple[str, str, str], float]  # of a robot, a side and a physics


def rates(name: str, done: pd.DataFrame) -> Rates:
    """Return the `cost` per second of an experiment's published trainings on CPUs, by robot, side and physics."""
    costs = {identity(run): cost(run) for run in experiments.runs(name, "paper")}
    if done.empty:
        return {}
    on_cpus = done[[devices.on_cores(json.loads(record)["device"]) for record in done["record"]]]
    timed = on_cpus.assign(cost=on_cpus["identity"].map(costs)).groupby(["environment", "evolved", "backend"])
    return {key: group["cost"].sum() / group["seconds"].sum() for key, group in timed}


def missing(name: str, done: pd.DataFrame, rates: Rates) -> pd.DataFrame:
    """Return settings, labels and estimated `hours` of an experiment's missing runs; NaN where no rate is known.

    Args:
        name: name of the experiment.
        done: its frame at paper.
        rates: cost per second, by robot, side and physics.
    """
    there, rows = set(done["identity"]), []
    for run in experiments.runs(name, "paper"):
        if identity(run) not in there:
            task, side = run.training.task, run.training.genome.evolved
            rate = rates.get((task.environment, side, task.backend), np.nan)
            rows.append(settings(run) | experiments.labels(run) | {"hours": cost(run) / rate / 3600})
    return pd.DataFrame(rows, columns=None if rows else ["environment", "size", "hours"])
