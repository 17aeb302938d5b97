"""Unknown scalars, and operations on them that are simplified when they are recorded.

Constants are folded, sums with 0 and products with 0 and 1 are dropped, and no operation is computed twice. The numbers
stay the same up to rounding. One case differs: here a product with the constant 0 is 0 even if the other factor is not
finite.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive, primitives


class Value:
    """A scalar that is the result of an operation, or an input; the primitive of an input is None."""

    __slots__ = ("dtype", "inputs", "params", "primitive")

    def __init__(self, dtype: np.dtype, primitive: Any = None, params: Any = None, inputs: tuple = ()) -> None:
        self.dtype, self.primitive, self.params, self.inputs = dtype, primitive, params, inputs


Scalar = Any  # a Value, or NumPy's number where it is known

# Primitives that work number by number: on what is known as NumPy does it, or else as JAX does.
NUMPY: dict[str, Callable[..., Any]] = {
    "abs": np.abs, "add": np.add, "and": np.bitwise_and, "copy": np.copy, "eq": np.equal, "ge": np.greater_equal,
    "gt": np.greater, "is_finite": np.isfinite, "le": np.less_equal, "lt": np.less, "max": np.maximum,
    "min": np.minimum, "mul": np.multiply, "ne": np.not_equal, "neg": np.negative, "not": np.invert,
    "or": np.bitwise_or, "rem": np.fmod, "select_n": lambda which, *of: np.choose(np.asarray(which, int), of),
    "sqrt": np.sqrt, "square": np.square, "sub": np.subtract, "xor": np.bitwise_xor,
}  # fmt: skip
BY_NUMBER = {
    *NUMPY, "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clamp",
    "convert_element_type", "cos", "cosh", "div", "erf", "exp", "exp2", "expm1", "floor", "integer_pow", "log",
    "log1p", "log2", "logistic", "nextafter", "one_minus_square", "pow", "reduce_precision", "round", "rsqrt", "sign",
    "sin", "sinh", "stop_gradient", "tan", "tanh",
}  # fmt: skip
COMMUTATIVE = {"add", "and", "eq", "max", "min", "mul", "ne", "or", "xor"}


def unknown(one: Scalar) -> TypeGuard[Value]:
    """Return True if a scalar is not a number yet."""
    return isinstance(one, Value)


def name(one: Scalar) -> Any:
    """Return the name of a scalar: scalars with equal names are the same; -0 is 0."""
    return id(one) if unknown(one) else (one.dtype.char, one.item())


def computed(primitive: Primitive, params: dict[str, Any], dtype: np.dtype, *known: Any) -> np.ndarray:
    """Return the result of an operation on numbers, or on arrays of numbers."""
    with np.errstate(all="ignore"):
        if primitive.name in NUMPY:
            return np.asarray(NUMPY[primitive.name](*known), dtype)
        if primitive.name == "div" and dtype.kind == "f":  # NumPy's of integers is another
            return np.asarray(np.divide(*known), dtype)
        if primitive.name == "convert_element_type":
            return np.asarray(known[0]).astype(dtype)
    with jax.ensure_compile_time_eval():
        return np.asarray(primitive.bind(*map(jnp.asarray, known), **params))


class Operations:
    """The operations of a program; the same operation is made only once."""

    def __init__(self) -> None:
        self.made: dict[Any, Value] = {}

    def __call__(self, primitive: Primitive, params: dict[str, Any], dtype: np.dtype, *inputs: Scalar) -> Scalar:
        """Return the simplified result of a primitive, one of `BY_NUMBER`."""
        if not any(map(unknown, inputs)):
            return computed(primitive, params, dtype, *inputs)[()]
        simpler = SIMPLER.get(primitive.name)
        found = simpler(self, dtype, *inputs) if simpler else None
        if found is not None:
            return found
        names = tuple(map(name, inputs))
        if primitive.name in COMMUTATIVE:
            names = tuple(sorted(names, key=str))
        key = primitive.name, str(params) if params else "", names
        if key not in self.made:
            self.made[key] = Value(dtype, primitive, params, inputs)
        return self.made[key]

    def plain(self, name: str, dtype: np.dtype, *inputs: Scalar) -> Scalar:
        """Return the result of a primitive that takes no parameters."""
        return self(getattr(primitives, f"{name}_p"), {}, dtype, *inputs)


def order(outputs: Iterable[Scalar]) -> list[Value]:
    """Return all values that the outputs depend on, each after its inputs and as late before its use as possible."""
    done: dict[Value, None] = {}
    waiting = [(one, False) for one in reversed(list(outputs)) if unknown(one)]
    while waiting:
        value, ready = waiting.pop()
        if ready:
            done[value] = None
        elif value not in done:
            waiting.append((value, True))
            waiting.extend((one, False) for one in reversed(value.inputs) if unknown(one))
    return list(done)


def substituted(outputs: Iterable[Scalar], by: Mapping[Value, Scalar]) -> list[Scalar]:
    """Replace some of the values that the outputs depend on; return the outputs, simplified again."""
    outputs, operations, found = list(outputs), Operations(), dict(by)
    for value in order(outputs):
        if value not in found and value.primitive is not None:
            inputs = [found.get(one, one) if unknown(one) else one for one in value.inputs]
            found[value] = operations(value.primitive, value.params, value.dtype, *inputs)
    return [found.get(one, one) if unknown(one) else one for one in outputs]


def _is(one: Scalar, number: int) -> bool:
    return not unknown(one) and bool(one == number)


def _negated(one: Scalar) -> Scalar | None:
    """Return the scalar whose negative is this one, or None."""
    return one.inputs[0] if unknown(one) and one.primitive is not None and one.primitive.name == "neg" else None


def _sum(operations: Operations, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
    for one, other in ((a, b), (b, a)):
        if _is(one, 0):
            return other
        if _negated(one) is not None:
            return operations.plain("sub", dtype, other, _negated(one))
    return None


def _difference(operations: Operations, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
    if a is b:
        return dtype.type(0)
    if _is(a, 0):
        return operations.plain("neg", dtype, b)
    if _negated(b) is not None:
        return operations.plain("add", dtype, a, _negated(b))
    return a if _is(b, 0) else None


def _product(operations: Operations, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
    for one, other in ((a, b), (b, a)):
        if _is(one, 0):
            return one
        if _is(one, 1):
            return other
        if _is(one, -1):
            return operations.plain("neg", dtype, other)
        if _negated(one) is not None:
            return operations.plain("neg", dtype, operations.plain("mul", dtype, _negated(one), other))
    return None


def _quotient(operations: Operations, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
    if _is(a, 0) or _is(b, 1):
        return a
    for at, one in enumerate((a, b)):
        if dtype.kind == "f" and _negated(one) is not None:
            rest = (_negated(a), b) if at == 0 else (a, _negated(b))
            return operations.plain("neg", dtype, operations.plain("div", dtype, *rest))
    return None


def _choice(_: Operations, __: np.dtype, which: Scalar, *cases: Scalar) -> Scalar | None:
    if not unknown(which):
        return cases[int(which)]
    return cases[0] if len(set(map(name, cases))) == 1 else None


def _logical(decisive: bool) -> Callable[..., Scalar | None]:
    def simpler(_: Operations, dtype: np.dtype, a: Scalar, b: Scalar) -> Scalar | None:
        for one, other in ((a, b), (b, a)):
            if dtype.kind == "b" and not unknown(one):
                return one if bool(one) == decisive else other
        return a if a is b else None

    return simpler


# Simpler ways to the result of an operation, the same for finite numbers; None where there is none.
SIMPLER: dict[str, Callable[..., Scalar | None]] = {
    "add": _sum,
    "and": _logical(False),
    "convert_element_type": lambda _, dtype, a: a if a.dtype == dtype else None,
    "copy": lambda _, __, a: a,
    "div": _quotient,
    "max": lambda _, __, a, b: a if a is b else None,
    "min": lambda _, __, a, b: a if a is b else None,
    "mul": _product,
    "neg": lambda _, __, a: _negated(a),
    "or": _logical(True),
    "select_n": _choice,
    "stop_gradient": lambda _, __, a: a,
    "sub": _difference,
}
