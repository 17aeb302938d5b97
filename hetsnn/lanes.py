"""Functions of small arrays as operations on scalars, each of which is one long vector where `jax.vmap` maps them.

XLA turns thousands of operations on arrays of 3 to 36 numbers, mapped over a population, into narrow loops. Here the
jaxpr of such a function is interpreted on NumPy arrays of scalars: what moves numbers costs nothing, constants are
folded, products with 0 and 1 are dropped, and what has been computed already is not computed again. The numbers are
the same up to rounding; only where a factor is not finite, a product with the constant 0 is 0 here.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, Primitive, primitives
from jaxtyping import Array, Float


class UnknownPrimitive(NotImplementedError):
    """An operation that is not known on lanes; its message is the primitive's name."""


class Value:
    """A scalar that an operation gives, or one that is given: then its primitive is None. Constants are NumPy's."""

    __slots__ = ("dtype", "inputs", "params", "primitive")

    def __init__(self, dtype: np.dtype, primitive: Primitive | None = None, params: Any = None, inputs: tuple = ()):
        self.dtype, self.primitive, self.params, self.inputs = dtype, primitive, params, inputs


Scalar = Value | np.generic


class Graph(NamedTuple):
    """A function as scalars: those it is given, and those it gives, as flat as its pytrees' leaves one after another."""

    inputs: list[Value]
    outputs: list[Scalar]
    out_shapes: Any  # pytree


def graph(function: Callable, *examples: Any) -> Graph:
    """The operations of a function on scalars.

    Args:
        function: of pytrees of arrays; without random numbers, loops and sorting.
        examples: its arguments, of which only the shapes and types count.

    Raises:
        UnknownPrimitive: the function has one.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*examples)
    arguments = [_given(leaf) for leaf in jax.tree.leaves(examples)]
    results = _run(Operations(), closed, arguments)
    return Graph(list(_flat(arguments)), list(_flat(results)), shapes)


def substituted(outputs: Iterable[Scalar], by: Mapping[Scalar, Scalar]) -> list[Scalar]:
    """Outputs after some of the values behind them have been replaced by others, simplified anew."""
    outputs, operations, known = list(outputs), Operations(), dict(by)
    for value in order(outputs):
        if value not in known and value.primitive is not None:
            inputs = [known.get(one, one) for one in value.inputs]
            known[value] = operations(value.primitive, value.params, value.dtype, *inputs)
    return [known.get(value, value) for value in outputs]


def order(outputs: Iterable[Scalar]) -> list[Value]:
    """All values behind some, each after those that it is made of, as late as possible before it is used."""
    done: dict[Value, None] = {}
    waiting = [(value, False) for value in reversed(list(outputs))]
    while waiting:
        value, ready = waiting.pop()
        if isinstance(value, np.generic) or value in done:
            continue
        if ready:
            done[value] = None
        else:
            waiting.append((value, True))
            waiting.extend((one, False) for one in reversed(value.inputs))
    return list(done)


class Operations:
    """Operations on scalars: what is known is folded, what has been asked for before is not made again."""

    def __init__(self) -> None:
        self.made: dict[Any, Value] = {}

    def __call__(self, primitive: Primitive, params: dict[str, Any], dtype: np.dtype, *inputs: Scalar) -> Scalar:
        """The result of a primitive that works number by number.

        Args:
            primitive: one of `ELEMENTWISE`.
            params: its own.
            dtype: of the result.
            inputs: what it is given.
        """
        if not any(isinstance(one, Value) for one in inputs):
            return _computed(primitive, params, dtype, *inputs)[()]
        simple = self._simple(primitive.name, dtype, inputs)
        if simple is not None:
            return simple
        names = tuple(map(name, inputs))
        if primitive.name in COMMUTATIVE:
            names = tuple(sorted(names, key=str))
        key = primitive.name, str(params) if params else "", names
        if key not in self.made:
            self.made[key] = Value(dtype, primitive, params, inputs)
        return self.made[key]

    def named(self, name: str, dtype: np.dtype, *inputs: Scalar) -> Scalar:
        """The result of an arithmetic operation that takes no parameters."""
        return self(getattr(primitives, f"{name}_p"), {}, dtype, *inputs)

    def _simple(self, name: str, dtype: np.dtype, inputs: tuple[Scalar, ...]) -> Scalar | None:
        """What an operation comes to without being carried out, or with a simpler one; exact for finite numbers."""
        a, b = (*inputs, None)[:2]
        match name:
            case "copy" | "stop_gradient" | "reduce_precision":
                return a
            case "convert_element_type" if a.dtype == dtype:
                return a
            case "neg" if _is(a, "neg"):
                return a.inputs[0]
            case "select_n":
                return self._selected(*inputs)
            case "and" | "or" if dtype == bool:
                for one, other in ((a, b), (b, a)):
                    if isinstance(one, np.generic):
                        return other if bool(one) == (name == "and") else one
                return a if a is b else None
            case "max" | "min":
                return a if a is b else None
            case "add" | "sub" | "mul" | "div":
                return self._arithmetic(name, dtype, a, b)
        return None

    def _selected(self, which: Scalar, *cases: Scalar) -> Scalar | None:
        if isinstance(which, np.generic):
            return cases[int(which)]
        return cases[0] if len(set(map(name, cases))) == 1 else None

    def _arithmetic(self, name: str, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
        zero = dtype.type(0)
        if name == "add":
            if _equals(a, 0) or _equals(b, 0):
                return b if _equals(a, 0) else a
            if _is(b, "neg"):
                return self.named("sub", dtype, a, b.inputs[0])
            return self.named("sub", dtype, b, a.inputs[0]) if _is(a, "neg") else None
        if name == "sub":
            if a is b:
                return zero
            if _equals(b, 0):
                return a
            if _equals(a, 0):
                return self.named("neg", dtype, b)
            return self.named("add", dtype, a, b.inputs[0]) if _is(b, "neg") else None
        if _equals(a, 0) or (name == "mul" and _equals(b, 0)):
            return zero
        if _equals(b, 1) or (name == "mul" and _equals(a, 1)):
            return a if _equals(b, 1) else b
        if dtype.kind != "f":
            return None
        if _equals(b, -1) or (name == "mul" and _equals(a, -1)):
            return self.named("neg", dtype, a if _equals(b, -1) else b)
        if _is(a, "neg") or _is(b, "neg"):
            bare = [one.inputs[0] if _is(one, "neg") else one for one in (a, b)]
            result = self.named(name, dtype, *bare)
            return result if _is(a, "neg") and _is(b, "neg") else self.named("neg", dtype, result)
        return None


def _is(value: Any, name: str) -> bool:
    return isinstance(value, Value) and value.primitive is not None and value.primitive.name == name


def _equals(value: Scalar, number: int) -> bool:
    return isinstance(value, np.generic) and bool(value == number)


def name(one: Scalar) -> Any:
    """Scalars of equal name are the same; -0 is 0."""
    return id(one) if isinstance(one, Value) else (one.dtype.char, one.item())


# Primitives that work number by number; constants are folded by NumPy where it has the same, or else by JAX.
COMMUTATIVE = {"add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"}
NUMPY: dict[str, Callable] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "abs": np.abs, "sqrt": np.sqrt,
    "max": np.maximum, "min": np.minimum, "square": np.square, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "not": np.invert, "is_finite": np.isfinite, "copy": np.copy, "rem": np.fmod,
    "select_n": lambda which, *cases: np.choose(np.asarray(which, int), cases),
}  # fmt: skip
ELEMENTWISE = set(NUMPY) | set(
    "acos acosh asin asinh atan atan2 atanh cbrt ceil clamp convert_element_type cos cosh div erf exp exp2 expm1 "
    "floor integer_pow log log1p log2 logistic nextafter one_minus_square pow reduce_precision round rsqrt sign sin "
    "sinh stop_gradient tan tanh".split()
)
REDUCTIONS = {
    "reduce_sum": "add", "reduce_prod": "mul", "reduce_max": "max", "reduce_min": "min", "reduce_and": "and",
    "reduce_or": "or",
}  # fmt: skip


def _computed(primitive: Primitive, params: dict[str, Any], dtype: np.dtype, *known: Any) -> np.ndarray:
    """The result of an operation on constants."""
    if primitive.name in NUMPY:
        with np.errstate(all="ignore"):
            return np.asarray(NUMPY[primitive.name](*known), dtype)
    if primitive.name == "convert_element_type":
        return np.asarray(known[0]).astype(dtype)
    if primitive.name == "div" and dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.asarray(np.divide(*known), dtype)
    with jax.ensure_compile_time_eval():
        return np.asarray(primitive.bind(*map(jnp.asarray, known), **params))


def _broadcast_in_dim(x: np.ndarray, *, shape: tuple, broadcast_dimensions: tuple, **_: Any) -> np.ndarray:
    at = dict(zip(broadcast_dimensions, x.shape, strict=True))
    return np.broadcast_to(x.reshape([at.get(axis, 1) for axis in range(len(shape))]), shape)


def _slice(x: np.ndarray, *, start_indices: tuple, limit_indices: tuple, strides: tuple | None) -> np.ndarray:
    return x[tuple(map(slice, start_indices, limit_indices, strides or (1,) * x.ndim))]


# Primitives that move numbers, as NumPy does it.
MOVES: dict[str, Callable] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "expand_dims": lambda x, *, dimensions: np.expand_dims(x, dimensions),
    "reshape": lambda x, *, new_sizes, **_: x.reshape(new_sizes),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "slice": _slice,
    "split": lambda x, *, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, dimensions),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "tile": lambda x, *, reps: np.tile(x, reps),
    "transpose": lambda x, *, permutation: x.transpose(permutation),
    "unstack": lambda x, *, axis: list(np.moveaxis(x, axis, 0)),
}
# And those that JAX is to carry out on the numbers' places; these of their arguments say where.
PLACES = {"scatter": (1,), "dynamic_slice": None, "pad": ()}
PASSED_ON = {"device_put", "optimization_barrier"}
TINY = np.finfo(np.float32).tiny


def arctan2(y: Float[Array, "*of"], x: Float[Array, "*of"]) -> Float[Array, "*of"]:
    """`jnp.arctan2` to 3e-7, for which XLA's CPU calls a function number by number.

    Source of the polynomial: S. Moshier, Cephes, `atanf`. The quotient is brought to at most tan(pi/8) first.
    """
    small, large = jnp.minimum(abs(x), abs(y)), jnp.maximum(abs(x), abs(y))
    wide = small > math.tan(math.pi / 8) * large
    ratio = jnp.where(wide, small - large, small) / jnp.maximum(jnp.where(wide, small + large, large), TINY)
    square = ratio * ratio
    series = ((8.05374449538e-2 * square - 1.38776856032e-1) * square + 1.99777106478e-1) * square - 3.33329491539e-1
    angle = series * square * ratio + ratio + jnp.where(wide, math.pi / 4, 0.0)
    angle = jnp.where(abs(y) > abs(x), math.pi / 2 - angle, angle)
    angle = jnp.where(x < 0, math.pi - angle, angle)
    return jnp.where(y < 0, -angle, angle)


def _given(leaf: Any) -> np.ndarray:
    """An array of values that are not known."""
    array = np.empty(jnp.shape(leaf), object)
    for at in np.ndindex(array.shape):
        array[at] = Value(np.dtype(jnp.result_type(leaf)))
    return array


def _flat(arrays: Iterable[np.ndarray]) -> Iterable[Scalar]:
    for array in arrays:
        yield from (array[at] for at in np.ndindex(array.shape))


def _settled(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """An array of the numbers' own type where all of them are known."""
    unknown = array.dtype == object and any(isinstance(one, Value) for one in array.flat)
    return array if unknown else array.astype(dtype)


def _scalars(array: np.ndarray) -> np.ndarray:
    """An array of objects; NumPy itself would make Python's numbers of its own."""
    result = np.empty(array.shape, object)
    for at in np.ndindex(array.shape):
        result[at] = array[at]
    return result


def _unknown(array: np.ndarray) -> bool:
    return array.dtype == object


def _run(operations: Operations, closed: ClosedJaxpr, arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Interpret a jaxpr on arrays of scalars; those that are known altogether have the numbers' type."""
    jaxpr = closed.jaxpr
    known: dict[Any, np.ndarray] = dict(zip(jaxpr.constvars, map(np.asarray, closed.consts), strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> np.ndarray:
        return np.asarray(atom.val, atom.aval.dtype) if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        results = _apply(operations, equation, list(map(read, equation.invars)))
        for variable, result in zip(equation.outvars, results, strict=True):
            known[variable] = _settled(result, variable.aval.dtype) if hasattr(variable.aval, "dtype") else result
    return list(map(read, jaxpr.outvars))


def _apply(operations: Operations, equation: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    primitive, params = equation.primitive, equation.params
    name, of = primitive.name, equation.outvars[0].aval if equation.outvars else None
    inner = [one for one in params.values() if isinstance(one, ClosedJaxpr)]
    if name == "cond" and not _unknown(inputs[0]):
        return _run(operations, params["branches"][int(inputs[0])], inputs[1:])
    if name in {"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint"}:
        return _run(operations, inner[0], inputs)
    if name in PASSED_ON:
        return inputs
    if name == "atan2" and of.dtype == np.float32 and any(map(_unknown, inputs)):
        written_out = jax.make_jaxpr(arctan2)(*(jax.ShapeDtypeStruct(of.shape, of.dtype),) * 2)
        return _run(operations, written_out, np.broadcast_arrays(*inputs))
    if name in MOVES:
        alike = list(map(_scalars, inputs)) if any(map(_unknown, inputs)) else inputs
        moved = MOVES[name](*alike, **{key: one for key, one in params.items() if key != "sharding"})
        return moved if primitive.multiple_results else [moved]
    if name == "gather":
        return [_gathered(*inputs, **params)]
    by_number = name in REDUCTIONS or name == "dot_general"
    if not any(map(_unknown, inputs)) and not inner and not (by_number and all(one.size for one in inputs)):
        if primitive.multiple_results:
            raise UnknownPrimitive(name)
        return [_computed(primitive, params, of.dtype, *inputs)]
    if name in ELEMENTWISE:
        each = np.broadcast_arrays(*inputs)
        result = np.empty(of.shape, object)
        for at in np.ndindex(of.shape):
            result[at] = operations(primitive, params, of.dtype, *(_scalar(one[at]) for one in each))
        return [result]
    if name in REDUCTIONS:
        return [_reduced(operations, REDUCTIONS[name], of.dtype, inputs[0], tuple(map(int, params["axes"])))]
    if name == "dot_general":
        return [_dot(operations, of, *inputs, **params)]
    if name == "scatter-add":
        return [_scatter_add(operations, primitive, params, *inputs)]
    if name in PLACES:
        return [_moved(primitive, params, inputs)]
    raise UnknownPrimitive(name)


def _scalar(one: Any) -> Scalar:
    return one if isinstance(one, Value | np.generic) else np.asarray(one)[()]


def _reduced(operations: Operations, name: str, dtype: np.dtype, array: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    kept = [axis for axis in range(array.ndim) if axis not in axes]
    rows = array.transpose(*kept, *axes).reshape(*(array.shape[axis] for axis in kept), -1)
    result = np.empty(rows.shape[:-1], object)
    for at in np.ndindex(result.shape):
        result[at], *others = map(_scalar, rows[at])
        for other in others:
            result[at] = operations.named(name, dtype, result[at], other)
    return result


def _dot(operations: Operations, of: Any, a: np.ndarray, b: np.ndarray, *, dimension_numbers: Any, **_: Any) -> Any:
    """`lax.dot_general` by products and sums: batch axes come first, then those of each factor that are left."""
    (sum_a, sum_b), (batch_a, batch_b) = dimension_numbers
    free_a = [axis for axis in range(a.ndim) if axis not in (*sum_a, *batch_a)]
    free_b = [axis for axis in range(b.ndim) if axis not in (*sum_b, *batch_b)]
    batch = [a.shape[axis] for axis in batch_a]
    rows = a.transpose(*batch_a, *free_a, *sum_a).reshape(*batch, int(np.prod([a.shape[i] for i in free_a])), 1, -1)
    columns = b.transpose(*batch_b, *free_b, *sum_b).reshape(*batch, 1, int(np.prod([b.shape[i] for i in free_b])), -1)
    left, right = np.broadcast_arrays(rows, columns)
    products = np.empty(left.shape, object)
    for at in np.ndindex(left.shape):
        products[at] = operations.named("mul", of.dtype, _scalar(left[at]), _scalar(right[at]))
    return _reduced(operations, "add", of.dtype, products, [products.ndim - 1]).reshape(of.shape)


def _gathered(
    array: np.ndarray, where: np.ndarray, *, dimension_numbers: Any, slice_sizes: tuple, mode: Any, **_: Any
) -> np.ndarray:
    """`lax.gather` at places that are known and within the array, or are clipped to it."""
    if _unknown(where):
        raise UnknownPrimitive("gather at places that are not known")
    of = dimension_numbers
    dropped = (*of.collapsed_slice_dims, *of.operand_batching_dims)
    offset_axes = [axis for axis in range(array.ndim) if axis not in dropped]
    batch, limit = where.shape[:-1], np.array(array.shape) - slice_sizes
    slices = np.empty((*batch, *(slice_sizes[axis] for axis in offset_axes)), array.dtype)
    for at in np.ndindex(*batch):
        first = np.zeros(array.ndim, int)
        first[list(of.start_index_map)] = where[at]
        for axis, along in zip(of.operand_batching_dims, of.start_indices_batching_dims, strict=True):
            first[axis] = at[along]
        inside = np.clip(first, 0, limit)
        if mode == jax.lax.GatherScatterMode.FILL_OR_DROP and (inside != first).any():
            raise UnknownPrimitive("gather beyond the end")
        part = array[tuple(slice(a, a + n) for a, n in zip(inside, slice_sizes, strict=True))]
        slices[at] = part.reshape(slices.shape[len(batch) :])[()]
    rank = slices.ndim
    batch_axes = [axis for axis in range(rank) if axis not in of.offset_dims]
    return np.moveaxis(slices, range(rank), [*batch_axes, *of.offset_dims])


def _moved(primitive: Primitive, params: dict[str, Any], inputs: list[np.ndarray]) -> np.ndarray:
    """The result of a primitive that moves numbers to places that are known: found by moving their numbers."""
    where = PLACES[primitive.name]
    where = tuple(range(1, len(inputs))) if where is None else where
    if any(_unknown(inputs[i]) for i in where):
        raise UnknownPrimitive(f"{primitive.name} at places that are not known")
    numbers = list(_flat(one for i, one in enumerate(inputs) if i not in where))
    first, places = 0, []
    for i, one in enumerate(inputs):
        size = 0 if i in where else one.size
        places.append(one if i in where else np.arange(first, first + size, dtype=np.int32).reshape(one.shape))
        first += size
    if params.get("fill_value", 0) is None:
        params = params | {"fill_value": -1}  # beyond the end, where NaN would be
    at = _computed(primitive, params, np.dtype(np.int32), *places)
    if at.size and at.min() < 0:
        raise UnknownPrimitive(f"{primitive.name} beyond the end")
    result = np.empty(at.shape, object)
    for place in np.ndindex(at.shape):
        result[place] = _scalar(numbers[at[place]])
    return result


def _scatter_add(
    operations: Operations,
    primitive: Primitive,
    params: dict[str, Any],
    array: np.ndarray,
    where: np.ndarray,
    updates: np.ndarray,
) -> np.ndarray:
    if _unknown(where):
        raise UnknownPrimitive(f"{primitive.name} at places that are not known")
    result = _scalars(array)

    def placed(update: jax.Array) -> jax.Array:
        return primitive.bind(jnp.zeros(array.shape, jnp.float32), jnp.asarray(where), update, **params)

    with jax.ensure_compile_time_eval():
        alone = jnp.eye(updates.size, dtype=jnp.float32).reshape(-1, *updates.shape)
        goes = np.asarray(jax.vmap(placed)(alone))
    for update, places in zip(_flat([updates]), goes, strict=True):
        for at in map(tuple, np.argwhere(places)):
            dtype = np.dtype(result[at].dtype)
            result[at] = operations.named("add", dtype, result[at], _scalar(update))
    return result
