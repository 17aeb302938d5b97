"""Test whether the distribution suffices: networks start with time constants as spread as in real neurons, and evolve.

The sigmas are those of the lognormals fitted to the mouse and human cells; the median is that of the homogeneous
network. 0 is the homogeneous start; 1 is wider than the distribution of either species.
"""

import dataclasses
from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.biology import SETTINGS

NAME, VERSION, SCORE, GENOMES = "biology_starts", 1, "reward", False
CHAPTER = "drift"
SIGMAS = {"homogeneous": 0.0, "mouse": 0.27, "human": 0.33, "wide": 1.0}  # a test compares them with the fits
LENGTHS = (5, 25, 100)
FIRST_SEED = 600


def runs(profile: str) -> tuple[Run, ...]:
    """Return each start at each length and seed, in the settings of the comparison with biology.

    At smoke and quick there are as many runs as biology has in log coordinates, so both experiments share programs.
    """
    readouts, lengths, seeds = {
        "smoke": (("memoryless",), (5,), 3),
        "quick": (tuple(SETTINGS), (10,), 6),
        "paper": (tuple(SETTINGS), LENGTHS, 30),
    }[profile]
    starts = []
    for readout, length, seed, sigma in product(
        readouts, lengths, range(FIRST_SEED, FIRST_SEED + seeds), SIGMAS.values()
    ):
        run = SETTINGS[readout].run((NAME, VERSION), profile, "neuron", length, seed)
        starts.append(run.varied(architecture=dataclasses.replace(run.training.architecture, tau_sigma=sigma)))
    return tuple(starts)
