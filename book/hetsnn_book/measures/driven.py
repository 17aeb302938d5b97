"""Spikes of a policy's network under random observations, without the environment."""

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

STEPS, CORRELATION = 200, 0.9  # of the observations, from one to the next


@jax.jit
def spikes(fixed: Fixed, coordinates: Float[Array, " dimensions"]) -> Float[Array, "time hidden"]:
    """Spikes of the network that coordinates stand for.

    Observations are a normal process of unit variance, as normalised ones are.
    """
    training = fixed.training
    noise = jax.random.normal(jax.random.key(0), (STEPS, training.task.inputs))

    def follow(before: Array, fresh: Array) -> tuple[Array, Array]:
        now = CORRELATION * before + jnp.sqrt(1.0 - CORRELATION**2) * fresh
        return now, now

    seen = jax.lax.scan(follow, noise[0], noise)[1]
    # Without a leak in the read-out the trace is the spikes.
    counting = replace(training, architecture=replace(training.architecture, tau_readout=1.0))
    policy = bind(network(counting), decode(training.genome, coordinates, fixed.drawn))

    def step(state: State, observation: Array) -> tuple[State, Array]:
        state = policy.step(state, observation)
        return state, state.trace

    return jax.lax.scan(step, policy.initial, seen)[1]


def before_and_after(runs: tuple[Run, ...], genomes: Float[np.ndarray, "runs dimensions"]) -> tuple[float, float]:
    """Share of neurons that spike in a step, of the networks that evolution starts from and of those that it leaves."""
    fixed = jax.jit(jax.vmap(lambda training: fix(training, training.key)[0]))(stack([run.training for run in runs]))
    shares = [jax.vmap(spikes)(fixed, at).mean() for at in (np.zeros_like(genomes), genomes)]
    return float(shares[0]), float(shares[1])
