"""The best trials of the search once more on the cheapest robot, in whole episodes, longer, on a further seed."""

from hetsnn.genomes import Side
from hetsnn.runs import Run
from hetsnn_book.experiments.control_search import (
    ENVIRONMENTS,
    SIDES,
    SIZE,
    SMALLER,
    Budget,
    control_run,
    trials,
)

NAME, PROTOCOL, SCORE, GENOMES = "control_finals", 1, "reward", False
FINALISTS = 2  # of each side
SEED = 3100
BUDGET: Budget = {"population": 64, "generations": 100}

# Places in `control_search.trials`, chosen by that search; a test compares them with its published results.
CHOSEN: dict[Side, tuple[int, ...]] = {"neuron": (10, 9), "weight": (2, 7)}


def runs(profile: str) -> tuple[Run, ...]:
    """Each finalist of each side; the smaller profiles have those of neurons."""
    neurons, budget = SMALLER.get(profile, (SIZE, BUDGET))
    return tuple(
        control_run((NAME, PROTOCOL), ENVIRONMENTS[0], evolved, trials()[place], SEED, budget, n_parameters=4 * neurons)
        for evolved in (SIDES if profile == "paper" else SIDES[:1])
        for place in CHOSEN[evolved]
    )
