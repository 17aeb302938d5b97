"""Manipulations of a trained network: of its neurons' properties, of its weights, of its inputs and membranes.

They show which part of a network carries what it has learned. Each takes the variables of a network, or its policy, and
returns new ones; nothing is trained.
"""

from collections.abc import Callable, Iterable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from hetsnn.networks.models import LIF, Neuron
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Real

Values = Mapping[str, Float[Array, " hidden"]]  # properties of the neurons, by name


def exchanged(properties: Values, names: Iterable[str], order: Int[Array, " hidden"]) -> dict[str, Array]:
    """Return the properties after neurons exchange some of them: neuron i gets those of neuron `order[i]`."""
    return {**properties, **{name: properties[name][order] for name in names}}


def levelled(properties: Values, names: Iterable[str], centre: Callable[[Array], Array]) -> dict[str, Array]:
    """Return the properties with one value of each name for all neurons, such as the mean."""
    return {**properties, **{name: jnp.full_like(properties[name], centre(properties[name])) for name in names}}


def redrawn(
    properties: Values,
    names: Iterable[str],
    key: jax.Array,
    neuron: Neuron = LIF(),
    *,
    lowest: Mapping[str, Real],
) -> dict[str, Array]:
    """Return the properties with some drawn anew, each from the distribution fitted to its values in the network.

    Properties that are searched on a logarithmic axis, such as tau_m, are lognormal, the others normal; both fits are
    those of maximum likelihood. Properties are drawn independently of each other.

    Args:
        properties: values of all neurons.
        names: names of the properties that are drawn.
        key: random key.
        neuron: the model of the neurons.
        lowest: least value of a property, by name; draws below it become this value.
    """
    found = dict(properties)
    for place, name in enumerate(neuron.names):
        if name not in tuple(names):
            continue
        values, noise = properties[name], jax.random.normal(jax.random.fold_in(key, place), properties[name].shape)
        if neuron.properties[name].logarithmic:
            drawn = jnp.exp(jnp.log(values).mean() + jnp.log(values).std() * noise)
        else:
            drawn = values.mean() + values.std() * noise
        found[name] = jnp.maximum(drawn, lowest[name]) if name in lowest else drawn
    return found


def rewired(variables: dict, order: Int[Array, " hidden"]) -> dict:
    """Return the variables after hidden neurons exchange their output weights: neuron i gets those of `order[i]`.

    The weights keep their distribution, and each neuron its inputs and properties. Where all neurons are equal, an
    exchange of their input weights gives the same networks.
    """
    synapse = variables["synapse"]
    return {**variables, "synapse": {**synapse, "output": synapse["output"][order]}}


def weights_redrawn(variables: dict, key: jax.Array) -> dict:
    """Return the variables with weights drawn anew, from the normal distributions fitted to them.

    The weights of each input, the constant one included, have their own distribution, and so have those of each output.
    The fits are those of maximum likelihood. Recurrent weights stay.
    """

    def drawn(weights: Float[Array, "inputs outputs"], key: jax.Array, axis: int) -> Array:
        mean, deviation = (of(weights, axis=axis, keepdims=True) for of in (jnp.mean, jnp.std))
        return mean + deviation * jax.random.normal(key, weights.shape)

    synapse, (first, second) = variables["synapse"], jax.random.split(key)
    found = {"input": drawn(synapse["input"], first, 1), "output": drawn(synapse["output"], second, 0)}
    return {**variables, "synapse": {**synapse, **found}}


def silenced(variables: dict, silent: Bool[Array, " hidden"]) -> dict:
    """Return the variables of a network some of whose neurons are not heard: their outgoing weights are 0."""
    heard = jnp.where(silent, 0.0, 1.0)[:, None]
    found = {**variables, "synapse": {**variables["synapse"], "output": variables["synapse"]["output"] * heard}}
    if "recurrence" in variables:
        found["recurrence"] = {"hidden": variables["recurrence"]["hidden"] * heard}
    return found


def jittered(variables: dict, key: jax.Array, share: Real) -> dict:
    """Return the variables with every weight w replaced by w (1 + share x), where x is standard normal."""
    weights = {name: variables[name] for name in ("synapse", "recurrence") if name in variables}
    leaves, structure = jax.tree.flatten(weights)
    keys = jax.random.split(key, len(leaves))
    moved = [leaf * (1.0 + share * jax.random.normal(one, leaf.shape)) for leaf, one in zip(leaves, keys, strict=True)]
    return {**variables, **jax.tree.unflatten(structure, moved)}


def noisy(policy: Policy, key: jax.Array, *, inputs: Real = 0.0, membranes: Real = 0.0) -> Policy:
    """Return a policy with normal noise, drawn anew in each step.

    Args:
        policy: the network.
        key: random key; episodes with one key have the same noise.
        inputs: standard deviation of the noise on each input [unit of the observation].
        membranes: standard deviation of the noise on each membrane, before the step [potential].
    """

    def step(state: State, observation: Float[Array, " inputs"]) -> State:
        other, count = state.other
        on_inputs, on_membranes = jax.random.split(jax.random.fold_in(key, count))
        voltage = state.voltage + membranes * jax.random.normal(on_membranes, state.voltage.shape)
        seen = observation + inputs * jax.random.normal(on_inputs, observation.shape)
        after = policy.step(state._replace(voltage=voltage, other=other), seen)
        return after._replace(other=(after.other, count + 1))

    initial = policy.initial._replace(other=(policy.initial.other, jnp.int32(0)))
    return policy._replace(initial=initial, step=step, deferred=None)
