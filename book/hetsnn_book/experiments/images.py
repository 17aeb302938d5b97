"""Table 3: accuracy on MNIST and FashionMNIST at four sizes, neurons beside weights, each in its best settings."""

from itertools import product

from hetsnn import image_sets
from hetsnn.genomes import Side
from hetsnn.runs import Run
from hetsnn_book.experiments.images_search import DATASETS, HIDDEN, SIDES, Settings, images_run

NAME, PROTOCOL, SCORE, GENOMES = "images", 1, "accuracy", True
GENERATIONS, SEEDS = 2000, 5

# The best of images_finals; a test compares them with its published results.
WINNERS: dict[Side, Settings] = {
    "neuron": {"tau_m": 4.0, "tau_readout": 4.0, "gain": 5.0, "scale": 18.0, "sigma": 0.1, "learning_rate": 0.03},
    "weight": {"tau_m": 4.0, "tau_readout": 4.0, "gain": 5.0, "scale": 18.0, "sigma": 0.05, "learning_rate": 0.03},
}


def small(profile: str) -> tuple[str, dict[Side, int], int]:
    """Dataset, hidden neurons and generations of the smaller profiles.

    `quick` takes MNIST where it has been fetched, and never fetches it by itself.
    """
    if profile == "quick" and image_sets.here("mnist"):
        return "mnist", {side: sizes[0] for side, sizes in HIDDEN.items()}, 300
    return "digits", {"neuron": 64, "weight": 4}, {"smoke": 10, "quick": 300}[profile]


def runs(profile: str) -> tuple[Run, ...]:
    """Each size, side, dataset and seed, the smallest first."""
    if profile == "paper":
        datasets, hidden, generations, seeds = DATASETS, HIDDEN, GENERATIONS, SEEDS
    else:
        dataset, sizes, generations = small(profile)
        datasets, hidden, seeds = (dataset,), {side: (size,) for side, size in sizes.items()}, 2
    places = range(max(map(len, hidden.values())))
    return tuple(
        images_run((NAME, PROTOCOL), WINNERS[side], side, hidden[side][i], dataset, seed, generations, held_out="test")
        for i, side, dataset, seed in product(places, SIDES, datasets, range(seeds))
    )
