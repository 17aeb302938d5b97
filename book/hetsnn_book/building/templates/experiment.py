"""The question that this experiment answers, and where it is in the paper.

What differs between its runs, what is the same for all of them, and what the paper leaves open.
"""

from itertools import product

from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.memory import Memory
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome
from hetsnn.training.method import Training

NAME, VERSION, SCORE, GENOMES = "skeleton", 1, "reward", False
CHAPTER = "skeleton"
PARTLY = "nothing is published yet"  # remove this line when `hetsnn publish skeleton` has published every run
HIDDEN = 64  # neurons
GENERATIONS = {"smoke": 20, "quick": 50, "paper": 200}
LENGTHS = {"smoke": (2,), "quick": (2, 10), "paper": (2, 10, 25, 50)}
SEEDS = {"smoke": 4, "quick": 8, "paper": 20}


def runs(profile: str) -> tuple[Run, ...]:
    """Each memory length and seed of a profile."""
    return tuple(
        Run(
            NAME,
            VERSION,
            Training(
                task=Memory(length=length),
                architecture=Architecture(hidden=HIDDEN),
                genome=Genome(),
                method=Evolution(generations=GENERATIONS[profile], sigma=0.3),
                seed=seed,
            ),
        )
        for length, seed in product(LENGTHS[profile], range(SEEDS[profile]))
    )
