"""Number of spikes that a search changes through each property: about equal in the ablation."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.training.method import Fixed
from hetsnn.training.policies import fix
from hetsnn_book.experiments.ablation import LARGE, ablated
from hetsnn_book.measures.noise_probe import spikes


@jax.jit
def changed_spikes(fixed: Fixed) -> Float[Array, " properties"]:
    """Return the number of spikes that change when one property is perturbed as in the search, for each property.

    The number is divided by the number of spikes of the homogeneous network; both are counted by `noise_probe.spikes`.
    """
    training = fixed.training
    moves = training.method.sigma * jax.random.normal(jax.random.key(1), (training.architecture.hidden,))
    alone = jnp.eye(len(PROPERTIES))[:, :, None] * moves
    homogeneous = spikes(fixed, jnp.zeros(alone[0].size))
    return jax.vmap(lambda of: (spikes(fixed, of.ravel()) != homogeneous).sum() / homogeneous.sum())(alone)


def shares() -> Float[np.ndarray, " properties"]:
    """Return `changed_spikes` of the ablation's larger networks."""
    run = ablated(PROPERTIES, 0, neurons=LARGE)
    return np.asarray(changed_spikes(jax.jit(fix)(run.training, run.training.key)[0]))
