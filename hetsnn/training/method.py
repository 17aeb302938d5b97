"""The contract between a method of training and its callers, and the description of one training."""

import abc
from functools import partial
from typing import Any, NamedTuple

import jax
from flax import struct

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture
from hetsnn.numbers import Integer, check_finite, check_whole
from hetsnn.numerics import PINNED
from hetsnn.tasks.task import Evaluator, Task
from hetsnn.training.genomes import Genome, start


class Method(abc.ABC):
    """A method that trains a network: call `begin` once, `advance` any number of times, and `finish` once.

    A method is a `flax.struct.dataclass` with this class as its base. JAX traces `begin`, `advance` and `finish`.

    Example:
        >>> import jax, hetsnn
        >>> from hetsnn.training.policies import fix, policy
        >>> from flax import struct
        >>> @struct.dataclass
        ... class Untrained(hetsnn.Method):  # the network as it is drawn
        ...     length, cost = 1, 1
        ...     def begin(self, training, key):
        ...         return fix(training, key)
        ...     def advance(self, fixed, state, first, last):
        ...         return state
        ...     def finish(self, fixed, state):
        ...         final = fixed.task.evaluate(policy(fixed, state), fixed.evaluation)
        ...         return {"final": final, "curve": {}, "genome": state}
        >>> hetsnn.train(hetsnn.Memory(length=2), Untrained(), key=jax.random.key(0)).curve
        {}
    """

    trains_on: type = Task  # the class or protocol that a task must have
    needs: str = "a task"  # the same in words, for the message of `check_task`

    @property
    @abc.abstractmethod
    def length(self) -> int:
        """Generations or updates of a training."""

    @property
    @abc.abstractmethod
    def cost(self) -> int:
        """Number of networks that each generation or update simulates; sets a training's share of time and memory."""

    @property
    def candidates(self) -> int:
        """Number of networks of a generation that devices may divide among themselves; 1 if they cannot."""
        return 1

    @abc.abstractmethod
    def begin(self, training: "Training", key: jax.Array) -> tuple["Fixed", Any]:
        """Return all that stays fixed during a training, and the state before its first generation."""

    @abc.abstractmethod
    def advance(self, fixed: "Fixed", state: Any, first: Integer, last: Integer) -> Any:
        """Return the state after generations `first` to `last` - 1, however they are divided into calls."""

    @abc.abstractmethod
    def finish(self, fixed: "Fixed", state: Any) -> dict[str, Any]:
        """Return `final` results, the learning `curve`, the `genome`, and `observation` moments where there are any."""

    def check(self) -> None:
        """Raise InputError, in one line, for invalid settings."""
        check_finite(self)

    def check_task(self, task: Task) -> None:
        """Raise InputError, in one line, for a task that this method does not train on."""
        if not isinstance(task, self.trains_on):
            raise InputError(f"task must be {self.needs}, got {type(task).__name__}")


@struct.dataclass
class Training:
    """One training: a network, its search space, its task, its method, and the seed of all randomness.

    Numbers are the leaves of this pytree, so that trainings of equal structure stack into one compiled program.
    """

    task: Any = None  # a Task; JAX also rebuilds descriptions with placements in place of numbers
    architecture: Architecture = Architecture()
    genome: Genome = Genome()
    method: Any = None  # a Method
    seed: Integer = 0

    def check(self) -> "Training":
        """Return the training itself.

        Raises:
            InputError: a setting does not exist, or its value is invalid.
        """
        for name, kind in (("task", Task), ("method", Method)):
            part = getattr(self, name)
            if not (isinstance(part, kind) and hasattr(part, "replace")):
                raise InputError(f"{name} must be a flax.struct.dataclass and a hetsnn.{kind.__name__}, got {part!r}")
        for part in (self.task, self.architecture, self.method):
            part.check()
        self.genome.check(self.architecture)
        self.method.check_task(self.task)
        check_whole("seed", self.seed, 0)
        return self

    @property
    def key(self) -> jax.Array:
        """The key from which all randomness comes."""
        return jax.random.key(self.seed, impl=PINNED["jax_default_prng_impl"])


class Fixed(NamedTuple):
    """All that stays fixed during a training."""

    training: Training
    drawn: dict  # the network's variables as drawn
    search: jax.Array  # key of the generations
    evaluation: jax.Array  # key of the final evaluation
    data: Any = None  # as `Task.load` returned them, shared by all trainings of a program

    @property
    def task(self) -> Evaluator:
        """The task with its data."""
        return self.training.task.on(self.data)

    @property
    def dimensions(self) -> int:
        """Number of coordinates of the search."""
        return jax.eval_shape(partial(start, self.training.genome), self.drawn).size
