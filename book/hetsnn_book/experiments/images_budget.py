"""What longer trainings would reach: the smallest sizes of Table 3 with a quarter and with four times its generations.

Judged on validation images, on seeds that are not reported; Table 3 does not depend on it.
"""

from itertools import product

from hetsnn.runs import Run
from hetsnn_book.experiments.images import GENERATIONS, WINNERS
from hetsnn_book.experiments.images_search import FEW, SIDES, images_run, searched

NAME, PROTOCOL, SCORE, GENOMES = "images_budget", 1, "accuracy", False
FIRST_SEED, SEEDS = 5200, 2


def runs(profile: str) -> tuple[Run, ...]:
    """Each side, dataset and number of generations; the smaller profiles train only neurons."""
    datasets, hidden = searched(profile)
    if profile == "paper":
        sides, budgets = SIDES, (GENERATIONS // 4, GENERATIONS, 4 * GENERATIONS)
    else:
        few = FEW[profile][1]
        sides, budgets = SIDES[:1], (few, 4 * few) if profile == "quick" else (few,)
    return tuple(
        images_run((NAME, PROTOCOL), WINNERS[side], side, hidden[side], dataset, seed, generations)
        for side, dataset, generations in product(sides, datasets, budgets)
        for seed in range(FIRST_SEED, FIRST_SEED + SEEDS)
    )
