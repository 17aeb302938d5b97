"""The spike: an exact step function with a surrogate derivative (Sec. 3.2).

Each surrogate is the derivative of a smooth step: its area is 1 and its peak is 1 / width, so the widths of different
surrogates are comparable. A width of 1 [potential] is the usual choice.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.numbers import Real


def arctan(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Return 1 / (1 + (pi x)^2). Source: Fang et al., Incorporating learnable membrane time constant, ICCV 2021."""
    return 1.0 / (1.0 + (jnp.pi * x) ** 2)


def sigmoid(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Return the logistic density of scale 1/4. Source: Zenke and Vogels, Neural Computation 33, 2021."""
    return 4.0 * jax.nn.sigmoid(4.0 * x) * jax.nn.sigmoid(-4.0 * x)


def triangular(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Return 1 - |x|, or 0 for |x| > 1.

    Source: Bellec et al., Long short-term memory in networks of spiking neurons, NeurIPS 2018.
    """
    return jnp.maximum(0.0, 1.0 - jnp.abs(x))


def rectangular(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Return 1 for |x| < 1/2, else 0. Source: Wu et al., Frontiers in Neuroscience 12:331, 2018 (paper's ref. 25)."""
    return (jnp.abs(x) < 0.5).astype(jnp.result_type(x, jnp.float32))


def fast_sigmoid(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Return 1 / (1 + 2 |x|)^2. Source: Zenke and Ganguli, SuperSpike, Neural Computation 30, 2018."""
    return 1.0 / (1.0 + 2.0 * jnp.abs(x)) ** 2


SURROGATES: dict[str, Callable[[Any], Any]] = {
    function.__name__: function for function in (arctan, sigmoid, triangular, rectangular, fast_sigmoid)
}


def check_surrogate(name: str, width: Real) -> None:
    """Raise InputError for an unknown surrogate, or a concrete width that is not positive."""
    if name not in SURROGATES:
        raise InputError(f"surrogate must be one of {', '.join(SURROGATES)}, got {name!r}")
    if not isinstance(width, jax.core.Tracer) and not np.all(np.asarray(width) > 0):
        raise InputError(f"width of the surrogate must be positive, got {width}")


def derivative(distance: Float[Array, "*any"], name: str, width: Real) -> Float[Array, "*any"]:
    """Return the surrogate derivative of the spike, `distance` above the threshold [1 / potential]."""
    return SURROGATES[name](distance / width) / width


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def spike(
    potential: Float[Array, "*#any"],
    threshold: Float[Array, "*#any"],
    width: Real,
    name: str,
) -> Float[Array, "*any"]:
    """Return 1.0 where the potential reaches the threshold, else 0.0; its derivative is the named surrogate.

    Args:
        potential: membrane potential before the spike.
        threshold: threshold potential, broadcast against `potential`.
        width: width of the surrogate [potential]; the derivative with respect to it is 0.
        name: one of `SURROGATES`.
    """
    del width, name  # only the derivative needs them
    return (potential >= threshold).astype(jnp.result_type(potential, jnp.float32))


@spike.defjvp
def _spike_jvp(name: str, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (potential, threshold, width), (moved, shifted, _) = primals, tangents
    return spike(*primals, name), derivative(potential - threshold, name, width) * (moved - shifted)
