"""Fig. 5: CartPole with at most 100, 200, 500 and 1,000 steps, trained by evolution and by backpropagation.

Each of both methods trains the neurons or the weights with 3,840 episodes, in the best of its trials.
"""

from itertools import product

from hetsnn.experiments.cartpole_search import GENERATIONS, SIDES, Settings, cartpole_run
from hetsnn.runs import Run

NAME, PROTOCOL, SCORE, GENOMES = "cartpole", 1, "reward", False
LIMITS = (100, 200, 500, 1000)

# Chosen by cartpole_search; a test compares them with its published results.
WINNERS: dict[tuple[str, str], Settings] = {}


def runs(profile: str) -> tuple[Run, ...]:
    """Evolution and backpropagation on both sides, at each limit and seed."""
    limits, seeds, generations = {
        "smoke": ((50,), 2, 4),
        "quick": ((100, 500), 6, 20),
        "paper": (LIMITS, 100, GENERATIONS),
    }[profile]
    return tuple(
        cartpole_run((NAME, PROTOCOL), method, WINNERS[method, side], side, limit, seed, generations)
        for method, side, limit, seed in product(("ES", "BP"), SIDES, limits, range(seeds))
    )
