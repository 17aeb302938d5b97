"""Fig. 5: CartPole with at most 100, 200, 500 and 1,000 steps, trained by evolution and by backpropagation.

Each method trains the neurons or the weights with 3,840 episodes, in its best setting.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn.training.evolution import Evolution
from hetsnn_book.experiments.cartpole_search import GENERATIONS, SIDES, Settings, cartpole_run

NAME, VERSION, SCORE, GENOMES = "cartpole", 1, "reward", True
CHAPTER = "cartpole"
LIMITS = (100, 200, 500, 1000)

# Chosen by cartpole_search; a test compares them with its published results.
WINNERS: dict[tuple[str, str], Settings] = {
    ("ES", "neuron"): {"sigma": 0.19, "learning_rate": 0.23},
    ("ES", "weight"): {"sigma": 0.19, "learning_rate": 0.23},
    ("BP", "neuron"): {
        "batch": 32, "surrogate": "arctan", "width": 0.3, "detach_reset": True,
        "learning_rate": 0.04, "discount": 0.9936, "temperature": 0.063,
    },
    ("BP", "weight"): {
        "batch": 32, "surrogate": "triangular", "width": 0.58, "detach_reset": False,
        "learning_rate": 0.044, "discount": 0.979, "temperature": 0.48,
    },
}  # fmt: skip


def genome_needed(run: Run) -> bool:
    """Return True for neurons that evolved, whose time constants are shown, and for one network of evolved weights."""
    evolution = isinstance(run.training.method, Evolution)
    return evolution and (run.training.genome.evolved == "neuron" or run.training.seed == 0)


def runs(profile: str) -> tuple[Run, ...]:
    """Return runs of evolution and backpropagation on both sides, at each limit and seed."""
    limits, seeds, generations = {
        "smoke": ((50,), 2, 4),
        "quick": ((100, 500), 3, 20),
        "paper": (LIMITS, 100, GENERATIONS),
    }[profile]
    tape = max(limits) if profile == "quick" else 0
    return tuple(
        cartpole_run((NAME, VERSION), method, WINNERS[method, side], side, limit, seed, generations, tape=tape)
        for method, side, limit, seed in product(("ES", "BP"), SIDES, limits, range(seeds))
    )
