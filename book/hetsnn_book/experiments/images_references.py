"""What stands beside Table 3 at its smallest size: other trainings of such networks.

The same parameters trained along surrogate gradients; weights evolved in a network as wide as that whose neurons
evolve; and one value of each property for all neurons, four parameters in all.
"""

import dataclasses
from itertools import product

from hetsnn.backprop import Gradient
from hetsnn.genomes import Side
from hetsnn.runs import Run
from hetsnn_book.experiments.images import WINNERS, small
from hetsnn_book.experiments.images_search import DATASETS, HIDDEN, SIDES, images_run

NAME, PROTOCOL, SCORE, GENOMES = "images_references", 1, "accuracy", False
KINDS = {
    "surrogate gradient": SIDES,
    "one value for all neurons": SIDES[:1],
    "weights of a wide network": SIDES[1:],
}
RATES: dict[Side, float] = {"neuron": 0.03, "weight": 0.01}  # of the surrogate gradient
UPDATES, GENERATIONS = 5000, {"one value for all neurons": 200, "weights of a wide network": 300}


def runs(profile: str) -> tuple[Run, ...]:
    """Each kind on each dataset."""
    if profile == "paper":
        datasets, hidden, updates, generations, seeds = (
            DATASETS,
            {side: sizes[0] for side, sizes in HIDDEN.items()},
            UPDATES,
            GENERATIONS,
            3,
        )
    else:
        dataset, hidden, count = small(profile)
        datasets, updates, generations, seeds = (dataset,), 10 * count, dict.fromkeys(GENERATIONS, min(count, 20)), 1
    return tuple(
        one(kind, side, dataset, seed, hidden, updates, generations)
        for kind, sides in KINDS.items()
        for side, dataset, seed in product(sides, datasets, range(seeds if kind != "weights of a wide network" else 1))
    )


def one(
    kind: str, side: Side, dataset: str, seed: int, hidden: dict[Side, int], updates: int, generations: dict[str, int]
) -> Run:
    """One run of a kind."""
    wide = hidden["neuron"] if kind == "weights of a wide network" else hidden[side]
    run = images_run(
        (NAME, PROTOCOL),
        WINNERS[side],
        side,
        wide,
        dataset,
        seed,
        generations.get(kind, 1),
        held_out="test",
        alike=kind == "one value for all neurons",
    )
    if kind != "surrogate gradient":
        return run
    method = Gradient(updates=updates, points=min(updates, 50), learning_rate=RATES[side])
    return dataclasses.replace(run, method=method)
