"""Statements on searches: whether another strategy finds better networks, and whether the leading side stays."""

from collections.abc import Callable

import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, difference
from hetsnn_book.claims.statements import Statement
from hetsnn_book.experiments.searchers_search import STRATEGIES

BETTER, UNIT = 0.1, "of the best reward"  # smallest effect of interest
OWN = "Open_ES"  # the paper's kind of search


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with `score`, the reward in units of the best possible."""
    best = frame["limit"] if "limit" in frame else pd.Series(1.0, frame.index)
    return frame.assign(score=frame["reward"] / best.fillna(1.0))


def means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean score by contest, strategy and evolved side, with its interval over seeds."""
    rows = [
        (*key, *mean_interval(group["score"]), len(group))
        for key, group in frame.groupby(["contest", "strategy", "evolved"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["contest", "strategy", "evolved", "mean", "low", "high", "seeds"])


def _between(first: tuple[str, str], second: tuple[str, str]) -> Callable[[pd.DataFrame], Effect | None]:
    """Return the difference of two groups, each a strategy and a side."""

    def effect(runs: pd.DataFrame) -> Effect | None:
        one, other = (runs[(runs["strategy"] == of) & (runs["evolved"] == side)] for of, side in (first, second))
        if one.empty or other.empty:
            return None
        return difference(one["score"], other["score"])

    return effect


RIVALS = tuple(
    Statement(
        f"On evolved {side}s, {name} finds better networks than OpenAI-ES.",
        Criterion(BETTER, UNIT),
        _between((strategy, side), (OWN, side)),
    )
    for side in ("neuron", "weight")
    for strategy, name in STRATEGIES.items()
    if strategy != OWN
)
LEADS = tuple(
    Statement(
        f"Under {name}, evolved neurons earn more than evolved weights.",
        Criterion(BETTER, UNIT),
        _between((strategy, "neuron"), (strategy, "weight")),
    )
    for strategy, name in STRATEGIES.items()
)
