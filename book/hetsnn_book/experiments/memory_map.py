"""Map of Fig. 2's contrast between the sides over tau_m, gain, bias and read-out."""

from itertools import product

from hetsnn.sweeps.runs import Run
from hetsnn_book.experiments.memory import SIDES, Setting

NAME, VERSION, SCORE, GENOMES = "memory_map", 1, "reward", False
CHAPTER = "memory_contest"
TIME_CONSTANTS = (2.0, 4.0, 8.0, 16.0, 32.0)  # fixed where weights evolve, initial where neurons do [dt]
GAINS = (1.0, 3.0, 9.0)
LENGTHS = (10, 25, 50)
FIRST_SEED = 200


def runs(profile: str) -> tuple[Run, ...]:
    """Return the grid; a leaky read-out is as slow as the hidden neurons."""
    taus, gains, biases, lengths, seeds = {
        "smoke": ((2.0, 8.0), (1.0,), (False,), (5,), 4),
        "quick": ((2.0, 16.0), (1.0, 9.0), (False,), (10,), 2),
        "paper": (TIME_CONSTANTS, GAINS, (False, True), LENGTHS, 5),
    }[profile]
    return tuple(
        Setting(tau_m=tau, gain=gain, bias=bias, tau_readout=tau if leaky else 1.0).run(
            (NAME, VERSION), profile, evolved, length, seed
        )
        for evolved, tau, gain, bias, leaky, length, seed in product(
            SIDES, taus, gains, biases, (True, False), lengths, range(FIRST_SEED, FIRST_SEED + seeds)
        )
    )
