"""Seeds as units: tables with a row per seed, and slopes over what all seeds share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import ArrayLike

from hetsnn.errors import InputError


def by_seed(frame: pd.DataFrame, cells: Sequence[str], value: str = "reward") -> pd.DataFrame:
    """Return a row per seed and a column per cell, of the seeds that have all cells."""
    means = frame.groupby(["seed", *cells])[value].mean()
    return means.dropna().unstack(list(cells)).dropna()  # noqa: PD010  # a pivot table takes several times as long


def per_doubling(values: ArrayLike) -> Float[np.ndarray, " values"]:
    """Return weights of means at some lengths or sizes whose sum is the least-squares slope per doubling.

    Raises:
        InputError: there are fewer than two different values.
    """
    doublings = np.log2(np.asarray(values, float))
    if len(np.unique(doublings)) < 2:
        raise InputError(f"values of a slope must be at least two different ones, got {len(np.unique(doublings))}")
    along = doublings - doublings.mean()
    return along / (along**2).sum()
