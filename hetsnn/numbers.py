"""Types of settings that are numbers, and checks that reject invalid values.

A description holds Python's own numbers, or arrays if runs share a compiled program. JAX also rebuilds descriptions
with shapes or placements instead of the numbers, so no type narrower than `Any` is true.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from hetsnn.errors import InputError

Real = Any
Integer = Any
Flag = Any

# Key in a field's metadata: the name that the setting was introduced with, which identities keep.
FIRST_NAME = "first name"
LARGEST = 2**31 - 1  # largest whole number of JAX


def check_finite(description: Any) -> None:
    """Raise InputError if a number in the settings of a dataclass is nan, or infinite in single precision."""
    for field in dataclasses.fields(description):
        value = getattr(description, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not np.isfinite(_single(number)):
                raise InputError(f"{field.name} must be a finite number, got {value}")


def check_real(name: str, value: Any, *, above: Real = None, at_least: Real = None, at_most: Real = None) -> None:
    """Raise InputError unless a value is a number within its bounds, in single precision as in JAX."""
    number = _single(value)
    within = (
        np.isfinite(number)
        and (above is None or number > above)
        and (at_least is None or number >= at_least)
        and (at_most is None or number <= at_most)
    )
    if not within:
        bounds = (("above", above), ("of at least", at_least), ("of at most", at_most))
        words = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
        if at_least is not None and at_most is not None:
            words = f"between {at_least:g} and {at_most:g}"
        raise InputError(f"{name} must be {f'a finite number {words}'.rstrip()}, got {_shown(value)}")


def check_whole(name: str, value: Any, at_least: int = 1, at_most: int = LARGEST, *, even: bool = False) -> None:
    """Raise InputError unless a value is a whole number within its bounds."""
    try:
        number = int(value)
        whole = number == value and not (even and number % 2)
    except (TypeError, ValueError, OverflowError):
        number, whole = at_least, False
    if not (whole and at_least <= number <= at_most):
        open_ended = at_most == LARGEST and number <= LARGEST
        bounds = f"of at least {at_least}" if open_ended else f"between {at_least} and {at_most}"
        kind = "an even whole number" if even else "a whole number"
        raise InputError(f"{name} must be {kind} {bounds}, got {_shown(value)}")


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> None:
    """Raise InputError unless a value is one of the choices."""
    if value not in (known := tuple(choices)):
        raise InputError(f"{name} must be one of {', '.join(map(str, known))}, got {value!r}")


def _single(value: Any) -> float:
    """Return a number in single precision, as JAX uses it; nan for a value that is not a number."""
    if isinstance(value, str):
        return float("nan")
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    except (TypeError, ValueError):
        return float("nan")


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
