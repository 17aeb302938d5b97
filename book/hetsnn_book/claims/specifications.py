"""Specifications: one choice of everything that the paper leaves open, with the effect that was measured there.

A table of specifications has a row for each. Its columns are the settings, by the names that a reader sees, and those
of `Effect`.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from hetsnn.statistics import joint_interval


class Effect(NamedTuple):
    """The effect in one specification, with its interval over seeds."""

    effect: float
    low: float = np.nan  # NaN for a single seed
    high: float = np.nan
    seeds: int = 1  # of the smallest group
    blind: bool | np.bool_ = False  # no evidence: all candidates tied, or neither side learned


COLUMNS = Effect._fields
NUMBERS = ("effect", "low", "high", "seeds")
PARTS = tuple(tuple(f"{name} of part {part}" for name in NUMBERS) for part in (1, 2))  # see `weaker`
LEVEL = 0.025  # of a one-sided test, as of either end of a 95 % interval


def estimate(groups: Sequence[ArrayLike], statistic: Callable[..., Any], *, blind: bool | np.bool_ = False) -> Effect:
    """Return a statistic of groups of seeds, (seeds, cells) each, whose seeds are resampled jointly."""
    return Effect(*joint_interval(groups, statistic), min(len(np.asarray(group)) for group in groups), blind)


def difference(first: ArrayLike, second: ArrayLike, *, scale: float = 1.0, blind: bool | np.bool_ = False) -> Effect:
    """Return the difference of two means over cells, in units of `scale`; each group is (seeds,) or (seeds, cells)."""
    return estimate([first, second], lambda one, other: (one.mean(-1) - other.mean(-1)) / scale, blind=blind)


def mean(seeds: ArrayLike) -> Effect:
    """Return the mean of a number over seeds, (seeds,)."""
    return estimate([seeds], lambda means: means[..., 0])


def table(
    frame: pd.DataFrame, settings: dict[str, str], effect: Callable[[pd.DataFrame], Effect | None]
) -> pd.DataFrame:
    """Return a table of specifications.

    Args:
        frame: a row per run.
        settings: columns of the frame that tell specifications apart, and their names for readers.
        effect: function of the runs of a specification; None where a side is missing.
    """
    rows: list[tuple[Any, ...]] = []
    if len(frame):
        for key, group in frame.groupby(list(settings), dropna=False):
            found = effect(group)
            rows += [] if found is None else [(*key, *found)]
    return pd.DataFrame(rows, columns=[*settings.values(), *COLUMNS])


def together(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of several tables; a setting that one of them lacks is missing in its rows."""
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def in_units(table: pd.DataFrame, unit: float) -> pd.DataFrame:
    """Return a table with its effects and intervals in a unit, such as the smallest effect; a negative one mirrors."""
    ends = ("low", "high") if unit > 0 else ("high", "low")
    return table.assign(effect=table["effect"] / unit, low=table[ends[0]] / unit, high=table[ends[1]] / unit)


def weaker(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a claim of two parts that must both hold: in each specification the smaller effect.

    The lower end of its interval is the smaller one of both parts: it exceeds the smallest effect if both do. The upper
    end is the smaller one, too, after Bonferroni's correction: the claim fails if either part does. Tests need the
    parts themselves, which the columns `PARTS` keep. Both tables are in the same unit, such as each in its own smallest
    effect. Source: Berger, Multiparameter hypothesis testing and acceptance sampling, 1982 (the intersection-union
    test).

    Args:
        first: table of specifications, with intervals of `estimate`.
        second: another, with some or all of the settings of the first; a row stands for all that share its settings.
    """
    shared = [name for name in settings_of(first) if name in second]
    both = first.merge(second[[*shared, *COLUMNS]], "inner" if shared else "cross", shared or None, suffixes=("", " "))
    parts = [
        both[[f"{name}{suffix}" for name in NUMBERS]].astype(float).set_axis(NUMBERS, axis=1) for suffix in ("", " ")
    ]
    for names, part in zip(PARTS, parts, strict=True):
        both[[*names]] = part
    for name, of in {"effect": parts, "low": parts, "high": map(_corrected, parts), "seeds": parts}.items():
        both[name] = np.minimum(*(part[name] for part in of))
    both["blind"] = both["blind"].astype(bool) | both["blind "].astype(bool)
    return both[[*settings_of(first), *COLUMNS, *chain(*PARTS)]]


def _corrected(part: pd.DataFrame) -> pd.DataFrame:
    """Return a part with upper ends that are corrected for there being two; intervals are those of Student's t."""
    wide, own = (stats.t.ppf(1 - level, np.maximum(part["seeds"] - 1, 1)) for level in (LEVEL / 2, LEVEL))
    return part.assign(high=part["effect"] + wide / own * (part["high"] - part["effect"]))


def settings_of(specifications: pd.DataFrame) -> list[str]:
    """Return the names of the settings of a table of specifications."""
    return [name for name in specifications.columns if name not in {*COLUMNS, *chain(*PARTS)}]
