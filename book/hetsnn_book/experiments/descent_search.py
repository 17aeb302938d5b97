"""Settings for descent and evolution on the memory task: equally many random trials for each, on seeds not reported.

Both minimise the cross-entropy of the answer to both cues, on the same network; the draw of the weights is the only
randomness. The network has a bias, and a memoryless read-out, so that only its hidden neurons can remember.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture, hidden_size
from hetsnn.numbers import Integer
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.memory import Memory
from hetsnn.training.descent import Supervised
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, Side
from hetsnn.training.method import Training

NAME, VERSION, SCORE, GENOMES = "descent_search", 1, "reward", False
CHAPTER = "backprop_instability"
SIDES: tuple[Side, ...] = ("neuron", "weight")
METHODS = {"ES": None, "BP, reset attached": False, "BP, reset detached": True}  # values of `detach_reset`
N_PARAMETERS = 256
POPULATION, GENERATIONS = 128, {"smoke": 2, "quick": 10, "paper": 60}
TRIALS, LENGTHS = 12, (10, 25, 100)  # several trials are perfect at the shorter lengths; the longest parts them
FIRST_SEED, SEEDS = 3000, 3
NOISIEST = "reward_noise_0.1"

Settings = dict[str, Any]


def descent_run(
    experiment: tuple[str, int], profile: str, method: str, chosen: Settings, evolved: Side, length: Integer, seed: int
) -> Run:
    """Return a run; all methods train with the same number of episodes.

    Args:
        experiment: name and version.
        profile: profile, which sets the number of generations.
        method: one of `METHODS`.
        chosen: settings of the method.
        evolved: the trained side, "neuron" or "weight".
        length: memory length.
        seed: seed of the run.
    """
    generations, detach = GENERATIONS[profile], METHODS[method]
    trained: Any
    if detach is None:
        trained = Evolution(population=POPULATION, generations=generations, **chosen)
    else:
        updates = POPULATION * generations  # an update has two episodes, as a candidate has
        trained = Supervised(updates=updates, points=generations, detach_reset=detach, **chosen)
    return Run(
        *experiment,
        Training(
            task=Memory(length=length, cross_entropy=True),
            architecture=Architecture(
                hidden=hidden_size(N_PARAMETERS, evolved, 4, 2), bias=True, gain=3.0, tau_m=3.5, tau_readout=1.0
            ),
            genome=Genome(evolved=evolved),
            method=trained,
            seed=seed,
        ),
    )


def trials(method: str) -> list[Settings]:
    """Draw random settings of a method, the same for both sides and for both kinds of reset."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    first, low, high = ("sigma", 0.03, 1.0) if method == "ES" else ("width", 0.2, 5.0)
    return [{first: log_uniform(low, high), "learning_rate": log_uniform(0.001, 0.2)} for _ in range(TRIALS)]


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial of each method on both sides, at each length and tuning seed.

    The smaller profiles have as many runs as descent's, so both experiments share compiled programs.
    """
    chosen, lengths, seeds, sides = {
        "smoke": (2, (5,), 1, SIDES[1:]),
        "quick": (6, (10,), 1, SIDES),
        "paper": (TRIALS, LENGTHS, SEEDS, SIDES),
    }[profile]
    return tuple(
        descent_run((NAME, VERSION), profile, method, trial, side, length, seed)
        for method, side, length, seed in product(METHODS, sides, lengths, range(FIRST_SEED, FIRST_SEED + seeds))
        for trial in trials(method)[:chosen]
    )


def method_of(frame: pd.DataFrame) -> pd.Series:
    """Return the method of each row."""
    by_detaching = {detach: method for method, detach in METHODS.items()}
    return frame["detach_reset"].map(lambda detach: by_detaching[None if pd.isna(detach) else bool(detach)])


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per method, side and trial, best first: its settings, its mean reward, and that under noise.

    Trials of equal reward are in the order of the harder case: their reward under the strongest noise, `noisy`.
    """
    table = frame.assign(method=method_of(frame), noisy=frame[NOISIEST]).groupby(
        ["method", "evolved", "sigma", "width", "learning_rate"], dropna=False, as_index=False
    )
    order = {"by": ["method", "evolved", "reward", "noisy"], "ascending": [True, True, False, False]}
    return table[["reward", "noisy"]].mean().sort_values(**order, ignore_index=True)


def winner(frame: pd.DataFrame, method: str, evolved: Side) -> Settings:
    """Return the settings of a method and a side with the highest mean reward."""
    table = summary(frame)
    best = table[(table["method"] == method) & (table["evolved"] == evolved)].iloc[0]
    return {name: float(best[name]) for name in trials(method)[0]}
