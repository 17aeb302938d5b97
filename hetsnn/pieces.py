"""Operations on lanes in pieces that XLA compiles one by one.

Left alone, XLA's CPU fuses thousands of operations into some hundred loops, each of which computes anew what others
have computed already: values are shared, up to twelve times. It does not look across a conditional. So the operations
are divided where few values are alive, and each piece is a branch of a conditional whose predicate is true, but not
known to XLA.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from hetsnn.lanes import Scalar, Value, order


def evaluate(
    outputs: Sequence[Scalar],
    given: Mapping[Value, Array],
    size: int | None = None,
    true: Bool[Array, ""] | bool = True,
) -> list[Array]:
    """Carry out operations on arrays that are all of one shape.

    Args:
        outputs: the values that are wanted.
        given: those that are known.
        size: of a piece, in operations; without it there is one piece and no conditional.
        true: a truth that XLA does not know of, not mapped over anything.
    """
    shape = next(iter(given.values())).shape
    values = [value for value in order(outputs) if value not in given]
    wanted = {value: len(values) for value in outputs if isinstance(value, Value)}
    cuts = divide(values, wanted, size) if size else [0, len(values)]
    last = _last_uses(values) | wanted
    known = dict(given)
    for first, end in pairwise(cuts):
        piece = values[first:end]
        results = [value for value in piece if last[value] >= end]
        inner = set(piece)
        operands = list(dict.fromkeys(one for value in piece for one in value.inputs if _from_before(one, inner)))

        def run(*arrays: Array, of: list = piece, at: list = operands, to: list = results) -> list[Array]:
            return _carried_out(of, dict(zip(at, arrays, strict=True)), to, shape)

        def never(*_: Array, to: list = results) -> list[Array]:
            return [jnp.zeros(shape, value.dtype) for value in to]

        arrays = [known[value] for value in operands]
        found = run(*arrays) if len(cuts) == 2 else jax.lax.cond(true, run, never, *arrays)
        known.update(zip(results, found, strict=True))
    return [_array(value, known, shape) for value in outputs]


def divide(values: Sequence[Value], wanted: Mapping[Value, int], size: int) -> list[int]:
    """Bounds of pieces of about so many operations, where the fewest values are alive.

    Args:
        values: in the order in which they are computed.
        wanted: those that are wanted at the end.
        size: in operations.
    """
    born = {value: place for place, value in enumerate(values)}
    alive = np.zeros(len(values) + 1, int)
    for value, last in (_last_uses(values) | wanted).items():
        alive[born.get(value, -1) + 1 : last + 1] += 1
    cuts, shortest, longest = [0], int(0.6 * size), int(1.4 * size)
    while cuts[-1] + longest < len(values):
        first = cuts[-1] + shortest
        cuts.append(first + int(np.argmin(alive[first : cuts[-1] + longest])))
    return [*cuts, len(values)]


def _last_uses(values: Sequence[Value]) -> dict[Value, int]:
    return {one: place for place, value in enumerate(values) for one in value.inputs if isinstance(one, Value)}


def _from_before(one: Scalar, piece: set[Value]) -> bool:
    return isinstance(one, Value) and one not in piece


def _carried_out(
    values: Sequence[Value], known: dict[Value, Array], outputs: Sequence[Value], shape: tuple[int, ...]
) -> list[Array]:
    for value in values:
        arrays = [_array(one, known, shape) for one in value.inputs]
        known[value] = value.primitive.bind(*arrays, **value.params)
    return [known[value] for value in outputs]


def _array(one: Scalar, known: Mapping[Value, Array], shape: tuple[int, ...]) -> Array:
    return known[one] if isinstance(one, Value) else jax.lax.full(shape, one, one.dtype)
