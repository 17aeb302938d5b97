"""An experiment of a few runs that take no time."""

import dataclasses
from typing import Any

from hetsnn.sweeps.runs import Run
from hetsnn.training.evolution import Evolution
from hetsnn_book.experiments.memory import Setting

NAME = "memory"


def tiny(length: int, seed: int, **changes: Any) -> Run:
    """A run of the memory task, of four neurons and four candidates, for six generations."""
    run = Setting(bias=True, gain=3.0, margin_scale=1.0).run((NAME, 99), "smoke", "neuron", length, seed)
    parts: dict[str, Any] = {
        "architecture": dataclasses.replace(run.training.architecture, hidden=4),
        "method": Evolution(population=4, generations=6, sigma=0.3),
    }
    return run.varied(**(parts | changes))


# As many as no machine of two, four or eight devices divides: a program is padded.
RUNS = (*(tiny(length, seed) for length in (2, 5) for seed in range(2)), tiny(3, 7))
