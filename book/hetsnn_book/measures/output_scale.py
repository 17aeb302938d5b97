"""How far a search can move a network's output: frozen weights cap it at their scale, evolved weights outgrow it."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import struct
from jaxtyping import Array

import hetsnn
from hetsnn.networks.spiking import Policy
from hetsnn.tasks.task import Score, Task
from hetsnn.training.genomes import Side
from hetsnn.training.method import Training
from hetsnn.training.policies import fix

SIDES: tuple[Side, ...] = ("neuron", "weight")
METHOD = hetsnn.Evolution(population=64, generations=150, sigma=0.3, learning_rate=0.1)


@struct.dataclass
class Outwards(Task):
    """Make the output as large as possible, under constant input."""

    inputs = 1
    outputs = 1
    steps = 10

    def fitness(self, policy: Policy, key: Array) -> Score:
        """Return the output after the last step."""
        last = jax.lax.fori_loop(0, self.steps, lambda _, state: policy.step(state, jnp.ones(1)), policy.initial)
        return Score(policy.readout(last)[0], jnp.asarray(self.steps))

    def evaluate(self, policy: Policy, key: Array) -> dict[str, Array]:
        """Return the output after the last step."""
        return {"output": self.fitness(policy, key).fitness}


def reached(scales: Sequence[float], seed: int = 0) -> pd.DataFrame:
    """Return the outputs of populations along trainings of both sides, for several output scales.

    Columns: evolved, scale, generation, output (mean of the population), and its cap if the weights are frozen:
    every neuron with a positive weight fires at every step, and no other neuron does.
    """
    key, rows = jax.random.key(seed), []
    for side in SIDES:
        genome = hetsnn.Genome(evolved=side)

        def train(scale: Array, genome: hetsnn.Genome = genome) -> Array:
            network = hetsnn.Architecture(gain=3.0, readout_scale=scale)
            return hetsnn.train(Outwards(), METHOD, network, genome, key=key).curve["mean"]

        curves = np.asarray(jax.vmap(train)(jnp.asarray(scales)))
        generations = np.arange(curves.shape[1]) * -(-METHOD.generations // curves.shape[1])
        for scale, curve in zip(scales, curves, strict=True):
            of = {"evolved": side, "scale": scale, "cap": cap(scale, key) if side == "neuron" else np.nan}
            rows.append(pd.DataFrame({"generation": generations, "output": curve}).assign(**of))
    return pd.concat(rows, ignore_index=True)


def cap(scale: float, key: Array) -> float:
    """Return the largest output that frozen weights allow: the sum of the positive ones, times the scale."""
    training = Training(Outwards(), hetsnn.Architecture(), hetsnn.Genome(), METHOD)
    weights = fix(training, key)[0].drawn["synapse"]["output"]
    return float(scale * jnp.maximum(weights, 0).sum())
