"""Claims of Fig. 1 and Eq. 2, which closed forms decide."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from hetsnn_book.claims.claim import Claim, Measured
from hetsnn_book.claims.criteria import Criterion
from hetsnn_book.claims.specifications import COLUMNS, estimate
from hetsnn_book.claims.verdicts import CONTRADICTS

MANY = 3.0  # different patterns
NEURONS, SEEDS = 32, 5
CURRENTS = (1.5, 2.0, 4.0)  # in units of the homogeneous neuron's threshold current
SPREADS = (0.3, 1.0)  # of a property: deviation of its logarithm, or of a potential in thresholds
VARIED = ("tau_m", "v_th", "v_rest", "r_m", "all four")
TAU_M = 10.0  # of the homogeneous neuron [dt]


def intervals(tau_m: np.ndarray, gap: np.ndarray, drive: np.ndarray) -> np.ndarray:
    """Return the steps between spikes under a constant current, inf for silent neurons.

    By Eq. 2 the distance from rest after k steps is drive (1 - (1 - dt / tau_m)^k); a spike starts it again.

    Args:
        tau_m: membrane time constants [dt].
        gap: threshold minus resting potential.
        drive: resistance times current.
    """
    share = np.where(gap < drive, gap / drive, np.nan)
    with np.errstate(divide="ignore"):
        steps = np.ceil(np.log1p(-share) / np.log1p(-1 / tau_m) - 1e-9)
    return np.where(gap <= 0, 1.0, np.where(np.isnan(steps), np.inf, np.maximum(steps, 1.0)))


def patterns(spreads: Sequence[float] = SPREADS) -> Measured:
    """Measure how many intervals between spikes there are among neurons under one constant current.

    Args:
        spreads: spreads of the property that varies.
    """
    rows = []
    for varied, current, spread in product(VARIED, CURRENTS, spreads):
        counts = []
        for seed in range(SEEDS):
            draws = dict(zip(VARIED[:4], spread * np.random.default_rng(seed).normal(size=(4, NEURONS)), strict=True))
            moved = {name: draw * (varied in (name, "all four")) for name, draw in draws.items()}
            tau_m = 1 + (TAU_M - 1) * np.exp(moved["tau_m"])
            found = intervals(tau_m, 1 + moved["v_th"] - moved["v_rest"], current * np.exp(moved["r_m"]))
            counts.append(len(set(found)))
        rows.append((varied, current, spread, *estimate([counts], lambda mean: mean[..., 0])))
    return Measured(
        pd.DataFrame(rows, columns=["property", "current", "spread", *COLUMNS]),
        note="every pattern is regular: the neurons differ in the interval between spikes alone",
    )


def _nothing() -> Measured:
    return Measured(lacking="needs no training")


CLAIMS = (
    Claim(
        "Fig. 1",
        "One constant current makes heterogeneous neurons spike in many patterns.",
        (),
        Criterion(MANY, f"different patterns of {NEURONS} neurons"),
        patterns,
        shown="spiking_neurons",
    ),
    Claim(
        "Sec. 3.1, Eq. 2",
        "Four properties of a neuron are four things to evolve.",
        (),
        Criterion(0.0, ""),
        _nothing,
        shown="spiking_neurons",
        settled=(
            CONTRADICTS,
            "spikes depend on tau_m and on R / (v_th - v_rest) alone, where thresholds lie above resting potentials: "
            "two degrees of freedom, and 11 of the 15 subsets differ",
        ),
    ),
)
