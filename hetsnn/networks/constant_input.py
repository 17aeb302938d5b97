"""Networks under a constant input: each neuron fires with one fixed period, so no time step is simulated.

A population of candidates is computed in blocks that fit a core's cache.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float

from hetsnn.networks.neurons import Properties, reset_potential

FEWEST_ROWS = 64  # smaller matrix products are inefficient


def drives(properties: Properties, steps: int, *, reset: str = "rest") -> Float[Array, "steps *neurons"]:
    """Return the least constant `r_m I` that makes a neuron fire at least every k steps, for k = 1 to `steps`.

    A spike resets the neuron completely, so a constant current makes it fire with one period. k steps after a reset the
    membrane is `drive (1 - (1 - 1 / tau_m)^k)` above its reset potential. The period is the smallest k for which the
    membrane reaches the threshold; see `firing_rate`.

    A neuron whose threshold is at or below its reset potential fires at the first step or never.
    """
    v_reset = reset_potential(properties, reset)
    distance, leak = properties.v_th - v_reset, 1.0 / properties.tau_m
    charged, least = leak, [distance / leak]  # share of its asymptote that the membrane reaches in k steps
    for _ in range(steps - 1):
        charged = charged + leak * (1.0 - charged)
        least.append(jnp.minimum(distance / charged, least[0]))
    return jnp.stack(least) - (properties.v_rest - v_reset)


def by_period(
    drive: Float[Array, "*batch neurons"], least: Float[Array, "steps neurons"], values: Float[Array, " steps"]
) -> Float[Array, "*batch neurons"]:
    """Return for each neuron the value of its period under a constant `r_m I`; 0 where it does not fire.

    Args:
        drive: the constant `r_m I` of each neuron.
        least: the least drive for each period, as `drives` returns it.
        values: one value per period.
    """
    value = jnp.zeros_like(drive)
    for k in reversed(range(least.shape[0])):
        value = jnp.where(drive >= least[k], values[k], value)
    return value


def trains(steps: int) -> Float[np.ndarray, "steps steps"]:
    """Return the spike trains of periods 1 to `steps`, time last."""
    return np.array([[float(t % k == 0) for t in range(1, steps + 1)] for k in range(1, steps + 1)], np.float32)


@custom_vmap
def readouts(
    current: Float[Array, "batch hidden"],
    r_m: Float[Array, " hidden"],
    least: Float[Array, "steps hidden"],
    values: Float[Array, " steps"],
    output: Float[Array, "hidden outputs"],
) -> Float[Array, "batch outputs"]:
    """Return the read-outs of neurons under constant currents; `values` holds the filtered spike train per period.

    Candidates and rows are computed in blocks, so that on a CPU the spike trains stay in a core's cache.
    """
    # At least two blocks of rows: XLA does not vectorise comparisons that it fuses with the indexing of a candidate.
    rows = min(-(-current.shape[0] // 2), max(FEWEST_ROWS, _block_size() // current.shape[1]))
    return jax.lax.map(lambda one: by_period(r_m * one, least, values) @ output, current, batch_size=rows)


@readouts.def_vmap
def _readouts_of_population(size: int, batched: list[bool], *arguments: Array) -> tuple[Array, bool]:
    def one(mapped: list[Array]) -> Array:
        rest = iter(mapped)
        return readouts.fun(*(next(rest) if own else shared for own, shared in zip(batched, arguments, strict=True)))

    mapped = [argument for own, argument in zip(batched, arguments, strict=True) if own]
    together = _block_size() // int(np.prod(arguments[0].shape[batched[0] :]))
    return jax.lax.map(one, mapped, batch_size=min(together, size) if together > 1 else None), True


def _block_size() -> int:
    """Return the number of spike trains in a block."""
    return 2**17 if jax.default_backend() == "cpu" else 2**26
