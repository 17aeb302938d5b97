"""Settings for CartPole: equally many random trials for each method and side, on seeds that are not reported.

Fig. 5 compares evolution (ES) with backpropagation (BP: REINFORCE with surrogate gradients), for neurons and for
weights. The paper leaves settings of the network open; they are declared here and equal for all: tau_m = 2 dt, a leaky
read-out as slow as the neurons, no bias, an input gain at which neurons fire, the same number of trained parameters.
Settings of a method are searched: width and rate of ES; rate, discount, temperature, batch and surrogate of BP.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture, hidden_size
from hetsnn.sweeps.runs import Run, settings
from hetsnn.tasks.cartpole import CartPole
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, Side
from hetsnn.training.method import Training
from hetsnn.training.reinforce import Reinforce

NAME, VERSION, SCORE, GENOMES = "cartpole_search", 1, "reward", False
CHAPTER = "cartpole"
SIDES: tuple[Side, ...] = ("neuron", "weight")
METHODS = ("ES", "BP")
N_PARAMETERS = 256  # trained: 4 properties of 64 neurons, or the weights of 43
GAIN = 3.0
POPULATION, GENERATIONS = 128, 30
TRIALS = 64
BATCHES, SURROGATES = (32, 128), ("arctan", "triangular")
LIMIT = 500
FIRST_SEED, SEEDS = 2000, 8

Settings = dict[str, Any]


def cartpole_run(
    experiment: tuple[str, int],
    method: str,
    chosen: Settings,
    evolved: Side,
    limit: int,
    seed: int,
    generations: int,
    *,
    tape: int = 0,
) -> Run:
    """Return a run; both methods train with 128 episodes per generation of evolution.

    Args:
        experiment: name and version.
        method: one of `METHODS`.
        chosen: settings of the method.
        evolved: the trained side, "neuron" or "weight".
        limit: maximum number of steps of an episode.
        seed: seed of the run.
        generations: generations of evolution.
        tape: steps that backpropagation has room for; 0 for `limit`. Limits share a program if it has
            room for the largest.
    """
    trained: Any
    if method == "ES":
        trained = Evolution(population=POPULATION, generations=generations, **chosen)
    else:
        episodes = POPULATION * generations
        trained = Reinforce(max_steps=tape or limit, points=generations, episodes=episodes, **chosen)
    return Run(
        *experiment,
        Training(
            task=CartPole(limit=limit),
            architecture=Architecture(hidden=hidden_size(N_PARAMETERS, evolved, 4, 2), gain=GAIN),
            genome=Genome(evolved=evolved),
            method=trained,
            seed=seed,
        ),
    )


def trials(method: str) -> list[Settings]:
    """Draw random settings of a method, the same for both sides."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    if method == "ES":
        return [{"sigma": log_uniform(0.03, 1.0), "learning_rate": log_uniform(0.01, 0.3)} for _ in range(TRIALS)]
    kinds = list(product(BATCHES, SURROGATES))
    return [
        {
            "batch": kinds[i % len(kinds)][0],
            "surrogate": kinds[i % len(kinds)][1],
            "width": log_uniform(0.3, 3.0),
            "detach_reset": bool(rng.integers(2)),
            "learning_rate": log_uniform(0.003, 0.1),
            "discount": round(1.0 - log_uniform(0.003, 0.1), 4),
            "temperature": log_uniform(0.05, 1.0),
        }
        for i in range(TRIALS)
    ]


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial of each method on both sides; the smaller profiles have a few trials of one kind.

    These have as many runs and generations as cartpole's, so both experiments share compiled programs.
    """
    count, limit, seeds, generations = {
        "smoke": (2, 50, 1, 4),
        "quick": (2, 500, 3, 20),
        "paper": (TRIALS, LIMIT, SEEDS, GENERATIONS),
    }[profile]
    stride = 1 if profile == "paper" else len(BATCHES) * len(SURROGATES)
    return tuple(
        cartpole_run((NAME, VERSION), method, trial, evolved, limit, seed, generations)
        for method, evolved in product(METHODS, SIDES)
        # The few trials have the batch and surrogate of the winner on their side.
        for trial in trials(method)[SIDES.index(evolved) if stride > 1 else 0 :: stride][:count]
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    )


def method_of(frame: pd.DataFrame) -> pd.Series:
    """Return the method of each row."""
    return frame["sigma"].notna().map({True: "ES", False: "BP"})


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per method, side and trial, best first: its settings, and its mean reward over seeds.

    Among equals the trial that learns faster comes first: `learned` is the mean reward of the training's episodes.
    """
    names = sorted({name for method in METHODS for name in trials(method)[0]})
    rows = frame.assign(method=method_of(frame), learned=frame["curve_mean"].map(np.mean))
    table = rows.groupby(["method", "evolved", *names], dropna=False, as_index=False)[["reward", "learned"]].mean()
    order = {"by": ["method", "evolved", "reward", "learned"], "ascending": [True, True, False, False]}
    return table.sort_values(**order, ignore_index=True)


def winner(frame: pd.DataFrame, method: str, evolved: Side) -> Settings:
    """Return the settings of a method and a side that come first in the `summary`."""
    table = summary(frame)
    best = table[(table["method"] == method) & (table["evolved"] == evolved)].iloc[0]
    described = settings(cartpole_run((NAME, VERSION), method, trials(method)[0], evolved, LIMIT, 0, GENERATIONS))
    return {name: type(described[name])(best[name]) for name in trials(method)[0]}
