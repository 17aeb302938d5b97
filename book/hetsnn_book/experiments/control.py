"""Table 1: robots controlled by networks whose neurons or whose weights evolve, in four sizes.

Runs are computed in this order: the short budget, the size of Table 2, then the other sizes, the cheapest first.
"""

from functools import lru_cache
from itertools import product
from math import log2
from typing import Any

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book import paper
from hetsnn_book.experiments.control_search import ENVIRONMENTS as CHEAP
from hetsnn_book.experiments.control_search import SIDES, SIZES, SMALLER, Budget, Setting, control_run

NAME, VERSION, SCORE, GENOMES = "control", 1, "reward", True
CHAPTER = "control"
PARTLY = "the full budget needs a GPU"  # why not all of it is published
ENVIRONMENTS = tuple(SIZES)
NEURONS = (4096, 1024, 2048, 8192)
SEEDS = 5
MORE_SEEDS = {("hopper", 1024): 20, ("walker2d", 1024): 20}  # bootstrap intervals over five seeds are too narrow

# Budgets of a training are the same for both sides, and were declared before any reported seed was run. Two cores
# finish the short budget at the smallest size in an hour or two for all four robots.
BUDGET: Budget = {"population": 256, "generations": 500}
SHORT: Budget = {"population": 64, "generations": 100}
DEAR: Budget = {"generations": 10}  # expensive robots at quick

# Chosen by control_finals; a test compares them with its published results.
WINNERS: dict[Side, Setting] = {
    "neuron": {"sigma": 0.086, "learning_rate": 0.034, "tau_m": 7.3, "gain": 0.62},
    "weight": {"sigma": 0.29, "learning_rate": 0.13, "tau_m": 5.7, "gain": 0.76},
}


@lru_cache
def n_parameters(environment: str, evolved: Side, neurons: int) -> int:
    """Return the number of evolved parameters: the paper's for its four sizes, else four per neuron."""
    table = paper.table("table1_control")
    known = sorted(table[(table["environment"] == environment) & (table["evolved"] == evolved)]["n_parameters"])
    return int(known[sorted(NEURONS).index(neurons)]) if neurons in NEURONS else 4 * neurons


def labels(run: Run) -> dict[str, Any]:
    """Return the run's size and budget.

    The size is the number of hidden neurons for which four properties per neuron make about as many parameters. The
    smaller profiles have a budget of their own, "small".
    """
    count = run.training.architecture.hidden * (
        4 if run.training.genome.evolved == "neuron" else sum(SIZES[run.training.task.environment])
    )
    effort = {"population": run.training.method.population, "generations": run.training.method.generations}
    budget = {"declared": BUDGET, "short": SHORT}
    return {
        "size": 2 ** round(log2(count / 4)),
        "budget": next((name for name, declared in budget.items() if declared == effort), "small"),
    }


def trained(environment: str, evolved: Side, neurons: int, seed: int, budget: Budget) -> Run:
    """Return a run with the winning setting of a side."""
    count = n_parameters(environment, evolved, neurons)
    return control_run((NAME, VERSION), environment, evolved, WINNERS[evolved], seed, budget, n_parameters=count)


def runs(profile: str) -> tuple[Run, ...]:
    """Return both sides on each robot, for each size and seed; at paper also with the short budget.

    Compiling takes most of the time of the smaller profiles, so they leave out most combinations of robot and side.
    """
    if profile != "paper":
        (neurons, budget), pairs = SMALLER[profile], [("hopper", SIDES[0])]
        if profile == "quick":
            pairs = [*product(ENVIRONMENTS, SIDES[:1]), ("hopper", SIDES[1])]
        return tuple(
            trained(robot, side, neurons, seed, budget if robot in CHEAP else budget | DEAR)
            for (robot, side), seed in product(pairs, range(2))
        )
    short = [
        trained(robot, side, min(NEURONS), seed, SHORT)
        for robot, side, seed in product((*CHEAP, "halfcheetah", "ant"), SIDES, range(SEEDS))
    ]
    return (
        *short,
        *(
            trained(environment, evolved, neurons, seed, BUDGET)
            for neurons, environment, evolved in product(NEURONS, ENVIRONMENTS, SIDES)
            for seed in range(MORE_SEEDS.get((environment, neurons), SEEDS))
        ),
    )
