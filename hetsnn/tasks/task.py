"""The contract between a task and the methods that train networks on it."""

import abc
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
from jaxtyping import Array, Float, Int

from hetsnn.networks.observations import RunningMoments
from hetsnn.networks.spiking import Policy
from hetsnn.numbers import Integer, check_finite
from hetsnn.tasks.rollouts import Environment


class Score(NamedTuple):
    """Fitness of one candidate, and the environment steps that it took.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> hetsnn.Score(jnp.float32(0.5), jnp.int32(10)).steps.item()
        10
    """

    fitness: Float[Array, ""]
    steps: Int[Array, ""]
    seen: RunningMoments | None = None  # moments of the observations, where the task normalises them


@runtime_checkable
class Evaluator(Protocol):
    """A task with its data: it scores policies."""

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the fitness of one candidate; all randomness comes from `key`."""
        ...

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return named results of a trained network, on episodes or examples of their own."""
        ...


class Task(abc.ABC):
    """A task that networks are trained on, described by its settings alone.

    A task is a `flax.struct.dataclass` with this class as its base: numbers are its leaves, settings that change shapes
    or code are fields with `pytree_node=False`. JAX traces `fitness` and `evaluate`, and maps them over a population
    and over trainings. A task that is an environment is shorter as a `hetsnn.EnvironmentTask`.

    Example:
        >>> import jax, jax.numpy as jnp, hetsnn
        >>> from flax import struct
        >>> @struct.dataclass
        ... class Add(hetsnn.Task):  # the output is to be the sum of two numbers
        ...     inputs, outputs, steps = 2, 1, 4
        ...     def fitness(self, policy, key):
        ...         seen = jax.random.uniform(key, (16, 2))
        ...         error = policy.respond(seen, self.steps)[:, 0] - seen.sum(1)
        ...         return hetsnn.Score(-(error**2).mean(), jnp.int32(16 * self.steps))
        ...     def evaluate(self, policy, key):
        ...         return {"error": -self.fitness(policy, key).fitness}
        >>> Add().check()
    """

    normalise: bool = False  # networks see observations in running standard deviations from the running mean
    batch: int = 1  # examples that a candidate sees at once
    test_episodes: int = 0  # episodes of the final evaluation, where they take noticeable time

    @property
    def step_cost(self) -> int:
        """Number of neurons whose step takes as long as a step of the environment."""
        return 0

    @property
    def least_batch(self) -> int:
        """Candidates that are simulated at once, at least; 0: all."""
        return 0

    @property
    @abc.abstractmethod
    def inputs(self) -> int:
        """Size of an observation."""

    @property
    @abc.abstractmethod
    def outputs(self) -> int:
        """Size of the read-out."""

    @property
    @abc.abstractmethod
    def steps(self) -> Integer:
        """Maximum number of environment steps in an episode."""

    @abc.abstractmethod
    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the fitness of one candidate; all randomness comes from `key`."""

    @abc.abstractmethod
    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return named results of a trained network, on episodes or examples of their own."""

    def check(self) -> None:
        """Raise InputError, in one line, for invalid settings."""
        check_finite(self)

    def load(self) -> Any:
        """Return the data that the task learns from, or None; they are handed to compiled programs."""
        return None

    def on(self, data: Any) -> Evaluator:
        """Return the task with its data, as `load` returned them."""
        return self


@runtime_checkable
class Acting(Protocol):
    """A task in which a network acts: `hetsnn.training.reinforce` trains on it where actions are discrete."""

    dynamics: Environment
    discrete: bool  # an action is one of as many as there are outputs; else it is a number per output
    outputs: int
    steps: Integer


@runtime_checkable
class Teachable(Protocol):
    """A task whose right answers are known: `hetsnn.training.descent.Supervised` trains on it."""

    def examples(self, max_steps: int) -> tuple[Float[Array, "batch max_steps inputs"], Int[Array, " batch"]]:
        """Return the observations of episodes, and the right action at the end of each."""
        ...
