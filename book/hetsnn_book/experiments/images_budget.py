"""Effect of the training's length: the smallest sizes of Table 3 with a quarter and four times its generations.

A larger size has a quarter only, because it is slow.

Accuracy is measured on validation images and on seeds that are not reported; Table 3 does not depend on it.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS
from hetsnn_book.experiments.images_search import FEW, HIDDEN, SIDES, images_run, searched

NAME, VERSION, SCORE, GENOMES = "images_budget", 1, "accuracy", False
CHAPTER = "images"
FIRST_SEED, SEEDS = 5200, 2
LARGER = 2  # place of the larger size among the paper's: the smallest with 16,000 parameters


def runs(profile: str) -> tuple[Run, ...]:
    """Return each side, dataset and number of generations, then the larger size; smaller ones train neurons alone."""
    datasets, hidden = searched(profile)
    seeds, few = FEW.get(profile, (SEEDS, 0))
    budgets: tuple[int, ...] = {
        "smoke": (few,),
        "quick": (few // 4, few),
        "paper": (GENERATIONS // 4, GENERATIONS, 4 * GENERATIONS),
    }[profile]
    sides = SIDES if profile == "paper" else SIDES[:1]
    cases = [(hidden, dataset, generations) for dataset, generations in product(datasets, budgets)]
    if profile == "paper":
        larger = {side: sizes[LARGER] for side, sizes in HIDDEN.items()}
        cases += [(larger, dataset, GENERATIONS // 4) for dataset in datasets]
    return tuple(
        images_run((NAME, VERSION), WINNERS[side], side, sizes[side], dataset, seed, generations)
        for side, (sizes, dataset, generations) in product(sides, cases)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    )
