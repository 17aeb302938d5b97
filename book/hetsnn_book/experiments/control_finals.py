"""The best trials of the search once more, in whole episodes and for longer, on a further tuning seed."""

from itertools import product

from hetsnn.genomes import Side
from hetsnn.runs import Run
from hetsnn_book.experiments.control_search import ENVIRONMENTS, SIDES, SMALL, TINY, control_run, trials

NAME, PROTOCOL, SCORE, GENOMES = "control_finals", 1, "reward", False
FINALISTS = 2  # of each side
SEED = 3100
BUDGET = {"population": 64, "generations": 100}

# Places in `control_search.trials`, chosen by that search; a test compares them with its published results.
CHOSEN: dict[Side, tuple[int, ...]] = {"neuron": (10, 9), "weight": (2, 7)}


def runs(profile: str) -> tuple[Run, ...]:
    """Each finalist of each side on both robots; the smaller profiles have just the hopper."""
    environments, few, budget = {
        "smoke": (ENVIRONMENTS[:1], 2, {"n_parameters": 64, **TINY}),
        "quick": (ENVIRONMENTS[:1], 2, {"n_parameters": 256, **SMALL}),
        "paper": (ENVIRONMENTS, FINALISTS, BUDGET),
    }[profile]
    return tuple(
        control_run((NAME, PROTOCOL), environment, evolved, trials()[place], SEED, **budget)
        for environment, evolved in product(environments, SIDES)
        for place in CHOSEN[evolved][:few]
    )
