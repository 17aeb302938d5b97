"""Statements on a ridge read-out: whether spikes of equal neurons hold as much as those of evolved ones."""

from collections.abc import Callable

import pandas as pd

from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, estimate
from hetsnn_book.claims.statements import Statement

SMALLEST, UNIT = 0.1, "of the best reward"


def _between(first: str, second: str) -> Callable[[pd.DataFrame], Effect]:
    return lambda runs: estimate([runs[[first, second]]], lambda means: means[..., 0] - means[..., 1])


STATEMENTS = (
    Statement(
        "A ridge read-out of equal, untrained neurons earns as much as evolved neurons, or more.",
        Criterion(-SMALLEST, UNIT),
        _between("ridge_untrained", "own"),
    ),
    Statement(
        "Evolved neurons are a better basis: a ridge read-out of theirs earns more than one of equal neurons.",
        Criterion(SMALLEST, UNIT),
        _between("ridge", "ridge_untrained"),
    ),
    Statement(
        "Evolved neurons leave something to a fitted read-out: it earns more than their own.",
        Criterion(SMALLEST, UNIT),
        _between("ridge", "own"),
    ),
)
