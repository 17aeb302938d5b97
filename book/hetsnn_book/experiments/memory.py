"""Fig. 2: reward against memory length, networks whose neurons evolve beside networks whose weights evolve.

The paper-like setting is tau_m = 2 dt, input gain 1, no bias, the same number of evolved parameters on both sides, and
the reward as fitness. Settings that the paper leaves open are declared here and equal on both sides.
"""

from dataclasses import dataclass
from itertools import product

import jax
import pandas as pd

from hetsnn.networks.spiking import Architecture, State, bind, hidden_size
from hetsnn.sweeps.runs import Run, stack
from hetsnn.tasks.memory import LENGTHS, Memory
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import WIDTHS, Genome, Side, Widths
from hetsnn.training.method import Training
from hetsnn.training.policies import network

NAME, VERSION, SCORE, GENOMES = "memory", 1, "reward", True
CHAPTER = "memory"
SIDES: tuple[Side, ...] = ("neuron", "weight")
N_PARAMETERS = 256  # 4 properties of 64 neurons, or the weights of 51 neurons
GENERATIONS = {"smoke": 20, "quick": 60, "paper": 200}
READOUTS = {"leaky": 2.0, "memoryless": 1.0}  # time constant [dt]; the first equals the hidden neurons' tau_m
RISING_LENGTHS = (5, 10, 25, 50)  # lengths with the clock that the paper prints beside bsuite's


@dataclass(frozen=True)
class Setting:
    """Settings of one side that the paper leaves open; the defaults are the paper-like setting."""

    tau_m: float = 2.0  # initial value if neurons evolve, fixed value if weights evolve [dt]
    gain: float = 1.0
    bias: bool = False
    tau_readout: float = READOUTS["leaky"]  # [dt]
    margin_scale: float = 0.0  # 0: the fitness is the reward
    sigma: float = 0.3  # the same on both sides, from trials on seeds that are not reported
    learning_rate: float = 0.03

    def run(
        self,
        experiment: tuple[str, int],
        profile: str,
        evolved: Side,
        length: int,
        seed: int,
        *,
        rising_clock: bool = False,
        widths: Widths = WIDTHS,
    ) -> Run:
        """Return a run in this setting, for an experiment's name and version."""
        hidden = hidden_size(N_PARAMETERS, evolved, Memory.inputs + self.bias, Memory.outputs)
        return Run(
            *experiment,
            Training(
                task=Memory(length=length, margin_scale=self.margin_scale, rising_clock=rising_clock),
                architecture=Architecture(
                    hidden=hidden, bias=self.bias, gain=self.gain, tau_m=self.tau_m, tau_readout=self.tau_readout
                ),
                genome=Genome(evolved=evolved, widths=widths),
                method=Evolution(generations=GENERATIONS[profile], sigma=self.sigma, learning_rate=self.learning_rate),
                seed=seed,
            ),
        )


def genome_needed(run: Run) -> bool:
    """Return True for evolved neurons under bsuite's clock: their time constants and carriers are shown."""
    return run.training.genome.evolved == "neuron" and not run.training.task.rising_clock


def runs(profile: str) -> tuple[Run, ...]:
    """Return a run for each side, read-out, memory length, clock and seed."""
    # At smoke every experiment of the chapter has 16 runs a side, so all share one compiled program. At quick this one
    # has 48, as biology has, and the others have 16.
    lengths = {"smoke": (1, 2, 5), "quick": (1, 2, 5, 10, 25), "paper": LENGTHS}[profile]
    seeds = range({"smoke": 2, "quick": 3, "paper": 50}[profile])
    clocks = [(length, False) for length in lengths] + [
        (length, True) for length in lengths if length in RISING_LENGTHS
    ]
    return tuple(
        Setting(tau_readout=tau_readout).run((NAME, VERSION), profile, evolved, length, seed, rising_clock=rising)
        for evolved, tau_readout, (length, rising), seed in product(SIDES, READOUTS.values(), clocks, seeds)
    )


def record(runs: tuple[Run, ...], variables: dict) -> State:
    """Return the states of trained networks in an episode per cue, (runs, cues, time, hidden neurons).

    The longest episode sets the number of steps; the state of shorter ones is constant after their end.

    Args:
        runs: runs that differ in numbers only.
        variables: variables of their networks, as `experiments.learned` returns them.
    """
    horizon = max(run.training.task.steps for run in runs)

    def one(training: Training, variables: dict) -> State:
        return training.task.record(bind(network(training), variables), horizon)

    return jax.jit(jax.vmap(one))(stack([run.training for run in runs]), variables)


def readout_kind(tau_readout: pd.Series) -> pd.Series:
    """Return the kind of a read-out from its time constant in time steps."""
    return tau_readout.eq(READOUTS["memoryless"]).map({True: "memoryless", False: "leaky"})
