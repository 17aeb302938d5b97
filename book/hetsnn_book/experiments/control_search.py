"""Settings for the robots: the same random trials for both sides, on seeds that are not reported.

Table 1 compares networks whose neurons evolve with networks whose weights evolve. Settings that the paper leaves open
are equal for both: no bias, and a leaky read-out with the neurons' tau = 2 dt of the first author's public code.
Settings that may favour one side are searched: width and rate of the search, initial time constant, input gain.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture, hidden_size
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.robots import Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import WIDTHS, Genome, Side, Widths
from hetsnn.training.method import Training

NAME, VERSION, SCORE, GENOMES = "control_search", 1, "reward", False
CHAPTER = "control"
SIDES: tuple[Side, ...] = ("neuron", "weight")
# Observations and actions of each robot: runs are listed without Brax. A test compares them with the robots' own.
SIZES = {"halfcheetah": (17, 6), "ant": (27, 8), "hopper": (11, 3), "walker2d": (17, 6)}
ENVIRONMENTS: tuple[str, ...] = ("hopper", "walker2d")  # the cheapest
SIZE = 1024  # the smallest of Table 1: hidden neurons, or weights in the number of their properties
TRIALS = 24
SEED = 3000

Setting = dict[str, float]
# Ranges of log-uniform settings.
RANGES = {"sigma": (0.03, 0.5), "learning_rate": (0.01, 0.15), "tau_m": (1.2, 20.0), "gain": (0.5, 10.0)}
SEARCHED = tuple(RANGES)
Budget = dict[str, int]  # population, generations, and settings of the task that differ from its defaults
BUDGET: Budget = {"population": 32, "generations": 40, "limit": 500}
# Hidden neurons and budget of the smaller profiles.
SMALLER: dict[str, tuple[int, Budget]] = {
    "smoke": (16, {"population": 8, "generations": 2, "limit": 40, "test_episodes": 8}),
    "quick": (256, {"population": 32, "generations": 40, "limit": 200, "test_episodes": 32}),
}


def control_run(
    experiment: tuple[str, int],
    environment: str,
    evolved: Side,
    setting: Setting,
    seed: int,
    budget: Budget,
    *,
    n_parameters: int = 4 * SIZE,
    widths: Widths = WIDTHS,
    reset: str = "rest",
) -> Run:
    """Return a run.

    Args:
        experiment: name and version.
        environment: name of the robot.
        evolved: the trained side, "neuron" or "weight".
        setting: values of the settings in `SEARCHED`.
        seed: seed of the run.
        budget: budget of the training.
        n_parameters: number of evolved parameters, which the number of hidden neurons approximates.
        widths: search width of each property.
        reset: name of the reset potential.
    """
    effort: Any = {name: budget[name] for name in ("population", "generations")}
    episodes: Any = {name: number for name, number in budget.items() if name not in effort}
    task = Control(environment=environment, **episodes)
    hidden = hidden_size(n_parameters, evolved, *SIZES[environment])
    return Run(
        *experiment,
        Training(
            task=task,
            architecture=Architecture(hidden=hidden, reset=reset, tau_m=setting["tau_m"], gain=setting["gain"]),
            genome=Genome(evolved=evolved, widths=widths),
            method=Evolution(sigma=setting["sigma"], learning_rate=setting["learning_rate"], **effort),
            seed=seed,
        ),
    )


def trials() -> list[Setting]:
    """Draw random settings, the same for both sides."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    return [{name: log_uniform(*RANGES[name]) for name in SEARCHED} for _ in range(TRIALS)]


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial on both sides and robots; the smaller profiles have two trials of neurons on the hopper."""
    choices, (neurons, budget) = (ENVIRONMENTS, SIDES, trials()), SMALLER.get(profile, (SIZE, BUDGET))
    if profile != "paper":
        choices = (ENVIRONMENTS[:1], SIDES[:1], trials()[:2])
    return tuple(
        control_run((NAME, VERSION), environment, evolved, trial, SEED, budget, n_parameters=4 * neurons)
        for environment, evolved, trial in product(*choices)
    )


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per side and trial, best first: its settings, its reward by robot, and its score.

    The score is the reward divided by the robot's highest reward on either side, averaged over robots.
    """
    frame = frame.assign(score=frame["reward"] / frame.groupby("environment")["reward"].transform("max"))
    by = ["evolved", *SEARCHED]
    rewards = frame.pivot_table("reward", by, "environment").reset_index()
    scores = frame.groupby(by, as_index=False)["score"].mean()
    return rewards.merge(scores).sort_values(["evolved", "score"], ascending=[True, False], ignore_index=True)


def ranking(frame: pd.DataFrame, evolved: Side) -> list[Setting]:
    """Return the settings of a side, best first."""
    table = summary(frame)
    return table.loc[table["evolved"] == evolved, list(SEARCHED)].to_dict("records")
