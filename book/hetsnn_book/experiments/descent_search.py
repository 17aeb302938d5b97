"""Settings for descent and evolution on the memory task: as many random trials for each, on seeds not reported.

Both minimise the cross-entropy of the answer to both cues, on the same network: no chance is left but the draw of the
weights. The network has a memoryless read-out, so that only its hidden neurons can remember, and a bias.
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
METHODS = {"ES": None, "BP, reset attached": False, "BP, reset detached": True}  # whether the reset is detached
N_PARAMETERS = 256
POPULATION, GENERATIONS = 128, {"smoke": 2, "quick": 10, "paper": 60}
TRIALS, LENGTHS = 12, (10, 25)
FIRST_SEED, SEEDS = 3000, 3

Settings = dict[str, Any]


def descent_run(
    experiment: tuple[str, int], profile: str, method: str, chosen: Settings, evolved: Side, length: Integer, seed: int
) -> Run:
    """One training, of as many episodes by any method.

    Args:
        experiment: name and version.
        profile: how long.
        method: one of `METHODS`.
        chosen: settings of the method.
        evolved: what is trained, whichever the method.
        length: of the memory.
        seed: of the run.
    """
    generations, detach = GENERATIONS[profile], METHODS[method]
    trained: Any
    if detach is None:
        trained = Evolution(population=POPULATION, generations=generations, **chosen)
    else:
        updates = POPULATION * generations  # of two episodes, as a candidate has
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
    """Random settings of a method, the same for both sides and for both kinds of reset."""
    rng = np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    first, low, high = ("sigma", 0.03, 1.0) if method == "ES" else ("width", 0.2, 5.0)
    return [{first: log_uniform(low, high), "learning_rate": log_uniform(0.001, 0.2)} for _ in range(TRIALS)]


def runs(profile: str) -> tuple[Run, ...]:
    """Each trial of each method on both sides, at each length and tuning seed.

    The smaller profiles' are as many as descent's, so that both share what is compiled.
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
    """The method of each row."""
    by_detaching = {detach: method for method, detach in METHODS.items()}
    return frame["detach_reset"].map(lambda detach: by_detaching[None if pd.isna(detach) else bool(detach)])


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per method, side and trial, best first: its settings and its mean reward."""
    table = frame.assign(method=method_of(frame)).groupby(
        ["method", "evolved", "sigma", "width", "learning_rate"], dropna=False, as_index=False
    )
    order = {"by": ["method", "evolved", "reward"], "ascending": [True, True, False]}
    return table["reward"].mean().sort_values(**order, ignore_index=True)


def winner(frame: pd.DataFrame, method: str, evolved: Side) -> Settings:
    """The trial of a method and a side with the highest mean reward."""
    table = summary(frame)
    best = table[(table["method"] == method) & (table["evolved"] == evolved)].iloc[0]
    return {name: float(best[name]) for name in trials(method)[0]}
