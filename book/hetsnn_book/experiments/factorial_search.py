"""Settings for the factorial of heterogeneity: weights frozen or evolved, by neurons equal, shared, random or each.

The paper compares evolved neurons on frozen weights with evolved weights on equal neurons, so two things differ at
once. A cell of the factorial is one kind of weights with one kind of neurons, all of equal width. Beside it stand
searches that could be mistaken for heterogeneity: read-outs, biases or an output scale alone, and random search. Each
has the same random settings, on seeds that are not reported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.memory import Memory
from hetsnn.tasks.recall import Recall
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import WIDTHS, Genome, Side
from hetsnn.training.method import Training
from hetsnn.training.random_search import RandomSearch
from hetsnn_book.experiments.descent_search import NOISIEST

NAME, VERSION, SCORE, GENOMES = "factorial_search", 1, "reward", False
CHAPTER = "is_it_heterogeneity"
HIDDEN, POPULATION = 64, 128
SPREAD = 0.6  # standard deviation of log tau_m among neurons that differ at random
TRIALS = 32
DRAWN_FINALISTS = 32  # of a random search, whose fitness is lucky where episodes differ by chance
FIRST_SEED, SEEDS = 5000, 2


class Cell(NamedTuple):
    """A search space, and the neurons that it starts from."""

    evolved: Side | None  # None: nothing evolves
    alike: bool = False  # all neurons share one evolved value of each property
    spread: float = 0.0  # standard deviation of log tau_m before the search
    drawn: bool = False  # random search instead of evolution


FACTORIAL = {  # weights, neurons
    ("frozen", "equal"): Cell(None),
    ("frozen", "shared"): Cell("neuron", alike=True),
    ("frozen", "random"): Cell(None, spread=SPREAD),
    ("frozen", "each"): Cell("neuron"),
    ("evolved", "equal"): Cell("weight"),
    ("evolved", "shared"): Cell("both", alike=True),
    ("evolved", "random"): Cell("weight", spread=SPREAD),
    ("evolved", "each"): Cell("both"),
}
CELLS = {f"{weights} weights, {neurons} neurons": cell for (weights, neurons), cell in FACTORIAL.items()} | {
    "read-outs": Cell("readout"),
    "biases": Cell("bias"),
    "output scale": Cell("scale"),
    "random search": Cell("weight", drawn=True),
}
TRAINED = tuple(name for name, cell in CELLS.items() if cell.evolved)
OWN = "frozen weights, each neurons"  # the paper's networks


@dataclass(frozen=True)
class Setting:
    """Settings of a network and its search that the paper leaves open."""

    tau_m: float  # before the search [dt]
    gain: float
    bias: bool
    tau_readout: float  # [dt]; 1.0 without memory
    margin_scale: float  # of the fitness; 0.0: the reward
    sigma: float
    learning_rate: float
    width: float  # of the neurons' coordinates, where sigma is that of the weights'


class Kind(NamedTuple):
    """A task with all that its trainings share."""

    task: Callable[[Setting, int], Any]  # setting and length -> task
    lengths: tuple[int, ...]  # reported
    searched: tuple[int, ...]  # lengths of the search
    generations: int
    seeds: int  # reported
    leaky: bool = True  # the read-out's time constant is searched
    margins: tuple[float, ...] = (0.0,)  # scales of the fitness
    recurrent: bool = False


def _memory(setting: Setting, length: int) -> Memory:
    return Memory(length=length, margin_scale=setting.margin_scale)


def _cartpole(_: Setting, limit: int) -> CartPole:
    return CartPole(limit=limit)


def _recall(setting: Setting, longest: int) -> Recall:
    return Recall(longest=longest, margin_scale=setting.margin_scale)


MARGINS = (0.0, 0.01, 0.1, 1.0)
TASKS = {
    "memory": Kind(_memory, (5, 10, 25, 50, 100), (10, 30, 100), 200, 50, margins=MARGINS),
    "memory, memoryless read-out": Kind(_memory, (5, 10, 25, 50, 100), (10, 30, 100), 200, 50, False, MARGINS),
    "cartpole": Kind(_cartpole, (200, 1000), (200, 1000), 30, 50),
    "recall": Kind(_recall, (100,), (100,), 300, 20, margins=MARGINS),
    "recall, recurrent": Kind(_recall, (100,), (100,), 300, 20, margins=MARGINS, recurrent=True),
}


def cell_run(
    experiment: tuple[str, int],
    name: str,
    cell: Cell,
    setting: Setting,
    length: int,
    seed: int,
    generations: int = 0,
    hidden: int = HIDDEN,
) -> Run:
    """Return a run.

    Args:
        experiment: name and version.
        name: name of the task in `TASKS`.
        cell: the search space.
        setting: settings of the network and the search.
        length: length of the task.
        seed: seed of the run.
        generations: generations of a training; 0 for the task's own.
        hidden: number of hidden neurons.
    """
    kind = TASKS[name]
    generations = generations or kind.generations
    method: Any = Evolution(
        population=POPULATION, generations=generations, sigma=setting.sigma, learning_rate=setting.learning_rate
    )
    if cell.drawn or cell.evolved is None:  # a network as it is drawn is the best of one
        method = RandomSearch(population=1, generations=1)
        if cell.drawn:
            method = RandomSearch(population=POPULATION, generations=generations, finalists=DRAWN_FINALISTS)
    return Run(
        *experiment,
        Training(
            task=kind.task(setting, length),
            architecture=Architecture(
                hidden=hidden,
                bias=setting.bias or cell.evolved == "bias",
                gain=setting.gain,
                tau_m=setting.tau_m,
                tau_readout=setting.tau_readout,
                tau_sigma=cell.spread,
                recurrent=kind.recurrent,
            ),
            genome=Genome(
                evolved=cell.evolved or "weight",
                alike=cell.alike,
                widths=tuple(setting.width * width for width in WIDTHS)
                if cell.evolved in ("neuron", "both")
                else WIDTHS,
            ),
            method=method,
            seed=seed,
        ),
    )


@lru_cache
def trials(name: str) -> tuple[Setting, ...]:
    """Draw the random settings of a task, the same for all cells; every other one has a bias."""
    kind, rng = TASKS[name], np.random.default_rng(20230519)

    def log_uniform(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.2g}")

    def trial(place: int) -> Setting:
        drawn = {
            "tau_m": log_uniform(1.2, 60.0),
            "gain": log_uniform(0.3, 20.0),
            "tau_readout": log_uniform(1.2, 60.0),
            "sigma": log_uniform(0.03, 1.0),
            "learning_rate": log_uniform(0.01, 0.3),
            "width": log_uniform(0.3, 3.0),
            "margin_scale": float(rng.choice(kind.margins)),
        }
        return Setting(bias=bool(place % 2), **(drawn if kind.leaky else drawn | {"tau_readout": 1.0}))

    return tuple(map(trial, range(TRIALS)))


def runs(profile: str) -> tuple[Run, ...]:
    """Return each trial of each trained cell on each task; the smaller profiles have a few of the memory task."""
    named = (NAME, VERSION)
    if profile != "paper":
        count, length, generations = {"smoke": (2, 5, 20), "quick": (4, 10, 60)}[profile]
        tried = [setting for setting in trials("memory") if not setting.bias][:count]
        few = product((OWN, "evolved weights, each neurons"), tried, range(FIRST_SEED, FIRST_SEED + SEEDS))
        return tuple(
            cell_run(named, "memory", CELLS[cell], setting, length, seed, generations) for cell, setting, seed in few
        )
    return tuple(
        cell_run(named, name, CELLS[cell], setting, length, seed)
        for name, kind in TASKS.items()
        for cell, setting, length, seed in product(
            TRAINED, trials(name), kind.searched, range(FIRST_SEED, FIRST_SEED + SEEDS)
        )
    )


def labels(run: Run) -> dict[str, Any]:
    """Return the names of a run's contest and cell, its span, and the place of its setting in `trials`."""
    training, architecture = run.training, run.training.architecture
    name = type(training.task).__name__.lower()
    span = getattr(training.task, {"memory": "length", "cartpole": "limit", "recall": "longest"}[name])
    if name == "memory" and architecture.tau_readout == 1.0:
        name = "memory, memoryless read-out"
    if architecture.recurrent:
        name = "recall, recurrent"
    trial = _places(name)[architecture.tau_m, architecture.gain]
    return {"contest": name, "cell": cell_name(training), "span": span, "trial": trial}


@lru_cache
def _places(name: str) -> dict[tuple[float, float], int]:
    return {(setting.tau_m, setting.gain): place for place, setting in enumerate(trials(name))}


def cell_name(training: Training) -> str:
    """Return the name of a training's cell; neurons that differ at random may differ by any spread."""
    genome, search = training.genome, training.method
    untrained = isinstance(search, RandomSearch) and search.length == 1
    spread = SPREAD if training.architecture.tau_sigma else 0.0
    cell = Cell(
        None if untrained else genome.evolved, genome.alike, spread, isinstance(search, RandomSearch) and not untrained
    )
    return next(name for name, known in CELLS.items() if known == cell)


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with `score`, the reward in units of the best possible."""
    best = frame["span"].where(frame["contest"] == "cartpole", 1)
    return frame.assign(score=frame["reward"] / best)


def ranking(frame: pd.DataFrame, name: str, cell: str) -> list[int]:
    """Return places in `trials(name)`, best first, by the mean score of a cell over spans and seeds.

    Among equals the setting with the higher score at the longest span comes first; then, on memory, the setting that
    earns more under the strongest noise; then the setting that learns faster, by the mean over generations of the best
    candidate's fitness.
    """
    rows = scored(frame)[(frame["contest"] == name) & (frame["cell"] == cell)]
    rows = rows.assign(learned=rows["curve_best"].map(np.mean))
    spans = rows.pivot_table("score", "trial", "span")
    ties = rows.groupby("trial")[[*({NOISIEST} & set(rows)), "learned"]].mean()
    table = pd.DataFrame({"mean": spans.mean(axis=1), "longest": spans.iloc[:, -1]}).join(ties).reset_index()
    order = [name for name in ("mean", "longest", NOISIEST, "learned", "trial") if name in table]
    return table.sort_values(order, ascending=[name == "trial" for name in order])["trial"].tolist()
