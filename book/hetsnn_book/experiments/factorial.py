"""The factorial of heterogeneity on fresh seeds: each cell in its own best setting, beside untrained references.

Networks in which nothing evolves have the setting of the paper's networks: frozen weights, each neuron evolved. Neurons
that differ at random also have other spreads. Networks whose weights evolve are also measured at another width, at
which as many numbers evolve as in the paper's networks.
"""

from itertools import product
from typing import Any

from hetsnn.networks.spiking import hidden_size
from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.factorial_search import (
    CELLS,
    HIDDEN,
    OWN,
    TASKS,
    Setting,
    cell_run,
    trials,
)
from hetsnn_book.experiments.factorial_search import labels as labelled

NAME, VERSION, SCORE, GENOMES = "factorial", 1, "reward", True
CHAPTER = "is_it_heterogeneity"
SPREADS = (0.3, 1.0)  # of log tau_m, beside `SPREAD`
RANDOM = tuple(name for name, cell in CELLS.items() if cell.spread)
WEIGHTS_ALONE = "evolved weights, equal neurons"
AS_MANY = f"{WEIGHTS_ALONE}, as many parameters"

# Places in `factorial_search.trials`, chosen by `factorial_finals`; a test compares them with its published results.
WINNERS: dict[tuple[str, str], int] = {  # task, cell
    ("memory", "frozen weights, shared neurons"): 1,
    ("memory", "frozen weights, each neurons"): 10,
    ("memory", "evolved weights, equal neurons"): 31,
    ("memory", "evolved weights, shared neurons"): 18,
    ("memory", "evolved weights, random neurons"): 31,
    ("memory", "evolved weights, each neurons"): 19,
    ("memory", "read-outs"): 18,
    ("memory", "biases"): 8,
    ("memory", "output scale"): 29,
    ("memory", "random search"): 12,
    ("memory, memoryless read-out", "frozen weights, shared neurons"): 1,
    ("memory, memoryless read-out", "frozen weights, each neurons"): 14,
    ("memory, memoryless read-out", "evolved weights, equal neurons"): 17,
    ("memory, memoryless read-out", "evolved weights, shared neurons"): 31,
    ("memory, memoryless read-out", "evolved weights, random neurons"): 17,
    ("memory, memoryless read-out", "evolved weights, each neurons"): 14,
    ("memory, memoryless read-out", "read-outs"): 19,
    ("memory, memoryless read-out", "biases"): 19,
    ("memory, memoryless read-out", "output scale"): 3,
    ("memory, memoryless read-out", "random search"): 9,
    ("cartpole", "frozen weights, shared neurons"): 8,
    ("cartpole", "frozen weights, each neurons"): 20,
    ("cartpole", "evolved weights, equal neurons"): 26,
    ("cartpole", "evolved weights, shared neurons"): 0,
    ("cartpole", "evolved weights, random neurons"): 26,
    ("cartpole", "evolved weights, each neurons"): 2,
    ("cartpole", "read-outs"): 26,
    ("cartpole", "biases"): 20,
    ("cartpole", "output scale"): 16,
    ("cartpole", "random search"): 2,
    ("recall", "frozen weights, shared neurons"): 17,
    ("recall", "frozen weights, each neurons"): 8,
    ("recall", "evolved weights, equal neurons"): 8,
    ("recall", "evolved weights, shared neurons"): 24,
    ("recall", "evolved weights, random neurons"): 2,
    ("recall", "evolved weights, each neurons"): 2,
    ("recall", "read-outs"): 18,
    ("recall", "biases"): 12,
    ("recall", "output scale"): 9,
    ("recall", "random search"): 12,
    ("recall, recurrent", "frozen weights, shared neurons"): 12,
    ("recall, recurrent", "frozen weights, each neurons"): 8,
    ("recall, recurrent", "evolved weights, equal neurons"): 8,
    ("recall, recurrent", "evolved weights, shared neurons"): 22,
    ("recall, recurrent", "evolved weights, random neurons"): 2,
    ("recall, recurrent", "evolved weights, each neurons"): 22,
    ("recall, recurrent", "read-outs"): 18,
    ("recall, recurrent", "biases"): 12,
    ("recall, recurrent", "output scale"): 30,
    ("recall, recurrent", "random search"): 12,
}


def setting(task: str, cell: str) -> Setting | None:
    """Return the setting of a cell on a task; None until its search is published."""
    place = WINNERS.get((task, cell if CELLS[cell].evolved else OWN))
    return None if place is None else trials(task)[place]


def as_many(task: str) -> int:
    """Return the hidden neurons with which as many weights evolve as numbers in the paper's networks of `HIDDEN`."""
    chosen = setting(task, WEIGHTS_ALONE)
    if chosen is None:
        return HIDDEN
    played = TASKS[task].task(chosen, TASKS[task].lengths[0])
    return hidden_size(4 * HIDDEN, "weight", played.inputs + chosen.bias, played.outputs)


def runs(profile: str) -> tuple[Run, ...]:
    """Return each cell on each task at each span and seed, then other spreads; at quick a few cells of memory."""
    named = (NAME, VERSION)
    if profile != "paper":
        cells, spans, seeds, generations = {
            "smoke": ((OWN, "evolved weights, each neurons"), (5,), 4, 20),
            "quick": (tuple(CELLS)[:8], (10,), 8, 60),
        }[profile]
        unbiased = next(tried for tried in trials("memory") if not tried.bias)
        return tuple(
            cell_run(named, "memory", CELLS[cell], setting("memory", cell) or unbiased, span, seed, generations)
            for cell, span, seed in product(cells, spans, range(seeds))
        )
    cases = [(name, cell, HIDDEN) for name, cell in CELLS.items()]
    cases += [(name, CELLS[name]._replace(spread=sigma), HIDDEN) for name, sigma in product(RANDOM, SPREADS)]
    return tuple(
        cell_run(named, task, cell, chosen, span, seed, hidden=hidden)
        for task, kind in TASKS.items()
        for name, cell, hidden in [*cases, (WEIGHTS_ALONE, CELLS[WEIGHTS_ALONE], as_many(task))]
        if (chosen := setting(task, name))
        for span, seed in product(kind.lengths, range(kind.seeds))
    )


def labels(run: Run) -> dict[str, Any]:
    """Return a run's labels, see `factorial_search.labels`, and the spread of its neurons before the search."""
    architecture = run.training.architecture
    named = {} if architecture.hidden == HIDDEN else {"cell": AS_MANY}
    return labelled(run) | named | {"spread": architecture.tau_sigma or None}
