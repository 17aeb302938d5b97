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
    """What a neuron is: one value per neuron, or a shape that broadcasts to the neurons'.

    Potentials are in units of the homogeneous threshold, times in the unit of `dt`.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> slow_and_slower = hetsnn.Properties(jnp.array([5.0, 20.0]), jnp.ones(2), jnp.zeros(2), jnp.ones(2))
        >>> slow_and_slower.tau_m.max().item()
        20.0
    """

    tau_m: Float[Array, "*neurons"]  # membrane time constant, at least dt [time]
    v_th: Float[Array, "*neurons"]  # threshold potential [potential]
    v_rest: Float[Array, "*neurons"]  # resting potential, and where a spike resets to [potential]
    r_m: Float[Array, "*neurons"]  # membrane resistance [potential / current]


PROPERTIES = Properties._fields


def reset_potential(properties: Properties, reset: str = "rest") -> Float[Array, "*neurons"]:
    """Where the membrane goes after a spike, and where it starts: `v_rest` as in the paper, or 0 as a variant."""
    if reset == "rest":
        return properties.v_rest
    if reset == "zero":
        return jnp.zeros_like(properties.v_rest)
    raise InputError(f"unknown reset {reset!r}: it is 'rest' (to v_rest) or 'zero' (to 0)")


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
    """One Euler step of Eq. 2: integrate, spike where the membrane reaches the threshold, reset.

        u = v + dt / tau_m (r_m I - v + v_rest),   s = [u >= v_th],   v' = u (1 - s) + v_reset s

    Args:
        voltage: membrane potential after the previous step, neurons last.
        current: synaptic input of this step [current].
        properties: broadcast against `voltage`.
        dt: time step [time].
        reset: where a spike resets to, see `reset_potential`.
        surrogate: how the spike is differentiated, see `hetsnn.networks.surrogates`; without one its derivative is 0.
        width: of the surrogate [potential].
        detach_reset: the reset is not differentiated, so that the potential is by `1 - s` alone (Sec. 3.2).

    Returns:
        The potential after the step, and the spikes, 1.0 where a neuron fired, else 0.0.

    Raises:
        InputError: `dt` is not positive, or a concrete `tau_m` is below `dt` (the Euler step would overshoot); an
            unknown surrogate or a width that is not positive.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> neuron = hetsnn.Properties(tau_m=2.0, v_th=1.0, v_rest=0.0, r_m=1.0)
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
    """The potential u of `lif_step`, before the spike.

    Args:
        voltage: membrane potential after the previous step, neurons last.
        current: synaptic input of this step [current].
        properties: broadcast against `voltage`.
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
    """The potential v' of `lif_step` after the reset, and the spikes, given u.

    Args:
        potential: u, neurons last.
        properties: broadcast against it.
        reset: as in `lif_step`, like the other options.
        surrogate: how the spike is differentiated.
        width: of the surrogate [potential].
        detach_reset: whether the reset is not differentiated.

    Raises:
        InputError: an unknown reset or surrogate, or a width that is not positive.
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
    """Raise InputError unless dt > 0 and tau_m >= dt; inside compiled code the values are not known and pass."""
    if isinstance(dt, jax.core.Tracer) or isinstance(tau_m, jax.core.Tracer):
        return
    if not dt > 0:
        raise InputError(f"dt is {dt}: a time step is positive")
    smallest = np.asarray(tau_m).min()  # NumPy, since inside a trace JAX would trace even this
    if not smallest >= dt:  # also catches nan
        raise InputError(f"tau_m is {smallest:g}, below dt = {dt:g}: a time constant is at least one time step")


def simulate(
    current: Float[Array, "time *#neurons"], properties: Properties, dt: float = 1.0, *, reset: str = "rest"
) -> tuple[Float[Array, "time *neurons"], Float[Array, "time *neurons"]]:
    """Neurons from their reset potential on, under a current: Eq. 2 once per entry of `current` along time.

    Returns:
        The potential after each step, and the spikes, as `lif_step` gives them.

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
