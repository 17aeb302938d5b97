"""A fair contest: the winners of the search, each side in its own best setting, on fresh seeds at every length.

Besides the best setting of all there is the best without a bias and with a memoryless read-out, where a network has no
constant drive, and no memory but that of its hidden neurons.
"""

from itertools import product

from hetsnn.experiments.memory import SIDES, Setting
from hetsnn.experiments.memory_search import KINDS
from hetsnn.runs import Run
from hetsnn.tasks.memory import LENGTHS

NAME, PROTOCOL, SCORE, GENOMES = "memory_contest", 1, "reward", True
FIRST_SEED = 300
BARE_LENGTHS = (5, 10, 25, 50, 100)  # of the settings without a bias

# Chosen by memory_search; a test compares them with its published results.
WINNERS = {
    ("neuron", "best"): Setting(tau_m=3.5, gain=3.0, bias=True, tau_readout=1.0, sigma=0.15, learning_rate=0.071),
    ("weight", "best"): Setting(
        tau_m=1.3, gain=2.2, bias=True, tau_readout=1.0, margin_scale=1.0, sigma=0.041, learning_rate=0.052
    ),
    ("neuron", "no bias"): Setting(
        tau_m=11.0, gain=2.3, tau_readout=1.0, margin_scale=1.0, sigma=0.2, learning_rate=0.19
    ),
    ("weight", "no bias"): Setting(tau_m=1.4, gain=1.4, tau_readout=1.0, sigma=0.11, learning_rate=0.047),
}


def runs(profile: str) -> tuple[Run, ...]:
    """Each winner at each length and seed."""
    lengths = {"smoke": (5,), "quick": (5, 25), "paper": LENGTHS}[profile]
    seeds = range(FIRST_SEED, FIRST_SEED + {"smoke": 16, "quick": 8, "paper": 50}[profile])
    kinds = KINDS[1:] if profile == "smoke" else KINDS
    return tuple(
        WINNERS[evolved, kind].run((NAME, PROTOCOL), profile, evolved, length, seed)
        for evolved, kind, length, seed in product(SIDES, kinds, lengths, seeds)
        if kind == "best" or length in BARE_LENGTHS
    )
