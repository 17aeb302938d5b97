"""Neurons under a constant input: each fires with one period, so that nothing needs to be simulated.

A population of such networks is computed some candidates at a time.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float

from hetsnn.networks.neurons import Properties, reset_potential

FEWEST_ROWS = 64  # of a matrix product that is worth while


def drives(properties: Properties, steps: int, *, reset: str = "rest") -> Float[Array, "steps *neurons"]:
    """The least `r_m I`, held constant, under which a neuron fires every k steps or faster, for k = 1 to `steps`.

    After each spike all begins anew, so that a constant current makes a neuron fire with one period, the smallest k
    for which the membrane, `drive (1 - (1 - 1 / tau_m)^k)` above its reset potential, is at its threshold; see
    `firing_rate`. A threshold at or below the reset potential is reached at once or never.
    """
    v_reset = reset_potential(properties, reset)
    distance, leak = properties.v_th - v_reset, 1.0 / properties.tau_m
    reached, least = leak, [distance / leak]
    for _ in range(steps - 1):
        reached = reached + leak * (1.0 - reached)
        least.append(jnp.minimum(distance / reached, least[0]))
    return jnp.stack(least) - (properties.v_rest - v_reset)


def by_period(
    drive: Float[Array, "*batch neurons"], least: Float[Array, "steps neurons"], values: Float[Array, " steps"]
) -> Float[Array, "*batch neurons"]:
    """For each neuron the value of its period under a constant `r_m I`, 0 where it does not fire; see `drives`."""
    found = jnp.zeros_like(drive)
    for k in reversed(range(least.shape[0])):
        found = jnp.where(drive >= least[k], values[k], found)
    return found


def trains(steps: int) -> Float[np.ndarray, "steps steps"]:
    """Spike trains of the periods from 1 on, time last."""
    return np.array([[float(t % k == 0) for t in range(1, steps + 1)] for k in range(1, steps + 1)], np.float32)


@custom_vmap
def readouts(
    current: Float[Array, "batch hidden"],
    r_m: Float[Array, " hidden"],
    least: Float[Array, "steps hidden"],
    values: Float[Array, " steps"],
    output: Float[Array, "hidden outputs"],
) -> Float[Array, "batch outputs"]:
    """The read-outs of neurons under constant currents, `values` being the filtered spike train of each period.

    A population goes through it some candidates at a time, a batch some rows at a time, so that on a CPU the spike
    trains stay in a core's own cache.
    """
    # At least two blocks of rows: XLA does not vectorise comparisons that it fuses with the choice of a candidate.
    rows = min(-(-current.shape[0] // 2), max(FEWEST_ROWS, _at_once() // current.shape[1]))
    return jax.lax.map(lambda one: by_period(r_m * one, least, values) @ output, current, batch_size=rows)


@readouts.def_vmap
def _readouts_of_population(size: int, batched: list[bool], *arguments: Array) -> tuple[Array, bool]:
    def one(mapped: list[Array]) -> Array:
        rest = iter(mapped)
        return readouts.fun(*(next(rest) if own else shared for own, shared in zip(batched, arguments, strict=True)))

    mapped = [argument for own, argument in zip(batched, arguments, strict=True) if own]
    together = _at_once() // int(np.prod(arguments[0].shape[batched[0] :]))
    return jax.lax.map(one, mapped, batch_size=min(together, size) if together > 1 else None), True


def _at_once() -> int:
    """Entries of a batch of spike trains that are computed at once."""
    return 2**17 if jax.default_backend() == "cpu" else 2**26
