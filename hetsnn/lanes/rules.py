"""Primitives of JAX carried out on NumPy arrays of scalars: number by number, as sums, or by moving numbers."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from hetsnn.lanes.scalars import BY_NUMBER, NUMPY, Operations, Scalar, computed


class UnknownPrimitiveError(NotImplementedError):
    """Error for an operation that lanes do not support; its message is the primitive's name."""


def flat(arrays: Iterable[np.ndarray]) -> Iterator[Scalar]:
    """Yield the entries of some arrays, one array after the other."""
    for array in arrays:
        yield from (array[at] for at in np.ndindex(array.shape))


def known(*arrays: np.ndarray) -> bool:
    """Return True if all entries are known; an array with an unknown entry has the type of objects."""
    return all(array.dtype != object for array in arrays)


def objects(array: np.ndarray) -> np.ndarray:
    """Return an array of objects; NumPy by itself would turn its own numbers into Python's."""
    result = np.empty(array.shape, object)
    for at in np.ndindex(array.shape):
        result[at] = array[at]
    return result


# Rules go from operations, equation and inputs to results.


def _passed_on(_: Operations, __: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    return list(inputs)


def each(operations: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    """Apply an operation number by number."""
    of, primitive, params = equation.outvars[0].aval, equation.primitive, equation.params
    if known(*inputs):
        return [computed(primitive, params, of.dtype, *inputs)]
    entries = [flat([one]) for one in np.broadcast_arrays(*inputs)]
    result = np.empty(of.shape, object)
    for at, *scalars in zip(np.ndindex(of.shape), *entries, strict=True):
        result[at] = operations(primitive, params, of.dtype, *scalars)
    return [result]


REDUCTIONS = {
    "reduce_and": "and", "reduce_max": "max", "reduce_min": "min", "reduce_or": "or", "reduce_prod": "mul",
    "reduce_sum": "add",
}  # fmt: skip


def _reduced(operations: Operations, equation: Any, array: np.ndarray) -> list[np.ndarray]:
    of, axes = equation.outvars[0].aval, equation.params["axes"]
    return [_folded(operations, REDUCTIONS[equation.primitive.name], of.dtype, array, tuple(map(int, axes)))]


def _folded(operations: Operations, name: str, dtype: np.dtype, array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    if known(array):
        return np.asarray(cast(np.ufunc, NUMPY[name]).reduce(array, axis=axes), dtype)
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
    if known(left, right):
        return [(left * right).sum(-1).astype(of.dtype).reshape(of.shape)]
    left, right = np.broadcast_arrays(objects(left), objects(right))
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
    elif not known(*inputs):
        inputs = tuple(map(objects, inputs))
    moved = MOVES[name](*inputs, **{key: one for key, one in params.items() if key != "sharding"})
    return moved if equation.primitive.multiple_results else [moved]


def _placed(_: Operations, equation: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    where = PLACES[equation.primitive.name](len(inputs))
    _check_known(equation.primitive.name, *(inputs[i] for i in where))
    scalars = list(flat(one for i, one in enumerate(inputs) if i not in where))
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
    dtype, result = equation.outvars[0].aval.dtype, objects(array)

    def alone(update: Array) -> Array:
        nothing = jnp.zeros(array.shape, update.dtype)
        return equation.primitive.bind(nothing, jnp.asarray(where), update, **equation.params)

    with jax.ensure_compile_time_eval():
        goes = np.asarray(jax.vmap(alone)(jnp.eye(updates.size).reshape(-1, *updates.shape)))
    for update, places in zip(flat([updates]), goes, strict=True):
        for at in map(tuple, np.argwhere(places)):
            result[at] = operations.plain("add", dtype, result[at], update)
    return [result]


def _check_known(name: str, *where: np.ndarray) -> None:
    if not known(*where):
        raise UnknownPrimitiveError(f"{name} at places that depend on numbers")


RULES: dict[str, Callable[..., list[np.ndarray]]] = {
    **dict.fromkeys(("device_put", "optimization_barrier"), _passed_on),
    **dict.fromkeys(BY_NUMBER, each),
    **dict.fromkeys(REDUCTIONS, _reduced),
    **dict.fromkeys(MOVES, _moved),
    **dict.fromkeys(PLACES, _placed),
    "dot_general": _dot,
    "scatter-add": _scatter_added,
}
