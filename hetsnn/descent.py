"""Trainings that descend along surrogate gradients (Sec. 3.2, 4.6).

A training has the interface of `hetsnn.evolution.Evolution`, so that sweeps carry it out in the same way. It moves
the same coordinates from the same start, and its final evaluation is the task's own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from hetsnn.backprop import through_time
from hetsnn.errors import InputError
from hetsnn.evolution import Fixed, network, policy
from hetsnn.genomes import express, start
from hetsnn.networks import Policy, State, bind, draw
from hetsnn.numbers import Flag, Integer, Real
from hetsnn.runs import Run
from hetsnn.surrogates import check_surrogate


class Training(NamedTuple):
    """What a training carries from update to update."""

    coordinates: Float[Array, " dimensions"]
    optimizer: Any  # optax's state
    value: Float[Array, " features"]  # weights of the learned value
    curve: dict[str, Float[Array, " points"]]  # sums over the updates of a point


@struct.dataclass
class Descent:
    """What trainings by gradients share: Adam along a clipped gradient; one that is not finite is passed over."""

    tape: int = struct.field(pytree_node=False, default=101)  # steps of the longest episode
    points: int = struct.field(pytree_node=False, default=30)  # of the learning curve: each a mean over its updates
    surrogate: str = struct.field(pytree_node=False, default="arctan")
    width: Real = 1.0  # of the surrogate [potential]
    detach_reset: Flag = False
    learning_rate: Real = 0.01
    clip: Real = 1.0  # largest norm of a gradient

    def check(self) -> None:
        """Raise InputError for a training that does not exist."""
        check_surrogate(self.surrogate, self.width)
        if not (self.learning_rate >= 0 and self.clip > 0):
            raise InputError(f"learning_rate is {self.learning_rate} and clip {self.clip}: both are positive")
        if not 1 <= self.points <= self.length:
            raise InputError(
                f"points is {self.points}: a curve has from 1 point to one for each of {self.length} updates"
            )

    @property
    def length(self) -> int:
        """Updates of a training."""
        raise NotImplementedError

    def gradient(
        self, fixed: Fixed, training: Training, key: jax.Array, horizon: Integer
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """Gradient of the loss at the coordinates, the learned value's new weights, and a point of the curve."""
        raise NotImplementedError

    def begin(self, run: Run) -> tuple[Fixed, Training]:
        """What a run's seed fixes, the same as for evolution, and the training before its first update."""
        weights, search, evaluation = jax.random.split(run.key, 3)
        drawn = draw(network(run), weights)
        coordinates = start(run.genome, drawn)
        curve = {name: jnp.zeros(self.points) for name in ("mean", "loss", "norm", "steps")}
        optimizer = self._optimizer().init(coordinates)
        value = jnp.zeros(2 * run.task.inputs + 4)  # a weight for each feature, see `hetsnn.reinforce`
        return Fixed(run, drawn, search, evaluation), Training(coordinates, optimizer, value, curve)

    def advance(self, fixed: Fixed, training: Training, first: Integer, last: Integer, horizon: Integer) -> Training:
        """Updates `first` to `last` - 1; the numbers do not depend on how a training is divided into calls."""

        def body(update: Integer, training: Training) -> Training:
            key = jax.random.fold_in(fixed.search, update)
            gradient, value, point = self.gradient(fixed, training, key, horizon)
            moves, optimizer = self._optimizer().update(gradient, training.optimizer)
            point["norm"] = jnp.linalg.norm(gradient)
            place = update * self.points // self.length
            curve = {name: values.at[place].add(point[name]) for name, values in training.curve.items()}
            return Training(training.coordinates + moves, optimizer, value, curve)

        return jax.lax.fori_loop(first, last, body, training)

    def finish(self, fixed: Fixed, training: Training, horizon: Integer) -> dict[str, Any]:
        """What a run leaves: `final` numbers on episodes of its own, `curve`, `genome`."""
        final = fixed.task.evaluate(policy(fixed, training.coordinates), fixed.evaluation, horizon)
        final["passed_over"] = training.optimizer.total_notfinite / self.length
        final["total_steps"] = training.curve["steps"].sum()
        counts = np.bincount(np.arange(self.length) * self.points // self.length)
        curve = {name: values / counts for name, values in training.curve.items() if name != "steps"}
        return {"final": final, "curve": curve, "genome": training.coordinates}

    def _optimizer(self) -> Any:
        steps = optax.chain(optax.clip_by_global_norm(self.clip), optax.adam(self.learning_rate))
        return optax.apply_if_finite(steps, max_consecutive_errors=self.length)

    def _differentiable(
        self, fixed: Fixed, coordinates: Float[Array, " dimensions"]
    ) -> tuple[Callable[[Any], Policy], Any, Callable[[Any], Float[Array, " dimensions"]]]:
        """The policy of what evolves, what evolves at these coordinates, and its gradient -> theirs."""
        run = fixed.run
        part = {"neuron": "neuron", "weight": "synapse"}[run.genome.evolved]
        options = {"surrogate": self.surrogate, "width": self.width, "detach_reset": self.detach_reset}
        differentiable = network(run).clone(derivative=options)
        parameters, pull = jax.vjp(lambda at: express(run.genome, at, fixed.drawn)[part], coordinates)
        return lambda p: bind(differentiable, {**fixed.drawn, part: p}), parameters, lambda gradient: pull(gradient)[0]


@struct.dataclass
class Updates(Descent):
    """Descent by a given number of updates."""

    updates: int = struct.field(pytree_node=False, default=1000)

    @property
    def length(self) -> int:
        """Updates of a training."""
        return self.updates


@struct.dataclass
class Supervised(Updates):
    """Cross-entropy at the end of sequences whose right answers are known: the task's `examples`."""

    population = 32  # candidates whose states take as much room as a tape, more or less

    def gradient(
        self, fixed: Fixed, training: Training, key: jax.Array, horizon: Integer
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the mean reward."""
        of, parameters, pull = self._differentiable(fixed, training.coordinates)
        task = fixed.run.task
        seen, right = task.examples(self.tape)

        def step(parameters: Any, state: State, t: Integer) -> tuple[State, Array]:
            after = of(parameters).step(state, seen[:, t])
            outputs = of(parameters).readout(after, every_step=True)
            losses = optax.softmax_cross_entropy_with_integer_labels(outputs, right)
            return after, jnp.where(t == task.steps - 1, losses, 0.0)

        losses, gradient = through_time(
            lambda p: repeated(of(p).initial, len(right)), step, parameters, self.tape, horizon
        )
        rewards = jnp.where(losses < jnp.log(task.outputs), 1.0, -1.0)  # of two actions the likelier one is taken
        point = {"mean": rewards.mean(), "loss": losses.mean(), "steps": jnp.float32(len(right)) * task.steps}
        return pull(gradient), training.value, point


@struct.dataclass
class Gradient(Updates):
    """The gradient of the task's own fitness, where that is an expression of few steps."""

    population = 1

    def gradient(
        self, fixed: Fixed, training: Training, key: jax.Array, horizon: Integer
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the fitness."""
        of, parameters, pull = self._differentiable(fixed, training.coordinates)

        def loss(parameters: Any) -> tuple[Array, Array]:
            fitness, steps = fixed.task.fitness(of(parameters), key, horizon)
            return -fitness, steps

        (found, steps), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
        return pull(gradient), training.value, {"mean": -found, "loss": found, "steps": steps.astype(jnp.float32)}


def repeated(state: State, batch: int) -> State:
    """A state for each of a batch."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (batch, *leaf.shape)), state)
