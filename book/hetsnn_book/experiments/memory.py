"""Fig. 2: reward against memory length, networks whose neurons evolve beside networks whose weights evolve.

The paper-like setting: tau_m = 2 dt, input gain 1, no bias, the same number of evolved parameters on both sides, the
reward's sign as fitness. What the paper leaves open is declared here and equal on both sides.
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
N_PARAMETERS = 256  # evolved: 4 properties of 64 neurons, or the weights of 51
GENERATIONS = {"smoke": 20, "quick": 100, "paper": 200}
READOUTS = {"leaky": 2.0, "memoryless": 1.0}  # time constant [dt]; the first equals the hidden neurons' tau_m
RISING_LENGTHS = (5, 10, 25, 50)  # where the clock that the paper prints is tried beside bsuite's


@dataclass(frozen=True)
class Setting:
    """What the paper leaves open, for one side of a contest; the defaults are the paper-like setting."""

    tau_m: float = 2.0  # initial where neurons evolve, fixed where weights do [dt]
    gain: float = 1.0
    bias: bool = False
    tau_readout: float = READOUTS["leaky"]  # [dt]
    margin_scale: float = 0.0  # 0: the reward's sign is the fitness
    sigma: float = 0.3  # shared by both sides, from trials on seeds that are not reported
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
        """One training in this setting, for an experiment's name and version."""
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


def runs(profile: str) -> tuple[Run, ...]:
    """Both sides, both read-outs, every length and seed of a profile; and the printed clock at a few lengths."""
    # At smoke every experiment of the chapter has 16 runs a side of 20 generations: one compiled program serves all.
    lengths = {"smoke": (1, 2, 5), "quick": (1, 2, 3, 5, 7, 10, 14, 25), "paper": LENGTHS}[profile]
    seeds = range({"smoke": 2, "quick": 10, "paper": 50}[profile])
    clocks = [(length, False) for length in lengths] + [
        (length, True) for length in lengths if length in RISING_LENGTHS
    ]
    return tuple(
        Setting(tau_readout=tau_readout).run((NAME, VERSION), profile, evolved, length, seed, rising_clock=rising)
        for evolved, tau_readout, (length, rising), seed in product(SIDES, READOUTS.values(), clocks, seeds)
    )


def record(runs: tuple[Run, ...], variables: dict) -> State:
    """What trained networks go through in an episode of each cue: states as (runs, cues, time, hidden neurons).

    Time goes on to the longest episode; shorter ones stay as they ended.

    Args:
        runs: runs that differ in numbers only.
        variables: of their networks, as `experiments.learned` gives them.
    """
    horizon = max(run.training.task.steps for run in runs)

    def one(training: Training, variables: dict) -> State:
        return training.task.record(bind(network(training), variables), horizon)

    return jax.jit(jax.vmap(one))(stack([run.training for run in runs]), variables)


def readout_kind(tau_readout: pd.Series) -> pd.Series:
    """The kind of a read-out, from its time constant in time steps."""
    return tau_readout.eq(READOUTS["memoryless"]).map({True: "memoryless", False: "leaky"})
