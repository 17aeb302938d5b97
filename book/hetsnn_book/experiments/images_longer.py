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
    if profile != "paper":
        generations = TIMES * FEW[profile][1]
        return (images_run((NAME, VERSION), WINNERS["neuron"], "neuron", SMALL["neuron"], "digits", 0, generations),)
    return tuple(
        images_run(
            (NAME, VERSION),
            WINNERS[side],
            side,
            HIDDEN[side][PLACE],
            dataset,
            seed,
            TIMES * images.GENERATIONS,
            held_out="test",
        )
        for side, dataset, seed in product(SIDES, DATASETS, range(SEEDS))
    )


def table(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy [%] after each number of generations, a row per dataset, side, size and number.

    Args:
        frames: runs of `images`, `images_references` and this experiment.

    Returns:
        The mean over seeds with its interval, the number of seeds, and the paper's accuracy, of sizes that have several
        numbers of generations.
    """
    printed = paper.table("table3_images").set_index(["dataset", "n_parameters"])["test_accuracy_percent"]
    columns = ["dataset", "evolved", "hidden", "generations"]
    measured = [frame[[*columns, "accuracy"]] for frame in frames if len(frame)]
    runs = pd.concat(measured) if measured else pd.DataFrame(columns=columns)
    # Descent has no generations. Networks as wide as the neurons' whose weights evolve are no networks of Table 3.
    wide = (runs["evolved"] == "weight") & (runs["hidden"] >= SMALL["neuron"])
    rows = []
    for (dataset, side, hidden, generations), group in runs[~wide].groupby(columns, sort=False):
        papers = printed.get((dataset, images.n_parameters(dataset, side, int(hidden))), np.nan)
        mean, low, high = mean_interval(100 * group["accuracy"].to_numpy())
        rows.append((dataset, side, hidden, int(generations), len(group), mean, low, high, papers))
    found = pd.DataFrame(rows, columns=[*columns, "seeds", "mean", "low", "high", "paper"])
    several = found.groupby(columns[:3])["generations"].transform("nunique") > 1
    return found[several].sort_values(["evolved", "dataset", "hidden", "generations"], ignore_index=True)
