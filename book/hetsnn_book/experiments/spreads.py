"""Spreads of time constants: how wide tau_m is drawn, frozen under evolved weights, or as the start of evolved neurons.

tau_m is lognormal. The factorial has the frozen spreads of 0.3, 0.6 and 1.0, and evolved neurons without a spread; here
are those of real neurons, frozen neurons without a spread, and all spreads as a start. Weights evolve in the setting
that the factorial tuned for random neurons, whatever the spread; neurons in the one that was tuned without a spread.
Seeds are the factorial's, too.
"""

from itertools import product
from typing import Any

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments import factorial
from hetsnn_book.experiments.factorial_search import OWN, SPREAD, Cell, cell_run, trials

NAME, VERSION, SCORE, GENOMES = "spreads", 1, "reward", False
CHAPTER = "is_it_heterogeneity"
# Deviations of log tau_m of the cells behind Fig. 3, as fitted in data/cell_types; a test compares them.
BIOLOGY = {"mouse": 0.27, "human": 0.33}
SPREADS = tuple(sorted({*factorial.SPREADS, SPREAD, *BIOLOGY.values()}))
FROZEN, START = "frozen, weights evolve", "start, neurons evolve"
RANDOM = "evolved weights, random neurons"
USES = {RANDOM: FROZEN, OWN: START}  # cells of the factorial that are in the panel
SPANS = {"memory": (25, 100), "recall": (100,)}
SEEDS = 20


def runs(profile: str) -> tuple[Run, ...]:
    """Return both uses of a spread on each task at each span and seed; at smoke and quick on memory alone."""
    named = (NAME, VERSION)
    if profile != "paper":
        # At quick each use has as many runs as the factorial's cells of its kind, so both share compiled programs.
        span, generations, neurons, weights, seeds = {
            "smoke": (5, 20, (SPREAD,), (BIOLOGY["mouse"],), (4, 4)),
            "quick": (10, 60, tuple(BIOLOGY.values()), tuple(BIOLOGY.values()), (4, 8)),
        }[profile]
        unbiased = next(tried for tried in trials("memory") if not tried.bias)
        setting = factorial.setting("memory", OWN) or unbiased
        few = [*product([Cell("neuron", spread=sigma) for sigma in neurons], range(seeds[0]))]
        few += product([Cell("weight", spread=sigma) for sigma in weights], range(seeds[1]))
        return tuple(cell_run(named, "memory", cell, setting, span, seed, generations) for cell, seed in few)
    cells = [(RANDOM, Cell("weight", spread=sigma)) for sigma in (0.0, *BIOLOGY.values())]
    cells += [(OWN, Cell("neuron", spread=sigma)) for sigma in SPREADS]
    return tuple(
        cell_run(named, task, cell, chosen, span, seed)
        for task, spans in SPANS.items()
        for tuned, cell in cells
        if (chosen := factorial.setting(task, tuned))
        for span, seed in product(spans, range(SEEDS))
    )


def labels(run: Run) -> dict[str, Any]:
    """Return a run's contest and span, what its spread is used for, and the spread."""
    task, evolved = run.training.task, run.training.genome.evolved
    contest = type(task).__name__.lower()
    return {
        "contest": contest,
        "span": task.length if contest == "memory" else task.longest,
        "use": START if evolved == "neuron" else FROZEN,
        "spread": run.training.architecture.tau_sigma,
    }
