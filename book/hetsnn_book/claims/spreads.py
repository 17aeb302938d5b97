"""Statements on spreads of time constants: whether a spread helps, beside equal neurons within the same seeds."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.factorial import LEAD, UNIT
from hetsnn_book.claims.specifications import Effect, estimate
from hetsnn_book.claims.statements import Statement
from hetsnn_book.experiments.factorial_search import scored
from hetsnn_book.experiments.spreads import FROZEN, SPANS, SPREADS, START, USES
from hetsnn_book.measures.seeds import by_seed


def panel(frame: pd.DataFrame, factorial: pd.DataFrame) -> pd.DataFrame:
    """Return all runs of the panel with `score`, `use` and `spread`: the experiment's own, and the factorial's.

    Runs without a spread have the spread 0.
    """
    others = factorial[factorial["cell"].isin(USES) & factorial["contest"].isin(SPANS)]
    others = others.assign(use=others["cell"].map(USES), spread=pd.to_numeric(others["spread"]).fillna(0.0))
    columns = ["contest", "span", "use", "spread", "seed", "reward"]
    both = pd.concat([part[columns] for part in (frame, others) if len(part)] or [frame.reindex(columns=columns)])
    both = both[both["span"].isin(frame["span"].unique())]
    return scored(both.reset_index(drop=True))


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean score by contest, use and spread, with its interval over seeds; a seed's spans are averaged."""
    seeds = table.groupby(["contest", "use", "spread", "seed"], as_index=False, sort=False)["score"].mean()
    rows = [
        (*key, *mean_interval(group["score"]), len(group)) for key, group in seeds.groupby(["contest", "use", "spread"])
    ]
    return pd.DataFrame(rows, columns=["contest", "use", "spread", "mean", "low", "high", "seeds"])


def _gain(use: str, spread: float) -> Callable[[pd.DataFrame], Effect | None]:
    def effect(runs: pd.DataFrame) -> Effect | None:
        rows = runs[(runs["use"] == use) & (np.isclose(runs["spread"], spread) | (runs["spread"] == 0.0))]
        scores = by_seed(rows, ["spread"], "score")
        if scores.shape[1] < 2 or scores.empty:
            return None
        return estimate([scores], lambda mean: mean[..., 1] - mean[..., 0])

    return effect


STATEMENTS = tuple(
    Statement(f"A spread of {spread:g} helps: {use}.", Criterion(LEAD, UNIT), _gain(use, spread))
    for use in (FROZEN, START)
    for spread in SPREADS
)
