"""Statements of a page: a rule and a smallest effect, fixed before the runs, and an answer for each contest.

A claim of the paper has a verdict over specifications; a statement of ours is measured in the tuned setting of each
contest, and its answer rests on one interval over seeds.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import COLUMNS, Effect

YES, NO, UNDECIDED, TOO_FEW, BLIND = "yes", "no", "undecided", "too few seeds", "nothing was learned"
FEWEST = 4  # seeds of each group, below which there is no answer


class Statement(NamedTuple):
    """A statement, the rule that answers it, and the effect that the rule judges."""

    words: str
    criterion: Criterion
    effect: Callable[[pd.DataFrame], Effect | None]  # runs of a contest -> effect; None where a side is missing


def answer(effect: Effect, criterion: Criterion) -> str:
    """Return `YES` if the whole interval lies where the rule wants it, `NO` if it lies outside, else why neither."""
    if effect.blind:
        return BLIND
    if effect.seeds < FEWEST or np.isnan(effect.low):
        return TOO_FEW
    row = pd.DataFrame([effect])
    if criterion.holds(row)[0]:
        return YES
    outside = criterion.reversed(row)[0] if criterion.within else effect.high < criterion.smallest
    return NO if outside else UNDECIDED


def answers(frame: pd.DataFrame, statements: Iterable[Statement], by: str = "contest") -> pd.DataFrame:
    """Return a row per statement and contest: `statement`, `by`, the effect, its `unit`, and the `answer`."""
    rows = []
    for statement in statements:
        for contest, runs in frame.groupby(by, sort=False):
            found = statement.effect(runs)
            if found is not None:
                unit = statement.criterion.unit
                rows.append((statement.words, contest, *found, unit, answer(found, statement.criterion)))
    return pd.DataFrame(rows, columns=["statement", by, *COLUMNS, "unit", "answer"])
