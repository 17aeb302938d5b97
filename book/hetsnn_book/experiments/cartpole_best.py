"""Backpropagation at its best on CartPole: with a learned value, in batches that suit it and in evolution's.

In evolution's batches of 128 episodes it has as many updates as evolution has generations.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.cartpole import WINNERS
from hetsnn_book.experiments.cartpole_search import GENERATIONS, POPULATION, SIDES, Settings, cartpole_run

NAME, VERSION, SCORE, GENOMES = "cartpole_best", 1, "reward", False
CHAPTER = "cartpole"


def runs(profile: str) -> tuple[Run, ...]:
    """Both sides at each limit and seed, in batches of both sizes (at smoke and quick of the first)."""
    changes: tuple[Settings, ...] = ({"value": True}, {"value": True, "batch": POPULATION})
    limits, seeds, generations, sides, some = {
        "smoke": ((50,), 2, 4, SIDES[:1], changes[:1]),
        "quick": ((500,), 6, 20, SIDES, changes[:1]),
        "paper": ((200, 1000), 20, GENERATIONS, SIDES, changes),
    }[profile]
    return tuple(
        cartpole_run((NAME, VERSION), "BP", WINNERS["BP", side] | change, side, limit, seed, generations)
        for side, change, limit, seed in product(sides, some, limits, range(seeds))
    )
