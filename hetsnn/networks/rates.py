"""Exact firing rates of a neuron under a constant current."""

import numpy as np
from jaxtyping import Float

from hetsnn.errors import InputError
from hetsnn.networks.neurons import Properties, check_time_constant, reset_potential


def firing_rate(
    current: Float[np.ndarray, "*#neurons"] | float, properties: Properties, dt: float = 1.0, *, reset: str = "rest"
) -> Float[np.ndarray, "*neurons"]:
    """Return the exact rate of the discrete neuron (Eq. 2) under a constant current, in float64 [1 / time].

    k steps after a reset the membrane is `drive (1 - (1 - dt / tau_m)^k)` above its reset potential, with
    `drive = r_m I + v_rest - v_reset`. The interval between spikes is the smallest k >= 1 for which this value reaches
    `distance = v_th - v_reset`; the rate is 1 / (k dt), or 0 where there is no such k.

    Raises:
        InputError: as `lif_step`.

    Example:
        >>> import hetsnn
        >>> hetsnn.firing_rate(1.5, hetsnn.Properties(2.0, 1.0, 0.0, 1.0)).item()
        0.5
    """
    check_time_constant(properties.tau_m, dt)
    current, tau_m, v_th, v_rest, r_m = (np.asarray(value, np.float64) for value in (current, *properties))
    v_reset = v_rest if reset == "rest" else np.asarray(reset_potential(properties, reset))
    drive, distance, leak = np.broadcast_arrays(r_m * current + v_rest - v_reset, v_th - v_reset, dt / tau_m)
    k = np.where(drive * leak >= distance, 1.0, np.inf)
    # After a first step below threshold, the membrane approaches the drive without reaching it.
    later = np.isinf(k) & (drive > distance)
    keep = np.log1p(-leak[later])
    steps = np.ceil(np.log1p(-distance[later] / drive[later]) / keep)
    # Rounding can push a ratio of logarithms that is a whole number to the next one.
    steps -= -drive[later] * np.expm1((steps - 1) * keep) >= distance[later]
    k[later] = steps
    return np.asarray(1 / (k * dt))


def firing_rate_continuous(
    current: Float[np.ndarray, "*#neurons"] | float, properties: Properties
) -> Float[np.ndarray, "*neurons"]:
    """Return the rate of the continuous neuron (Eq. 1) under a constant current, in float64 [1 / time].

    `1 / (tau_m ln(r_m I / (r_m I - distance)))` with `distance = v_th - v_rest`; 0 where `r_m I <= distance`.

    Raises:
        InputError: a threshold is not above the resting potential; the rate of such a neuron is infinite.
    """
    current, tau_m, v_th, v_rest, r_m = (np.asarray(value, np.float64) for value in (current, *properties))
    drive, distance, tau_m = np.broadcast_arrays(r_m * current, v_th - v_rest, tau_m)
    if not np.all(distance > 0):  # also catches nan
        gap = float(np.min(distance))
        raise InputError(f"v_th must be above v_rest for the rate to be finite, got a difference of {gap:g}")
    rate = np.zeros(drive.shape)
    fires = drive > distance
    rate[fires] = -1 / (tau_m[fires] * np.log1p(-distance[fires] / drive[fires]))
    return rate
