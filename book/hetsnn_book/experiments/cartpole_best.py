"""Backpropagation at its best on CartPole: with a learned value function, in batches of two sizes.

Batches have their tuned size, or evolution's 128 episodes, with as many updates as evolution has generations.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.cartpole import WINNERS
from hetsnn_book.experiments.cartpole_search import GENERATIONS, POPULATION, SIDES, Settings, cartpole_run

NAME, VERSION, SCORE, GENOMES = "cartpole_best", 1, "reward", False
CHAPTER = "cartpole"


def runs(profile: str) -> tuple[Run, ...]:
    """Return both sides at each limit and seed, in batches of both sizes (at smoke and quick only the first)."""
    changes: tuple[Settings, ...] = ({"value": True}, {"value": True, "batch": POPULATION})
    limits, seeds, generations, sides, some = {
        "smoke": ((50,), 2, 4, SIDES[:1], changes[:1]),
        "quick": ((500,), 6, 20, SIDES[:1], changes[:1]),
        "paper": ((200, 1000), 20, GENERATIONS, SIDES, changes),
    }[profile]
    return tuple(
        cartpole_run((NAME, VERSION), "BP", WINNERS["BP", side] | change, side, limit, seed, generations)
        for side, change, limit, seed in product(sides, some, limits, range(seeds))
    )
