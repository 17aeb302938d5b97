"""Backpropagation through time (Sec. 3.2): Eq. 4 to 6."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hetsnn.networks.neurons import Properties, reset_potential
from hetsnn.networks.surrogates import check_surrogate, derivative
from hetsnn.numbers import Integer, Real


def jacobian(
    potential: Float[Array, "*any"],
    properties: Properties,
    *,
    surrogate: str = "arctan",
    width: Real = 1.0,
    detach_reset: bool = False,
) -> Float[Array, "*any"]:
    """Eq. 6, how the membrane potential after a step depends on that before it, at a time step of 1.

        [1 - s + (v_rest - u) g'(u - v_th)] (1 - 1 / tau_m),   without the second term where the reset is detached

    Args:
        potential: u of Eq. 2, before the spike.
        properties: broadcast against it.
        surrogate: what stands for g', see `hetsnn.networks.surrogates`.
        width: of the surrogate.
        detach_reset: whether the reset is left out of the derivative.

    Raises:
        InputError: an unknown surrogate or a width that is not positive.
    """
    check_surrogate(surrogate, width)
    distance = potential - properties.v_th
    through_reset = (properties.v_rest - potential) * derivative(distance, surrogate, width)
    stays = jnp.where(distance >= 0, 0.0, 1.0)
    return (stays + (0.0 if detach_reset else through_reset)) * (1.0 - 1.0 / properties.tau_m)


@jax.jit
def before_spike(
    current: Float[Array, "time *neurons"], voltage: Float[Array, "time *neurons"], properties: Properties
) -> Float[Array, "time *neurons"]:
    """The potentials u of Eq. 2 along a trajectory, which begins at the reset potential; see `products`."""
    before = jnp.concatenate([jnp.broadcast_to(reset_potential(properties), voltage[:1].shape), voltage[:-1]])
    return before + (properties.r_m * current - before + properties.v_rest) / properties.tau_m


def products(
    current: Float[Array, "time *neurons"],
    voltage: Float[Array, "time *neurons"],
    properties: Properties,
    **options: Any,
) -> Float[Array, "time *neurons"]:
    """The product in Eq. 4 and 5 from the start of a trajectory to each of its steps: log10 of its size, -inf for 0.

    Args:
        current: of each step.
        voltage: after each step, as `hetsnn.networks.neurons.simulate` gives it.
        properties: of the neurons.
        options: of `jacobian`.
    """
    u = before_spike(current, voltage, properties)
    return jnp.cumsum(jnp.log10(jnp.abs(jacobian(u, properties, **options))), axis=0)


def backward(
    begin: Callable[[Any], Any],
    step: Callable[[Any, Any, Integer], tuple[Any, Array]],
    parameters: Any,
    states: Any,
    horizon: Integer,
) -> Any:
    """Gradient of a sum of losses along a trajectory, from its last step back to its first (Eq. 4 and 5).

    The number of steps may be traced, where `jax.grad` of a scan would need the longest.

    Args:
        begin: parameters -> state at the start.
        step: parameters, state before step t, t -> state after it, loss at it (or several, whose sum counts).
        parameters: with respect to which is differentiated.
        states: before each step, time first; at least `horizon` of them.
        horizon: steps.
    """

    def back(i: Integer, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        after, total = carry
        t = horizon - 1 - i
        state = jax.tree.map(lambda leaf: leaf[t], states)
        (_, loss), pull = jax.vjp(lambda p, s: step(p, s, t), parameters, state)
        here, before = pull((after, jnp.ones_like(loss)))
        return before, jax.tree.map(jnp.add, total, here)

    nothing = jax.tree.map(lambda leaf: jnp.zeros_like(leaf[0]), states), jax.tree.map(jnp.zeros_like, parameters)
    first, total = jax.lax.fori_loop(0, horizon, back, nothing)
    return jax.tree.map(jnp.add, total, jax.vjp(begin, parameters)[1](first)[0])


def through_time(
    begin: Callable[[Any], Any],
    step: Callable[[Any, Any, Integer], tuple[Any, Array]],
    parameters: Any,
    tape: int,
    horizon: Integer,
) -> tuple[Array, Any]:
    """The sum of losses along `horizon` steps, at most `tape`, and its gradient; otherwise as `backward`."""

    def forth(t: Integer, carry: tuple) -> tuple:
        state, states, loss = carry
        after, more = step(parameters, state, t)
        return after, write(states, t, state), loss + more

    state = begin(parameters)
    loss = blank(jax.eval_shape(step, parameters, state, 0)[1], 1)[0]
    _, states, loss = jax.lax.fori_loop(0, horizon, forth, (state, blank(state, tape), loss))
    return loss, backward(begin, step, parameters, states, horizon)


def blank(entry: Any, tape: int) -> Any:
    """A tape for so many entries like this one, on every leaf a leading axis of time, all 0."""
    return jax.tree.map(lambda leaf: jnp.zeros((tape, *leaf.shape), leaf.dtype), entry)


def write(tape: Any, t: Integer, entry: Any) -> Any:
    """The tape with an entry at time t."""
    return jax.tree.map(lambda leaf, value: leaf.at[t].set(value), tape, entry)
