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
    """Return Eq. 6, the derivative of the potential v after a step with respect to v before it, at a time step of 1.

        [1 - s + (v_rest - u) g'(u - v_th)] (1 - 1 / tau_m),   without the second term where the reset is detached

    Args:
        potential: u of Eq. 2, before the spike.
        properties: neuron properties, broadcast against `potential`.
        surrogate: name of the surrogate derivative g', see `hetsnn.networks.surrogates`.
        width: width of the surrogate [potential].
        detach_reset: exclude the reset from differentiation.

    Raises:
        InputError: the surrogate is unknown or its width is not positive.
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
    """Return the potentials u of Eq. 2 along a trajectory that starts at the reset potential; see `products`."""
    before = jnp.concatenate([jnp.broadcast_to(reset_potential(properties), voltage[:1].shape), voltage[:-1]])
    return before + (properties.r_m * current - before + properties.v_rest) / properties.tau_m


def products(
    current: Float[Array, "time *neurons"],
    voltage: Float[Array, "time *neurons"],
    properties: Properties,
    **options: Any,
) -> Float[Array, "time *neurons"]:
    """Return log10 of the size of the product in Eq. 4 and 5, from the start of a trajectory to each step; -inf for 0.

    Args:
        current: synaptic input of each step.
        voltage: membrane potential after each step, as `hetsnn.networks.neurons.simulate` returns it.
        properties: neuron properties.
        options: options of `jacobian`.
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
    """Return the gradient of a sum of losses along a trajectory, from its last step back to its first (Eq. 4 and 5).

    The number of steps may be traced; `jax.grad` of a scan needs a static number.

    Args:
        begin: function of the parameters that returns the initial state.
        step: function of the parameters, the state before step t, and t; returns the state after step t and its loss
            (an array of losses is summed).
        parameters: parameters of the gradient.
        states: state before each step, time first; at least `horizon` entries.
        horizon: steps of the trajectory.
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
    max_steps: int,
    horizon: Integer,
) -> tuple[Array, Any]:
    """Return the sum of losses along `horizon` steps, at most `max_steps`, and its gradient; see `backward`."""

    def forth(t: Integer, carry: tuple) -> tuple:
        state, states, loss = carry
        after, more = step(parameters, state, t)
        return after, write(states, t, state), loss + more

    state = begin(parameters)
    loss = blank(jax.eval_shape(step, parameters, state, 0)[1], 1)[0]
    _, states, loss = jax.lax.fori_loop(0, horizon, forth, (state, blank(state, max_steps), loss))
    return loss, backward(begin, step, parameters, states, horizon)


def blank(entry: Any, max_steps: int) -> Any:
    """Return a trajectory of zeros: `max_steps` entries like this one, time first."""
    return jax.tree.map(lambda leaf: jnp.zeros((max_steps, *leaf.shape), leaf.dtype), entry)


def write(trajectory: Any, t: Integer, entry: Any) -> Any:
    """Return the trajectory with an entry written at time t."""
    return jax.tree.map(lambda leaf, value: leaf.at[t].set(value), trajectory, entry)
