"""Effect of the training's length: the smallest sizes of Table 3 with a quarter and four times its generations.

The second size has four times as many, and a larger one a quarter only, because it is slow.

Accuracy is measured on validation images and on seeds that are not reported; Table 3 does not depend on it.
"""

from itertools import product

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS
from hetsnn_book.experiments.images_search import FEW, HIDDEN, SIDES, images_run, searched

NAME, VERSION, SCORE, GENOMES = "images_budget", 1, "accuracy", False
CHAPTER = "images"
FIRST_SEED, SEEDS = 5200, 2
SECOND, LARGER = 1, 2  # places among the paper's sizes; the larger is the smallest with 16,000 parameters


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
        for place, generations in ((SECOND, 4 * GENERATIONS), (LARGER, GENERATIONS // 4)):
            sizes_there = {side: sizes[place] for side, sizes in HIDDEN.items()}
            cases += [(sizes_there, dataset, generations) for dataset in datasets]
    return tuple(
        images_run((NAME, VERSION), WINNERS[side], side, sizes[side], dataset, seed, generations)
        for side, (sizes, dataset, generations) in product(sides, cases)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    )


def second(frame: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the runs of a side at the second size."""
    return frame[(frame["evolved"] == side) & (frame["hidden"] == HIDDEN[side][SECOND])] if len(frame) else frame
