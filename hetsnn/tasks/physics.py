"""The physics of Brax's robots: Brax's own, or the same rewritten as operations on lanes, equal up to rounding."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir
from jaxtyping import Array, Float

from hetsnn import carried
from hetsnn.lanes import Scalar, Value, graph, substituted
from hetsnn.pieces import evaluate

PIECE = 100  # operations between conditionals, on a CPU


class Own:
    """A robot's `reset` and `step` as they are; a state is Brax's, of the physics.

    Args:
        robot: Brax's environment, without wrappers.
        blank: the class of its states.
    """

    def __init__(self, robot: Any, blank: Any) -> None:
        self.robot, self.blank = robot, blank

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Any]:
        """Observation and state at a start."""
        state = self.robot.reset(key)
        return state.obs, state.pipeline_state

    def step(self, state: Any, action: Float[Array, " outputs"]) -> tuple[Float[Array, " inputs"], Any, Array, Array]:
        """Observation, state, reward and whether the episode has ended, after an action."""
        after = self.robot.step(before(self.blank, state), action)
        return after.obs, after.pipeline_state, after.reward, after.done


class OnLanes:
    """A robot's `reset` and `step` on lanes; a state is a tuple of those numbers that later steps need.

    Args:
        robot: Brax's environment, without wrappers.
        blank: the class of its states.

    Raises:
        UnknownPrimitive: it cannot be rewritten.
    """

    def __init__(self, robot: Any, blank: Any) -> None:
        self.robot, self.blank = robot, blank
        starts: list = []

        def init(*arguments: Any) -> Any:
            starts.append(jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arguments))
            return robot.pipeline_init(*arguments)

        state = jax.eval_shape(_with(robot, pipeline_init=init).reset, jax.random.key(0)).pipeline_state
        action = jax.ShapeDtypeStruct((robot.action_size,), jnp.float32)
        self.init = graph(robot.pipeline_init, *starts[0])
        step = graph(self._once, state, action)
        around = graph(self._around, state, state, action)

        entries, stands = len(step.outputs), carried.stand_ins(self.init.outputs, step)
        self.before, self.force = step.inputs[:entries], step.inputs[entries:]
        self.once = substituted(step.outputs, dict(zip(self.before, carried.seen(self.before, stands), strict=True)))
        self.start, self.end = around.inputs[:entries], around.inputs[entries : 2 * entries]
        self.action = around.inputs[2 * entries :]
        each = {
            one: seen
            for state in (self.start, self.end)
            for one, seen in zip(state, carried.seen(state, stands), strict=True)
        }
        outputs = substituted(around.outputs, each)
        self.acted, self.results = outputs[: len(self.force)], outputs[len(self.force) :]

        early, self.late = carried.read(outputs, self.start), sorted(carried.read(self.results, self.end))
        self.looped = carried.needed({*early, *self.late}, self.once, self.before)
        self.kept = sorted({*early, *self.looped})
        self.primitive = _primitive(
            self._steps, [*(self.before[at].dtype for at in self.kept), *(one.dtype for one in self.results)]
        )

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], tuple[Array, ...]]:
        """Observation and state at a start."""
        states: list[list[Array]] = []

        def init(*arguments: Any) -> Any:
            numbers = [
                leaf[at] for leaf in map(jnp.asarray, jax.tree.leaves(arguments)) for at in np.ndindex(leaf.shape)
            ]
            states.append(evaluate(self.init.outputs, dict(zip(self.init.inputs, numbers, strict=True))))
            return _packed(states[0], self.init.out_shapes)

        observation = _with(self.robot, pipeline_init=init).reset(key).obs
        return observation, tuple(states[0][at] for at in self.kept)

    def step(
        self, state: tuple[Array, ...], action: Float[Array, " outputs"]
    ) -> tuple[Float[Array, " inputs"], tuple[Array, ...], Array, Array]:
        """Observation, state, reward and whether the episode has ended, after an action."""
        found = self.primitive.bind(*state, *(action[i] for i in range(len(self.action))))
        *observation, reward, done = found[len(self.kept) :]
        return jnp.stack(observation), tuple(found[: len(self.kept)]), reward, done

    def _once(self, state: Any, force: Array) -> Any:
        """One of the steps that Brax's physics takes for one of its environment's."""
        return self.robot._pipeline.step(self.robot.sys, state, force, self.robot._debug)

    def _around(self, state: Any, after: Any, action: Array) -> tuple[Array, Array, Array, Array]:
        """The rest: what the physics is given, and what comes of the state that it gives."""
        given: list[Array] = []

        def physics(_: Any, force: Array) -> Any:
            given.append(force)
            return after

        done = _with(self.robot, pipeline_step=physics).step(before(self.blank, state), action)
        return given[0], done.obs, done.reward, done.done

    def _steps(self, *arrays: Array, size: int | None) -> list[Array]:
        """A step on arrays that are all of one shape: kept entries, results.

        What only the results need is computed in the last of the physics' steps alone.
        """
        state, action = dict(zip(self.kept, arrays, strict=False)), arrays[len(self.kept) :]
        given = {self.start[at]: one for at, one in state.items()} | dict(zip(self.action, action, strict=True))
        force = dict(zip(self.force, evaluate(self.acted, given), strict=True))

        def once(places: list[int], now: dict[int, Array], turn: Array) -> dict[int, Array]:
            of = {self.before[at]: one for at, one in now.items()} | force
            return dict(zip(places, evaluate([self.once[at] for at in places], of, size, turn >= 0), strict=True))

        def turn(carry: tuple[Array, dict[int, Array]]) -> tuple[Array, dict[int, Array]]:
            return carry[0] + 1, once(self.looped, carry[1], carry[0])

        turns = self.robot._n_frames - 1
        begun = jnp.int32(0), {at: state[at] for at in self.looped}
        done, last = jax.lax.while_loop(lambda carry: carry[0] < turns, turn, begun)
        after = once(sorted({*self.kept, *self.late}), last, done)
        results = evaluate(self.results, given | {self.end[at]: after[at] for at in self.late})
        return [*(after[at] for at in self.kept), *results]


def before(blank: Any, state: Any) -> Any:
    """Brax's state of an environment of which nothing but the physics counts."""
    nothing = jnp.float32(0.0)
    return blank(state, nothing, nothing, nothing)


def _with(robot: Any, **methods: Callable) -> Any:
    """The same robot, but for some of its methods."""
    other = copy.copy(robot)
    vars(other).update(methods)
    return other


def _packed(scalars: list[Array], shapes: Any) -> Any:
    rest = iter(scalars)
    leaves, structure = jax.tree.flatten(shapes)
    arrays = [jnp.stack(list(itertools.islice(rest, leaf.size))).reshape(leaf.shape) for leaf in leaves]
    return jax.tree.unflatten(structure, arrays)


def _primitive(function: Callable[..., list[Array]], dtypes: list[np.dtype]) -> Primitive:
    """A primitive of arrays of one shape that works number by number; it is traced only when it is compiled.

    Args:
        function: of such arrays and `size`, that of a piece, which is None where a conditional waits for the host.
        dtypes: of the results.
    """
    primitive = Primitive("lanes")
    primitive.multiple_results = True
    primitive.def_abstract_eval(lambda *avals: [avals[0].update(dtype=dtype) for dtype in dtypes])

    def whole(*arrays: Array) -> list[Array]:
        return function(*arrays, size=None)

    def in_pieces(*arrays: Array) -> list[Array]:
        return function(*arrays, size=PIECE)

    def mapped(arrays: tuple[Array, ...], axes: tuple[Any, ...]) -> tuple[list[Array], list[int]]:
        size = next(array.shape[axis] for array, axis in zip(arrays, axes, strict=True) if axis is not None)
        alike = [
            jnp.broadcast_to(array, (size, *array.shape)) if axis is None else jnp.moveaxis(array, axis, 0)
            for array, axis in zip(arrays, axes, strict=True)
        ]
        return primitive.bind(*alike), [0] * len(dtypes)

    primitive.def_impl(jax.jit(primitive.bind))
    batching.primitive_batchers[primitive] = mapped
    mlir.register_lowering(primitive, mlir.lower_fun(whole, multiple_results=True))
    mlir.register_lowering(primitive, mlir.lower_fun(in_pieces, multiple_results=True), platform="cpu")
    return primitive
