"""Environments of gymnax as tasks, by their names.

Source: Lange, gymnax: A JAX-based reinforcement learning environment library, 2022. Observations, rewards and ends are
those of `step_env`; the task's limit sets the length of an episode.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import spaces
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.numbers import Integer, check_whole
from hetsnn.tasks.acting import EnvironmentTask


class Made(NamedTuple):
    """An environment of gymnax, with its own parameters and spaces."""

    environment: Any
    params: Any
    seen: spaces.Space  # space of the observations
    actions: spaces.Space


class Running(NamedTuple):
    """An environment during an episode."""

    state: Any  # gymnax's
    key: jax.Array  # source of the randomness of all steps


@lru_cache
def make(name: str) -> Made:
    """Return an environment by its name.

    Raises:
        InputError: gymnax does not know the name, or a network cannot see or act in the environment's spaces.
    """
    if name not in gymnax.registered_envs:
        raise InputError(f"environment must be one of {', '.join(gymnax.registered_envs)}, got {name!r}")
    # Its constants outlive the trace in which they are first wanted.
    with jax.ensure_compile_time_eval():
        environment, params = gymnax.make(name)
        made = Made(environment, params, environment.observation_space(params), environment.action_space(params))
    for what, space in (("observations", made.seen), ("actions", made.actions)):
        if not isinstance(space, spaces.Box | spaces.Discrete):
            raise InputError(f"{what} of {name} must be a Box or Discrete, got {space}")
    if isinstance(made.actions, spaces.Box) and not np.isfinite(np.subtract(made.actions.high, made.actions.low)).all():
        raise InputError(f"actions of {name} must be bounded, got {made.actions}")
    return made


def own_limit(name: str) -> int:
    """Return the steps of an episode that an environment allows by default."""
    return int(make(name).params.max_steps_in_episode)


@struct.dataclass
class GymnaxTask(EnvironmentTask):
    """An environment of gymnax; `hetsnn.tasks.gymnax` makes one.

    A network sees a value of a `Discrete` space as a one-hot vector, and a value of a `Box` as a flat vector. For an
    action in a `Box`, the output's hyperbolic tangent is scaled from [-1, 1] to the bounds of the box.
    """

    environment: str = struct.field(pytree_node=False)
    limit: Integer  # steps of an episode at most
    normalise: bool = struct.field(pytree_node=False, default=True)  # observations, see `hetsnn.networks.observations`
    episodes: int = struct.field(pytree_node=False, default=1)
    test_episodes: int = struct.field(pytree_node=False, default=128)

    def check(self) -> None:
        """Raise InputError for an environment or settings that do not exist."""
        make(self.environment)
        check_whole("limit", self.limit)
        EnvironmentTask.check(self)

    @property
    def inputs(self) -> int:
        """Size of an observation."""
        return _size(make(self.environment).seen)

    @property
    def outputs(self) -> int:
        """Number of actions to choose from, or size of an action."""
        return _size(make(self.environment).actions)

    @property
    def discrete(self) -> bool:  # type: ignore[override]  # a field elsewhere, here the environment decides
        """True if the network chooses one of several actions."""
        return isinstance(make(self.environment).actions, spaces.Discrete)

    @property
    def steps(self) -> Integer:
        """Maximum number of environment steps in an episode."""
        return self.limit

    @property
    def params(self) -> Any:
        """The environment's own parameters, with the task's limit of steps."""
        return make(self.environment).params.replace(max_steps_in_episode=self.limit)

    def act(self, outputs: Float[Array, " outputs"]) -> Array:
        """Return the action for some outputs, in the environment's own units."""
        action = EnvironmentTask.act(self, outputs)
        if self.discrete:
            return action
        space = make(self.environment).actions
        low, high = np.broadcast_to(space.low, space.shape), np.broadcast_to(space.high, space.shape)
        return low + (action.reshape(space.shape) + 1.0) / 2.0 * (high - low)

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Running]:
        """Return the first observation, and the environment."""
        observation, state = make(self.environment).environment.reset_env(key, self.params)
        return self._seen(observation), Running(state, key)

    def step(self, state: Running, action: Array) -> tuple[Float[Array, " inputs"], Running, Array, Array]:
        """Return observation, environment, reward, and whether the episode has ended, after an action."""
        key = jax.random.fold_in(state.key, state.state.time + 1)
        observation, after, reward, ended, _ = make(self.environment).environment.step_env(
            key, state.state, action, self.params
        )
        return self._seen(observation), Running(after, state.key), jnp.reshape(reward, ()), jnp.asarray(ended, bool)

    def _seen(self, observation: Array) -> Float[Array, " inputs"]:
        space = make(self.environment).seen
        if isinstance(space, spaces.Discrete):
            return jax.nn.one_hot(observation, space.n)
        return jnp.asarray(observation, jnp.float32).ravel()


def _size(space: Any) -> int:
    return int(space.n) if isinstance(space, spaces.Discrete) else math.prod(space.shape)
