"""Finals of the robots' search: its best trials again on the cheapest robot, longer, in whole episodes, on new seeds.

Each finalist has several seeds, because different rounding alone moves a robot's reward by hundreds.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.control_search import (
    ENVIRONMENTS,
    SIDES,
    SIZE,
    SMALLER,
    Budget,
    control_run,
    trials,
)

NAME, VERSION, SCORE, GENOMES = "control_finals", 1, "reward", False
CHAPTER = "control"
FINALISTS = 4  # of each side
FIRST_SEED, SEEDS = 3100, 4
BUDGET: Budget = {"population": 64, "generations": 100}

# Places in `control_search.trials`, chosen by that search; a test compares them with its published results.
CHOSEN: dict[Side, tuple[int, ...]] = {"neuron": (9, 15, 23, 10), "weight": (13, 21, 2, 5)}


def runs(profile: str) -> tuple[Run, ...]:
    """Return each finalist of each side on each seed; the smaller profiles have two of neurons on one seed."""
    (neurons, budget), sides, few, seeds = SMALLER.get(profile, (SIZE, BUDGET)), SIDES[:1], 2, 1
    if profile == "paper":
        sides, few, seeds = SIDES, FINALISTS, SEEDS
    return tuple(
        control_run((NAME, VERSION), ENVIRONMENTS[0], evolved, trials()[place], seed, budget, n_parameters=4 * neurons)
        for evolved in sides
        for place, seed in product(CHOSEN[evolved][:few], range(FIRST_SEED, FIRST_SEED + seeds))
    )
