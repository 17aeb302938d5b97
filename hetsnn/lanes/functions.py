"""Functions of small arrays as operations on scalars; under `jax.vmap` each scalar is one long vector.

XLA turns thousands of operations on arrays of 3 to 36 numbers, mapped over a population, into narrow loops. Here the
jaxpr of such a function is interpreted on NumPy arrays of scalars, so that a mapped axis is the only axis. Operations
that only move numbers then cost nothing, and operations on constants are done beforehand; see `hetsnn.lanes.scalars`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jaxtyping import Array, Float

from hetsnn.lanes.pieces import by_number, evaluate
from hetsnn.lanes.scalars import BY_NUMBER, NUMPY, Operations, Scalar, Value, computed, unknown


class UnknownPrimitiveError(NotImplementedError):
    """Error for an operation that lanes do not support; its message is the primitive's name."""


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
    of = graph(function, *examples)

    def whole(*scalars: Array, **options: Any) -> list[Array]:
        return evaluate(of.outputs, dict(zip(of.inputs, scalars, strict=True)), **options)

    return by_number(whole, [one.dtype for one in of.outputs])


def graph(function: Callable, *examples: Any) -> Graph:
    """Return the operations of a function; the arguments are those of `on_lanes`."""
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*examples)
    arguments = [_given(leaf) for leaf in jax.tree.leaves(examples)]
    results = _interpreted(Operations(), closed, arguments)
    return Graph(list(_flat(arguments)), list(_flat(results)), shapes)


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


def _flat(arrays: Iterable[np.ndarray]) -> Iterator[Scalar]:
    for array in arrays:
        yield from (array[at] for at in np.ndindex(array.shape))


def _known(*arrays: np.ndarray) -> bool:
    """Return True if all entries are known; an array with an unknown entry has the type of objects."""
    return all(array.dtype != object for array in arrays)


def _objects(array: np.ndarray) -> np.ndarray:
    """Return an array of objects; NumPy by itself would turn its own numbers into Python's."""
    result = np.empty(array.shape, object)
    for at in np.ndindex(array.shape):
        result[at] = array[at]
    return result


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
        elif _known(*inputs):
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


# How primitives are carried out on arrays of scalars: from operations, equation and inputs to results.


def _called(operations: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    inner = next(one for one in equation.params.values() if isinstance(one, ClosedJaxpr))
    return _interpreted(operations, inner, inputs)


def _branched(operations: Operations, equation: Any, which: np.ndarray, *inputs: np.ndarray) -> list[np.ndarray]:
    if not _known(which):
        raise UnknownPrimitiveError("cond that depends on numbers")
    return _interpreted(operations, equation.params["branches"][int(which)], inputs)


def _passed_on(_: Operations, __: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    return list(inputs)


def _each(operations: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    """Apply an operation number by number."""
    of, primitive, params = equation.outvars[0].aval, equation.primitive, equation.params
    if _known(*inputs):
        return [computed(primitive, params, of.dtype, *inputs)]
    each = [_flat([one]) for one in np.broadcast_arrays(*inputs)]
    result = np.empty(of.shape, object)
    for at, *scalars in zip(np.ndindex(of.shape), *each, strict=True):
        result[at] = operations(primitive, params, of.dtype, *scalars)
    return [result]


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
    if of.dtype != np.float32 or _known(*inputs):
        return _each(operations, equation, *inputs)
    written_out = jax.make_jaxpr(arctan2)(*(jax.ShapeDtypeStruct(of.shape, of.dtype),) * 2)
    return _interpreted(operations, written_out, np.broadcast_arrays(*inputs))


REDUCTIONS = {
    "reduce_and": "and", "reduce_max": "max", "reduce_min": "min", "reduce_or": "or", "reduce_prod": "mul",
    "reduce_sum": "add",
}  # fmt: skip


def _reduced(operations: Operations, equation: Any, array: np.ndarray) -> list[np.ndarray]:
    of, axes = equation.outvars[0].aval, equation.params["axes"]
    return [_folded(operations, REDUCTIONS[equation.primitive.name], of.dtype, array, tuple(map(int, axes)))]


def _folded(operations: Operations, name: str, dtype: np.dtype, array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    if _known(array):
        return np.asarray(NUMPY[name].reduce(array, axis=axes), dtype)  # type: ignore[attr-defined]
    kept = [axis for axis in range(array.ndim) if axis not in axes]
    rows = array.transpose(*kept, *axes).reshape(*(array.shape[axis] for axis in kept), -1)
    result = np.empty(rows.shape[:-1], object)
    for at in np.ndindex(result.shape):
        result[at] = rows[at][0]
        for other in rows[at][1:]:
            result[at] = operations.plain(name, dtype, result[at], other)
    return result


def _dot(operations: Operations, equation: Any, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    """Multiply and sum; the result has the batch axes first, then the remaining axes of each factor."""
    of, ((sum_a, sum_b), (batch_a, batch_b)) = equation.outvars[0].aval, equation.params["dimension_numbers"]

    def in_rows(array: np.ndarray, batch: Sequence[int], summed: Sequence[int]) -> np.ndarray:
        free = [axis for axis in range(array.ndim) if axis not in (*summed, *batch)]
        sizes = [math.prod(array.shape[axis] for axis in axes) for axes in (free, summed)]
        return array.transpose(*batch, *free, *summed).reshape(*(array.shape[axis] for axis in batch), *sizes)

    left, right = in_rows(a, batch_a, sum_a)[..., :, None, :], in_rows(b, batch_b, sum_b)[..., None, :, :]
    if _known(left, right):
        return [(left * right).sum(-1).astype(of.dtype).reshape(of.shape)]
    left, right = np.broadcast_arrays(_objects(left), _objects(right))
    products = np.empty(left.shape, object)
    for at in np.ndindex(left.shape):
        products[at] = operations.plain("mul", of.dtype, left[at], right[at])
    return [_folded(operations, "add", of.dtype, products, (products.ndim - 1,)).reshape(of.shape)]


def _broadcast(x: np.ndarray, *, shape: tuple, broadcast_dimensions: tuple, **_: Any) -> np.ndarray:
    sizes = dict(zip(broadcast_dimensions, x.shape, strict=True))
    return np.broadcast_to(x.reshape([sizes.get(axis, 1) for axis in range(len(shape))]), shape)


def _slice(x: np.ndarray, *, start_indices: tuple, limit_indices: tuple, strides: tuple | None) -> np.ndarray:
    return x[tuple(map(slice, start_indices, limit_indices, strides or (1,) * x.ndim))]


def _gather(
    x: np.ndarray, where: np.ndarray, *, dimension_numbers: Any, slice_sizes: tuple, mode: Any, **_: Any
) -> np.ndarray:
    """Apply `lax.gather` at known places, which lie within the array or are clipped to it."""
    of = dimension_numbers
    dropped = (*of.collapsed_slice_dims, *of.operand_batching_dims)
    batch, last = where.shape[:-1], np.array(x.shape) - slice_sizes
    slices = np.empty((*batch, *(size for axis, size in enumerate(slice_sizes) if axis not in dropped)), x.dtype)
    for at in np.ndindex(*batch):
        first = np.zeros(x.ndim, int)
        first[list(of.start_index_map)] = where[at]
        for axis, along in zip(of.operand_batching_dims, of.start_indices_batching_dims, strict=True):
            first[axis] = at[along]
        inside = np.clip(first, 0, last)
        if mode == jax.lax.GatherScatterMode.FILL_OR_DROP and (inside != first).any():
            raise UnknownPrimitiveError("gather beyond the end")
        part = x[tuple(slice(start, start + size) for start, size in zip(inside, slice_sizes, strict=True))]
        slices[at] = part.reshape(slices.shape[len(batch) :])[()]
    batch_axes = [axis for axis in range(slices.ndim) if axis not in of.offset_dims]
    return np.moveaxis(slices, range(slices.ndim), [*batch_axes, *of.offset_dims])


# Primitives that move numbers, as NumPy does it.
MOVES: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "expand_dims": lambda x, *, dimensions: np.expand_dims(x, dimensions),
    "gather": _gather,
    "reshape": lambda x, *, new_sizes, **_: x.reshape(new_sizes),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "slice": _slice,
    "split": lambda x, *, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, dimensions),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "tile": lambda x, *, reps: np.tile(x, reps),
    "transpose": lambda x, *, permutation: x.transpose(permutation),
    "unstack": lambda x, *, axis: [part.squeeze(axis) for part in np.split(x, x.shape[axis], axis)],
}
# And those that JAX carries out on the numbers' places; these of their arguments say where to.
PLACES: dict[str, Callable[[int], set[int]]] = {
    "dynamic_slice": lambda count: set(range(1, count)),
    "pad": lambda _: set(),
    "scatter": lambda _: {1},
}


def _moved(_: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    name, params = equation.primitive.name, equation.params
    if name == "gather":
        _check_known(name, inputs[1])
    elif not _known(*inputs):
        inputs = tuple(map(_objects, inputs))
    moved = MOVES[name](*inputs, **{key: one for key, one in params.items() if key != "sharding"})
    return moved if equation.primitive.multiple_results else [moved]


def _placed(_: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    where = PLACES[equation.primitive.name](len(inputs))
    _check_known(equation.primitive.name, *(inputs[i] for i in where))
    scalars = list(_flat(one for i, one in enumerate(inputs) if i not in where))
    places, first = [], 0
    for i, one in enumerate(inputs):
        size = 0 if i in where else one.size
        places.append(one if i in where else np.arange(first, first + size, dtype=np.int32).reshape(one.shape))
        first += size
    at = computed(equation.primitive, equation.params, np.dtype(np.int32), *places)
    result = np.empty(at.shape, object)
    for here in np.ndindex(at.shape):
        result[here] = scalars[at[here]]
    return [result]


def _scatter_added(
    operations: Operations, equation: Any, array: np.ndarray, where: np.ndarray, updates: np.ndarray
) -> list[np.ndarray]:
    _check_known(equation.primitive.name, where)
    dtype, result = equation.outvars[0].aval.dtype, _objects(array)

    def alone(update: Array) -> Array:
        nothing = jnp.zeros(array.shape, update.dtype)
        return equation.primitive.bind(nothing, jnp.asarray(where), update, **equation.params)

    with jax.ensure_compile_time_eval():
        goes = np.asarray(jax.vmap(alone)(jnp.eye(updates.size).reshape(-1, *updates.shape)))
    for update, places in zip(_flat([updates]), goes, strict=True):
        for at in map(tuple, np.argwhere(places)):
            result[at] = operations.plain("add", dtype, result[at], update)
    return [result]


def _check_known(name: str, *where: np.ndarray) -> None:
    if not _known(*where):
        raise UnknownPrimitiveError(f"{name} at places that depend on numbers")


CALLS = ("closed_call", "custom_jvp_call", "custom_vjp_call", "jit", "pjit")
RULES: dict[str, Callable[..., list[np.ndarray]]] = {
    **dict.fromkeys(CALLS, _called),
    **dict.fromkeys(("device_put", "optimization_barrier"), _passed_on),
    **dict.fromkeys(BY_NUMBER, _each),
    **dict.fromkeys(REDUCTIONS, _reduced),
    **dict.fromkeys(MOVES, _moved),
    **dict.fromkeys(PLACES, _placed),
    "atan2": _angle,
    "cond": _branched,
    "dot_general": _dot,
    "scatter-add": _scatter_added,
}
