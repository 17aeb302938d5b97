"""One value of each property for all neurons: four evolved numbers, in a setting of their own.

Four numbers cannot choose among random features, and settings that suit four thousand drive them to a silent network.
So they are searched as the other sides are: the random settings of the neurons' side, judged on validation images and
tuning seeds; the best one trains on fresh seeds.
"""

from itertools import product

import pandas as pd

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images_search import FEW, FIRST_SEED, Settings, images_run, searched, summary, trials

NAME, VERSION, SCORE, GENOMES = "images_alike", 1, "accuracy", False
CHAPTER = "images"
GENERATIONS, SEEDS = 200, 8

# The best trial; a test compares it with the published results.
WINNER: Settings = {}


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial on validation images, then the winner on test images and fresh seeds."""
    datasets, hidden = searched(profile)
    count, generations = FEW.get(profile, (None, GENERATIONS))
    seeds = SEEDS if count is None else count

    def of(setting: Settings, dataset: str, seed: int, held_out: str) -> Run:
        return images_run(
            (NAME, VERSION), setting, "neuron", hidden["neuron"], dataset, seed, min(generations, GENERATIONS),
            held_out=held_out, alike=True,
        )  # fmt: skip

    tried = [
        of(trial, dataset, FIRST_SEED, "validation") for dataset, trial in product(datasets, trials("neuron")[:count])
    ]
    return (*tried, *(of(WINNER, dataset, seed, "test") for dataset, seed in product(datasets, range(seeds)) if WINNER))


def best(frame: pd.DataFrame) -> Settings:
    """Return the setting with the best mean accuracy on validation images."""
    tried = frame[frame["held_out"] == "validation"]
    return summary(tried)[list(trials("neuron")[0])].iloc[0].to_dict()
