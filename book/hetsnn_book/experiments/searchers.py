"""Other searches on fresh seeds: each strategy in its own best setting on each side, with as many evaluations."""

from itertools import product
from typing import Any

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.memory import SIDES
from hetsnn_book.experiments.searchers_search import FEW, SPANS, STRATEGIES, searched, trials
from hetsnn_book.experiments.searchers_search import labels as labelled

NAME, VERSION, SCORE, GENOMES = "searchers", 1, "reward", False
CHAPTER = "is_it_heterogeneity"
FIRST_SEED, SEEDS = 7100, 20

# Places in `searchers_search.trials`, chosen by that search; a test compares them with its published results.
WINNERS: dict[tuple[str, str, str], int] = {  # contest, strategy, side
    ("memory", "Open_ES", "neuron"): 8,
    ("memory", "Open_ES", "weight"): 0,
    ("memory", "SNES", "neuron"): 10,
    ("memory", "SNES", "weight"): 1,
    ("memory", "PGPE", "neuron"): 8,
    ("memory", "PGPE", "weight"): 0,
    ("memory", "Sep_CMA_ES", "neuron"): 8,
    ("memory", "Sep_CMA_ES", "weight"): 0,
    ("memory", "SimpleGA", "neuron"): 2,
    ("memory", "SimpleGA", "weight"): 0,
    ("cartpole", "Open_ES", "neuron"): 10,
    ("cartpole", "Open_ES", "weight"): 8,
    ("cartpole", "SNES", "neuron"): 10,
    ("cartpole", "SNES", "weight"): 8,
    ("cartpole", "PGPE", "neuron"): 10,
    ("cartpole", "PGPE", "weight"): 8,
    ("cartpole", "Sep_CMA_ES", "neuron"): 11,
    ("cartpole", "Sep_CMA_ES", "weight"): 10,
    ("cartpole", "SimpleGA", "neuron"): 11,
    ("cartpole", "SimpleGA", "weight"): 11,
}


def runs(profile: str) -> tuple[Run, ...]:
    """Return each strategy on both sides of both contests at each seed; at smoke and quick some, on memory.

    These have as many runs as the search, so both experiments share compiled programs.
    """
    named = (NAME, VERSION)
    if profile != "paper":
        span, generations = {"smoke": (5, 20), "quick": (25, 60)}[profile]
        return tuple(
            searched(named, strategy, trials(strategy)[1], "memory", side, seed, span=span, generations=generations)
            for strategy, side, seed in product(FEW, SIDES, range(FIRST_SEED, FIRST_SEED + 4))
        )
    return tuple(
        searched(named, strategy, trials(strategy)[WINNERS[contest, strategy, side]], contest, side, seed)
        for contest, strategy, side in product(SPANS, STRATEGIES, SIDES)
        if (contest, strategy, side) in WINNERS
        for seed in range(FIRST_SEED, FIRST_SEED + SEEDS)
    )


def labels(run: Run) -> dict[str, Any]:
    """Return the name of a run's contest."""
    return labelled(run)
