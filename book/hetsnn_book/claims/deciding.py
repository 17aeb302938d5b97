"""The setting that decides: which one explains most of where a claim holds, and more than chance does."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

PERMUTATIONS = 1999
LEVEL = 0.05  # for all settings together
FEW_VALUES = 6  # a numeric setting with more values is cut into thirds


def decided_by(
    specifications: pd.DataFrame, holds: np.ndarray, settings: Sequence[str], unit: str | None = None
) -> str:
    """Return the setting that explains the largest share of variance of the outcome; "" if none beats chance.

    The share is eta squared, less the share that as many random groups would explain. Outcomes are permuted to see what
    chance explains; the p-value is corrected for the number of settings. Settings that explain equally much, because
    they only ever change together, are named together. Source: Fisher, Statistical Methods for Research Workers, 1925.

    Args:
        specifications: table of specifications.
        holds: whether the claim holds in each.
        settings: names of the columns that may decide.
        unit: name of a column; specifications with one value, such as a setting on several robots, were drawn
            together. Whole units are permuted for settings of a unit, specifications within units for the others.
    """
    outcome = np.asarray(holds, float)
    if len(outcome) < 2 or outcome.min() == outcome.max():
        return ""
    units = np.arange(len(outcome)) if unit is None else pd.factorize(specifications[unit])[0]
    groups = {name: codes for name in settings if (codes := _codes(specifications[name])).max(initial=0) > 0}
    shares = {
        name: _adjusted(outcome[None], codes)[0]
        for name, codes in groups.items()
        if _p_value(outcome, codes, units) * len(groups) <= LEVEL
    }
    most = max(shares.values(), default=0.0)
    return " and ".join(name for name, share in shares.items() if share > 0 and np.isclose(share, most))


def shares_by(specifications: pd.DataFrame, holds: np.ndarray, setting: str) -> pd.Series:
    """Return the share of specifications in which a claim holds, by the value of a setting or its third."""
    return pd.Series(np.asarray(holds, float)).groupby(binned(specifications[setting]), observed=True).mean()


def binned(values: pd.Series) -> pd.Categorical:
    """Return a setting's values as text, in order; thirds of a setting with many numbers; NaN where it was not set."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric and values.nunique() > FEW_VALUES:
        thirds = pd.qcut(values, 3, duplicates="drop").array
        names = [f"{third.left:.3g} to {third.right:.3g}" for third in thirds.categories]
        return thirds.rename_categories(
            [f"up to {names[0].split()[-1]}", *names[1:-1], f"above {names[-1].split()[0]}"]
        )
    found = pd.Categorical(values)
    return found.rename_categories([f"{value:g}" if numeric else str(value) for value in found.categories])


def _codes(values: pd.Series) -> np.ndarray:
    return np.asarray(binned(values).codes)


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


def _p_value(outcome: np.ndarray, codes: np.ndarray, units: np.ndarray) -> float:
    """Return the share of permutations whose groups explain at least as much, the data themselves among them."""
    rng, known = np.random.default_rng(0), codes >= 0
    outcome, codes, units = outcome[known], codes[known], units[known]
    frame = pd.DataFrame({"outcome": outcome, "code": codes}).groupby(units)
    if (frame["code"].min() == frame["code"].max()).all():  # a setting of whole units: each counts once
        outcome, codes = frame["outcome"].mean().to_numpy(), frame["code"].first().to_numpy()
        permuted = rng.permuted(np.tile(outcome, (PERMUTATIONS, 1)), axis=1)
    else:
        outcome = outcome - frame["outcome"].transform("mean").to_numpy()
        shuffled = np.argsort(units + rng.random((PERMUTATIONS, len(units))), axis=1)
        permuted = np.empty((PERMUTATIONS, len(units)))
        permuted[:, np.argsort(units, kind="stable")] = outcome[shuffled]
    observed = _adjusted(outcome[None], codes)[0]
    return float((1 + (_adjusted(permuted, codes) >= observed - 1e-12).sum()) / (1 + PERMUTATIONS))
