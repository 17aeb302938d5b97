"""Neurons that carry a trained network, by their time constants: the share in each tenth, and its information."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import entropy

from hetsnn.statistics import mean_interval
from hetsnn_book import experiments

PARTS = 10  # of a network's neurons, in order of their time constants; equal ones are in their own order
CARRYING = [f"carrying_{part}" for part in range(1, PARTS + 1)]


def placed(frame: pd.DataFrame, tau_m: np.ndarray) -> pd.DataFrame:
    """Return networks with the shares of their neurons that carry.

    Args:
        frame: runs of the dissection.
        tau_m: time constants of their neurons, (rows of the frame, hidden neurons).

    Returns:
        The frame with `carrying`, the share of the neurons that is enough for the task, and `CARRYING`: the share of
        each tenth, from the shortest time constants to the longest, that carries more than its network's mean size.
    """
    carried = np.stack(frame["curve_carried"].to_list())
    above = carried > np.abs(carried).mean(1, keepdims=True)
    ordered = np.take_along_axis(above, np.argsort(tau_m, axis=1, kind="stable"), 1)
    shares = np.stack([part.mean(1) for part in np.array_split(ordered, PARTS, axis=1)], axis=1)
    carrying = frame["carriers"] / frame["hidden"]
    return frame.assign(carrying=carrying, **dict(zip(CARRYING, shares.T, strict=True)))


def told(shares: ArrayLike, count: int) -> np.ndarray:
    """Return how much of the uncertainty about whether a neuron carries is gone once its tenth is known.

    That is I / H: the mutual information of a neuron's tenth and whether it carries, over the entropy of whether it
    carries. Sources: Theil, On the estimation of relationships involving qualitative variables, 1970; the bias of I,
    (tenths - 1) / (2 count ln 2) bits, is that of Miller, Note on the bias of information estimates, 1955.

    Args:
        shares: share of each tenth that carries, (..., PARTS).
        count: number of neurons behind all shares.
    """
    shares = np.clip(shares, 0.0, 1.0)  # means of a bootstrap may lie a little outside
    before = _entropy(shares.mean(-1))
    bits = before - _entropy(shares).mean(-1) - (PARTS - 1) / (2 * count * np.log(2))
    return np.divide(bits, before, out=np.zeros_like(before), where=before > 0)


def _entropy(share: ArrayLike) -> np.ndarray:
    """Return the entropy of a yes or no [bit]."""
    return np.asarray(entropy([share, 1.0 - np.asarray(share)], base=2))


def by_time_constant(neurons: pd.DataFrame) -> pd.DataFrame:
    """Return the share of neurons that carry by contest and tenth, with its interval over networks as `placed`."""
    rows = [
        (contest, part, *mean_interval(runs[name]))
        for contest, runs in neurons.groupby("contest", sort=False)
        for part, name in enumerate(CARRYING, 1)
    ]
    return pd.DataFrame(rows, columns=["contest", "part", "mean", "low", "high"])


def networks(profile: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the dissection whose neurons evolved, as `placed` does."""
    found = [frame[:0].assign(**dict.fromkeys(["carrying", *CARRYING], 0.0))]
    for _, rows in frame[frame["evolved"] == "neuron"].groupby("contest", sort=False):
        _, variables = experiments.learned("dissection", profile, rows)
        found.append(placed(rows, np.asarray(variables["neuron"]["tau_m"])))
    return pd.concat(found[1:] or found, ignore_index=True)
