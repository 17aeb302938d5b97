"""One value of each property for all neurons: a reference beside Table 3 at its smallest size.

The winning settings of Table 3 were searched for 4,096 numbers. So the reference has a search of its own, over the
trials of the neurons' search, with validation images and a seed that is not reported.
"""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.images_search import FEW, images_run, searched, trials

NAME, VERSION, SCORE, GENOMES = "images_alike", 1, "accuracy", False
CHAPTER = "images"
GENERATIONS, SEED = 200, 5500


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial on each dataset."""
    datasets, hidden = searched(profile)
    few, generations = FEW.get(profile, (None, GENERATIONS))
    size, generations = hidden["neuron"], min(generations, GENERATIONS)
    return tuple(
        images_run((NAME, VERSION), setting, "neuron", size, dataset, SEED, generations, alike=True)
        for dataset, setting in product(datasets, trials("neuron")[:few])
    )
