"""The setting that decides: which one explains most of where a claim holds, and more than chance does."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from hetsnn_book.words import title

PERMUTATIONS = 999
LEVEL = 0.05  # for all settings together
AND = " and "  # between settings that decide together
FEW_VALUES = 6  # a numeric setting with more values is cut into thirds


def decisive(
    specifications: pd.DataFrame,
    holds: np.ndarray | pd.Series,
    settings: Sequence[str],
    units: Sequence[str] = (),
    size: int = 1,
) -> list[str]:
    """Return the settings that explain more of the outcome's variance than chance does, the largest share first.

    The share is eta squared, less the share that as many random groups would explain. Outcomes are permuted to see what
    chance explains; the p-value is corrected for the number of settings. Single settings that explain equally much,
    because they only ever change together, are named together.
    Source: Fisher, Statistical Methods for Research Workers, 1925.

    Args:
        specifications: table of specifications.
        holds: whether the claim holds in each.
        settings: names of the columns that may decide.
        units: names of columns; specifications with one value, such as a random setting on several robots, were drawn
            together. Whole units are permuted for settings of a unit, specifications within units for the others.
        size: how many settings decide together.
    """
    outcome = np.asarray(holds, float)
    if len(outcome) < 2 or outcome.min() == outcome.max():
        return []
    drawn = [pd.factorize(specifications[unit])[0] for unit in units] or [np.arange(len(outcome))]
    codes = {name: binned(specifications[name]).codes for name in settings}
    varied = [name for name in settings if _joint([codes[name]]).max(initial=0) > 0]
    groups = {names: _joint([codes[name] for name in names]) for names in combinations(varied, size)}
    shares = {names: _adjusted(outcome[None], group)[0] for names, group in groups.items()}
    chance, found = _Chance(outcome, drawn), dict[Any, list[str]]()
    for names, share in sorted(shares.items(), key=lambda item: -item[1]):
        if share > 0 and chance.p_value(groups[names]) * len(groups) <= LEVEL:
            found.setdefault(round(share, 9) if size == 1 else names, []).extend(names)
    return [AND.join(dict.fromkeys(names)) for names in found.values()]


def shares_by(specifications: pd.DataFrame, holds: np.ndarray | pd.Series, deciding: str) -> pd.DataFrame:
    """Return the share of specifications in which a claim holds, and their number, by the value of what decides.

    Args:
        specifications: table of specifications.
        holds: whether the claim holds in each.
        deciding: a setting, or several as `decisive` names them; numbers are in thirds.
    """
    values = [binned(specifications[name]) for name in deciding.split(AND)]
    return pd.Series(np.asarray(holds, float)).groupby(values, observed=True).agg(["mean", "size"])


def binned(values: pd.Series) -> pd.Categorical:
    """Return a setting's values in words, in order; thirds of a setting with many numbers; NaN where it was not set."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric and values.nunique() > FEW_VALUES:
        thirds = pd.qcut(values, 3, duplicates="drop").array
        names = [f"{third.left:.3g} to {third.right:.3g}" for third in thirds.categories]
        return thirds.rename_categories(
            [f"up to {names[0].split()[-1]}", *names[1:-1], f"above {names[-1].split()[0]}"]
        )
    found = pd.Categorical(values)
    return found.rename_categories([f"{value:g}" if numeric else title(value) for value in found.categories])


def _joint(codes: Sequence[np.ndarray]) -> np.ndarray:
    """Return a number per combination of settings' values, -1 where one of the settings was not set."""
    every = np.array(codes, int)
    return np.where((every >= 0).all(0), np.unique(every, axis=1, return_inverse=True)[1], -1)


def _adjusted(outcomes: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the adjusted share of variance that groups explain, of each row of (permutations, specifications)."""
    known = codes >= 0
    outcomes, members = outcomes[:, known], np.eye(codes.max() + 1)[codes[known]]
    members = members[:, members.any(0)]
    count, groups = members.shape
    if groups < 2 or count <= groups:
        return np.zeros(len(outcomes))
    deviations = outcomes - outcomes.mean(1, keepdims=True)
    total = (deviations**2).sum(1)
    between = ((deviations @ members) ** 2 / members.sum(0)).sum(1)
    explained = np.divide(between, total, out=np.zeros_like(total), where=total > 0)
    return 1 - (1 - explained) * (count - 1) / (count - groups)


class _Chance:
    """Permutations of an outcome, which all settings share that are set in the same specifications."""

    def __init__(self, outcome: np.ndarray, drawn: Sequence[np.ndarray]) -> None:
        self.outcome, self.drawn = outcome, drawn
        self.made: dict[tuple[bytes, int | None], tuple[np.ndarray, np.ndarray]] = {}

    def p_value(self, codes: np.ndarray) -> float:
        """Return the share of permutations whose groups explain at least as much, the data themselves among them."""
        known = codes >= 0
        for place, unit in enumerate(self.drawn):
            of_unit = pd.Series(codes[known]).groupby(unit[known])
            if (of_unit.min() == of_unit.max()).all():  # a setting of whole units: each counts once
                return _beaten(*self._permuted(known, place), of_unit.first().to_numpy())
        together = self._together(known)
        if together.max() == len(together) - 1:  # settings of several units: no permutation tells them apart
            return 1.0
        return _beaten(*self._permuted(known, None), codes[known])

    def _together(self, known: np.ndarray) -> np.ndarray:
        return pd.MultiIndex.from_arrays([unit[known] for unit in self.drawn]).factorize()[0]

    def _permuted(self, known: np.ndarray, place: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Return outcomes and their permutations: means of units, or what is left of outcomes within all units."""
        key = known.tobytes(), place
        if key not in self.made:
            outcome, rng = pd.Series(self.outcome[known]), np.random.default_rng(0)
            if place is not None:
                means = outcome.groupby(self.drawn[place][known]).mean().to_numpy()
                self.made[key] = means, rng.permuted(np.tile(means, (PERMUTATIONS, 1)), axis=1)
            else:
                together = self._together(known)
                rest = (outcome - outcome.groupby(together).transform("mean")).to_numpy()
                shuffled = np.argsort(together + rng.random((PERMUTATIONS, len(rest))), axis=1)
                permuted = np.empty((PERMUTATIONS, len(rest)))
                permuted[:, np.argsort(together, kind="stable")] = rest[shuffled]
                self.made[key] = rest, permuted
        return self.made[key]


def _beaten(outcome: np.ndarray, permuted: np.ndarray, codes: np.ndarray) -> float:
    observed = _adjusted(outcome[None], codes)[0]
    return float((1 + (_adjusted(permuted, codes) >= observed - 1e-12).sum()) / (1 + PERMUTATIONS))
