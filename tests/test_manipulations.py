"""Manipulations of trained networks do what they say."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.networks import manipulations
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.networks.spiking import Architecture, SpikingNetwork, State, bind, draw

HIDDEN = 6
KEY = jax.random.key(3)


def trained(**changes: Any) -> tuple[SpikingNetwork, dict]:
    """A network whose neurons differ."""
    network = SpikingNetwork(Architecture(hidden=HIDDEN, gain=4.0, **changes), 3, 2)
    variables = draw(network, jax.random.key(0))
    own = {
        "tau_m": jnp.array([1.0, 1.5, 2.0, 4.0, 8.0, 16.0]),
        "v_th": jnp.linspace(0.5, 1.5, HIDDEN),
        "v_rest": jnp.linspace(-0.5, 0.4, HIDDEN),
        "r_m": jnp.linspace(0.5, 2.0, HIDDEN),
    }
    return network, {**variables, "neuron": own}


def final(network: SpikingNetwork, variables: dict, policy: Any = None) -> State:
    policy = policy or bind(network, variables)
    state = policy.initial
    for seen in jax.random.normal(jax.random.key(1), (12, 3)):
        state = policy.step(state, seen)
    return state


def test_neurons_exchange_the_named_properties_and_keep_the_others() -> None:
    own, order = trained()[1]["neuron"], jnp.array([5, 4, 3, 2, 1, 0])
    some = manipulations.exchanged(own, ("tau_m", "r_m"), order)
    np.testing.assert_array_equal(some["tau_m"], own["tau_m"][::-1])
    np.testing.assert_array_equal(some["r_m"], own["r_m"][::-1])
    np.testing.assert_array_equal(some["v_th"], own["v_th"])


def test_a_level_is_the_same_for_all_neurons() -> None:
    own = trained()[1]["neuron"]
    level = manipulations.levelled(own, ("tau_m",), jnp.median)
    np.testing.assert_array_equal(level["tau_m"], np.full(HIDDEN, 3.0))
    np.testing.assert_array_equal(level["v_rest"], own["v_rest"])


def test_drawn_properties_follow_the_fitted_distribution() -> None:
    rng = np.random.default_rng(0)
    own = {name: jnp.asarray(rng.normal(1.0, 0.5, 20_000)) for name in PROPERTIES}
    own["tau_m"] = jnp.asarray(rng.lognormal(1.0, 0.4, 20_000))
    drawn = manipulations.redrawn(own, PROPERTIES, KEY, lowest={"tau_m": 1.0, "r_m": 0.0})
    logs = np.log(np.asarray(drawn["tau_m"]))
    assert logs[logs > 0].mean() == pytest.approx(1.0, abs=0.02)
    assert np.asarray(drawn["v_th"]).std() == pytest.approx(0.5, abs=0.02)
    assert np.asarray(drawn["r_m"]).min() == 0.0
    assert np.asarray(drawn["tau_m"]).min() >= 1.0
    assert abs(np.corrcoef(logs, np.asarray(drawn["v_th"]))[0, 1]) < 0.03
    alone = manipulations.redrawn(own, ("v_th",), KEY, lowest={})
    np.testing.assert_array_equal(alone["tau_m"], own["tau_m"])
    np.testing.assert_array_equal(alone["v_th"], drawn["v_th"])


def test_equal_neurons_that_exchange_outputs_are_those_that_exchange_inputs_the_other_way() -> None:
    network, variables = trained()
    variables = {
        **variables,
        "neuron": {name: jnp.full(HIDDEN, value[2]) for name, value in variables["neuron"].items()},
    }
    order = jnp.array([3, 0, 4, 1, 5, 2])
    changed = manipulations.rewired(variables, order)
    np.testing.assert_array_equal(changed["synapse"]["output"], variables["synapse"]["output"][order])
    inputs = variables["synapse"]["input"][:, jnp.argsort(order)]
    other = {**variables, "synapse": {**variables["synapse"], "input": inputs}}
    here, there = (bind(network, of).readout(final(network, of)) for of in (changed, other))
    np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-6)
    assert not np.allclose(here, bind(network, variables).readout(final(network, variables)))


def test_drawn_weights_follow_the_distribution_of_each_input_and_output() -> None:
    rng = np.random.default_rng(0)
    own = {
        "input": jnp.asarray(rng.normal([[0.0], [2.0], [-1.0]], [[0.5], [0.0], [1.5]], (3, 20_000))),
        "output": jnp.asarray(rng.normal([1.0, -3.0], [0.2, 0.7], (20_000, 2))),
    }
    variables = {"synapse": own, "neuron": {}, "recurrence": {"hidden": jnp.eye(2)}}
    drawn = manipulations.weights_redrawn(variables, KEY)
    for name, axis in (("input", 1), ("output", 0)):
        one, other = np.asarray(own[name]), np.asarray(drawn["synapse"][name])
        np.testing.assert_allclose(other.mean(axis), one.mean(axis), atol=0.03)
        np.testing.assert_allclose(other.std(axis), one.std(axis), atol=0.03)
        varied = one.std(axis) > 0.1
        for before, after in zip(np.moveaxis(one, axis, 1)[varied], np.moveaxis(other, axis, 1)[varied], strict=True):
            assert abs(np.corrcoef(before, after)[0, 1]) < 0.03
    assert drawn["recurrence"] is variables["recurrence"]


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_silent_neuron_is_as_if_it_were_not_there(recurrent: bool) -> None:
    network, variables = trained(recurrent=recurrent)
    state = final(network, variables)
    assert float(state.trace.min()) >= 0
    silent = jnp.arange(HIDDEN) == 2
    changed = manipulations.silenced(variables, silent)
    here = bind(network, changed).readout(final(network, changed))
    others = np.flatnonzero(~np.asarray(silent))
    small = SpikingNetwork(dataclasses.replace(network.architecture, hidden=HIDDEN - 1), 3, 2)
    synapse = {"input": variables["synapse"]["input"][:, others], "output": variables["synapse"]["output"][others]}
    without = {"synapse": synapse, "neuron": {name: value[others] for name, value in variables["neuron"].items()}}
    if recurrent:
        without["recurrence"] = {"hidden": variables["recurrence"]["hidden"][others][:, others]}
    np.testing.assert_allclose(here, bind(small, without).readout(final(small, without)), rtol=1e-5, atol=1e-6)


def test_weights_jitter_in_proportion_to_their_size() -> None:
    _, variables = trained()
    weights = {"input": jnp.full((300, 100), 2.0), "output": jnp.zeros((100, 2))}
    moved = manipulations.jittered({**variables, "synapse": weights}, KEY, 0.1)["synapse"]
    assert np.asarray(moved["input"]).std() == pytest.approx(0.2, rel=0.02)
    assert np.asarray(moved["input"]).mean() == pytest.approx(2.0, abs=0.01)
    assert not np.asarray(moved["output"]).any()


def test_noise_is_drawn_anew_in_each_step_and_is_as_large_as_it_says() -> None:
    # A neuron with tau_m = 1 that never fires shows the noise on its inputs; one without input shows the membrane's.
    network, variables = trained()
    ones = jnp.ones(HIDDEN)
    quiet = {"tau_m": ones, "v_th": 1e9 * ones, "v_rest": 0.0 * ones, "r_m": ones}
    weights = {"input": jnp.ones((3, HIDDEN)), "output": jnp.ones((HIDDEN, 2))}
    variables = {**variables, "neuron": quiet, "synapse": weights}
    policy = manipulations.noisy(bind(network, variables), KEY, inputs=0.5)
    step, state, inputs = jax.jit(policy.step), policy.initial, []
    for _ in range(400):
        state = step(state, jnp.zeros(3))
        inputs.append(float(state.voltage[0]))
    assert np.std(inputs) == pytest.approx(4.0 * 0.5 * np.sqrt(3), rel=0.1)
    slow = {**variables, "neuron": {**quiet, "tau_m": jnp.full(HIDDEN, 2.0)}}
    policy = manipulations.noisy(bind(network, slow), KEY, membranes=0.5)
    step, state, membranes = jax.jit(policy.step), policy.initial, []
    for _ in range(400):
        state = step(state, jnp.zeros(3))
        membranes.append(np.asarray(state.voltage))
    assert np.std(membranes) == pytest.approx(0.5 * np.sqrt(0.25 / (1 - 0.25)), rel=0.1)  # a first-order autoregression
    still = final(network, variables, manipulations.noisy(bind(network, variables), KEY))
    np.testing.assert_array_equal(still.voltage, final(network, variables).voltage)
