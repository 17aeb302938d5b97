"""Settings for images: equally many random trials for neurons and weights, judged on validation images.

Settings that the paper leaves open are searched at its smallest size, separately for each side, jointly for both
datasets, on seeds that are not reported: gain, time constants, whether resistances may invert the input, scale of the
outputs, width and rate of the search. The best trials of a first round lay near the edges of its ranges, so a second
round has other ranges.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.images import Images
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, Side
from hetsnn.training.method import Training

NAME, VERSION, SCORE, GENOMES = "images_search", 2, "accuracy", False
CHAPTER = "images"
SIDES: tuple[Side, ...] = ("neuron", "weight")
DATASETS: tuple[str, ...] = ("mnist", "fashion_mnist")
HIDDEN: dict[str, tuple[int, ...]] = {
    "neuron": (1024, 2048, 4096, 8192),
    "weight": (5, 10, 21, 42),
}  # the paper's sizes, from its numbers of parameters
SMALLEST: dict[str, int] = {side: sizes[0] for side, sizes in HIDDEN.items()}
SMALL = {"neuron": 64, "weight": 4}  # hidden neurons for the small digits, at smoke and quick
POPULATION, BATCH = 128, 128
GENERATIONS = 500
FIRST_SEED = 5000
# At smoke and quick: trials or seeds, and generations, on the small digits. All experiments share compiled programs.
FEW = {"smoke": (2, 2), "quick": (4, 100)}
ROUNDS: tuple[tuple[int, dict[str, tuple[float, float]]], ...] = (  # trials and ranges of each round
    (12, {
        "tau_m": (2.0, 8.0), "gain": (4.0, 20.0), "scale": (10.0, 40.0),
        "sigma, neuron": (0.1, 0.6), "learning_rate, neuron": (0.03, 0.2),
        "sigma, weight": (0.01, 0.3), "learning_rate, weight": (0.005, 0.2),
    }),
    (36, {
        "tau_m": (1.2, 8.0), "gain": (1.0, 20.0), "scale": (10.0, 60.0),
        "sigma, neuron": (0.1, 1.0), "learning_rate, neuron": (0.02, 0.3),
        "sigma, weight": (0.005, 0.3), "learning_rate, weight": (0.002, 0.1),
    }),
)  # fmt: skip
SLOW = 100.0  # time constant of a read-out that barely forgets during an image [dt]

Settings = dict[str, Any]


def images_run(
    experiment: tuple[str, int],
    chosen: Settings,
    evolved: Side,
    hidden: int,
    dataset: str,
    seed: int,
    generations: int,
    *,
    held_out: str = "validation",
    batch: int = BATCH,
    until: int = 0,
    alike: bool = False,
) -> Run:
    """Return a run of evolution.

    Args:
        experiment: name and version.
        chosen: values of the searched settings.
        evolved: the trained side, "neuron" or "weight".
        hidden: number of hidden neurons.
        dataset: name of the image set.
        seed: seed of the run.
        generations: generations of a whole training, over which the learning rate falls to 0.
        held_out: images of the final evaluation, "validation" or "test".
        batch: images of a generation.
        until: generation to stop at; 0 for the last.
        alike: share one value of each property among all neurons.
    """
    network = {name: chosen[name] for name in ("gain", "tau_m", "tau_readout")}
    search: Settings = {name: chosen[name] for name in ("sigma", "learning_rate", "narrowed")}
    return Run(
        *experiment,
        Training(
            task=Images(dataset=dataset, held_out=held_out, batch=batch, scale=chosen["scale"]),
            architecture=Architecture(hidden=hidden, **network),
            genome=Genome(evolved=evolved, r_min=chosen["r_min"], alike=alike),
            method=Evolution(population=POPULATION, generations=generations, annealed=True, until=until, **search),
            seed=seed,
        ),
    )


def trials(evolved: Side) -> list[Settings]:
    """Draw random settings of a side; the settings of the network are the same for both sides."""
    return [trial for count, ranges in ROUNDS for trial in _draw(evolved, count, ranges)]


def _draw(evolved: Side, count: int, ranges: dict[str, tuple[float, float]]) -> list[Settings]:
    rng = np.random.default_rng(20230519)

    def log_uniform(name: str) -> float:
        low, high = ranges[name]
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    drawn = []
    for i in range(count):
        tau_m = log_uniform("tau_m")
        network: Settings = {
            "tau_m": tau_m,
            "tau_readout": (tau_m, SLOW)[i % 2],
            "r_min": 0.0 if i % 4 == 0 else -1000.0,
        }
        network |= {name: log_uniform(name) for name in ("gain", "scale")}
        if network["tau_readout"] == SLOW:
            network["scale"] *= 8.0  # its outputs are smaller
        search: Settings = {}
        for name, share in zip(("sigma", "learning_rate"), rng.uniform(size=2), strict=True):
            low, high = ranges[f"{name}, {evolved}"]
            search[name] = float(f"{low * (high / low) ** share:.2g}")
        drawn.append(network | search | {"narrowed": False})
    return drawn


def searched(profile: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the datasets and hidden neurons of the search and its finals."""
    return (DATASETS, SMALLEST) if profile == "paper" else (("digits",), SMALL)


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial on both sides and datasets."""
    datasets, hidden = searched(profile)
    chosen, generations = FEW.get(profile, (None, GENERATIONS))
    return tuple(
        images_run((NAME, VERSION), trial, side, hidden[side], dataset, FIRST_SEED, generations)
        for side, dataset in product(SIDES, datasets)
        for trial in trials(side)[:chosen]
    )


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per side and trial, best first: its settings and its mean accuracy over datasets and seeds."""
    names = list(trials("neuron")[0])
    table = frame.groupby(["evolved", *names], as_index=False)["accuracy"].mean()
    return table.sort_values(["evolved", "accuracy"], ascending=[True, False], ignore_index=True)


def ranking(frame: pd.DataFrame, evolved: Side) -> list[Settings]:
    """Return the settings of a side, best first."""
    table = summary(frame)
    return table[table["evolved"] == evolved][list(trials(evolved)[0])].to_dict("records")
