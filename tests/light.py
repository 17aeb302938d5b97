"""A hopper without physics: what uses robots is tried on it where the physics would only take long to compile."""

from typing import Any

import jax
import jax.numpy as jnp

from hetsnn.tasks.brax_tasks import brax
from hetsnn.tasks.robots import SIZES


def robot() -> Any:
    """Its class, as Brax registers environments; it goes where it is pushed and ends when that is too far."""
    envs = brax()

    base: Any = envs.Env

    class Light(base):
        observation_size, action_size = SIZES["hopper"]
        backend = "spring"

        def __init__(self, backend: str) -> None:
            assert backend == self.backend

        def reset(self, rng: Any) -> Any:
            place = jax.random.normal(rng, (self.observation_size,))
            return envs.State(place, place, jnp.zeros(()), jnp.zeros(()))

        def step(self, state: Any, action: Any) -> Any:
            place = 0.9 * state.pipeline_state + action.sum()
            done = (place[0] > 3).astype(jnp.float32)
            return state.replace(pipeline_state=place, obs=place, reward=place.sum(), done=done)

    return Light
