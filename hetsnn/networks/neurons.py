"""The leaky integrate-and-fire neuron and its four properties (Eq. 1 and 2 of the paper)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.surrogates import check_surrogate, spike
from hetsnn.numbers import Flag, Real


class Properties(NamedTuple):
    """The four properties of each neuron; every array broadcasts to the neurons' shape.

    Potentials are in units of the homogeneous threshold, times in the unit of `dt`.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> slow_and_slower = hetsnn.Properties(jnp.array([5.0, 20.0]), jnp.ones(2), jnp.zeros(2), jnp.ones(2))
        >>> slow_and_slower.tau_m.max().item()
        20.0
    """

    tau_m: Float[Array, "*neurons"]  # membrane time constant, at least dt [time]
    v_th: Float[Array, "*neurons"]  # threshold potential [potential]
    v_rest: Float[Array, "*neurons"]  # resting potential and reset potential [potential]
    r_m: Float[Array, "*neurons"]  # membrane resistance [potential / current]


PROPERTIES = Properties._fields


def reset_potential(properties: Properties, reset: str = "rest") -> Float[Array, "*neurons"]:
    """Return the potential at the start and after a spike: `v_rest` as in the paper, or 0 as a variant."""
    if reset == "rest":
        return properties.v_rest
    if reset == "zero":
        return jnp.zeros_like(properties.v_rest)
    raise InputError(f"reset must be 'rest' (to v_rest) or 'zero' (to 0), got {reset!r}")


def lif_step(
    voltage: Float[Array, "*batch"],
    current: Float[Array, "*#batch"],
    properties: Properties,
    dt: float | Float[Array, ""] = 1.0,
    *,
    reset: str = "rest",
    surrogate: str | None = None,
    width: Real = 1.0,
    detach_reset: Flag = False,
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Take one Euler step of Eq. 2: integrate, spike where the membrane reaches the threshold, reset.

        u = v + dt / tau_m (r_m I - v + v_rest),   s = [u >= v_th],   v' = u (1 - s) + v_reset s

    Args:
        voltage: membrane potential after the previous step, neurons last.
        current: synaptic input of this step [current].
        properties: neuron properties, broadcast against `voltage`.
        dt: time step [time].
        reset: name of the reset potential, see `reset_potential`.
        surrogate: name of the spike's surrogate derivative, see `hetsnn.networks.surrogates`; None for a derivative
            of 0.
        width: width of the surrogate [potential].
        detach_reset: exclude the reset from differentiation, so that dv'/du = 1 - s (Sec. 3.2).

    Returns:
        The potential after the step, and the spikes, 1.0 where a neuron fired, else 0.0.

    Raises:
        InputError: `dt` is not positive; a concrete `tau_m` is below `dt` (the Euler step would overshoot); the
            surrogate is unknown or its width is not positive.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> neuron = hetsnn.Properties(*jnp.array([2.0, 1.0, 0.0, 1.0]))
        >>> hetsnn.lif_step(jnp.array(0.25), jnp.array(0.75), neuron)[0].item()
        0.5
    """
    potential = integrate(voltage, current, properties, dt)
    return fire(potential, properties, reset=reset, surrogate=surrogate, width=width, detach_reset=detach_reset)


def integrate(
    voltage: Float[Array, "*batch"],
    current: Float[Array, "*#batch"],
    properties: Properties,
    dt: float | Float[Array, ""] = 1.0,
) -> Float[Array, "*batch"]:
    """Return the potential u of `lif_step`, before the spike.

    Args:
        voltage: membrane potential after the previous step, neurons last.
        current: synaptic input of this step [current].
        properties: neuron properties, broadcast against `voltage`.
        dt: time step [time].

    Raises:
        InputError: as `lif_step`.
    """
    check_time_constant(properties.tau_m, dt)
    return voltage + dt / properties.tau_m * (properties.r_m * current - voltage + properties.v_rest)


def fire(
    potential: Float[Array, "*batch"],
    properties: Properties,
    *,
    reset: str = "rest",
    surrogate: str | None = None,
    width: Real = 1.0,
    detach_reset: Flag = False,
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Return the potential v' of `lif_step` after the reset, and the spikes, from the potential u.

    Args:
        potential: membrane potential u before the spike, neurons last.
        properties: neuron properties, broadcast against `potential`.
        reset: name of the reset potential, as in `lif_step`.
        surrogate: name of the spike's surrogate derivative, as in `lif_step`.
        width: width of the surrogate [potential].
        detach_reset: exclude the reset from differentiation.

    Raises:
        InputError: the reset or the surrogate is unknown, or the width is not positive.
    """
    if surrogate is None:
        fired = potential >= properties.v_th
        return jnp.where(fired, reset_potential(properties, reset), potential), fired.astype(potential.dtype)
    check_surrogate(surrogate, width)
    spikes = spike(potential, properties.v_th, width, surrogate)
    resets = jnp.where(detach_reset, jax.lax.stop_gradient(spikes), spikes)
    return potential * (1.0 - resets) + reset_potential(properties, reset) * resets, spikes


def check_time_constant(
    tau_m: Float[Array, "*neurons"] | Float[np.ndarray, "*neurons"] | float, dt: float | Float[Array, ""] = 1.0
) -> None:
    """Raise InputError unless dt > 0 and tau_m >= dt; traced values are unknown and pass."""
    if isinstance(dt, jax.core.Tracer) or isinstance(tau_m, jax.core.Tracer):
        return
    if not dt > 0:
        raise InputError(f"dt must be positive, got {dt}")
    smallest = np.asarray(tau_m).min()  # NumPy: inside a trace, JAX would trace the minimum
    if not smallest >= dt:  # also catches nan
        raise InputError(f"tau_m must be at least one time step, dt = {dt:g}, got {smallest:g}")


def simulate(
    current: Float[Array, "time *#neurons"], properties: Properties, dt: float = 1.0, *, reset: str = "rest"
) -> tuple[Float[Array, "time *neurons"], Float[Array, "time *neurons"]]:
    """Simulate neurons from their reset potential: apply Eq. 2 to each entry of `current` along time.

    Returns:
        The potential after each step, and the spikes, as `lif_step` returns them.

    Raises:
        InputError: as `lif_step`.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> neuron = hetsnn.Properties(*jnp.array([[2.0], [1.0], [0.0], [1.0]]))
        >>> voltage, spikes = hetsnn.simulate(jnp.full((6, 1), 1.5), neuron)
        >>> spikes[:, 0].tolist()
        [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    """
    check_time_constant(properties.tau_m, dt)
    return _scan(current, Properties(*map(jnp.asarray, properties)), dt, reset)


@partial(jax.jit, static_argnames="reset")
def _scan(current: Array, properties: Properties, dt: float | Array, reset: str) -> tuple[Array, Array]:
    start = reset_potential(properties, reset)
    start = jnp.zeros(jnp.broadcast_shapes(current.shape[1:], *(jnp.shape(value) for value in properties))) + start

    def step(voltage: Array, now: Array) -> tuple[Array, tuple[Array, Array]]:
        voltage, spikes = lif_step(voltage, jnp.broadcast_to(now, voltage.shape), properties, dt, reset=reset)
        return voltage, (voltage, spikes)

    return jax.lax.scan(step, start, current)[1]
