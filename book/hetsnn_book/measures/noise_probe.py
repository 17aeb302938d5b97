"""Noise probe: spikes of a network under random observations, without its environment."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hetsnn.networks.spiking import State, bind
from hetsnn.sweeps.runs import Run, stack
from hetsnn.training.genomes import decode
from hetsnn.training.method import Fixed
from hetsnn.training.policies import fix, network

STEPS, CORRELATION = 200, 0.9  # number of observations, correlation of consecutive ones


@jax.jit
def spikes(fixed: Fixed, coordinates: Float[Array, " dimensions"]) -> Float[Array, "time hidden"]:
    """Return the spikes of the network at some coordinates under a normal process of unit variance.

    Normalised observations have unit variance, too.
    """
    training = fixed.training
    noise = jax.random.normal(jax.random.key(0), (STEPS, training.task.inputs))

    def autoregress(before: Array, fresh: Array) -> tuple[Array, Array]:
        now = CORRELATION * before + jnp.sqrt(1.0 - CORRELATION**2) * fresh
        return now, now

    observations = jax.lax.scan(autoregress, noise[0], noise)[1]
    # The trace of a memoryless read-out equals the spikes.
    memoryless = replace(training, architecture=replace(training.architecture, tau_readout=1.0))
    policy = bind(network(memoryless), decode(training.genome, coordinates, fixed.drawn))

    def step(state: State, observation: Array) -> tuple[State, Array]:
        state = policy.step(state, observation)
        return state, state.trace

    return jax.lax.scan(step, policy.initial, observations)[1]


def before_and_after(runs: tuple[Run, ...], genomes: Float[np.ndarray, "runs dimensions"]) -> tuple[float, float]:
    """Return the share of neurons that spike in a step, before and after evolution."""
    fixed = jax.jit(jax.vmap(lambda training: fix(training, training.key)[0]))(stack([run.training for run in runs]))
    shares = [jax.vmap(spikes)(fixed, at).mean() for at in (np.zeros_like(genomes), genomes)]
    return float(shares[0]), float(shares[1])
