"""Actions and spikes of a network in its episodes, beside a plain loop of Eq. 2 in double precision."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

import hetsnn
from hetsnn.networks.spiking import Architecture, SpikingNetwork, bind, draw
from hetsnn.training.genomes import Genome, decode, start
from hetsnn.training.method import Training
from hetsnn.training.policies import fix, policy

STEPS, EPISODES, TAU = 12, 3, 1.5
NETWORK = Architecture(hidden=7, gain=6.0, tau_readout=TAU, readout_scale=4.0)


@struct.dataclass
class Drift(hetsnn.EnvironmentTask):
    """A point that drifts; an episode ends when it is far away."""

    inputs, outputs, steps, test_episodes = 2, 2, STEPS, EPISODES
    activity: bool = struct.field(pytree_node=False, default=True)

    def reset(self, key: jax.Array) -> tuple[Any, Any]:
        place = jax.random.normal(key, (2,))
        return place, place

    def step(self, state: Any, action: Any) -> tuple[Any, Any, Any, Any]:
        place = 1.1 * state + 0.3 * action
        return place, place, -jnp.abs(place).sum(), jnp.abs(place).max() > 2.0


def by_hand(weights: dict, starts: np.ndarray) -> dict[str, float]:
    """The activity, step by step and neuron by neuron."""
    moved, saturated, trains, fired, steps = [], [], [], np.zeros(7, bool), 0
    into, out = (np.asarray(weights[name], np.float64) for name in ("input", "output"))
    for origin in starts.astype(np.float64):
        place, voltage, trace = origin, np.zeros(7), np.zeros(7)
        for _ in range(STEPS):
            voltage = voltage + 0.5 * (6.0 * place @ into - voltage)
            spikes = voltage >= 1.0
            voltage[spikes], fired = 0.0, fired | spikes
            trace = trace + (spikes - trace) / TAU
            action = np.tanh(4.0 * trace @ out)
            moved.append(np.abs(action).mean())
            saturated.append((np.abs(action) > 0.9).mean())
            trains.append(trace.mean())
            steps, place = steps + 1, 1.1 * place + 0.3 * action
            if np.abs(place).max() > 2.0:
                break
    found = {"action": np.mean(moved), "saturated": np.mean(saturated), "rate": np.mean(trains)}
    return found | {"silent": 1.0 - fired.mean(), "steps": steps / EPISODES}


def test_activity_is_that_of_a_plain_loop() -> None:
    key = jax.random.key(4)
    network = SpikingNetwork(NETWORK, 2, 2)
    drawn = draw(network, jax.random.key(1))
    found = jax.jit(lambda: Drift().evaluate(bind(network, drawn), key))()
    starts = np.stack([jax.random.normal(each, (2,)) for each in jax.random.split(key, EPISODES)])
    expected = by_hand(drawn["synapse"], starts)
    assert 0 < expected["saturated"] < 1
    assert 0 < expected["silent"] < 1
    assert expected["steps"] < STEPS  # an episode has ended early
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, err_msg=name)


def test_activity_is_reported_where_it_is_asked_for() -> None:
    network = SpikingNetwork(NETWORK, 2, 2)
    found = Drift(activity=False).evaluate(bind(network, draw(network, jax.random.key(1))), jax.random.key(4))
    assert set(found) == {"reward", "reward_sd", "steps"}


@pytest.mark.parametrize("every_step", [True, False])
def test_a_scale_multiplies_every_read_out(every_step: bool) -> None:
    plain, scaled = (SpikingNetwork(dataclasses.replace(NETWORK, readout_scale=scale), 2, 2) for scale in (1.0, 3.0))
    drawn = draw(plain, jax.random.key(1))
    state = bind(plain, drawn).initial._replace(trace=jnp.linspace(0.0, 1.0, 7))
    once, thrice = (bind(of, drawn).readout(state, every_step=every_step) for of in (plain, scaled))
    np.testing.assert_allclose(thrice, 3.0 * once, rtol=1e-6)
    seen = jnp.ones((1, 2))
    once, thrice = (bind(of, drawn).respond(seen, 6) for of in (plain, scaled))
    assert np.any(once)
    np.testing.assert_allclose(thrice, 3.0 * once, rtol=1e-6)


def test_a_scale_evolves_alone() -> None:
    genome, drawn = Genome(evolved="scale"), draw(SpikingNetwork(NETWORK, 2, 2), jax.random.key(1))
    np.testing.assert_array_equal(start(genome, drawn), [0.0])
    moved = decode(genome, jnp.log(jnp.array([2.5])), drawn)
    np.testing.assert_allclose(moved["synapse"]["output"], 2.5 * drawn["synapse"]["output"], rtol=1e-6)
    np.testing.assert_array_equal(moved["synapse"]["input"], drawn["synapse"]["input"])
    assert moved["neuron"] is drawn["neuron"]


def test_the_first_results_are_those_of_the_network_before_its_search() -> None:
    method = hetsnn.Evolution(population=4, generations=2, sigma=0.5, first=True)
    training = Training(task=Drift(), architecture=NETWORK, method=method, seed=3)

    @jax.jit
    def trained() -> tuple[Any, Any]:
        fixed, search = method.begin(training, training.key)
        final = method.finish(fixed, method.advance(fixed, search, 0, 2))["final"]
        _, origin = fix(training, training.key)
        return final, Drift().evaluate(policy(fixed, origin), fixed.evaluation)

    final, before = trained()
    for name, value in before.items():
        np.testing.assert_allclose(final[f"first_{name}"], value, rtol=1e-5, err_msg=name)
    assert final["reward"] != final["first_reward"]
