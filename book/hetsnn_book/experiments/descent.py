"""Direct test of backpropagation: gradient descent beside evolution on the memory task, at all lengths.

Both minimise the same cross-entropy, so that reinforcement learning adds no noise of its own.
"""

from itertools import product

from hetsnn.networks.surrogates import SURROGATES
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.memory import LENGTHS
from hetsnn_book.experiments.descent_search import METHODS, SIDES, Settings, descent_run

NAME, VERSION, SCORE, GENOMES = "descent", 1, "reward", False
CHAPTER = "backprop_instability"
SURROGATE_LENGTHS = (10,)  # where the other surrogates and other widths are tried
WIDTHS = (0.1, 0.3, 1.0, 3.0, 10.0)  # of the arctan
SEEDS = 10

# Chosen by descent_search; a test compares them with its published results.
WINNERS: dict[tuple[str, str], Settings] = {
    ("ES", "neuron"): {"sigma": 0.035, "learning_rate": 0.029},
    ("ES", "weight"): {"sigma": 0.058, "learning_rate": 0.12},
    ("BP, reset attached", "neuron"): {"width": 1.5, "learning_rate": 0.055},
    ("BP, reset attached", "weight"): {"width": 0.23, "learning_rate": 0.0015},
    ("BP, reset detached", "neuron"): {"width": 0.91, "learning_rate": 0.004},
    ("BP, reset detached", "weight"): {"width": 0.6, "learning_rate": 0.017},
}


def runs(profile: str) -> tuple[Run, ...]:
    """Return every method, side, length and seed; at paper also other surrogates and widths at a few lengths."""
    lengths, seeds, sides = {
        "smoke": ((5,), 2, SIDES[1:]),
        "quick": ((5, 10), 3, SIDES),
        "paper": (LENGTHS, SEEDS, SIDES),
    }[profile]
    variants: list[Settings] = [{"surrogate": name} for name in SURROGATES if name != "arctan"]
    variants += [{"width": width} for width in WIDTHS]
    unchanged: Settings = {}
    main = product(METHODS, sides, lengths, range(seeds), [unchanged])
    varied = product(list(METHODS)[1:], sides, SURROGATE_LENGTHS, range(seeds), variants if profile == "paper" else [])
    described = [
        descent_run((NAME, VERSION), profile, method, WINNERS[method, side] | change, side, length, seed)
        for method, side, length, seed, change in (*main, *varied)
    ]
    return tuple(dict.fromkeys(described))  # a winner's own width may be among the widths
