"""Table 3: accuracy on MNIST and FashionMNIST at four sizes, neurons beside weights, each side in its best setting."""

from itertools import product

import numpy as np
import pandas as pd

from hetsnn.data.image_sets import CLASSES, SETS
from hetsnn.statistics import mean_interval
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import Side
from hetsnn_book import paper
from hetsnn_book.experiments.images_search import DATASETS, FEW, HIDDEN, SIDES, SMALL, Settings, images_run
from hetsnn_book.words import IMAGES

NAME, VERSION, SCORE, GENOMES = "images", 1, "accuracy", True
CHAPTER = "images"
GENERATIONS, SEEDS = 4000, 5
TITLES = IMAGES

# Chosen by images_finals; a test compares them with its published results.
WINNERS: dict[Side, Settings] = {
    "neuron": {
        "tau_m": 1.5, "tau_readout": 100.0, "r_min": -1000.0, "gain": 6.2, "scale": 112.0,
        "sigma": 0.4, "learning_rate": 0.099, "narrowed": False,
    },
    "weight": {
        "tau_m": 6.9, "tau_readout": 100.0, "r_min": -1000.0, "gain": 12.0, "scale": 80.0,
        "sigma": 0.027, "learning_rate": 0.0022, "narrowed": True,
    },
}  # fmt: skip


def genome_needed(run: Run) -> bool:
    """Return True for evolved neurons: their time constants are shown."""
    return run.training.genome.evolved == "neuron"


def runs(profile: str) -> tuple[Run, ...]:
    """Return each size, side, dataset and seed, the smallest size first."""
    if profile == "paper":
        datasets, hidden, generations, seeds = DATASETS, HIDDEN, GENERATIONS, SEEDS
    else:
        seeds, generations = FEW[profile]
        datasets, hidden = ("digits",), {side: (size,) for side, size in SMALL.items()}
    places = range(max(map(len, hidden.values())))
    return tuple(
        images_run((NAME, VERSION), WINNERS[side], side, hidden[side][i], dataset, seed, generations, held_out="test")
        for i, side, dataset, seed in product(places, SIDES, datasets, range(seeds))
    )


def n_parameters(dataset: str, evolved: str, hidden: int) -> int:
    """Return the number of evolved parameters: four per neuron, or all weights."""
    return 4 * hidden if evolved == "neuron" else hidden * (SETS[dataset].side ** 2 + CLASSES)


def table(frame: pd.DataFrame, profile: str) -> pd.DataFrame:
    """Return our accuracy [%] with its interval, and the paper's, by dataset, side and size; NaN if missing."""
    printed = paper.table("table3_images")
    wanted = dict.fromkeys(
        (run.training.task.dataset, run.training.genome.evolved, run.training.architecture.hidden)
        for run in runs(profile)
    )
    rows = []
    for name, side, hidden in wanted:
        group = frame[(frame["dataset"] == name) & (frame["evolved"] == side) & (frame["hidden"] == hidden)]
        count = n_parameters(name, side, hidden)
        papers = printed[(printed["dataset"] == name) & (printed["n_parameters"] == count)]["test_accuracy_percent"]
        mean, low, high = mean_interval(100 * np.array(group.get("accuracy", [])))
        rows.append((name, side, hidden, count, len(group), mean, low, high, *papers, *[np.nan] * (not len(papers))))
    columns = ["dataset", "evolved", "hidden", "n_parameters", "seeds", "mean", "low", "high", "paper"]
    return pd.DataFrame(rows, columns=columns)
