"""Fig. 3: evolved time constants beside drifting ones (a search without selection) and those of real neurons.

Networks evolve on the memory task at short to long lengths, in two settings. The leaky setting is that of Fig. 2 with
the paper's leaky read-out; it solves long lengths partly. The memoryless setting is the best bare one, without a bias
and with a memoryless read-out: only the hidden neurons' time constants can remember, and it solves every length. Fig.
2's own memoryless setting is not used, because at long lengths all its candidates tie and its search does not move.
"""

import dataclasses
from itertools import product
from typing import Literal

from hetsnn.sweeps.runs import Run
from hetsnn.training.genomes import WIDTHS
from hetsnn_book.experiments.memory import Setting
from hetsnn_book.experiments.memory_contest import WINNERS

NAME, VERSION, SCORE, GENOMES = "biology", 1, "reward", True
CHAPTER = "biology"
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
        "quick": (tuple(SETTINGS), COORDINATES[:1], (2, 10), 4),
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
