"""Frames of declared runs with made-up results, for tests of rules."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd

from hetsnn.sweeps.runs import Run, settings
from hetsnn_book import experiments

Result = Callable[[Run], Any]


@cache
def declared(name: str) -> list[tuple[Run, dict[str, Any]]]:
    """The runs of an experiment, with their settings."""
    return [(run, settings(run)) for run in experiments.runs(name, "paper")]


def frame_of(name: str, some: Callable[[Run], bool] = lambda _: True, **results: Result) -> pd.DataFrame:
    """A frame with runs of an experiment, and for each what a function of it gives."""
    runs = [(run, described) for run, described in declared(name) if some(run)]
    return pd.DataFrame([described | {key: of(run) for key, of in results.items()} for run, described in runs])


def of_side(neuron: Result, weight: Result) -> Result:
    return lambda run: (neuron if run.training.genome.evolved == "neuron" else weight)(run)


def always(value: float) -> Result:
    return lambda _: value


def spread(run: Run) -> float:
    return 0.01 * (run.training.seed % 10)


def verdicts(module: Any, frames: dict[str, pd.DataFrame]) -> list[str]:
    return [claim.judge(*(frames[name] for name in claim.experiments)).verdict for claim in module.CLAIMS]
