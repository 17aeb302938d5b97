"""Playgrounds: they compute what the package computes, and answer to keys, touch and links."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from browser.reading import Reader

from hetsnn.networks.neurons import Properties, lif_step
from hetsnn.networks.rates import firing_rate

NEURON = "spiking_neurons.html"
RNG = np.random.default_rng(0)


def called(reader: Reader, module: str, function: str, *arguments: Any) -> Any:
    """Call a function of a playground's module."""
    code = "async ([module, name, given]) => (await import(`playgrounds/${module}`))[name](...given)"
    return reader.page.evaluate(code, [module, function, list(arguments)])


def test_neurons_are_those_of_lif_step(reader: Reader) -> None:
    reader.open(NEURON)
    for _ in range(20):
        drawn = dict(zip(Properties._fields, RNG.uniform([1, 0.5, -0.5, 0.5], [20, 1.5, 0.4, 2]), strict=True))
        currents = RNG.normal(1.2, 1.0, 300)
        with jax.enable_x64(True):
            neuron, voltage, steps = Properties(*map(jnp.float64, drawn.values())), jnp.float64(drawn["v_rest"]), []
            for current in currents:
                voltage, spike = lif_step(voltage, jnp.float64(current), neuron)
                steps.append((float(voltage), float(spike)))
        found = called(reader, "lif", "simulate", currents.tolist(), drawn)
        voltages, spikes = zip(*steps, strict=True)
        np.testing.assert_allclose(found["voltages"], voltages, rtol=0, atol=1e-6)
        assert found["spikes"] == list(spikes)
        assert 0 < sum(spikes) < 300
