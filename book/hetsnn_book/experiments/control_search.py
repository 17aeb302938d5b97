"""Settings for the robots: the same random trials for both sides, on seeds that are not reported.

Table 1 compares networks whose neurons evolve with networks whose weights evolve. What the paper leaves open of them is
equal for both: no bias, a leaky read-out as slow as the first author's public code has its neurons, tau = 2 dt. What
may suit one side more is searched: width and rate of the search, initial time constant, input gain.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.evolution import Evolution
from hetsnn.genomes import Genome, Side
from hetsnn.networks import Architecture, hidden_size
from hetsnn.runs import Run
from hetsnn.tasks.control import Control

NAME, PROTOCOL, SCORE, GENOMES = "control_search", 1, "reward", False
SIDES: tuple[Side, ...] = ("neuron", "weight")
ENVIRONMENTS = ("hopper", "walker2d")  # the cheapest
SIZE = 1024  # the smallest of Table 1: hidden neurons, or as many weights as they have properties
TRIALS = 12
SEED = 3000
POPULATION, GENERATIONS, LIMIT = 32, 40, 500

Setting = dict[str, float]
SEARCHED = ("sigma", "learning_rate", "tau_m", "gain")


def control_run(
    experiment: tuple[str, int],
    environment: str,
    evolved: Side,
    setting: Setting,
    seed: int,
    *,
    n_parameters: int = 4 * SIZE,
    genome: dict[str, Any] | None = None,
    reset: str = "rest",
    population: int,
    generations: int,
    limit: int = 1000,
    test_episodes: int = 128,
) -> Run:
    """One training.

    Args:
        experiment: name and protocol.
        environment: the robot.
        evolved: what is trained.
        setting: of `SEARCHED`.
        seed: of the run.
        n_parameters: that evolve; the number of hidden neurons comes closest to it.
        genome: further choices of the search space.
        reset: where spikes reset to.
        population: of a generation.
        generations: of the training.
        limit: of an episode's steps.
        test_episodes: of the evaluation.
    """
    task = Control(environment=environment, limit=limit, test_episodes=test_episodes)
    hidden = hidden_size(n_parameters, evolved, task.inputs, task.outputs)
    network = {name: setting[name] for name in ("tau_m", "gain")}
    search = {name: setting[name] for name in ("sigma", "learning_rate")}
    return Run(
        *experiment,
        task=task,
        architecture=Architecture(hidden=hidden, reset=reset, **network),
        genome=Genome(evolved=evolved, **(genome or {})),
        method=Evolution(population=population, generations=generations, **search),
        seed=seed,
    )


def trials() -> list[Setting]:
    """Random settings, the same for both sides."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    ranges = {"sigma": (0.03, 0.5), "learning_rate": (0.01, 0.15), "tau_m": (1.2, 20.0), "gain": (0.5, 10.0)}
    return [{name: log_uniform(*ranges[name]) for name in SEARCHED} for _ in range(TRIALS)]


def runs(profile: str) -> tuple[Run, ...]:
    """Each trial on both sides and robots; the smaller profiles have a few on the hopper."""
    environments, few, budget = {
        "smoke": (ENVIRONMENTS[:1], 2, {"n_parameters": 64, **TINY}),
        "quick": (ENVIRONMENTS[:1], 2, {"n_parameters": 256, **SMALL}),
        "paper": (ENVIRONMENTS, TRIALS, {"population": POPULATION, "generations": GENERATIONS, "limit": LIMIT}),
    }[profile]
    return tuple(
        control_run((NAME, PROTOCOL), environment, evolved, trial, SEED, **budget)
        for environment, evolved, trial in product(environments, SIDES, trials()[:few])
    )


# Budgets of the smaller profiles.
TINY = {"population": 8, "generations": 2, "limit": 40, "test_episodes": 8}
SMALL = {"population": 32, "generations": 20, "limit": 200, "test_episodes": 32}


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per side and trial, best first: its settings, its reward by robot, and its score.

    A score is the reward as a share of the robot's highest, of either side, averaged over robots.
    """
    frame = frame.assign(score=frame["reward"] / frame.groupby("environment")["reward"].transform("max"))
    by = ["evolved", *SEARCHED]
    rewards = frame.pivot_table("reward", by, "environment").reset_index()
    scores = frame.groupby(by, as_index=False)["score"].mean()
    return rewards.merge(scores).sort_values(["evolved", "score"], ascending=[True, False], ignore_index=True)


def ranking(frame: pd.DataFrame, evolved: Side) -> list[Setting]:
    """The settings of a side, best first."""
    table = summary(frame)
    return table.loc[table["evolved"] == evolved, list(SEARCHED)].to_dict("records")
