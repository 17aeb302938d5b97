"""Claims of Fig. 3: time constants of networks and of real neurons.

Specifications are the read-out (with the initial time constants that go with it), the coordinates of tau_m, the
learning rate, the length, and, where the paper names none, the measure. Twenty seeds give each its interval; slopes
over lengths resample seeds, since lengths share them. Nothing here was tuned for the distribution, so there is no tuned
best. Networks whose candidates never differed in fitness are left out.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from hetsnn.statistics import FAMILIES, ks_distance, maximum_likelihood
from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import Effect, estimate, table
from hetsnn_book.measures import time_constants
from hetsnn_book.measures.cell_types import SPECIES
from hetsnn_book.measures.seeds import by_seed, per_doubling

SETTINGS = {"readout": "read-out", "tau_coordinates": "coordinates", "learning_rate": "learning rate"}
LONG_TAIL = 0.3  # skewness; a lognormal as wide as the mouse's cells has 0.86, a normal distribution 0
SAMPLES = 999  # draws behind the largest distance that a fit may have
LEVEL = 0.05


def _of_networks(measure: Callable[[pd.DataFrame], Measured]) -> Callable[[pd.DataFrame], Measured]:
    def measured(frame: pd.DataFrame) -> Measured:
        networks = time_constants.measured(frame)
        wanted = {False, True}
        if set(networks["shuffled"]) != wanted:
            return Measured(lacking="waits for evolved and drifting networks")
        return measure(networks)

    return measured


def largest_distance(tau: np.ndarray, family: str) -> float:
    """Return the Kolmogorov-Smirnov distance that 5 % of samples exceed which were drawn from a fit and fitted again.

    Args:
        tau: time constants, (networks, neurons), of one setting; samples have the median of their fitted shapes.
        family: name of the distribution.
    """
    shape = np.median(maximum_likelihood(tau, family)[0])
    drawn = FAMILIES[family].rvs(shape, size=(SAMPLES, tau.shape[1]), random_state=np.random.default_rng(0))
    return float(np.quantile(ks_distance(drawn, family, *maximum_likelihood(drawn, family)), 1 - LEVEL))


def _tailed(group: pd.DataFrame) -> Effect:
    """Return the share of networks with a long tail that neither fit rejects."""
    tau = np.stack(group["tau"].to_list())
    fits = [
        ks_distance(tau, family, *maximum_likelihood(tau, family)) <= largest_distance(tau, family)
        for family in FAMILIES
    ]
    good = np.logical_and.reduce([(group["skewness"] > LONG_TAIL).to_numpy(), *fits])
    return estimate([good], lambda mean: mean[..., 0])


def _long_tail(networks: pd.DataFrame) -> Measured:
    evolved = networks[~networks["shuffled"]]
    return Measured(table(evolved, SETTINGS | {"length": "length"}, _tailed))


def _closer(group: pd.DataFrame) -> Effect | None:
    """Return by how much closer to the cells evolved networks are than drifting ones, as a share of the latter."""
    evolved, drift = (group[group["shuffled"] == shuffled]["distance"] for shuffled in (False, True))
    if evolved.empty or drift.empty:
        return None
    return estimate([drift, evolved], lambda far, near: ((far - near) / far)[..., 0])


def _like_real_neurons(networks: pd.DataFrame) -> Measured:
    both = pd.concat([networks.assign(species=name, distance=networks[f"from_{name}"]) for name in SPECIES])
    return Measured(table(both, SETTINGS | {"length": "length", "species": "species"}, _closer))


def _slope(group: pd.DataFrame) -> Effect | None:
    """Return the change per doubling of the memory length."""
    values = by_seed(group, ["length"], "value")
    if values.shape[1] < 2:
        return None
    return estimate([values], lambda means: means @ per_doubling(values.columns))


def _slopes(measures: Sequence[tuple[str, Callable[[pd.DataFrame], pd.Series]]]) -> Callable[[pd.DataFrame], Measured]:
    def measure(networks: pd.DataFrame) -> Measured:
        evolved = networks[~networks["shuffled"]]
        every = pd.concat([evolved.assign(measure=name, value=values(evolved)) for name, values in measures])
        return Measured(table(every, SETTINGS | {"measure": "measure"}, _slope))

    return measure


def _log_mean(networks: pd.DataFrame) -> pd.Series:
    return networks["tau"].map(lambda tau: np.log2(np.mean(tau))) - np.log2(networks["tau_m"])


LONGER = (("median", lambda networks: np.log2(networks["median"])), ("mean", _log_mean))
WIDER = (("log deviation", lambda networks: networks["log_sd"]), ("variation", lambda networks: networks["cv"]))
CLAIMS = (
    Claim(
        "Fig. 3, Tab. S3, Sec. 4.4",
        "Evolved time constants have a long tail, which a lognormal and a gamma distribution fit.",
        ("biology",),
        Criterion(0.5, "of the networks"),  # most of them
        _of_networks(_long_tail),
    ),
    Claim(
        "Fig. 3, Sec. 4.4",
        "Evolved time constants are distributed much like those of real neurons, and more so than drifting ones.",
        ("biology",),
        Criterion(0.1, "of the distance from the cells that drift leaves"),
        _of_networks(_like_real_neurons),
        shown="drift",
    ),
    Claim(
        "Fig. 3, Sec. 4.4",
        "A longer memory lengthens the time constants.",
        ("biology",),
        Criterion(0.02, "doublings per doubling of the length"),
        _of_networks(_slopes(LONGER)),
    ),
    Claim(
        "Fig. 3, Sec. 4.4",
        "For short memories the time constants are more concentrated.",
        ("biology",),
        Criterion(0.01, "of spread per doubling of the length"),
        _of_networks(_slopes(WIDER)),
    ),
)
