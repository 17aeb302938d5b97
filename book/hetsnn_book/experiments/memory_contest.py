"""Fair contest on the memory task: each side in its own best setting, on fresh seeds at every length.

Each side has two winners: the best of all settings, and the best bare one, without bias and with a memoryless read-out.
"""

from itertools import product

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn.tasks.memory import LENGTHS
from hetsnn_book.experiments.memory import SIDES, Setting
from hetsnn_book.experiments.memory_search import KINDS, SETTINGS, trials

NAME, VERSION, SCORE, GENOMES = "memory_contest", 2, "reward", True
CHAPTER = "memory_contest"
FIRST_SEED = 2000
SCORED = 2  # seeds of each winner whose networks act in bsuite

# Places in `memory_search.trials`, chosen by memory_finals; a test compares them with its published results.
PLACES = {("neuron", "best"): 51, ("neuron", "bare"): 8, ("weight", "best"): 29, ("weight", "bare"): 119}
WINNERS: dict[tuple[str, str], Setting] = {side_and_kind: trials()[place] for side_and_kind, place in PLACES.items()}


def genome_needed(run: Run) -> bool:
    """Return True for the best bare neurons, whose carriers are counted, and for the seeds that bsuite scores."""
    training, bare = run.training, WINNERS["neuron", "bare"]
    counted = bare.run((NAME, VERSION), "paper", "neuron", training.task.length, training.seed)
    return run == counted or training.seed < FIRST_SEED + SCORED


def runs(profile: str) -> tuple[Run, ...]:
    """Return each winner at each length and seed."""
    lengths = {"smoke": (5,), "quick": (5, 25), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 16, "quick": 8, "paper": 50}[profile])
    kinds = KINDS if profile == "paper" else KINDS[1:]
    described = (
        WINNERS[evolved, kind].run((NAME, VERSION), profile, evolved, length, seed)
        for evolved, kind, length, seed in product(SIDES, kinds, lengths, seeds)
    )
    return tuple(dict.fromkeys(described))  # the best setting of all may be a bare one


def winner_runs(frame: pd.DataFrame, evolved: str, kind: str) -> pd.DataFrame:
    """Return the runs of one winner."""
    setting = WINNERS[evolved, kind]
    selected = frame["evolved"] == evolved
    for name in SETTINGS:
        selected &= frame[name] == getattr(setting, name)
    return frame[selected]
