"""Time constants that networks evolved: beside those of cells, with and without selection, by memory length."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.statistics import joint_interval, scale_free, scaled_distance
from hetsnn.training.genomes import Genome, decode
from hetsnn_book.measures.cell_types import MAIN, SPECIES, summary
from hetsnn_book.measures.seeds import by_seed, per_doubling

NEAR = 1e-4  # relative distance from a bound within which a time constant lies on it
CUT = 0.1  # share of the neurons on a bound from which on a distribution counts as cut


def learned(frame: pd.DataFrame) -> np.ndarray:
    """Return the evolved time constants of each run's network, (rows of the frame, hidden neurons) [dt]."""
    found = np.empty((len(frame), len(frame["genome"].iloc[0]) // len(PROPERTIES)))

    def one(genome: Genome, coordinates: jax.Array, initial: jax.Array) -> jax.Array:
        neurons = dict.fromkeys(PROPERTIES, jnp.zeros(found.shape[1])) | {"tau_m": jnp.full(found.shape[1], initial)}
        return decode(genome, coordinates, {"neuron": neurons})["neuron"]["tau_m"]

    for coordinates, rows in frame.groupby("tau_coordinates").indices.items():
        some = frame.iloc[rows]
        names = ("widths", "tau_max", "r_min", "genome", "tau_m")
        widths, tau_max, r_min, *numbers = (np.array(some[name].to_list(), np.float32) for name in names)
        genome = Genome(tau_coordinates=coordinates, widths=tuple(widths.T), tau_max=tau_max, r_min=r_min)
        found[rows] = jax.jit(jax.vmap(one))(genome, *numbers)
    return found


def on_bounds(tau: np.ndarray, highest: np.ndarray | float) -> np.ndarray:
    """Return the share of each network's time constants (networks, neurons) that lie on a bound, 1 dt or the highest.

    A bound cuts the distribution, so a fit to many such neurons means nothing.
    """
    highest = np.broadcast_to(highest, len(tau))[:, None]
    return np.mean((tau <= 1 + NEAR) | (tau >= highest * (1 - NEAR)), axis=-1)


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the networks whose candidates differed in fitness at least once, with statistics of their tau_m.

    Added columns: `readout`; `tau`, the time constants (hidden,) [dt]; `median`, divided by the initial one; `cv`,
    `skewness`, `log_sd` (`statistics.scale_free`); `from_mouse` and `from_human`, scale-free distances from the cells.
    """
    frame = frame[frame["flat_share"] < 1].reset_index(drop=True)
    frame["readout"] = np.where(frame["tau_readout"] == 1, "memoryless", "leaky")
    tau = learned(frame)
    frame = frame.assign(tau=list(tau), median=np.median(tau, -1) / frame["tau_m"], **scale_free(tau))
    cells = summary()["quantiles"]
    for species in SPECIES:
        frame[f"from_{species}"] = scaled_distance(tau, cells[species, MAIN])
    return frame


def selection(networks: pd.DataFrame) -> pd.DataFrame:
    """Return by species and setting how much closer to the cells evolved networks are than drifting ones.

    Distances are means over lengths. `closer` is their difference, `share` the difference as a share of drift's
    distance; both with their intervals.
    """
    rows = []
    for key, group in networks.groupby(["readout", "tau_coordinates", "learning_rate"]):
        for species in SPECIES:
            sides = (group[group["shuffled"] == shuffled] for shuffled in (True, False))
            drift, evolved = (by_seed(side, ["length"], f"from_{species}") for side in sides)
            closer = joint_interval([drift, evolved], lambda far, near: far.mean(-1) - near.mean(-1))
            share = joint_interval([drift, evolved], lambda far, near: 1 - near.mean(-1) / far.mean(-1))
            rows.append((*key, species, evolved.mean().mean(), drift.mean().mean(), *closer, *share))
    columns = ["readout", "tau_coordinates", "learning_rate", "species", "evolved", "drift", "closer", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "share", "share_low", "share_high"])


def trends(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the change of tau_m's median and spread per doubling of the memory length, in log coordinates.

    `slope`, with its interval, is in doublings of the median, or the change of log_sd; evolved and drifting.
    """
    rows = []
    networks = networks[networks["tau_coordinates"] == "log"].assign(doublings=lambda of: np.log2(of["median"]))
    for key, group in networks.groupby(["readout", "learning_rate", "shuffled"]):
        for name, of in (("median", "doublings"), ("log_sd", "log_sd")):
            values = by_seed(group, ["length"], of)
            weights = per_doubling(values.columns)
            rows.append((*key, name, *joint_interval([values], lambda means, weights=weights: means @ weights)))
    return pd.DataFrame(rows, columns=["readout", "learning_rate", "shuffled", "of", "slope", "low", "high"])
