"""Dissected networks: which part of the difference between neurons is needed, and how well they generalise.

Scores are shares of the best reward, or 0 for guessing on the memory task. A loss is the intact network's score minus
that of the changed one, within seeds.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import COLUMNS, Effect, difference, estimate
from hetsnn_book.claims.statements import Statement
from hetsnn_book.measures import carriers

LOSS, UNIT = 0.1, "of the best reward"  # smallest effect of interest
LEARNED = 0.5  # mean score, below which a loss shows nothing
FEW = 0.25  # share of the neurons, below which they are few
HALF = 0.5  # share of what training earned, above which neurons carry over
TOLD = 0.1  # of the uncertainty about whether a neuron carries
SILENCED = 20  # [% of the neurons]
DISTURBANCES = {
    "jitter_20": "weights jitter by 20 %",
    "inputs_0.1": "inputs have noise of 0.1",
    "membranes_0.1": "membranes have noise of 0.1 thresholds",
    "span_2": "the delay is twice as long as in training",
    "span_2.04": "the delay is twice as long as in training, and a step",
    "span_5": "episodes last five times as long as in training",
}

SPAN = "span"
KINDS = {  # of what no training had, by the beginning of a result's name
    SPAN: "other length or limit",
    "inputs": "noise on inputs",
    "membranes": "noise on membranes",
    "jitter": "jitter of weights",
}


def _of(side: str, statistic: Callable[[Any], Any], *names: str) -> Callable[[pd.DataFrame], Effect | None]:
    """Return an effect of the means of some results, of networks of one evolved side."""

    def effect(runs: pd.DataFrame) -> Effect | None:
        rows = runs[runs["evolved"] == side]
        if rows.empty:
            return None
        return estimate([rows[[*names]]], statistic, blind=rows["intact"].mean() < LEARNED)

    return effect


_neurons = partial(_of, "neuron")


def _loss(name: str, beside: str = "intact", side: str = "neuron") -> Callable[[pd.DataFrame], Effect | None]:
    return _of(side, lambda means: means[..., 0] - means[..., 1], beside, name)


def _carried_over(means: Any) -> Any:
    """Return how much more than `HALF` of what training earned is left with new random weights."""
    new, untrained, intact = (means[..., i] for i in range(3))
    return (new - untrained) / (intact - untrained) - HALF


def _told(runs: pd.DataFrame) -> Effect | None:
    """Return how much the places of time constants tell about which neurons carry, see `carriers.told`."""
    count = int(runs.loc[runs["evolved"] == "neuron", "hidden"].sum())
    return _neurons(lambda means: carriers.told(means, count), *carriers.CARRYING)(runs)


def _lost(means: Any) -> Any:
    """Return the share of what training earned that a changed network loses."""
    intact, changed, untrained = (means[..., i] for i in range(3))
    return (intact - changed) / (intact - untrained)


def _more_fitted(runs: pd.DataFrame) -> Effect | None:
    """Return how much more of what training earned evolved neurons lose by their exchange than evolved weights do."""
    neuron, weight = (runs[runs["evolved"] == side] for side in ("neuron", "weight"))
    if neuron.empty or weight.empty:
        return None
    groups = [rows[["intact", EXCHANGED[side], "untrained"]] for side, rows in (("neuron", neuron), ("weight", weight))]
    blind = min(neuron["intact"].mean(), weight["intact"].mean()) < LEARNED
    return estimate(groups, lambda neurons, weights: _lost(neurons) - _lost(weights), blind=blind)


def _more_robust(*names: str) -> Callable[[pd.DataFrame], Effect | None]:
    """Return how much less evolved neurons lose than evolved weights, on average over some results."""

    def effect(runs: pd.DataFrame) -> Effect | None:
        there = [name for name in names if name in runs and runs[name].notna().any()]
        lost = runs["intact"] - runs[there].mean(axis=1)
        neuron, weight = (lost[runs["evolved"] == side] for side in ("neuron", "weight"))
        if not there or neuron.empty or weight.empty:
            return None
        blind = runs.groupby("evolved")["intact"].mean().min() < LEARNED
        return difference(weight, neuron, blind=blind)

    return effect


EXCHANGED = {"neuron": "exchanged", "weight": "exchanged_outputs"}  # what evolved is exchanged among the neurons
REDRAWN = {"neuron": "redrawn", "weight": "redrawn_weights"}  # what evolved is drawn from its distribution
PLACES = Statement(
    "Places matter: neurons that exchange their properties earn less.", Criterion(LOSS, UNIT), _loss("exchanged")
)
CARRY_OVER = Statement(
    "Neurons carry over: with new random weights more than half of what training earned is left.",
    Criterion(0.0, "of what training earned, above one half"),
    _neurons(_carried_over, "new_weights", "untrained", "intact"),
)
NEURONS = (
    PLACES,
    Statement("Differences matter: neurons that all get the mean earn less.", Criterion(LOSS, UNIT), _loss("mean")),
    Statement(
        "The distribution is enough: neurons drawn from it earn as much.",
        Criterion(LOSS, UNIT, within=True),
        _loss("redrawn"),
    ),
    Statement(
        "Few neurons carry the task: less than a quarter earns 90 % of the score.",
        Criterion(0.0, "of the neurons fewer than a quarter"),
        _neurons(lambda means: FEW - means[..., 0], "carrying"),
    ),
    Statement(
        "Neurons are unequal: the fifth that carries most is missed more than a random fifth.",
        Criterion(LOSS, UNIT),
        _loss(f"silenced_most_{SILENCED}", f"silenced_random_{SILENCED}"),
    ),
    Statement(
        "A neuron's time constant tells whether it carries: of the uncertainty more than a tenth is gone.",
        Criterion(TOLD, "of the uncertainty"),
        _told,
    ),
    CARRY_OVER,
)
WEIGHT_PLACES = Statement(
    "Weights have places, too: networks of evolved weights earn less if neurons exchange their output weights.",
    Criterion(LOSS, UNIT),
    _loss(EXCHANGED["weight"], side="weight"),
)
FIT = (
    WEIGHT_PLACES,
    Statement(
        "The distribution of evolved weights is enough: weights drawn from it earn as much.",
        Criterion(LOSS, UNIT, within=True),
        _loss(REDRAWN["weight"], side="weight"),
    ),
    Statement(
        "Fit is special to neurons: an exchange costs evolved neurons more of what training earned than weights.",
        Criterion(LOSS, "of what training earned"),
        _more_fitted,
    ),
)
ROBUST = tuple(
    Statement(f"Evolved neurons lose less than evolved weights if {words}.", Criterion(LOSS, UNIT), _more_robust(name))
    for name, words in DISTURBANCES.items()
)


def generalising(runs: pd.DataFrame) -> Measured:
    """Measure how much less evolved neurons lose than evolved weights under everything that no training had.

    A disturbance under which neither side loses the smallest effect is no evidence. A delay and the next one, which
    differ in parity, are one disturbance: the answers of some networks turn around with each further step.

    Args:
        runs: the frame of the experiment.
    """
    found = dict[tuple[str, float], list[str]]()
    for name in runs.columns:
        kind, *level = name.split("_")
        if kind in KINDS and len(level) == 1:
            size = float(level[0])
            found.setdefault((kind, round(size, 1) if kind == SPAN else size), []).append(name)
    rows = []
    for contest, of_contest in runs.groupby("contest", sort=False):
        for (kind, level), names in found.items():
            effect = _more_robust(*names)(of_contest)
            if effect is not None:
                lost = of_contest["intact"] - of_contest[names].mean(axis=1)
                most = lost.groupby(of_contest["evolved"]).mean().max()
                blind = effect.blind or most < LOSS  # where nobody loses, nobody can lose less
                rows.append((contest, KINDS[kind], level, *effect._replace(blind=blind)))
    return Measured(
        pd.DataFrame(rows, columns=["task", "disturbance", "strength", *COLUMNS]),
        note="the paper itself tests no network on anything that it was not trained on; robots are not among ours",
    )


CLAIMS = (
    Claim(
        "Sec. 4.2",
        "Heterogeneous neurons improve generalisation.",
        ("dissection",),
        Criterion(LOSS, f"{UNIT}, lost less than by weights"),
        generalising,
    ),
)
