"""Effect of the training's length: the smallest sizes of Table 3 with a quarter and four times its generations.

Accuracy is measured on validation images and on seeds that are not reported; Table 3 does not depend on it.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS
from hetsnn_book.experiments.images_search import FEW, SIDES, images_run, searched

NAME, VERSION, SCORE, GENOMES = "images_budget", 1, "accuracy", False
CHAPTER = "images"
FIRST_SEED, SEEDS = 5200, 2


def runs(profile: str) -> tuple[Run, ...]:
    """Return each side, dataset and number of generations; smaller profiles have neurons alone."""
    datasets, hidden = searched(profile)
    seeds, few = FEW.get(profile, (SEEDS, 0))
    budgets: tuple[int, ...] = {
        "smoke": (few,),
        "quick": (few // 4, few),
        "paper": (GENERATIONS // 4, GENERATIONS, 4 * GENERATIONS),
    }[profile]
    sides = SIDES if profile == "paper" else SIDES[:1]
    return tuple(
        images_run((NAME, VERSION), WINNERS[side], side, hidden[side], dataset, seed, generations)
        for side, dataset, generations in product(sides, datasets, budgets)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    )
