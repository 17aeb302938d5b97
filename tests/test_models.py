"""Neurons of other models than Eq. 2, beside Eq. 2 and beside a loop."""

import importlib.util
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hetsnn
from hetsnn.networks.spiking import SpikingNetwork, bind, draw
from hetsnn.sweeps.runs import Run, canonical, identity
from hetsnn.training.genomes import decode, start
from hetsnn.training.method import Training

EXAMPLE = Path(__file__).parent.parent / "examples" / "own_neuron.py"


def example() -> Any:
    spec = importlib.util.spec_from_file_location("own_neuron", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Refractory = example().Refractory


class Same(hetsnn.LIF):
    """Eq. 2 under another name: it is simulated step by step."""


def trained(neuron: Any, **settings: Any) -> hetsnn.Trained:
    architecture = hetsnn.Architecture(hidden=6, gain=3.0, bias=True, neuron=neuron)
    method = hetsnn.Evolution(population=8, generations=4, sigma=0.5)
    genome = hetsnn.Genome(**settings) if settings else None
    return hetsnn.train(hetsnn.Memory(length=3, margin_scale=1.0), method, architecture, genome, key=jax.random.key(1))


def test_a_model_that_is_eq_2_has_its_numbers() -> None:
    ours, theirs = trained(hetsnn.LIF()), trained(Same())
    np.testing.assert_allclose(ours.curve["mean"], theirs.curve["mean"], rtol=1e-5)
    np.testing.assert_allclose(ours.coordinates, theirs.coordinates, rtol=1e-4, atol=1e-6)
    assert np.ptp(ours.curve["mean"]) > 0


def test_without_refractory_times_neurons_are_those_of_eq_2() -> None:
    seen, outputs = jax.random.normal(jax.random.key(4), (40, 3)), []
    for neuron in (hetsnn.LIF(), Refractory()):  # which starts with 0.5 steps, rounded down
        network = SpikingNetwork(hetsnn.Architecture(hidden=9, gain=3.0, neuron=neuron), 3, 2)
        policy = bind(network, draw(network, jax.random.key(1)))
        state = policy.initial
        for observation in seen:
            state = policy.step(state, observation)
            outputs.append(policy.readout(state))
    np.testing.assert_allclose(outputs[:40], outputs[40:], rtol=1e-5, atol=1e-6)
    assert np.std(outputs) > 0


def test_a_fifth_property_evolves_within_its_bounds() -> None:
    evolved = trained(Refractory()).properties
    assert evolved._fields == (*hetsnn.Properties._fields, "t_ref")
    assert np.ptp(evolved.t_ref) > 0
    variables = {"neuron": dict.fromkeys(evolved._fields, jnp.ones(6))}
    genome = hetsnn.Genome(widths=Refractory().widths)
    assert start(genome, variables).size == 30
    for coordinate, bound in ((-9.0, 0.0), (9.0, 20.0)):
        moved = decode(genome, jnp.full(30, coordinate), variables, Refractory())["neuron"]
        assert (moved["t_ref"] == bound).all()


def test_a_refractory_neuron_is_deaf_for_its_time() -> None:
    properties = Refractory().collect({**dict.fromkeys(("tau_m", "v_th", "r_m"), jnp.ones(3)), "v_rest": jnp.zeros(3),
                                       "t_ref": jnp.array([0.0, 1.0, 3.7])})  # fmt: skip
    membrane, trains = Refractory().start(properties, reset="rest"), []
    for _ in range(8):
        membrane, spikes = Refractory().step(membrane, jnp.full(3, 2.0), properties, reset="rest")
        trains.append(np.asarray(spikes))
    # With tau_m = 1 and a strong current a neuron that hears fires at each step.
    np.testing.assert_array_equal(np.transpose(trains), [[1] * 8, [1, 0] * 4, [1, 0, 0, 0] * 2])


def test_constant_inputs_are_simulated_where_the_model_is_not_eq_2() -> None:
    key, seen = jax.random.key(2), jax.random.normal(jax.random.key(3), (5, 4))
    every = []
    for neuron in (hetsnn.LIF(), Same()):
        network = SpikingNetwork(hetsnn.Architecture(hidden=7, gain=4.0, neuron=neuron), 4, 3)
        policy = bind(network, draw(network, key))
        every.append((policy.respond(seen, 6), policy.spikes(seen, 6)))
    for one, other in zip(*every, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert 0 < every[0][1].mean() < 6


def test_a_model_is_part_of_a_run() -> None:
    runs = [
        Run("test", 1, Training(hetsnn.Memory(), hetsnn.Architecture(neuron=neuron), method=hetsnn.Evolution()))
        for neuron in (hetsnn.LIF(), Refractory())
    ]
    assert "architecture" not in canonical(runs[0])
    assert canonical(runs[1])["architecture"]["neuron"] == {"": "Refractory"}
    assert identity(runs[0]) != identity(runs[1])


@pytest.mark.parametrize("settings", [{"widths": (1.0,) * 4}, {"widths": (0.0,) * 5}])
def test_a_search_has_a_width_for_each_property(settings: Any) -> None:
    with pytest.raises(hetsnn.InputError, match="widths must be"):
        trained(Refractory(), **settings)
