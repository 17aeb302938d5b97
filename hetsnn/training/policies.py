"""From a training's coordinates to the network that they stand for."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float

from hetsnn.networks.observations import RunningMoments
from hetsnn.networks.spiking import Policy, SpikingNetwork, bind, draw
from hetsnn.training.genomes import decode, start
from hetsnn.training.method import Fixed, Training


def network(training: Training) -> SpikingNetwork:
    """Return the network that is trained, without its variables."""
    return SpikingNetwork(training.architecture, training.task.inputs, training.task.outputs)


def fix(training: Training, key: jax.Array) -> tuple[Fixed, Float[Array, " dimensions"]]:
    """Draw the network of a training; return all that stays fixed, and the coordinates to start from."""
    weights, search, evaluation = jax.random.split(key, 3)
    drawn = draw(network(training), weights)
    return Fixed(training, drawn, search, evaluation), start(training.genome, drawn)


def policy(fixed: Fixed, coordinates: Float[Array, " dimensions"], seen: RunningMoments | None = None) -> Policy:
    """Return the policy at some coordinates; it normalises its observations by `seen`, where that is given."""
    training = fixed.training
    variables = decode(training.genome, coordinates, fixed.drawn, training.architecture.neuron)
    return normalised(bind(network(training), variables), seen)


def normalised(policy: Policy, seen: RunningMoments | None) -> Policy:
    """Return a policy that normalises its observations by `seen`, where that is given."""
    if seen is None:
        return policy

    def before(step: Callable) -> Callable:
        return lambda state, observation: step(state, seen.normalise(observation))

    return policy._replace(step=before(policy.step), deferred=before(policy.deferred))


def learned(training: Training, coordinates: Float[Array, " dimensions"]) -> dict:
    """Return the variables of a trained network, from the coordinates where its training ended."""
    fixed, _ = fix(training, training.key)
    return decode(training.genome, coordinates, fixed.drawn, training.architecture.neuron)
