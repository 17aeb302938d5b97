"""Table 3's second size with four times as many generations, for the paper does not tell how long it trained.

It is evaluated on test images. `images_references` has the same of the smallest size.
"""

from itertools import product

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn.sweeps.runs import Run
from hetsnn_book import paper
from hetsnn_book.experiments import images
from hetsnn_book.experiments.images import WINNERS
from hetsnn_book.experiments.images_search import DATASETS, FEW, HIDDEN, SIDES, SMALL, images_run

NAME, VERSION, SCORE, GENOMES = "images_longer", 1, "accuracy", False
CHAPTER = "images"
TIMES, PLACE, SEEDS = 4, 1, 4  # generations, place among the paper's sizes


def runs(profile: str) -> tuple[Run, ...]:
    """Return both sides on each dataset; the smaller profiles have neurons, and one seed."""
    if profile == "paper":
        sides, datasets, seeds, generations = SIDES, DATASETS, SEEDS, TIMES * images.GENERATIONS
        hidden = {side: sizes[PLACE] for side, sizes in HIDDEN.items()}
    else:
        sides, datasets, seeds, hidden = SIDES[:1], ("digits",), 1, SMALL
        few = FEW[profile][1]
        generations = TIMES * few if profile == "quick" else few + 1
    return tuple(
        images_run((NAME, VERSION), WINNERS[side], side, hidden[side], dataset, seed, generations, held_out="test")
        for side, dataset, seed in product(sides, datasets, range(seeds))
    )


def table(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy [%] after each number of generations, a row per dataset, side, size and number.

    Args:
        frames: runs of `images`, `images_references` and this experiment.

    Returns:
        The mean over seeds with its interval, the number of seeds, and the paper's accuracy, of sizes that have several
        numbers of generations. Descent has none.
    """
    printed = paper.table("table3_images").set_index(["dataset", "n_parameters"])["test_accuracy_percent"]
    columns = ["dataset", "evolved", "hidden", "generations"]
    measured = [frame.reindex(columns=[*columns, "accuracy"]) for frame in frames if len(frame)]
    runs = pd.concat(measured) if measured else pd.DataFrame(columns=columns)
    rows = []
    for (dataset, side, hidden, generations), group in runs.groupby(columns, sort=False):
        papers = printed.get((dataset, images.n_parameters(dataset, side, int(hidden))), np.nan)
        mean, low, high = mean_interval(100 * group["accuracy"].to_numpy())
        rows.append((dataset, side, hidden, int(generations), len(group), mean, low, high, papers))
    found = pd.DataFrame(rows, columns=[*columns, "seeds", "mean", "low", "high", "paper"])
    several = found.groupby(columns[:3])["generations"].transform("nunique") > 1
    return found[several].sort_values(["evolved", "dataset", "hidden", "generations"], ignore_index=True)
