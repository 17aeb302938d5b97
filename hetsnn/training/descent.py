"""Trainings that descend along surrogate gradients (Sec. 3.2, 4.6).

They move the same coordinates as evolution, from the same start, and end with the task's own evaluation.
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
from hetsnn.training.genomes import decode
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import fix, network, policy


class Progress(NamedTuple):
    """The state that a descent carries from update to update."""

    coordinates: Float[Array, " dimensions"]
    optimizer: Any  # optax's state
    value: Float[Array, " features"]  # weights of the learned value
    curve: dict[str, Float[Array, " points"]]  # sums over the updates of a point


@struct.dataclass
class Descent(Method):
    """The base of trainings by gradients: Adam along a clipped gradient; a gradient that is not finite is skipped."""

    # Steps of the longest episode.
    max_steps: int = struct.field(pytree_node=False, default=101, metadata={FIRST_NAME: "tape"})
    points: int = struct.field(pytree_node=False, default=30)  # of the learning curve: each a mean over its updates
    surrogate: str = struct.field(pytree_node=False, default="arctan")
    width: Real = 1.0  # of the surrogate [potential]
    detach_reset: Flag = False
    learning_rate: Real = 0.01
    clip: Real = 1.0  # largest norm of a gradient

    def check(self) -> None:
        """Raise InputError for a training that cannot be."""
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
        """Gradient of the loss at the coordinates, the learned value's new weights, and a point of the curve."""
        raise NotImplementedError

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Progress]:
        """Return all that stays fixed, as for evolution, and the state before the first update."""
        fixed, coordinates = fix(training, key)
        curve = {name: jnp.zeros(self.points) for name in ("mean", "loss", "norm", "steps")}
        value = jnp.zeros(2 * training.task.inputs + 4)  # a weight for each feature, see `hetsnn.training.reinforce`
        return fixed, Progress(coordinates, self._optimizer().init(coordinates), value, curve)

    def advance(self, fixed: Fixed, state: Progress, first: Integer, last: Integer) -> Progress:
        """Return the state after updates `first` to `last` - 1, however they are divided into calls."""

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
        """Return `final` results on episodes of their own, `curve` and `genome`."""
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
        """The policy of what evolves, what evolves at these coordinates, and its gradient -> theirs."""
        genome = fixed.training.genome
        part = {"neuron": "neuron", "weight": "synapse"}[genome.evolved]
        options = {"surrogate": self.surrogate, "width": self.width, "detach_reset": self.detach_reset}
        differentiable = network(fixed.training).clone(derivative=options)
        parameters, pull = jax.vjp(lambda at: decode(genome, at, fixed.drawn)[part], coordinates)
        return lambda p: bind(differentiable, {**fixed.drawn, part: p}), parameters, lambda gradient: pull(gradient)[0]


@struct.dataclass
class Updates(Descent):
    """Descent by a given number of updates."""

    updates: int = struct.field(pytree_node=False, default=1000)

    def check(self) -> None:
        """Raise InputError for a training that cannot be."""
        check_whole("updates", self.updates)
        Descent.check(self)

    @property
    def length(self) -> int:
        """Updates of a training."""
        return self.updates


@struct.dataclass
class Supervised(Updates):
    """Cross-entropy at the end of sequences whose right answers are known: the task's `examples`."""

    cost = 32  # networks whose states take about as much room as the states of an episode

    trains_on = Teachable

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the mean reward."""
        of, parameters, pull = self._differentiable(fixed, state.coordinates)
        task = fixed.training.task
        seen, right = task.examples(self.max_steps)

        def step(parameters: Any, network: State, t: Integer) -> tuple[State, Array]:
            after = of(parameters).step(network, seen[:, t])
            outputs = of(parameters).readout(after, every_step=True)
            losses = optax.softmax_cross_entropy_with_integer_labels(outputs, right)
            return after, jnp.where(t == task.steps - 1, losses, 0.0)

        losses, gradient = through_time(
            lambda p: repeated(of(p).initial, len(right)), step, parameters, self.max_steps, max_over_vmap(task.steps)
        )
        rewards = jnp.where(losses < jnp.log(task.outputs), 1.0, -1.0)  # of two actions the likelier one is taken
        point = {"mean": rewards.mean(), "loss": losses.mean(), "steps": jnp.float32(len(right)) * task.steps}
        return pull(gradient), state.value, point


@struct.dataclass
class Gradient(Updates):
    """The gradient of the task's own fitness, where that is an expression of few steps."""

    cost = 1

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the fitness."""
        of, parameters, pull = self._differentiable(fixed, state.coordinates)

        def loss(parameters: Any) -> tuple[Array, Array]:
            fitness, steps, _ = fixed.task.fitness(of(parameters), key)
            return -fitness, steps

        (found, steps), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
        return pull(gradient), state.value, {"mean": -found, "loss": found, "steps": steps.astype(jnp.float32)}


def repeated(state: State, batch: int) -> State:
    """A state for each of a batch."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (batch, *leaf.shape)), state)
