"""Claims of Fig. 4: spikes of networks that classify images.

Specifications are those of the accuracies; one that is counted twice, by networks and by neurons, is one draw.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.images import DRAWN, EXPERIMENTS, NOTE, SEARCH, TRIED, WHERE, gathered, longest, sides
from hetsnn_book.claims.specifications import Effect, difference, estimate, in_units, table, weaker
from hetsnn_book.experiments.images_stages import stage_table
from hetsnn_book.measures.seeds import by_seed

MOSTLY = 0.5  # share of the neurons; selectivity: the preferred class has three times the spikes of the others
NEARLY_ALL = 0.9  # of the neurons fire
HALF_DOUBLING = 0.5  # 41 % more
TREND = 0.1  # doublings
NEARLY = 0.9  # of a training's whole gain
SMALLEST = (0,)


def _first_and_last(stages: pd.DataFrame, side: str) -> tuple[pd.Series, pd.Series] | None:
    found = stage_table(stages[stages["evolved"] == side])
    return None if len(found) < 2 or found.iloc[0]["generation"] > 1 else (found.iloc[0], found.iloc[-1])


def _of_neurons(result: str) -> Callable[..., Measured]:
    """Return a measurement of a result of networks whose neurons evolved, beside that of Fig. 4's first generation."""

    def mean(group: pd.DataFrame) -> Effect:
        return estimate([group[result]], lambda mean: mean[..., 0])

    def measure(stages: pd.DataFrame, search: pd.DataFrame, *others: pd.DataFrame) -> Measured:
        ends = _first_and_last(stages, "neuron")
        if ends is None:
            return Measured(lacking="waits for the first stage of the trainings")
        tried, best = (rows[rows["evolved"] == "neuron"] for rows in (gathered(search), longest(gathered(*others))))
        note = f"in the trainings of Fig. 4 it goes from {ends[0][result]:.2f} to {ends[1][result]:.2f}; {NOTE}"
        return Measured(table(tried, TRIED | SEARCH, mean), table(best, WHERE, mean), DRAWN, note)

    return measure


def _falls_silent(stages: pd.DataFrame, *frames: pd.DataFrame) -> Measured:
    """Measure both parts of the claim, that nearly all neurons fire at first and most are silent at last.

    The weaker counts, each in units of what is claimed. The first generation is known of Fig. 4's trainings alone, so
    random settings are judged by their ends.
    """
    ends = _of_neurons("silent_share")(stages, *frames)
    first = stages[(stages["evolved"] == "neuron") & (stages["until"] == 1)]["silent_share"]
    if ends.lacking:
        return ends
    fire = pd.DataFrame([estimate([1 - first], lambda mean: mean[..., 0])])
    best = weaker(in_units(ends.best, MOSTLY), in_units(fire, NEARLY_ALL))
    return replace(ends, specifications=in_units(ends.specifications, MOSTLY), best=best)


def _convergence(curve: np.ndarray) -> float:
    """Return the binary logarithm of the share of a training after which most of its gain is made."""
    curve = np.asarray(curve, float)
    first, last = curve[0], curve[-max(len(curve) // 20, 1) :].mean()
    return float(np.log2((np.argmax(curve >= first + NEARLY * (last - first)) + 1) / len(curve)))


def _faster(group: pd.DataFrame) -> Effect | None:
    """Return by how many doublings evolved neurons converge earlier than evolved weights."""
    neuron, weight = (group[group["evolved"] == side]["curve_mean"] for side in ("neuron", "weight"))
    if neuron.empty or weight.empty:
        return None
    return difference(weight.map(_convergence), neuron.map(_convergence))


def _spikes(group: pd.DataFrame, each: bool) -> Effect | None:
    """Return by how many doublings evolved weights spend more spikes on an image than evolved neurons."""
    logs = np.log2(group["spikes"].clip(lower=1e-3) / (group["hidden"] if each else 1))
    neuron, weight = (logs[group["evolved"] == side] for side in ("neuron", "weight"))
    return None if neuron.empty or weight.empty else difference(weight, neuron)


def _costs_spikes(*frames: pd.DataFrame) -> Measured:
    both = {name: sides(partial(_spikes, each=each), SMALLEST)(*frames) for name, each in COUNTS.items()}
    specifications, best = (
        pd.concat([getattr(measured, part).assign(spikes=name) for name, measured in both.items()], ignore_index=True)
        for part in ("specifications", "best")
    )
    return Measured(specifications, best, DRAWN, NOTE)


COUNTS = {"of a network": False, "of a neuron": True}


def _rises(stages: pd.DataFrame) -> Measured:
    """Measure the rise of the spikes of evolved weights from the first stage to the last, in the winner's trainings."""
    runs = stages[stages["evolved"] == "weight"]
    runs = runs.assign(
        generation=runs["until"].where(runs["until"] > 0, runs["generations"]), logs=np.log2(runs["spikes"])
    )
    logs = by_seed(runs, ["generation"], "logs")
    if logs.shape[1] < 2:
        return Measured(lacking="waits for the stages of the trainings")
    return Measured(best=pd.DataFrame([estimate([logs], lambda mean: mean[..., -1] - mean[..., 0])]))


PLACE = "Fig. 4, Sec. 4.5"
CLAIMS = (
    Claim(
        PLACE,
        "Where neurons evolve, nearly all fire at first and most are silent at last.",
        ("images_stages", *EXPERIMENTS),
        Criterion(1.0, "times what is claimed, in the weaker part", pointwise=True),
        _falls_silent,
    ),
    Claim(
        PLACE,
        "Evolved neurons that stay active are selective for classes.",
        ("images_stages", *EXPERIMENTS),
        Criterion(MOSTLY, "selectivity", pointwise=True),
        _of_neurons("selectivity"),
    ),
    Claim(
        PLACE,
        "Evolved neurons converge faster than evolved weights.",
        EXPERIMENTS,
        Criterion(HALF_DOUBLING, "doublings of the generations", pointwise=True),
        sides(_faster, SMALLEST),
    ),
    Claim(
        PLACE,
        "Where weights evolve, firing rates rise.",
        ("images_stages",),
        Criterion(TREND, "doublings"),
        _rises,
        fewest=1,
    ),
    Claim(
        PLACE,
        "Evolved weights pay for their accuracy with more spikes than evolved neurons.",
        EXPERIMENTS,
        Criterion(HALF_DOUBLING, "doublings of the spikes", pointwise=True),
        _costs_spikes,
    ),
)
