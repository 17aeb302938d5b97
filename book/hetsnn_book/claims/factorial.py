"""Contrasts between cells of the factorial: what weights and neurons each contribute, and what is simpler.

Scores are rewards in units of the best possible. A seed draws the same weights in every cell, so contrasts are taken
within seeds, and seeds are the units of their intervals.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hetsnn.statistics import mean_interval
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import COLUMNS, estimate
from hetsnn_book.experiments.factorial import AS_MANY, WEIGHTS_ALONE
from hetsnn_book.experiments.factorial_search import CELLS, FACTORIAL, OWN, SPREAD, scored
from hetsnn_book.measures.seeds import by_seed

WEIGHTS, NEURONS = ("frozen", "evolved"), ("equal", "shared", "random", "each")
NAMES = dict(zip(FACTORIAL, CELLS, strict=False))  # (weights, neurons) -> name of the cell
RIVALS = {name: name for name in CELLS if name not in NAMES.values()}  # searches that could be mistaken for it
SIDES = {"evolved weights, as many neurons": WEIGHTS_ALONE, "evolved weights, as many parameters": AS_MANY}

SPANS = ("contest", "span")
OVERALL = ("contest",)  # mean over spans

Means = Mapping[str, Any]  # mean score of a cell, by its name


def _over_weights(of: Callable[[str], Callable[[Means], Any]]) -> Callable[[Means], Any]:
    return lambda means: sum(of(weights)(means) for weights in WEIGHTS) / len(WEIGHTS)


def _step(before: str, after: str) -> Callable[[str], Callable[[Means], Any]]:
    """Return the gain from one kind of neurons to another, at one kind of weights."""
    return lambda weights: lambda means: means[NAMES[weights, after]] - means[NAMES[weights, before]]


def _weights(means: Means) -> Any:
    gains = [means[NAMES["evolved", kind]] - means[NAMES["frozen", kind]] for kind in NEURONS]
    return sum(gains) / len(gains)


def _interaction(means: Means) -> Any:
    each = _step("shared", "each")
    return each("frozen")(means) - each("evolved")(means)


EFFECTS: dict[str, Callable[[Means], Any]] = {
    "weights evolve": _weights,
    "neurons evolve, alike": _over_weights(_step("equal", "shared")),
    "neurons differ at random": _over_weights(_step("equal", "random")),
    "neurons evolve apart, not alike": _over_weights(_step("shared", "each")),
    "... more where weights are frozen": _interaction,
    "apart, not alike, on frozen weights": _step("shared", "each")("frozen"),
    "apart, not equal, on evolved weights": _step("equal", "each")("evolved"),
    "random, not equal, on evolved weights": _step("equal", "random")("evolved"),
}
LEAD, UNIT = 0.05, "of the best reward"  # smallest effect of interest
APART = (NAMES["frozen", "shared"], OWN)  # on frozen weights, neurons evolve alike or apart


def main(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the factorial and its rivals with their scores, without those of other spreads."""
    return scored(frame[frame["spread"].isna() | (frame["spread"] == SPREAD)])


def cells(frame: pd.DataFrame, by: tuple[str, ...] = SPANS) -> pd.DataFrame:
    """Return the mean score of each cell of each contest and span, with its 95 % interval over seeds.

    Args:
        frame: runs of the factorial.
        by: contest and span, or the contest alone: then a seed's score is the mean over its spans.
    """
    scores = main(frame).groupby([*by, "cell", "seed"])["score"].mean()
    rows = [(*keys, *mean_interval(group), len(group)) for keys, group in scores.groupby([*by, "cell"])]
    return pd.DataFrame(rows, columns=[*by, "cell", "mean", "low", "high", "seeds"])


def contrast(
    frame: pd.DataFrame, needed: tuple[str, ...], statistic: Callable[[Means], Any], by: tuple[str, ...] = SPANS
) -> pd.DataFrame:
    """Return a statistic of the cells' mean scores for each contest and span that has all needed cells.

    Columns are those of `by` and of `hetsnn_book.claims.specifications.Effect`.

    Args:
        frame: runs of the factorial.
        needed: names of the cells.
        statistic: of the mean score of each cell, by its name.
        by: contest and span, or the contest alone: then the statistic is the mean over its spans.
    """
    rows = []
    for keys, group in main(frame).groupby(list(by)):
        scores = by_seed(group[group["cell"].isin(needed)], ["span", "cell"], "score")
        spans = scores.columns.unique("span")
        if len(scores.columns) == len(needed) * len(spans) > 0 and len(scores) > 1:
            places = [{name: scores.columns.get_loc((span, name)) for name in needed} for span in spans]

            def averaged(means: Any, places: list[dict[str, int]] = places) -> Any:
                every = [statistic({name: means[..., i] for name, i in of.items()}) for of in places]
                return sum(every) / len(every)

            rows.append((*keys, *estimate([scores], averaged)))
    return pd.DataFrame(rows, columns=[*by, *COLUMNS])


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


def task_of(contest: str) -> str:
    """Return the task of a contest: its variants, such as with another read-out, have the same name before a comma."""
    return contest.partition(",")[0]


def together(table: pd.DataFrame) -> tuple[float, float, float]:
    """Return the mean over tasks of effects, one per contest, and its interval; NaN without any.

    A task's effect is the mean over its variants. Tasks are independent. Variants share seeds and so weights: their
    errors are taken for the same, which makes an interval too wide rather than too narrow.
    """
    if table.empty:
        return np.nan, np.nan, np.nan
    halves = table.assign(half=(table["high"] - table["low"]) / 2, task=table["contest"].map(task_of))
    tasks = halves.groupby("task")[["effect", "half"]].mean()
    mean, half = float(tasks["effect"].mean()), float(np.sqrt((tasks["half"] ** 2).sum()) / len(tasks))
    return mean, mean - half, mean + half


def effects(frame: pd.DataFrame, by: tuple[str, ...] = SPANS) -> pd.DataFrame:
    """Return each effect of `EFFECTS` for each contest and span, with its interval; see `contrast` for `by`."""
    every = tuple(NAMES.values())
    return _stacked(
        [contrast(frame, every, statistic, by).assign(effect_of=name) for name, statistic in EFFECTS.items()]
    )


def leads(frame: pd.DataFrame, rivals: Mapping[str, str] = RIVALS, by: tuple[str, ...] = SPANS) -> pd.DataFrame:
    """Return the lead of the paper's networks over each rival, for each contest and span.

    Args:
        frame: runs of the factorial.
        rivals: name of the rival's cell by the rival's name.
        by: see `contrast`.
    """

    def over(cell: str) -> Callable[[Means], Any]:
        return lambda means: means[OWN] - means[cell]

    return _stacked(
        [contrast(frame, (OWN, cell), over(cell), by).assign(rival=rival) for rival, cell in rivals.items()]
    )


def beyond(table: pd.DataFrame) -> np.ndarray:
    """Return for each row whether its effect is larger than `LEAD`, corrected for the number of rows."""
    return Criterion(LEAD, UNIT).hold_jointly(table)


def apart(frame: pd.DataFrame, by: tuple[str, ...] = SPANS) -> pd.DataFrame:
    """Return the lead of neurons that evolve apart over neurons that evolve alike, on frozen weights."""
    return contrast(frame, APART, lambda means: means[OWN] - means[APART[0]], by)


def mixture(frame: pd.DataFrame, by: tuple[str, ...] = SPANS) -> pd.DataFrame:
    """Return the lead of neurons that differ at random over equal neurons, where weights evolve."""
    random, equal = NAMES["evolved", "random"], NAMES["evolved", "equal"]
    return contrast(frame, (random, equal), lambda means: means[random] - means[equal], by)


def kept(search: pd.DataFrame, finals: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the score of each cell's setting in the search, in the finals and on fresh seeds, by contest and cell.

    Search and finals have other spans and few seeds, and a chosen setting was lucky on them. The less of its score is
    left on fresh seeds, the more likely another setting is better. NaN where the setting was not tried.
    """
    rows = []
    for (contest, cell), group in main(frame).groupby(["contest", "cell"], sort=False):
        chosen = [_of(part, contest, cell) for part in (search, finals)]
        if len(chosen[0]):
            own = [part[part["trial"] == group["trial"].iloc[0]]["score"].mean() for part in chosen]
            rows.append((contest, cell, *own, group.groupby("span")["score"].mean().mean()))
    return pd.DataFrame(rows, columns=["contest", "cell", "search", "final", "fresh"])


def _of(frame: pd.DataFrame, contest: str, cell: str) -> pd.DataFrame:
    return scored(frame[(frame["contest"] == contest) & (frame["cell"] == cell)])
