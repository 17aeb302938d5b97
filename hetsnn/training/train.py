"""A whole training as a pure function of a key: no store, no file, no experiment."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from hetsnn import numerics
from hetsnn.networks.observations import RunningMoments
from hetsnn.networks.spiking import Architecture, Policy, SpikingNetwork, bind
from hetsnn.tasks.task import Task
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, decode
from hetsnn.training.method import Method, Training
from hetsnn.training.policies import normalised


class Trained(NamedTuple):
    """A trained network with its training curve: a pytree, which has a leading axis for each `jax.vmap`.

    Example:
        >>> import jax, hetsnn
        >>> trained = hetsnn.train(hetsnn.Memory(length=2), hetsnn.Evolution(population=4, generations=2),
        ...                        hetsnn.Architecture(hidden=3), key=jax.random.key(0))
        >>> trained.properties.tau_m.shape, sorted(trained.curve)
        ((3,), ['best', 'mean', 'untied'])
        >>> state = trained.policy.step(trained.policy.initial, jax.numpy.ones(3))
        >>> trained.policy.readout(state).shape
        (2,)
    """

    architecture: Architecture
    variables: dict  # the network's `synapse` and `neuron`, see `hetsnn.networks.spiking.SpikingNetwork`
    curve: dict[str, Float[Array, " points"]]  # by name, such as the `mean` fitness of a generation
    final: dict[str, Array]  # results of the trained network, by name
    coordinates: Float[Array, " dimensions"]  # the point of the search space where the training ended
    seen: RunningMoments | None  # moments of the observations, where the task normalises them

    @property
    def policy(self) -> Policy:
        """Return one network ready to act; it normalises observations where the task does so."""
        synapse = self.variables["synapse"]
        inputs, outputs = synapse["input"].shape[0] - self.architecture.bias, synapse["output"].shape[1]
        return normalised(bind(SpikingNetwork(self.architecture, inputs, outputs), self.variables), self.seen)

    @property
    def properties(self) -> Any:
        """Return the evolved properties, one value a neuron, as `Properties` or as the neuron's model names them."""
        return self.architecture.neuron.collect(self.variables["neuron"])


@numerics.pinned()
def train(
    task: Task,
    method: Method = Evolution(),
    architecture: Architecture = Architecture(),
    genome: Genome | None = None,
    *,
    key: jax.Array,
) -> Trained:
    """Train a network: the same key and settings give the same numbers. Settings of JAX are pinned, or refused.

    The function is compiled when it is called, once for all settings that differ in numbers only. `jax.vmap`
    maps it over keys or over such numbers, and `jax.jit` takes it, too. A sweep's run with seed s has the key
    `jax.random.key(s)`.

    Args:
        task: the task that the network is trained on.
        method: the method of training.
        architecture: the network.
        genome: the search space; by default all properties of the architecture's neuron.
        key: the random key from which all randomness comes.

    Raises:
        InputError: a setting does not exist, or its value is invalid; or a setting of JAX or XLA would change numbers.

    Example:
        >>> import jax, hetsnn
        >>> method = hetsnn.Evolution(population=4, generations=2)
        >>> train = lambda key: hetsnn.train(hetsnn.Memory(length=2), method, hetsnn.Architecture(hidden=3), key=key)
        >>> jax.vmap(train)(jax.random.split(jax.random.key(0), 5)).curve["mean"].shape
        (5, 2)
    """
    numerics.check()
    genome = Genome(widths=architecture.neuron.widths) if genome is None else genome
    training = Training(task, architecture, genome, method)
    if not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(training)):
        training.check()
    # As in a sweep, numbers have the same types however they are given.
    return _train(jax.tree.map(_number, training), key)


@jax.jit
def _train(training: Training, key: jax.Array) -> Trained:
    method, architecture = training.method, training.architecture
    fixed, state = method.begin(training, key)
    left = method.finish(fixed, method.advance(fixed, state, 0, method.length))
    seen = left.get("observation")
    return Trained(
        architecture=architecture,
        variables=decode(training.genome, left["genome"], fixed.drawn, architecture.neuron),
        curve=left["curve"],
        final=left["final"],
        coordinates=left["genome"],
        seen=seen and RunningMoments(jnp.float32(1.0), seen["mean"], seen["variance"]),
    )


def _number(leaf: Any) -> Array:
    return jnp.asarray(leaf, jnp.float32 if jnp.issubdtype(jnp.result_type(leaf), jnp.floating) else jnp.int32)
