"""Tasks in which a network acts in an environment, and episodes are played to their ends."""

import abc
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hetsnn.mapping import mapped
from hetsnn.networks.spiking import Policy
from hetsnn.numbers import check_finite, check_whole
from hetsnn.tasks.activity import summary
from hetsnn.tasks.rollouts import Environment, Episode, rollout
from hetsnn.tasks.task import Score, Task


class EnvironmentTask(Task):
    """A task that is an environment: subclasses have `reset`, `step`, `inputs`, `outputs`, `steps` and `discrete`.

    The fitness of a network is its mean return: rewards summed until an episode ends, or for `steps` steps. All
    methods of training except `hetsnn.Supervised` train on it; `hetsnn.Reinforce` needs `discrete` actions.

    Example:
        >>> import jax, jax.numpy as jnp, hetsnn
        >>> from flax import struct
        >>> @struct.dataclass
        ... class Still(hetsnn.EnvironmentTask):  # a point that drifts is to be held at 0
        ...     inputs, outputs, steps = 1, 1, 20
        ...     def reset(self, key):
        ...         place = jax.random.normal(key, (1,))
        ...         return place, place
        ...     def step(self, state, action):
        ...         place = state + 0.2 * action
        ...         return place, place, -jnp.abs(place[0]), False
        >>> Still().check()
    """

    discrete: bool = False  # an action is a whole number, the place of the largest output; else a number per output
    episodes: int = 1  # episodes of each candidate
    test_episodes: int = 128  # episodes of the final evaluation
    activity: bool = False  # the final evaluation also gives the network's activity, see `hetsnn.tasks.activity`
    to_the_end: bool = False  # also execute the steps after an episode's end; the numbers are the same

    @abc.abstractmethod
    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Any]:
        """Return the first observation, and the state of the environment."""

    @abc.abstractmethod
    def step(self, state: Any, action: Array) -> tuple[Float[Array, " inputs"], Any, Any, Any]:
        """Return the observation and state after an action, its reward, and whether the episode has ended.

        Args:
            state: state of the environment.
            action: action, as `act` returns it.
        """

    def act(self, outputs: Float[Array, " outputs"]) -> Array:
        """Return the action for some outputs: the index of the largest, or the hyperbolic tangent of each."""
        return jnp.argmax(outputs) if self.discrete else jnp.tanh(outputs)

    @property
    def dynamics(self) -> Environment:
        """The functions `reset` and `step`."""
        return Environment(self.reset, self.step)

    def check(self) -> None:
        """Raise InputError for invalid settings."""
        for name in ("steps", "episodes", "test_episodes"):
            check_whole(name, getattr(self, name))
        check_finite(self)

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return a network's mean return, the steps taken and its observations' moments; each key sets one start."""
        played = self.play(policy, key, self.episodes)
        return Score(played.reward.mean(), played.steps.sum(), played.seen)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return mean and standard deviation of the return over `test_episodes` episodes, and their mean length.

        With `activity`, return the network's activity, too.
        """
        played = self.play(policy, key, self.test_episodes, activity=self.activity)
        active = summary(played.activity, played.steps) if played.activity else {}
        return {"reward": played.reward.mean(), "reward_sd": played.reward.std(), "steps": played.steps.mean()} | active

    def play(self, policy: Policy, key: jax.Array, episodes: int, *, activity: bool = False) -> Episode:
        """Play some episodes, each from its own start; return their final states."""

        def one(key: jax.Array) -> Episode:
            options = {"to_the_end": self.to_the_end, "watch": self.normalise, "activity": activity}
            return rollout(policy, self.dynamics, self.act, key, self.steps, **options)

        return mapped(one, jax.random.split(key, episodes))
