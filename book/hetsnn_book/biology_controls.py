"""What do the evolved time constants do: exchanged for others in a trained network, which is then tested as it is."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hetsnn.cell_types import MAIN, summary
from hetsnn.evolution import network
from hetsnn.networks import bind
from hetsnn.runs import Run, stack

Control = Callable[[jax.Array, dict[str, Array]], dict[str, Array]]  # key, properties -> properties


def controls() -> dict[str, Control]:
    """By name; each takes the properties (hidden,) of one network and keeps tau_m at or above 1 dt."""

    def everything(key: jax.Array, neurons: dict[str, Array]) -> dict[str, Array]:
        order = jax.random.permutation(key, neurons["tau_m"].size)
        return {name: values[order] for name, values in neurons.items()}

    def tau(change: Callable[[jax.Array, Float[Array, " hidden"]], Float[Array, " hidden"]]) -> Control:
        return lambda key, neurons: {**neurons, "tau_m": jnp.maximum(change(key, neurons["tau_m"]), 1.0)}

    def of_cells(quantiles: Float[np.ndarray, " quantiles"]) -> Control:
        scaled = jnp.asarray(np.log(quantiles / np.median(quantiles)))
        p = (jnp.arange(scaled.size) + 0.5) / scaled.size

        def drawn(key: jax.Array, values: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
            return jnp.median(values) * jnp.exp(jnp.interp(jax.random.uniform(key, values.shape), p, scaled))

        return tau(drawn)

    def lognormal(key: jax.Array, values: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        logs = jnp.log(values)
        return jnp.exp(logs.mean() + logs.std() * jax.random.normal(key, values.shape))

    cells = summary()["quantiles"]
    return {
        "as evolved": lambda _, neurons: neurons,
        "neurons permuted": everything,
        "tau_m permuted": tau(jax.random.permutation),
        "mean tau_m": tau(lambda _, values: jnp.full_like(values, values.mean())),
        "median tau_m": tau(lambda _, values: jnp.full_like(values, jnp.median(values))),
        "its lognormal": tau(lognormal),
        "mouse": of_cells(np.array(cells["mouse", MAIN])),
        "human": of_cells(np.array(cells["human", MAIN])),
    }


def rewards(runs: tuple[Run, ...], variables: dict, control: Control, draws: int) -> Float[np.ndarray, "runs draws"]:
    """Rewards of networks whose neurons a control has changed.

    Args:
        runs: of the memory task, which differ in numbers only.
        variables: of their networks, as `experiments.learned` gives them.
        control: what is changed.
        draws: how often it is drawn anew for each network.
    """
    horizon = max(run.task.steps for run in runs)

    def one(run: Run, variables: dict, key: jax.Array) -> Array:
        changed = {**variables, "neuron": control(key, variables["neuron"])}
        return run.task.episodes(bind(network(run), changed), horizon)[0].mean()

    keys = jax.random.split(jax.random.key(0), (len(runs), draws))
    each = jax.vmap(jax.vmap(one, (None, None, 0)))
    return np.asarray(jax.jit(each)(stack(runs), variables, keys))
