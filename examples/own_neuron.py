"""Evolve a fifth property: after a spike, a neuron is deaf for its refractory time.

A model of neurons names its properties, how each starts and moves in a search, its state and its step. Networks, tasks
and searches take it as they take Eq. 2. Run `.venv/bin/python examples/own_neuron.py`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

import hetsnn


@dataclass(frozen=True)
class Refractory(hetsnn.Neuron):
    """Eq. 2, but a neuron that has fired stays at its reset potential for `t_ref` further steps, rounded down."""

    properties: ClassVar = {
        **hetsnn.LIF.properties,
        "t_ref": hetsnn.Property(initial=0.5, width=3.0, low=0.0, high=20.0),
    }

    def start(self, properties: Any, *, reset: str) -> hetsnn.Membrane:
        """Return neurons at rest, none of them deaf."""
        membrane = hetsnn.LIF().start(properties, reset=reset)
        return membrane._replace(other=jnp.zeros_like(membrane.voltage))

    def step(
        self, membrane: hetsnn.Membrane, current: jax.Array, properties: Any, *, reset: str, **derivative: Any
    ) -> tuple[hetsnn.Membrane, jax.Array]:
        """Apply Eq. 2 where a neuron hears; elsewhere count the steps until it does."""
        deaf = membrane.other >= 1.0
        heard, spikes = hetsnn.LIF().step(membrane, current, properties, reset=reset, **derivative)
        spikes = jnp.where(deaf, 0.0, spikes)
        left = jnp.where(spikes > 0, properties.t_ref, jnp.maximum(membrane.other - 1.0, 0.0))
        return hetsnn.Membrane(jnp.where(deaf, membrane.voltage, heard.voltage), left), spikes


def main(generations: int = 60) -> None:
    """Train networks of both models on the same task, and print what each scores."""
    task = hetsnn.Memory(length=5, margin_scale=1.0)
    method = hetsnn.Evolution(population=64, generations=generations, sigma=0.3, learning_rate=0.1)
    for neuron in (hetsnn.LIF(), Refractory()):
        architecture = hetsnn.Architecture(hidden=32, gain=3.0, bias=True, neuron=neuron)
        trained = hetsnn.train(task, method, architecture, key=jax.random.key(0))
        print(f"{type(neuron).__name__}: {len(neuron.names)} properties, reward {trained.final['reward']:+.1f}")
    print("refractory times evolved:", ", ".join(f"{time:.1f}" for time in trained.properties.t_ref[:8]), "... dt")


if __name__ == "__main__":
    main()
