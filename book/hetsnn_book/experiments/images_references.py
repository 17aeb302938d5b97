"""References beside Table 3 at its smallest size: other trainings of these networks.

The same parameters are trained along surrogate gradients, and by evolution for four times as many generations. Weights
evolve in a network as wide as the one whose neurons evolve. `images_alike` has one more reference.
"""

from itertools import product

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn.sweeps.runs import Run
from hetsnn.training.descent import Gradient
from hetsnn.training.genomes import Side
from hetsnn_book.experiments import images
from hetsnn_book.experiments.images import WINNERS, n_parameters
from hetsnn_book.experiments.images_search import DATASETS, FEW, SIDES, SMALL, SMALLEST, images_run

NAME, VERSION, SCORE, GENOMES = "images_references", 1, "accuracy", False
CHAPTER = "images"
DESCENT, LONG = "surrogate gradient", "four times as long"
ALIKE, WIDE = "one value for all neurons, best setting", "weights of a wide network"
KINDS: dict[str, tuple[Side, ...]] = {DESCENT: SIDES, LONG: SIDES, WIDE: SIDES[1:]}
RATE, WIDTH = 0.02, 2.0  # learning rate and width of the surrogate gradient
UPDATES, GENERATIONS = 2000, {LONG: 4 * images.GENERATIONS, WIDE: 300}
SEEDS = {LONG: 4, WIDE: 1}  # the other kind has 2


def runs(profile: str) -> tuple[Run, ...]:
    """Return each kind on each dataset; a wide network has one seed, because it is slow."""
    kinds = KINDS
    if profile == "paper":
        datasets, hidden, updates, generations = DATASETS, SMALLEST, UPDATES, GENERATIONS
    else:
        count = FEW[profile][1]
        datasets, hidden, updates = ("digits",), SMALL, 2 * count
        generations = dict.fromkeys(GENERATIONS, min(count, 10))
        kinds = {DESCENT: SIDES[:1]}
    return tuple(
        reference_run(kind, side, dataset, seed, hidden, updates, generations)
        for kind, sides in kinds.items()
        for side, dataset, seed in product(sides, datasets, range(SEEDS.get(kind, 2)))
    )


def reference_run(
    kind: str, side: Side, dataset: str, seed: int, hidden: dict[str, int], updates: int, generations: dict[str, int]
) -> Run:
    """Return a run of a kind."""
    wide = hidden["neuron"] if kind == WIDE else hidden[side]
    run = images_run(
        (NAME, VERSION),
        WINNERS[side],
        side,
        wide,
        dataset,
        seed,
        generations.get(kind, 1),
        held_out="test",
    )
    if kind != DESCENT:
        return run
    method = Gradient(updates=updates, points=min(updates, 50), learning_rate=RATE, width=WIDTH)
    return run.varied(method=method)


def table(frame: pd.DataFrame, alike: pd.DataFrame, main: pd.DataFrame, linear: pd.DataFrame) -> pd.DataFrame:
    """Return accuracies [%] by dataset: the smallest size of Table 3, its references, and the linear classifiers.

    Args:
        frame: runs of this experiment.
        alike: runs of `images_alike`, of which the most accurate stands in the table.
        main: the table of `images`.
        linear: linear classifiers, as `measures.image_references` gives them.
    """
    rows = []
    for dataset in dict.fromkeys(main["dataset"]):
        hidden_of = {}
        for side in SIDES:
            own = main[(main["dataset"] == dataset) & (main["evolved"] == side)].iloc[0]
            hidden_of[side] = own["hidden"]
            rows.append(
                (dataset, f"evolution of {side}s", own["n_parameters"], own["seeds"], *own[["mean", "low", "high"]])
            )
        rows_of_set = frame[frame["dataset"] == dataset]
        kinds = rows_of_set.apply(kind_of, axis=1) if len(rows_of_set) else pd.Series(dtype=object)
        for kind, sides in KINDS.items():
            for side in sides:
                group = rows_of_set[(kinds == kind) & (rows_of_set["evolved"] == side)]
                count = n_parameters(dataset, side, hidden_of["neuron" if kind == WIDE else side])
                name = f"{kind}, {side}s" if len(sides) > 1 else kind
                rows.append(
                    (dataset, name, count, len(group), *mean_interval(100 * np.array(group.get("accuracy", []))))
                )
        tried = alike[alike["dataset"] == dataset]
        rows.append((dataset, ALIKE, 4, min(len(tried), 1), 100 * tried["accuracy"].max(), np.nan, np.nan))
        for row in linear[linear["dataset"] == dataset].itertuples():
            name = row.reference + (f" ({row.hidden:,} neurons)" if row.hidden else "")
            rows.append((dataset, name, row.n_parameters, 1, 100 * row.accuracy, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["dataset", "what", "n_parameters", "seeds", "mean", "low", "high"])


def kind_of(row: pd.Series) -> str:
    """Return the kind of a row of the frame."""
    if np.isnan(row.get("generations", np.nan)):  # descent has none
        return DESCENT
    wide = row["evolved"] == "weight" and row["hidden"] in (SMALLEST["neuron"], SMALL["neuron"])
    return WIDE if wide else LONG
