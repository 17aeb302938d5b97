"""What a neuron carries, beside its time constant: their mutual information in a trained network."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.feature_selection import mutual_info_regression

from hetsnn_book import experiments

SHUFFLES = 20  # of the neurons of a network, behind the information that chance gives


def information(x: ArrayLike, y: ArrayLike) -> float:
    """Return the mutual information of two numbers [bit], by the distances to the three nearest neighbours.

    Source: Kraskov, Stögbauer and Grassberger, Estimating mutual information, Physical Review E 69, 2004; the estimator
    is scikit-learn's.
    """
    found = mutual_info_regression(np.asarray(x, float)[:, None], np.asarray(y, float), n_neighbors=3, random_state=0)
    return float(found[0] / np.log(2))


def informed(frame: pd.DataFrame, tau_m: np.ndarray) -> pd.DataFrame:
    """Return the networks with `bits`, the information between log tau_m and what a neuron carries, and by chance.

    Args:
        frame: runs of the dissection.
        tau_m: time constants of their neurons, (rows of the frame, hidden neurons).

    Returns:
        The frame with `bits`, `bits_shuffled` (the mean after time constants are exchanged at random) and `carrying`,
        the share of the neurons that carries the task.
    """
    rng, rows = np.random.default_rng(0), []
    for own, carried in zip(np.log(tau_m), frame["curve_carried"], strict=True):
        chance = [information(rng.permutation(own), carried) for _ in range(SHUFFLES)]
        rows.append((information(own, carried), float(np.mean(chance))))
    bits, shuffled = zip(*rows, strict=True) if rows else ((), ())
    return frame.assign(bits=bits, bits_shuffled=shuffled, carrying=frame["carriers"] / frame["hidden"])


def networks(profile: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the dissection whose neurons evolved, as `informed` does."""
    found = [frame[:0].assign(bits=0.0, bits_shuffled=0.0, carrying=0.0)]
    for _, rows in frame[frame["evolved"] == "neuron"].groupby("contest", sort=False):
        _, variables = experiments.learned("dissection", profile, rows)
        found.append(informed(rows, np.asarray(variables["neuron"]["tau_m"])))
    return pd.concat(found[1:] or found, ignore_index=True)
