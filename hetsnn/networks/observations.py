"""Observations as a network sees them: by their running mean and standard deviation, over all that a search has met.

Sources: Welford, Technometrics 4, 1962 (one more); Chan, Golub and LeVeque, The American Statistician 37, 1983
(merged).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

LEAST_VARIANCE = 1e-6  # what hardly ever changes is not blown up


class RunningMoments(NamedTuple):
    """What is known of observations."""

    number: Float[Array, "*of"]  # of observations
    mean: Float[Array, "*of inputs"]
    squares: Float[Array, "*of inputs"]  # sum of squared deviations from the mean

    @property
    def variance(self) -> Float[Array, "*of inputs"]:
        """Of each input; 1 before the first observation."""
        number = self.number[..., None]
        return jnp.where(number > 0, self.squares / jnp.maximum(number, 1.0), 1.0)

    def normalise(self, observation: Float[Array, "*batch inputs"]) -> Float[Array, "*batch inputs"]:
        """An observation in standard deviations from the mean."""
        return (observation - self.mean) / jnp.sqrt(jnp.maximum(self.variance, LEAST_VARIANCE))


def nothing(inputs: int) -> RunningMoments:
    """Before the first observation."""
    return RunningMoments(jnp.float32(0.0), jnp.zeros(inputs), jnp.zeros(inputs))


def observe(seen: RunningMoments, observation: Float[Array, " inputs"], counts: Bool[Array, ""]) -> RunningMoments:
    """With one more observation, if it counts."""
    number = seen.number + counts
    deviation = jnp.where(counts, observation - seen.mean, 0.0)
    mean = seen.mean + deviation / jnp.maximum(number, 1.0)
    return RunningMoments(number, mean, seen.squares + deviation * jnp.where(counts, observation - mean, 0.0))


def merge(seen: RunningMoments, more: RunningMoments) -> RunningMoments:
    """All that has been observed: `more` has further axes in front."""
    parts = jax.tree.map(lambda one, many: jnp.concatenate([one[None], many.reshape(-1, *one.shape)]), seen, more)
    weights = parts.number[:, None]
    number = parts.number.sum()
    mean = (weights * parts.mean).sum(0) / jnp.maximum(number, 1.0)
    return RunningMoments(number, mean, (parts.squares + weights * (parts.mean - mean) ** 2).sum(0))
