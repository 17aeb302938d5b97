"""Table 1: robots controlled by networks whose neurons or whose weights evolve, in four sizes.

Runs are computed in this order: the cheap robots at the smallest size, the other robots, then the larger sizes.
"""

from functools import lru_cache
from itertools import product
from math import log2
from typing import Any

from hetsnn.sweeps.runs import Run
from hetsnn.tasks.robots import SIZES
from hetsnn.training.genomes import Side
from hetsnn_book import paper
from hetsnn_book.experiments.control_finals import settled
from hetsnn_book.experiments.control_search import (
    SEARCHES,
    SIDES,
    SMALLER,
    Budget,
    completed,
    control_run,
    provisional,
)

NAME, VERSION, SCORE, GENOMES = "control", 2, "reward", True
__all__ = ["completed"]
CHAPTER = "control"
PARTLY = "without the walker in another physics"  # why not all of it is published
ENVIRONMENTS = tuple(SIZES)
CHEAP = SEARCHES["hopper"].robots
NEURONS = (1024, 2048, 4096, 8192)
SEEDS = 5
BUDGET: Budget = {"generations": 250}  # by `control_finals.declared`; a test compares them
BACKENDS = ("spring", "positional")  # physics on which a comparison may depend


@lru_cache
def n_parameters(environment: str, evolved: Side, neurons: int) -> int:
    """Return the number of evolved parameters: the paper's for its four sizes, else four per neuron."""
    table = paper.table("table1_control")
    known = sorted(table[(table["environment"] == environment) & (table["evolved"] == evolved)]["n_parameters"])
    return int(known[NEURONS.index(neurons)]) if neurons in NEURONS else 4 * neurons


def labels(run: Run) -> dict[str, Any]:
    """Return the physics, and the number of hidden neurons whose four properties are about as many parameters."""
    count = run.training.architecture.hidden * (
        4 if run.training.genome.evolved == "neuron" else sum(SIZES[run.training.task.environment])
    )
    return {"size": 2 ** round(log2(count / 4)), "physics": run.training.task.backend}


def trained(
    environment: str, evolved: Side, neurons: int, seed: int, budget: Budget = BUDGET, backend: str = "spring"
) -> Run:
    """Return a run with the winning setting of a side; before that is known, with a provisional one."""
    count = n_parameters(environment, evolved, neurons)
    setting = settled(environment).get(evolved, provisional())
    options: dict[str, Any] = {"n_parameters": count, "backend": backend}
    return control_run((NAME, VERSION), environment, evolved, setting, seed, budget, **options)


def runs(profile: str) -> tuple[Run, ...]:
    """Return both sides on each robot whose search is whole, for each size and seed, and the other physics.

    Compiling takes most of the time of the smaller profiles, so they have the hopper alone; smoke has one side.
    """
    if profile != "paper":
        (neurons, budget), sides = SMALLER[profile], SIDES[:1] if profile == "smoke" else SIDES
        return tuple(trained("hopper", side, neurons, seed, budget) for side, seed in product(sides, range(2)))
    least, *_ = NEURONS
    cells = [
        *((robot, least, BACKENDS[0]) for robot in (*CHEAP, "halfcheetah", "ant")),
        *((robot, 4096, BACKENDS[0]) for robot in CHEAP),
        *(("hopper", neurons, BACKENDS[0]) for neurons in (2048, 8192)),
        *((robot, least, BACKENDS[1]) for robot in CHEAP),
        *((robot, 4096, BACKENDS[0]) for robot in ("halfcheetah", "ant")),
        *((robot, n, BACKENDS[0]) for n, robot in product((2048, 8192), ("walker2d", "halfcheetah", "ant"))),
    ]
    return tuple(
        trained(robot, side, neurons, seed, backend=backend)
        for robot, neurons, backend in cells
        if settled(robot)
        for side, seed in product(SIDES, range(SEEDS))
    )
