"""Finals of the memory task's search: its best trials on further tuning seeds, since four seeds leave many tied."""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.memory import SIDES
from hetsnn_book.experiments.memory_search import KINDS, LENGTHS, trials

NAME, VERSION, SCORE, GENOMES = "memory_finals", 1, "reward", False
CHAPTER = "memory_contest"
FINALISTS = 10  # of each side and kind
FIRST_SEED = 1100

# Places in `memory_search.trials`, chosen by that search; a test compares them with its published results.
CHOSEN: dict[tuple[str, str], tuple[int, ...]] = {
    ("neuron", "best"): (29, 47, 51, 110, 118, 8, 125, 23, 87, 76),
    ("neuron", "bare"): (110, 118, 8, 125, 87, 76, 89, 102, 123, 79),
    ("weight", "best"): (49, 29, 39, 13, 27, 11, 23, 30, 63, 10),
    ("weight", "bare"): (119, 97, 116, 74, 125, 76, 84, 24, 88, 40),
}


def runs(profile: str) -> tuple[Run, ...]:
    """Return each finalist of each side at each length and seed; the best of all settings may also be bare."""
    lengths = {"smoke": (5,), "quick": (10,), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 4, "quick": 4, "paper": 16}[profile])
    settings = trials()

    def places(evolved: Side) -> list[int]:
        best, bare = (CHOSEN[evolved, kind] for kind in KINDS)
        return sorted({*best, *bare} if profile == "paper" else {*bare[:4]})

    return tuple(
        settings[place].run((NAME, VERSION), profile, evolved, length, seed)
        for evolved in SIDES
        for place, length, seed in product(places(evolved), lengths, seeds)
    )
