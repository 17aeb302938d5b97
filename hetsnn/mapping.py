"""Mapping a function over an axis."""

from collections.abc import Callable
from typing import Any

import jax


def mapped(function: Callable, *arguments: Any) -> Any:
    """`jax.vmap`, but one entry alone goes without its axis: with it, XLA's loops on a CPU are a tenth slower."""
    if len(jax.tree.leaves(arguments)[0]) > 1:
        return jax.vmap(function)(*arguments)
    results = function(*jax.tree.map(lambda x: x[0], arguments))
    return jax.tree.map(lambda x: x[None], results)
