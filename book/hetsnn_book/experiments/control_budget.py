"""Test whether learning has converged with the declared budget, at Table 1's smallest size on the cheapest robot.

Its seeds are not reported, and Table 1 does not depend on it.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments import control
from hetsnn_book.experiments.control_search import ENVIRONMENTS, SIDES, SIZE, SMALLER, control_run

NAME, VERSION, SCORE, GENOMES = "control_budget", 1, "reward", False
CHAPTER = "control"
FIRST_SEED, SEEDS = 3200, 2

labels = control.labels


def runs(profile: str) -> tuple[Run, ...]:
    """Return both seeds of each side; the smaller profiles train only neurons, with budgets of their own."""
    neurons, budget = SMALLER.get(profile, (SIZE, control.BUDGET))
    sides = SIDES if profile == "paper" else SIDES[:1]
    named, robot, count = (NAME, VERSION), ENVIRONMENTS[0], 4 * neurons
    return tuple(
        control_run(named, robot, side, control.WINNERS[side], seed, budget, n_parameters=count)
        for side, seed in product(sides, range(FIRST_SEED, FIRST_SEED + SEEDS))
    )
