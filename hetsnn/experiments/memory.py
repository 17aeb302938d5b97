"""Fig. 2: reward against memory length, networks whose neurons evolve beside networks whose weights evolve.

The paper-like setting: tau_m = 2 dt, input gain 1, no bias, the same number of evolved parameters on both sides,
the reward's sign as fitness. What the paper leaves open is declared here and equal on both sides.
"""

from itertools import product

from hetsnn.evolution import Evolution
from hetsnn.genomes import Genome, Side
from hetsnn.networks import Architecture, hidden_size
from hetsnn.runs import Run
from hetsnn.tasks.memory import LENGTHS, Memory

SIDES: tuple[Side, ...] = ("neuron", "weight")
NAME, PROTOCOL = "memory", 1
N_PARAMETERS = 256  # evolved: 4 properties of 64 neurons, or the weights of 51
READOUTS = {"leaky": 2.0, "memoryless": 1.0}  # time constant [dt]; the first equals the hidden neurons' tau_m
SIGMA, LEARNING_RATE = 0.3, 0.03  # shared by both sides, from the search on seeds that are not reported
RISING_LENGTHS = (5, 10, 25, 50)  # where the clock that the paper prints is tried beside bsuite's


def runs(profile: str) -> tuple[Run, ...]:
    """Both sides, both read-outs, every length and seed of a profile; and the printed clock at a few lengths."""
    lengths = {"smoke": (1, 5), "quick": (1, 2, 3, 5, 7, 10, 14, 25), "paper": LENGTHS}[profile]
    seeds = {"smoke": 2, "quick": 10, "paper": 50}[profile]
    method = Evolution(
        sigma=SIGMA, learning_rate=LEARNING_RATE, generations={"smoke": 20, "quick": 100, "paper": 200}[profile]
    )
    described = [
        *product(SIDES, READOUTS.values(), lengths, (False,), range(seeds)),
        *product(SIDES, READOUTS.values(), sorted({*RISING_LENGTHS} & {*lengths}), (True,), range(seeds)),
    ]
    return tuple(
        Run(
            NAME,
            PROTOCOL,
            task=Memory(length=length, rising_clock=rising),
            architecture=Architecture(
                hidden=hidden_size(N_PARAMETERS, evolved, Memory.inputs, Memory.outputs), tau_readout=tau_readout
            ),
            genome=Genome(evolved=evolved),
            method=method,
            seed=seed,
        )
        for evolved, tau_readout, length, rising, seed in described
    )
