"""Statements of a page: a rule and a smallest effect, fixed before the runs, and an answer for each contest.

A claim of the paper has a verdict over specifications; a statement of ours is measured in the tuned setting of each
contest, and its answer rests on one interval over seeds. The statements of one table, on all contests, are a family:
answers are corrected for their number, intervals are not.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from hetsnn_book.claims.criteria import Criterion, holm
from hetsnn_book.claims.specifications import COLUMNS, LEVEL, Effect

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
    """Return a row per statement and contest, all of them one family.

    Columns are `statement`, `by`, those of the effect, its `unit`, and two answers. `alone` is that of the row's own
    interval; `answer` is the same unless it does not stand with the others, see `family`.
    """
    rows, p_values = [], []
    for statement in statements:
        for contest, runs in frame.groupby(by, sort=False):
            found = statement.effect(runs)
            if found is not None:
                alone = answer(found, statement.criterion)
                rows.append((statement.words, contest, *found, statement.criterion.unit, alone))
                p_values.append(_p_value(found, statement.criterion, alone))
    table = pd.DataFrame(rows, columns=["statement", by, *COLUMNS, "unit", "alone"])
    return table.assign(answer=family(table["alone"], np.array(p_values)))


def family(alone: pd.Series, p_values: np.ndarray) -> np.ndarray:
    """Return answers that are wrong in one or more rows of a table with a probability of at most 5 %.

    A yes or no that falls by Holm's correction for the number of rows becomes `UNDECIDED`. Rows without evidence (blind
    ones, or of too few seeds) are not counted. Sources: Holm, A simple sequentially rejective multiple test procedure,
    1979; Shaffer, Control of directional errors with stagewise multiple test procedures, 1980.

    Args:
        alone: answer of each row's own interval.
        p_values: one-sided p-value of each answer.
    """
    judged = alone.isin((YES, NO, UNDECIDED)).to_numpy()
    found = alone.to_numpy(object, copy=True)
    found[judged] = np.where(holm(p_values[judged]) <= LEVEL, found[judged], UNDECIDED)
    return found


def _p_value(effect: Effect, criterion: Criterion, alone: str) -> float:
    """Return the p-value of an answer: that of the opposite answer is its complement; 1 without an answer."""
    yes = criterion.p_values(pd.DataFrame([effect]))[0]
    return float({YES: yes, NO: 1.0 - yes}.get(alone, 1.0))
