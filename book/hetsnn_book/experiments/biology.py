"""Fig. 3: the time constants that evolution finds, beside those of a search without selection and of real neurons.

Memory at short to long lengths, in two settings. In the one of Fig. 2 with a leaky read-out, as the paper's networks
have, long lengths are partly solved; in the best bare one, without a bias and with a memoryless read-out, only
the hidden neurons' time constants can remember, and every length is solved. A search that never sees a difference
moves nothing: Fig. 2's memoryless read-out does not get beyond length 14.
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
Coordinates = Literal["log", "linear"]  # of tau_m
COORDINATES: tuple[Coordinates, ...] = ("log", "linear")
FIRST_SEED = 500


def runs(profile: str) -> tuple[Run, ...]:
    """Each setting, coordinate of tau_m, learning rate and length, evolved and drifting, seed by seed."""
    readouts, coordinates, lengths, seeds = {
        "smoke": (("leaky",), ("log",), (2, 5), 2),
        "quick": (("leaky", "memoryless"), COORDINATES, (2, 10), 4),
        "paper": (tuple(SETTINGS), COORDINATES, LENGTHS, 20),
    }[profile]
    return tuple(
        one(profile, *choices)
        for choices in product(
            readouts, coordinates, LEARNING_RATES, lengths, range(FIRST_SEED, FIRST_SEED + seeds), (False, True)
        )
    )


def one(
    profile: str, readout: str, coordinates: Coordinates, rate: float, length: int, seed: int, shuffled: bool
) -> Run:
    """A run. Linear coordinates have the initial tau_m as their width, so that both begin equally wide."""
    setting = dataclasses.replace(SETTINGS[readout], learning_rate=rate)
    widths = WIDTHS if coordinates == "log" else (setting.tau_m, *WIDTHS[1:])
    run = setting.run((NAME, VERSION), profile, "neuron", length, seed, widths=widths)
    return run.varied(
        genome=dataclasses.replace(run.training.genome, tau_coordinates=coordinates),
        method=dataclasses.replace(run.training.method, shuffled=shuffled),
    )
