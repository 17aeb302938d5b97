"""Gradient descent with surrogate gradients (Sec. 3.2, 4.6).

Descent moves the same coordinates as evolution, from the same start, and ends with the task's own evaluation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from hetsnn.mapping import max_over_vmap
from hetsnn.networks.spiking import Policy, State, bind
from hetsnn.networks.surrogates import check_surrogate
from hetsnn.numbers import FIRST_NAME, Flag, Integer, Real, check_real, check_whole
from hetsnn.tasks.task import Teachable
from hetsnn.training.backprop import through_time
from hetsnn.training.genomes import collections, decode
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import fix, network, policy


class Progress(NamedTuple):
    """The state that a descent carries from update to update."""

    coordinates: Float[Array, " dimensions"]
    optimizer: Any  # optax's state
    value: Float[Array, " features"]  # weights of the learned value function
    curve: dict[str, Float[Array, " points"]]  # sums over the updates of each point


@struct.dataclass
class Descent(Method):
    """Base class of gradient methods: Adam along a clipped gradient; a gradient that is not finite is skipped."""

    # Steps of the longest episode.
    max_steps: int = struct.field(pytree_node=False, default=101, metadata={FIRST_NAME: "tape"})
    points: int = struct.field(pytree_node=False, default=30)  # points of the learning curve, means over their updates
    surrogate: str = struct.field(pytree_node=False, default="arctan")
    width: Real = 1.0  # width of the surrogate [potential]
    detach_reset: Flag = False
    learning_rate: Real = 0.01
    clip: Real = 1.0  # largest norm of a gradient

    def check(self) -> None:
        """Raise InputError for an invalid training."""
        check_real("width", self.width, above=0)
        check_surrogate(self.surrogate, self.width)
        check_real("learning_rate", self.learning_rate, above=0)
        check_real("clip", self.clip, above=0)
        check_whole("max_steps", self.max_steps)
        check_whole("points", self.points, 1, self.length)
        Method.check(self)

    @property
    def length(self) -> int:
        """Updates of a training."""
        raise NotImplementedError

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """Return the gradient of the loss, the new weights of the value function, and a point of the curve."""
        raise NotImplementedError

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Progress]:
        """Return the fixed parts of a training and the state before the first update."""
        fixed, coordinates = fix(training, key)
        curve = {name: jnp.zeros(self.points) for name in ("mean", "loss", "norm", "steps")}
        value = jnp.zeros(2 * training.task.inputs + 4)  # a weight for each feature, see `hetsnn.training.reinforce`
        return fixed, Progress(coordinates, self._optimizer().init(coordinates), value, curve)

    def advance(self, fixed: Fixed, state: Progress, first: Integer, last: Integer) -> Progress:
        """Return the state after updates `first` to `last` - 1, independent of their division into calls."""

        def body(update: Integer, state: Progress) -> Progress:
            key = jax.random.fold_in(fixed.search, update)
            gradient, value, point = self.gradient(fixed, state, key)
            moves, optimizer = self._optimizer().update(gradient, state.optimizer)
            point["norm"] = jnp.linalg.norm(gradient)
            place = update * self.points // self.length
            curve = {name: values.at[place].add(point[name]) for name, values in state.curve.items()}
            return Progress(state.coordinates + moves, optimizer, value, curve)

        return jax.lax.fori_loop(first, last, body, state)

    def finish(self, fixed: Fixed, state: Progress) -> dict[str, Any]:
        """Return `final` results on separate episodes, the learning `curve` and the `genome`."""
        final = fixed.task.evaluate(policy(fixed, state.coordinates), fixed.evaluation)
        final["passed_over"] = state.optimizer.total_notfinite / self.length
        final["total_steps"] = state.curve["steps"].sum()
        counts = np.bincount(np.arange(self.length) * self.points // self.length)
        curve = {name: values / counts for name, values in state.curve.items() if name != "steps"}
        return {"final": final, "curve": curve, "genome": state.coordinates}

    def _optimizer(self) -> Any:
        steps = optax.chain(optax.clip_by_global_norm(self.clip), optax.adam(self.learning_rate))
        return optax.apply_if_finite(steps, max_consecutive_errors=self.length)

    def _differentiable(
        self, fixed: Fixed, coordinates: Float[Array, " dimensions"]
    ) -> tuple[Callable[[Any], Policy], Any, Callable[[Any], Float[Array, " dimensions"]]]:
        """Return parameters -> policy, the parameters at the coordinates, and parameter -> coordinate gradient."""
        genome, neuron = fixed.training.genome, fixed.training.architecture.neuron
        options = {"surrogate": self.surrogate, "width": self.width, "detach_reset": self.detach_reset}
        differentiable = network(fixed.training).clone(derivative=options)

        def moved(at: Float[Array, " dimensions"]) -> dict:
            variables = decode(genome, at, fixed.drawn, neuron)
            return {name: variables[name] for name in collections(genome)}

        parameters, pull = jax.vjp(moved, coordinates)
        return lambda p: bind(differentiable, {**fixed.drawn, **p}), parameters, lambda gradient: pull(gradient)[0]


@struct.dataclass
class Updates(Descent):
    """Gradient descent with a given number of updates."""

    updates: int = struct.field(pytree_node=False, default=1000)

    def check(self) -> None:
        """Raise InputError for an invalid training."""
        check_whole("updates", self.updates)
        Descent.check(self)

    @property
    def length(self) -> int:
        """Updates of a training."""
        return self.updates


@struct.dataclass
class Supervised(Updates):
    """Supervised learning: descent on the cross-entropy at the end of the task's `examples`.

    Example:
        >>> import hetsnn
        >>> hetsnn.Supervised(updates=200, max_steps=11).check_task(hetsnn.Memory(length=10))
    """

    cost = 32  # the stored states of an episode take about as much memory as this many networks

    trains_on = Teachable
    needs = "a task whose right answers are known"

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the mean reward."""
        policy_of, parameters, pull = self._differentiable(fixed, state.coordinates)
        task = fixed.training.task
        seen, right = task.examples(self.max_steps)

        def step(parameters: Any, network: State, t: Integer) -> tuple[State, Array]:
            after = policy_of(parameters).step(network, seen[:, t])
            outputs = policy_of(parameters).readout(after, every_step=True)
            losses = optax.softmax_cross_entropy_with_integer_labels(outputs, right)
            return after, jnp.where(t == task.steps - 1, losses, 0.0)

        def begin(parameters: Any) -> State:
            return repeated(policy_of(parameters).initial, len(right))

        losses, gradient = through_time(begin, step, parameters, self.max_steps, max_over_vmap(task.steps))
        # With two actions, the right one is the likelier, and is taken, if its cross-entropy is below log 2.
        rewards = jnp.where(losses < jnp.log(task.outputs), 1.0, -1.0)
        point = {"mean": rewards.mean(), "loss": losses.mean(), "steps": jnp.float32(len(right)) * task.steps}
        return pull(gradient), state.value, point


@struct.dataclass
class Gradient(Updates):
    """Descent along the gradient of the task's own fitness; suits fitness functions of few steps.

    Example:
        >>> import hetsnn
        >>> hetsnn.Gradient(updates=200, surrogate="arctan").length
        200
    """

    cost = 1

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the fitness."""
        policy_of, parameters, pull = self._differentiable(fixed, state.coordinates)

        def loss(parameters: Any) -> tuple[Array, Array]:
            fitness, steps, _ = fixed.task.fitness(policy_of(parameters), key)
            return -fitness, steps

        (value, steps), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
        return pull(gradient), state.value, {"mean": -value, "loss": value, "steps": steps.astype(jnp.float32)}


def repeated(state: State, batch: int) -> State:
    """Return a batch of copies of a state."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (batch, *leaf.shape)), state)
