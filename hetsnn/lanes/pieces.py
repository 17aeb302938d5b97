"""Operations on lanes in pieces that XLA compiles one by one.

Left alone, XLA's CPU fuses thousands of operations into some hundred loops, each of which computes
shared values again, up to twelve times. XLA does not fuse across a conditional. So the operations are divided where few
values are alive. Each piece is a branch of a conditional whose predicate is true, but unknown to XLA. Lanes are divided
into blocks, too. On a GPU a conditional waits for the host; barriers divide the operations there.

A comparison that is computed again may have another result, since XLA rounds products otherwise in each loop that it
fuses. Brax counts a link's contacts in one place and sums their impulses in another: where they disagree, a robot at
rest flies away. So a comparison on which several results depend ends a stage: all of them read what it was.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir
from jaxtyping import Array, Bool

from hetsnn.lanes.scalars import Scalar, Value, order, unknown

PIECE = 200  # operations between conditionals
# Lanes of a block. XLA's CPU carries out operations one after the other where no array has more than 512 bytes, and
# else hands each of them to a queue, which takes longer than such an operation.
BLOCK = 128


def by_number(function: Callable[..., list[Array]], dtypes: Sequence[np.dtype]) -> Callable[..., list[Array]]:
    """Make a function that works number by number run as one call on whole arrays when it is mapped.

    The function is traced once, and only when it is compiled.

    Args:
        function: function of arrays of one shape; its argument `size` is the size of a piece, or None for one piece.
        dtypes: types of its results, which have the same shape.
    """
    primitive = Primitive("lanes")
    primitive.multiple_results = True
    primitive.def_abstract_eval(lambda *of, **_: [of[0].update(dtype=dtype, weak_type=False) for dtype in dtypes])

    def mapped(arrays: Sequence[Array], axes: Sequence[Any]) -> tuple[list[Array], list[int]]:
        size = next(array.shape[axis] for array, axis in zip(arrays, axes, strict=True) if axis is not None)
        alike = [
            jnp.broadcast_to(array, (size, *array.shape)) if axis is None else jnp.moveaxis(array, axis, 0)
            for array, axis in zip(arrays, axes, strict=True)
        ]
        return primitive.bind(*alike), [0] * len(dtypes)

    def whole(*arrays: Array) -> list[Array]:
        return function(*arrays, size=None)

    def divided(*arrays: Array) -> list[Array]:
        return in_blocks(lambda *block: function(*block, size=PIECE), *arrays)

    primitive.def_impl(jax.jit(primitive.bind))
    batching.primitive_batchers[primitive] = mapped
    mlir.register_lowering(primitive, mlir.lower_fun(whole, multiple_results=True))
    mlir.register_lowering(primitive, mlir.lower_fun(divided, multiple_results=True), platform="cpu")
    return primitive.bind


def in_blocks(function: Callable[..., list[Array]], *arrays: Array) -> list[Array]:
    """The results of a function that works number by number, block after block of its arrays, all of one shape."""
    shape, count = arrays[0].shape, arrays[0].size
    if count <= BLOCK:
        return function(*arrays)
    blocks = -(-count // BLOCK)
    each = -(-count // blocks)
    padded = [jnp.pad(array.ravel(), (0, blocks * each - count)).reshape(blocks, each) for array in arrays]
    results = jax.lax.map(lambda block: function(*block), padded)
    return [result.ravel()[:count].reshape(shape) for result in results]


def evaluate(
    outputs: Sequence[Scalar],
    given: Mapping[Value, Array],
    size: int | None = None,
    true: Bool[Array, ""] | None = None,
) -> list[Array]:
    """Carry out operations on arrays that all have one shape.

    Args:
        outputs: the wanted values.
        given: the known values.
        size: operations in a piece.
        true: a predicate that is true, but unknown to XLA; without it there is one piece and no conditional.
    """
    shape, found = next(iter(given.values())).shape, dict(given)
    stages = staged([value for value in order(outputs) if value not in given])
    values, ends = [value for stage in stages for value in stage], list(accumulate(map(len, stages)))
    last = last_uses(values, outputs)
    if size is None or true is None:
        bounds, true = [0, *ends], None
    else:
        bounds = divide(values, last, size, ends)
    for first, end in pairwise(bounds):
        piece = values[first:end]
        inner, results = set(piece), [value for value in piece if last[value] >= end]
        from_before = (one for value in piece for one in value.inputs if unknown(one) and one not in inner)
        operands = list(dict.fromkeys(from_before))

        def run(*arrays: Array, piece: list = piece, operands: list = operands, results: list = results) -> list[Array]:
            return carried_out(piece, dict(zip(operands, arrays, strict=True)), results, shape)

        def never(*_: Array, results: list = results) -> list[Array]:
            return [jnp.zeros(shape, value.dtype) for value in results]

        arrays = [found[value] for value in operands]
        if len(bounds) == 2:
            new = run(*arrays)
        else:
            new = (
                jax.lax.optimization_barrier(run(*arrays)) if true is None else jax.lax.cond(true, run, never, *arrays)
            )
        found.update(zip(results, new, strict=True))
    return [_array(one, found, shape) for one in outputs]


def staged(values: Sequence[Value]) -> list[list[Value]]:
    """Divide operations into stages: each reads the `decisions` of the stages before it, none of its own.

    Args:
        values: values in the order in which they are computed; stages keep it.
    """
    shared, stage = decisions(values), dict.fromkeys(values, 0)
    for value in values:
        stage[value] = max([stage[one] + (one in shared) for one in value.inputs if one in stage], default=0)
    stages: list[list[Value]] = [[] for _ in range(max(stage.values(), default=-1) + 1)]
    for value in values:
        stages[stage[value]].append(value)
    return stages


def decisions(values: Sequence[Value]) -> set[Value]:
    """Return the truth values that several numbers depend on, directly or as 0 or 1."""
    readers: dict[Value, set[Value]] = {}
    for value in values:
        for one in value.inputs:
            if unknown(one):
                readers.setdefault(one, set()).add(value)

    def numbers(of: Value) -> set[Value]:
        found = {one for one in readers.get(of, ()) if one.dtype != bool}
        casts = {one for one in found if one.primitive.name == "convert_element_type"}
        return (found - casts).union(*(readers.get(one, {one}) for one in casts))

    return {value for value in values if value.dtype == bool and len(numbers(value)) > 1}


def divide(
    values: Sequence[Value], last: Mapping[Value, int], size: int, ends: Sequence[int] | None = None
) -> list[int]:
    """Return the bounds of pieces of about `size` operations, where the fewest values are alive.

    Args:
        values: values in the order in which they are computed.
        last: place of the last use of each value, see `last_uses`.
        size: operations in a piece.
        ends: places where a piece has to end, the last among them; by default just the last.
    """
    born = {value: place for place, value in enumerate(values)}
    alive = np.zeros(len(values) + 1, int)
    for value, place in last.items():
        alive[born.get(value, -1) + 1 : place + 1] += 1
    bounds, shortest, longest = [0], int(0.6 * size), int(1.4 * size)
    for end in [len(values)] if ends is None else ends:
        while bounds[-1] + longest < end:
            first = bounds[-1] + shortest
            bounds.append(first + int(np.argmin(alive[first : bounds[-1] + longest])))
        bounds.append(end)
    return bounds


def last_uses(values: Sequence[Value], outputs: Iterable[Scalar]) -> dict[Value, int]:
    """Return the place of the last operation on each value; an output's place is after all operations."""
    uses = {one: place for place, value in enumerate(values) for one in value.inputs if unknown(one)}
    return uses | {one: len(values) for one in outputs if unknown(one)}


def carried_out(
    values: Sequence[Value], found: dict[Value, Array], outputs: Sequence[Value], shape: tuple[int, ...]
) -> list[Array]:
    """Carry out operations in their order.

    Args:
        values: the results of the operations.
        found: arrays of the values that the operations start from.
        outputs: the wanted values.
        shape: shape of all arrays.
    """
    for value in values:
        found[value] = value.primitive.bind(*(_array(one, found, shape) for one in value.inputs), **value.params)
    return [found[value] for value in outputs]


def _array(one: Scalar, found: Mapping[Value, Array], shape: tuple[int, ...]) -> Array:
    return found[one] if unknown(one) else jax.lax.full(shape, one, one.dtype)
