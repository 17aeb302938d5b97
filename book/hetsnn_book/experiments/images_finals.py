"""The best of the search for images once more, with longer trainings and on other seeds.

Each is tried as it is, and with perturbations that become narrower towards the end.
"""

from itertools import product

from hetsnn.genomes import Side
from hetsnn.runs import Run
from hetsnn_book.experiments.images_search import DATASETS, HIDDEN, SIDES, SMALL, images_run, trials

NAME, PROTOCOL, SCORE, GENOMES = "images_finals", 1, "accuracy", False
FINALISTS, GENERATIONS = 2, 1500
SEEDS = (5100,)

# Places among the trials, best first; a test compares them with the published search.
CHOSEN: dict[Side, tuple[int, ...]] = {"neuron": (9, 1), "weight": (5, 7)}


def runs(profile: str) -> tuple[Run, ...]:
    """Each finalist on both datasets."""
    datasets, seeds, generations, hidden = {
        "smoke": (("digits",), SEEDS[:1], 10, SMALL),
        "quick": (("digits",), SEEDS[:1], 100, SMALL),
        "paper": (DATASETS, SEEDS, GENERATIONS, {side: sizes[0] for side, sizes in HIDDEN.items()}),
    }[profile]
    narrowings = (False, True) if profile == "paper" else (False,)
    return tuple(
        images_run(
            (NAME, PROTOCOL),
            trials(side)[place] | {"narrowed": narrowed},
            side,
            hidden[side],
            dataset,
            seed,
            generations,
        )
        for side, dataset, seed, narrowed in product(SIDES, datasets, seeds, narrowings)
        for place in CHOSEN[side]
    )
