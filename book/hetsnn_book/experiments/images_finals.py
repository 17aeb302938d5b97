"""Finals of the images' search: its best trials again, with longer trainings and other seeds.

Each finalist is trained as it is, and with perturbations that become narrower towards the end.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book.experiments.images_search import FEW, SIDES, images_run, searched, trials

NAME, VERSION, SCORE, GENOMES = "images_finals", 2, "accuracy", False
CHAPTER = "images"
FINALISTS, GENERATIONS = 5, 2000
SEED = 5100

# Places among the trials, best first; a test compares them with the published search.
CHOSEN: dict[Side, tuple[int, ...]] = {"neuron": (45, 35, 9, 1, 26), "weight": (5, 25, 7, 35, 9)}


def runs(profile: str) -> tuple[Run, ...]:
    """Return each finalist on both datasets."""
    datasets, hidden = searched(profile)
    narrowings = (False, True) if profile == "paper" else (False,)
    few, generations = FEW.get(profile, (FINALISTS, GENERATIONS))
    return tuple(
        images_run(
            (NAME, VERSION),
            trials(side)[place] | {"narrowed": narrowed},
            side,
            hidden[side],
            dataset,
            SEED,
            generations,
        )
        for side, dataset, narrowed in product(SIDES, datasets, narrowings)
        for place in CHOSEN[side][:few]
    )
