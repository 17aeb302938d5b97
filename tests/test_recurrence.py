"""Recurrent networks against a float64 loop, and the weights among neurons, which no search moves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, SpikingNetwork, bind, draw
from hetsnn.training.genomes import Genome, decode, start

HIDDEN, INPUTS, STEPS = 12, 3, 40
RECURRENT = Architecture(hidden=HIDDEN, tau_m=3.0, gain=4.0, recurrent=True, recurrent_gain=1.5)
NETWORK = SpikingNetwork(RECURRENT, INPUTS, 2)


def loop(variables: dict, observations: np.ndarray) -> tuple[np.ndarray, int]:
    """Read-outs of Eq. 2 with last step's spikes as input, and the number of spikes, in float64."""
    into, out, among = (
        np.asarray(variables[collection][name], np.float64)
        for collection, name in (("synapse", "input"), ("synapse", "output"), ("recurrence", "hidden"))
    )
    voltage, trace, spikes, total, found = np.zeros(HIDDEN), np.zeros(HIDDEN), np.zeros(HIDDEN), 0, []
    for seen in observations:
        voltage = voltage + (4.0 * seen @ into + 1.5 * spikes @ among - voltage) / 3.0
        spikes = (voltage >= 1.0).astype(float)
        voltage, trace = np.where(spikes > 0, 0.0, voltage), (trace + spikes) / 2.0
        total += int(spikes.sum())
        found.append(trace @ out)
    return np.array(found), total


def test_neurons_hear_each_others_last_spikes() -> None:
    variables = draw(NETWORK, jax.random.key(0))
    observations = np.random.default_rng(0).normal(size=(STEPS, INPUTS))
    expected, spikes = loop(variables, observations)
    assert spikes > STEPS
    policy = bind(NETWORK, variables)
    for step in (policy.step, policy.deferred):
        state, found = policy.initial, []
        for seen in jnp.asarray(observations, jnp.float32):
            state = step(state, seen)
            found.append(policy.readout(state))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_constant_observation_is_simulated() -> None:
    policy = bind(NETWORK, variables := draw(NETWORK, jax.random.key(1)))
    seen = np.random.default_rng(1).normal(size=(1, INPUTS))
    expected, spikes = loop(variables, np.repeat(seen, 20, axis=0))
    constant = jnp.asarray(seen, jnp.float32)
    np.testing.assert_allclose(policy.respond(constant, 20)[0], expected[-1], atol=1e-5)
    assert policy.spikes(constant, 20).sum() == spikes


def test_weights_among_neurons_never_evolve_and_leave_the_others_as_drawn() -> None:
    variables = draw(NETWORK, jax.random.key(0))
    feedforward = draw(SpikingNetwork(Architecture(hidden=HIDDEN), INPUTS, 2), jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, variables["synapse"], feedforward["synapse"])
    genome = Genome(evolved="both")
    x = start(genome, variables)
    assert x.size == HIDDEN * (4 + INPUTS + 2)
    assert decode(genome, x + 1.0, variables)["recurrence"] is variables["recurrence"]


def test_a_recurrent_gain_needs_recurrent_weights() -> None:
    with pytest.raises(InputError, match=r"recurrent_gain must be 1\.0 without recurrent weights, got 2\.0"):
        Architecture(recurrent_gain=2.0).check()
