"""The physics of Brax's robots: Brax's own functions, or the same functions on lanes, equal up to rounding."""

import copy
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hetsnn.lanes.carried import needed, read, stand_ins
from hetsnn.lanes.functions import function_of, graph, numbers, packed
from hetsnn.lanes.pieces import by_number, evaluate
from hetsnn.lanes.scalars import Scalar, Value, substituted
from hetsnn.tasks.brax_axes import renamed


class Own:
    """A robot's `reset` and `step` without changes; a state is Brax's state of the physics.

    Args:
        robot: Brax's environment, without wrappers.
        kind: the class of its states.
    """

    def __init__(self, robot: Any, kind: Any) -> None:
        self.robot, self.kind = robot, kind

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Any]:
        """Return the first observation and state of an episode."""
        state = self.robot.reset(key)
        return state.obs, state.pipeline_state

    def step(self, state: Any, action: Float[Array, " outputs"]) -> tuple[Float[Array, " inputs"], Any, Array, Array]:
        """Return observation, state, reward, and whether the episode has ended, after an action."""
        after = self.robot.step(_blank(self.kind, state), action)
        return after.obs, after.pipeline_state, jnp.asarray(after.reward), after.done  # some reward is a plain number


class OnLanes:
    """A robot's `reset` and `step` on lanes; a state is a tuple of the numbers that later steps need.

    A state's numbers have places, as in Brax's state. Numbers that stay equal are computed once; see
    `hetsnn.lanes.carried`.

    Args:
        robot: Brax's environment, without wrappers.
        kind: the class of its states.

    Raises:
        UnknownPrimitiveError: the robot has an operation that lanes do not support.
    """

    def __init__(self, robot: Any, kind: Any) -> None:
        robot = with_(robot, sys=renamed(robot.sys))
        self.robot, self.kind = robot, kind
        starts: list = []

        def init(*arguments: Any) -> Any:
            starts.append(jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arguments))
            return robot.pipeline_init(*arguments)

        state = jax.eval_shape(with_(robot, pipeline_init=init).reset, jax.random.key(0)).pipeline_state
        action = jax.ShapeDtypeStruct((robot.action_size,), jnp.float32)
        first = graph(robot.pipeline_init, *starts[0])
        step, around = graph(self._once, state, action), graph(self._around, state, state, action)
        self.init, self.shapes = function_of(first), first.shapes

        size = len(step.outputs)
        self.before, self.force = step.inputs[:size], step.inputs[size:]
        stands = stand_ins(first.outputs, self.before, step.outputs)

        def alike(entries: list[Value]) -> dict[Value, Scalar]:
            here = dict(zip(self.before, entries, strict=True))
            return {entry: here.get(one, one) for entry, one in zip(entries, stands, strict=True)}

        self.after = substituted(step.outputs, alike(self.before))
        self.start, self.end, self.action = (
            around.inputs[:size],
            around.inputs[size : 2 * size],
            around.inputs[2 * size :],
        )
        outputs = substituted(around.outputs, alike(self.start) | alike(self.end))
        self.acted, self.results = outputs[: len(self.force)], outputs[len(self.force) :]

        early, self.late = read(outputs, self.start), read(self.results, self.end)
        self.looped = needed(early | self.late, self.before, self.after)
        self.kept = sorted(early.union(self.looped))
        dtypes = [*(self.before[place].dtype for place in self.kept), *(one.dtype for one in self.results)]
        self.stepped = by_number(self._steps, dtypes)

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], tuple[Array, ...]]:
        """Return the first observation and state of an episode."""
        found: list[Array] = []

        def init(*arguments: Any) -> Any:
            found.extend(self.init(*numbers(arguments)))
            return packed(found, self.shapes)

        observation = with_(self.robot, pipeline_init=init).reset(key).obs
        return observation, tuple(found[place] for place in self.kept)

    def step(
        self, state: tuple[Array, ...], action: Float[Array, " outputs"]
    ) -> tuple[Float[Array, " inputs"], tuple[Array, ...], Array, Array]:
        """Return observation, state, reward, and whether the episode has ended, after an action."""
        found = self.stepped(*state, *numbers(action))
        *observation, reward, done = found[len(state) :]
        return jnp.stack(observation), tuple(found[: len(state)]), reward, done

    def _once(self, state: Any, force: Array) -> Any:
        """Take one step of the physics; an environment step has several."""
        return self.robot._pipeline.step(self.robot.sys, state, force, self.robot._debug)

    def _around(self, state: Any, after: Any, action: Array) -> tuple[Array, Array, Array, Array]:
        """Compute the parts outside the physics: the force on it, then observation, reward and end after it."""
        given: list[Array] = []

        def physics(_: Any, force: Array) -> Any:
            given.append(force)
            return after

        done = with_(self.robot, pipeline_step=physics).step(_blank(self.kind, state), action)
        return given[0], done.obs, jnp.asarray(done.reward), done.done

    def _steps(self, *arrays: Array, size: int | None) -> list[Array]:
        """Take a step of the environment on arrays of one shape: from state and action to state and results.

        Numbers that only the results need are computed in the last step of the physics alone.
        """
        state, action = arrays[: len(self.kept)], arrays[len(self.kept) :]
        given = dict(zip([self.start[place] for place in self.kept], state, strict=True))
        given |= dict(zip(self.action, action, strict=True))
        force = dict(zip(self.force, evaluate(self.acted, given), strict=True))

        def once(places: list[int], turn: Array, now: list[Array]) -> list[Array]:
            known = force | dict(zip([self.before[place] for place in self.looped], now, strict=True))
            return evaluate([self.after[place] for place in places], known, size, turn >= 0)

        def again(carry: tuple[Array, list[Array]]) -> tuple[Array, list[Array]]:
            return carry[0] + 1, once(self.looped, *carry)

        turns = self.robot._n_frames - 1
        first = [one for place, one in zip(self.kept, state, strict=True) if place in self.looped]
        carry = jax.lax.while_loop(lambda carry: carry[0] < turns, again, (jnp.int32(0), first))
        places = sorted(self.late.union(self.kept))
        last = dict(zip(places, once(places, *carry), strict=True))
        results = evaluate(self.results, given | {self.end[place]: last[place] for place in self.late})
        return [*(last[place] for place in self.kept), *results]


def _blank(kind: Any, state: Any) -> Any:
    """Return Brax's state of an environment with this state of the physics, and zeros elsewhere."""
    nothing = jnp.float32(0.0)
    return kind(state, nothing, nothing, nothing)


def with_(robot: Any, **others: Any) -> Any:
    """Return a copy of a robot with some attributes or methods replaced."""
    other = copy.copy(robot)
    vars(other).update(others)
    return other
