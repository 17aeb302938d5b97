"""Fig. 3: evolved time constants beside drifting ones (a search without selection) and those of real neurons.

Networks evolve on the memory task at short to long lengths, in two settings. The leaky setting is that of Fig. 2 with
the paper's leaky read-out; it solves long lengths partly. The memoryless setting is the best bare one, without a bias
and with a memoryless read-out: only the hidden neurons' time constants can remember, and it solves every length. Fig.
2's own memoryless setting is not used, because beyond length 14 all its candidates tie and its search does not move.
"""

import dataclasses
from itertools import product
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.statistics import mean_interval, scale_free, scaled_distance, slope_interval
from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import WIDTHS, Genome, decode
from hetsnn_book.experiments.memory import Setting
from hetsnn_book.experiments.memory_contest import WINNERS
from hetsnn_book.measures.cell_types import MAIN, SPECIES, summary

NAME, VERSION, SCORE, GENOMES = "biology", 1, "reward", True
SETTINGS = {"leaky": Setting(), "memoryless": WINNERS["neuron", "bare"]}
LENGTHS = (2, 5, 10, 25, 50, 100)
LEARNING_RATES = (0.01, 0.03, 0.1)  # drift widens log tau_m by about rate x sqrt(generations)
Coordinates = Literal["log", "linear"]  # coordinates of tau_m
COORDINATES: tuple[Coordinates, ...] = ("log", "linear")
FIRST_SEED = 500


def runs(profile: str) -> tuple[Run, ...]:
    """Return each setting, coordinate of tau_m, learning rate, length and seed, evolved and drifting."""
    readouts, coordinates, lengths, seeds = {
        "smoke": (("leaky",), ("log",), (2, 5), 2),
        "quick": (("leaky", "memoryless"), COORDINATES, (2, 10), 4),
        "paper": (tuple(SETTINGS), COORDINATES, LENGTHS, 20),
    }[profile]
    return tuple(
        biology_run(profile, *choices)
        for choices in product(
            readouts, coordinates, LEARNING_RATES, lengths, range(FIRST_SEED, FIRST_SEED + seeds), (False, True)
        )
    )


def biology_run(
    profile: str, readout: str, coordinates: Coordinates, rate: float, length: int, seed: int, shuffled: bool
) -> Run:
    """Return a run; linear coordinates have the initial tau_m as their width, so that both start equally wide."""
    setting = dataclasses.replace(SETTINGS[readout], learning_rate=rate)
    widths = WIDTHS if coordinates == "log" else (setting.tau_m, *WIDTHS[1:])
    run = setting.run((NAME, VERSION), profile, "neuron", length, seed, widths=widths)
    return run.varied(
        genome=dataclasses.replace(run.training.genome, tau_coordinates=coordinates),
        method=dataclasses.replace(run.training.method, shuffled=shuffled),
    )


def time_constants(frame: pd.DataFrame) -> np.ndarray:
    """Return tau_m of heterogeneous neurons after evolution, (rows of the frame, hidden neurons) [dt]."""
    tau = np.empty((len(frame), len(frame["genome"].iloc[0]) // len(PROPERTIES)))

    def one(genome: Genome, coordinates: jax.Array, initial: jax.Array) -> jax.Array:
        neurons = dict.fromkeys(PROPERTIES, jnp.zeros(tau.shape[1])) | {"tau_m": jnp.full(tau.shape[1], initial)}
        return decode(genome, coordinates, {"neuron": neurons})["neuron"]["tau_m"]

    for coordinates, rows in frame.groupby("tau_coordinates").indices.items():
        group = frame.iloc[rows]
        names = ("widths", "tau_max", "r_min", "genome", "tau_m")
        widths, tau_max, r_min, *numbers = (np.array(group[name].to_list(), np.float32) for name in names)
        genome = Genome(tau_coordinates=coordinates, widths=tuple(widths.T), tau_max=tau_max, r_min=r_min)
        tau[rows] = jax.jit(jax.vmap(one))(genome, *numbers)
    return tau


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the networks whose candidates differed in fitness at least once, with statistics of their tau_m.

    Added columns: `readout`; `tau`, the time constants (hidden,) [dt]; `median`, divided by the initial one; `cv`,
    `skewness`, `log_sd` (`statistics.scale_free`); `from_mouse` and `from_human`, scale-free distances from the cells.
    """
    frame = frame[frame["flat_share"] < 1].reset_index(drop=True)
    frame["readout"] = np.where(frame["tau_readout"] == 1, "memoryless", "leaky")
    tau = time_constants(frame)
    frame = frame.assign(tau=list(tau), median=np.median(tau, -1) / frame["tau_m"], **scale_free(tau))
    cells = summary()["quantiles"]
    for species in SPECIES:
        quantiles = cells[species, MAIN]
        frame[f"from_{species}"] = [scaled_distance(values, quantiles) for values in tau]
    return frame


def selection(networks: pd.DataFrame) -> pd.DataFrame:
    """Return by species and setting how much closer to the cells evolved networks are than drifting ones."""
    rows = []
    for key, group in networks.groupby(["readout", "tau_coordinates", "learning_rate"]):
        evolved, drift = (group[group["shuffled"] == shuffled] for shuffled in (False, True))
        for species in SPECIES:
            name = f"from_{species}"
            rows.append(
                (*key, species, evolved[name].mean(), drift[name].mean(), *mean_interval(drift[name], evolved[name]))
            )
    columns = ["readout", "tau_coordinates", "learning_rate", "species", "evolved", "drift", "closer", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def trends(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the change of tau_m's median and spread per doubling of the memory length, in log coordinates.

    `slope`, with its interval, is in doublings of the median, or the change of log_sd; evolved and drifting.
    """
    rows = []
    for key, group in networks[networks["tau_coordinates"] == "log"].groupby(["readout", "learning_rate", "shuffled"]):
        for name, values in (("median", np.log2(group["median"])), ("log_sd", group["log_sd"])):
            rows.append((*key, name, *slope_interval(np.log2(group["length"]), values)))
    return pd.DataFrame(rows, columns=["readout", "learning_rate", "shuffled", "of", "slope", "low", "high"])
