"""Properties that carry memory: each of the four evolves alone, and all together, with a memoryless read-out."""

from itertools import product

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import widths
from hetsnn_book.experiments.memory_contest import WINNERS

NAME, VERSION, SCORE, GENOMES = "memory_properties", 1, "reward", False
CHAPTER = "memory_contest"
SUBSETS = (*((name,) for name in PROPERTIES), PROPERTIES)
LENGTHS = (5, 10, 25, 50)
FIRST_SEED = 400


def runs(profile: str) -> tuple[Run, ...]:
    """Return each subset at each length and seed, in the best bare setting, which was tuned with all four evolving."""
    lengths = {"smoke": (5,), "quick": (10,), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 3, "quick": 3, "paper": 20}[profile])
    return tuple(
        WINNERS["neuron", "bare"].run((NAME, VERSION), profile, "neuron", length, seed, widths=widths(*names))
        for names, length, seed in product(SUBSETS, lengths, seeds)
    )
