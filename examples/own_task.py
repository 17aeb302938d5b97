"""Evolve neurons on a task of your own: a blinking lamp is to be answered a few steps later.

A task that is an environment has a first observation and a step, both pure functions; what a network earns in an
episode is its fitness. Run `.venv/bin/python examples/own_task.py`.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

import hetsnn


@struct.dataclass
class Echo(hetsnn.EnvironmentTask):
    """The lamp shows -1 or 1 anew at each step; an action scores 1 where it says what the lamp showed before."""

    delay: int = struct.field(pytree_node=False, default=1)  # steps between lamp and answer
    steps: int = struct.field(pytree_node=False, default=30)  # of an episode

    inputs = 1  # the lamp
    outputs = 2  # it was -1, it was 1
    discrete = True

    def reset(self, key: jax.Array) -> tuple[jax.Array, Any]:
        """Return the lamp, and the state: the key, the time, and what the lamp showed last, newest first."""
        shown = jnp.zeros(self.delay + 1).at[0].set(self.lamp(key, 0))
        return shown[:1], (key, 0, shown)

    def step(self, state: Any, action: jax.Array) -> tuple[jax.Array, Any, jax.Array, Any]:
        """Return the next lamp, the state, the reward, and whether the episode has ended."""
        key, time, shown = state
        reward = (2.0 * action - 1.0 == shown[self.delay]).astype(jnp.float32)
        shown = jnp.roll(shown, 1).at[0].set(self.lamp(key, time + 1))
        return shown[:1], (key, time + 1, shown), reward, False

    def lamp(self, key: jax.Array, time: Any) -> jax.Array:
        """Return -1 or 1."""
        return jax.random.rademacher(jax.random.fold_in(key, time), (), jnp.float32)


def main(generations: int = 60) -> None:
    """Train on two delays, and print what each network scores."""
    method = hetsnn.Evolution(population=64, generations=generations, sigma=0.3, learning_rate=0.1)
    architecture = hetsnn.Architecture(hidden=32, gain=3.0, bias=True)
    for delay in (0, 1):
        task = Echo(delay=delay)
        trained = hetsnn.train(task, method, architecture, key=jax.random.key(0))
        print(f"delay {delay}: {trained.final['reward'] / task.steps:.0%} right, where guessing gives 50%")


if __name__ == "__main__":
    main()
