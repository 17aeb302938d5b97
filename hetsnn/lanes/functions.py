"""Functions of small arrays as operations on scalars; under `jax.vmap` each scalar is one long vector.

XLA turns thousands of operations on arrays of 3 to 36 numbers, mapped over a population, into narrow loops. Here the
jaxpr of such a function is interpreted on NumPy arrays of scalars, so that a mapped axis is the only axis. Operations
that only move numbers then cost nothing, and operations on constants are done beforehand; see `hetsnn.lanes.scalars`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jaxtyping import Array, Float

from hetsnn.lanes import rules
from hetsnn.lanes.pieces import by_number, evaluate
from hetsnn.lanes.rules import UnknownPrimitiveError, each, flat, known
from hetsnn.lanes.scalars import Operations, Scalar, Value, unknown


class Graph(NamedTuple):
    """A function on scalars: its input scalars and its output scalars, in the order of its pytrees' leaves."""

    inputs: list[Value]
    outputs: list[Scalar]
    shapes: Any  # pytree of the outputs' shapes and types


def on_lanes(function: Callable, *examples: Any) -> Callable[..., list[Array]]:
    """Rewrite a function of pytrees as a function of the numbers in their leaves, in order.

    Args:
        function: function of pytrees of arrays, without random numbers, loops and sorting.
        examples: examples of its arguments; only their shapes and types count.

    Raises:
        UnknownPrimitiveError: lanes do not support one of the function's operations.
    """
    return function_of(graph(function, *examples))


def function_of(of: Graph) -> Callable[..., list[Array]]:
    """Return the function of the numbers in its leaves that a graph stands for."""

    def whole(*scalars: Array, **options: Any) -> list[Array]:
        return evaluate(of.outputs, dict(zip(of.inputs, scalars, strict=True)), **options)

    return by_number(whole, [one.dtype for one in of.outputs])


def graph(function: Callable, *examples: Any) -> Graph:
    """Return the operations of a function; the arguments are those of `on_lanes`."""
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*examples)
    arguments = [_given(leaf) for leaf in jax.tree.leaves(examples)]
    results = _interpreted(Operations(), closed, arguments)
    return Graph(list(flat(arguments)), list(flat(results)), shapes)


def packed(numbers: Iterable[Array], shapes: Any) -> Any:
    """Build a pytree of arrays from their numbers, in the order of its leaves."""
    rest = iter(numbers)
    leaves, structure = jax.tree.flatten(shapes)
    arrays = [jnp.stack([next(rest) for _ in range(leaf.size)]).reshape(leaf.shape) for leaf in leaves]
    return jax.tree.unflatten(structure, arrays)


def numbers(tree: Any) -> list[Array]:
    """Return the numbers in a pytree of arrays, in the order of its leaves."""
    return [leaf[at] for leaf in map(jnp.asarray, jax.tree.leaves(tree)) for at in np.ndindex(leaf.shape)]


def _given(leaf: Any) -> np.ndarray:
    array = np.empty(jnp.shape(leaf), object)
    for at in np.ndindex(array.shape):
        array[at] = Value(np.dtype(jnp.result_type(leaf)))
    return array


def _interpreted(operations: Operations, closed: ClosedJaxpr, arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
    jaxpr = closed.jaxpr
    found: dict[Any, np.ndarray] = dict(zip(jaxpr.constvars, map(np.asarray, closed.consts), strict=True))
    found |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> np.ndarray:
        return np.asarray(atom.val, of(atom)) if isinstance(atom, Literal) else found[atom]

    def of(variable: Any) -> np.dtype:
        return variable.aval.dtype

    for equation in jaxpr.eqns:
        name, inputs = equation.primitive.name, [read(atom) for atom in equation.invars]
        if name in RULES:
            results = RULES[name](operations, equation, *inputs)
        elif known(*inputs):
            results = _carried_out(equation, *inputs)
        else:
            raise UnknownPrimitiveError(name)
        for variable, result in zip(equation.outvars, results, strict=True):
            found[variable] = result if any(map(unknown, result.flat)) else result.astype(of(variable))
    return [read(atom) for atom in jaxpr.outvars]


def _carried_out(equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    """Return the results of any primitive whose inputs are all known."""
    with jax.ensure_compile_time_eval():
        results = equation.primitive.bind(*map(jnp.asarray, inputs), **equation.params)
    return list(map(np.asarray, results if equation.primitive.multiple_results else [results]))


# Primitives that are programs themselves; `hetsnn.lanes.rules` has the others.


def _called(operations: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    inner = next(one for one in equation.params.values() if isinstance(one, ClosedJaxpr))
    return _interpreted(operations, inner, inputs)


def _branched(operations: Operations, equation: Any, which: np.ndarray, *inputs: np.ndarray) -> list[np.ndarray]:
    if not known(which):
        raise UnknownPrimitiveError("cond that depends on numbers")
    return _interpreted(operations, equation.params["branches"][int(which)], inputs)


def arctan2(y: Float[Array, "*of"], x: Float[Array, "*of"]) -> Float[Array, "*of"]:
    """Compute `jnp.arctan2` to 3e-7; XLA on a CPU would call a function for each number.

    Source of the polynomial: S. Moshier, Cephes, `atanf`. The quotient is brought to at most tan(pi/8) first.
    """
    small, large = jnp.minimum(abs(x), abs(y)), jnp.maximum(abs(x), abs(y))
    wide = small > math.tan(math.pi / 8) * large
    least = np.finfo(np.float32).tiny
    ratio = jnp.where(wide, small - large, small) / jnp.maximum(jnp.where(wide, small + large, large), least)
    square = ratio * ratio
    series = ((8.05374449538e-2 * square - 1.38776856032e-1) * square + 1.99777106478e-1) * square - 3.33329491539e-1
    angle = series * square * ratio + ratio + jnp.where(wide, math.pi / 4, 0.0)
    angle = jnp.where(abs(y) > abs(x), math.pi / 2 - angle, angle)
    angle = jnp.where(x < 0, math.pi - angle, angle)
    return jnp.where(y < 0, -angle, angle)


def _angle(operations: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    of = equation.outvars[0].aval
    if of.dtype != np.float32 or known(*inputs):
        return each(operations, equation, *inputs)
    written_out = jax.make_jaxpr(arctan2)(*(jax.ShapeDtypeStruct(of.shape, of.dtype),) * 2)
    return _interpreted(operations, written_out, np.broadcast_arrays(*inputs))


CALLS = ("closed_call", "custom_jvp_call", "custom_vjp_call", "jit", "pjit")
RULES = rules.RULES | dict.fromkeys(CALLS, _called) | {"atan2": _angle, "cond": _branched}
