"""Normalisation of observations by their running mean and variance over a whole search.

Sources: Welford, Technometrics 4, 1962 (one more observation); Chan, Golub and LeVeque, The American Statistician 37,
1983 (merging).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

LEAST_VARIANCE = 1e-6  # keeps nearly constant inputs from being amplified


class RunningMoments(NamedTuple):
    """Number of observations, and mean and sum of squares of each input."""

    number: Float[Array, "*batch"]  # observations so far
    mean: Float[Array, "*batch inputs"]
    squares: Float[Array, "*batch inputs"]  # sum of squared deviations from the mean

    @property
    def variance(self) -> Float[Array, "*batch inputs"]:
        """Return the variance of each input; 1 before the first observation."""
        number = self.number[..., None]
        return jnp.where(number > 0, self.squares / jnp.maximum(number, 1.0), 1.0)

    def normalise(self, observation: Float[Array, "*batch inputs"]) -> Float[Array, "*batch inputs"]:
        """Return an observation in standard deviations from the mean."""
        return (observation - self.mean) / jnp.sqrt(jnp.maximum(self.variance, LEAST_VARIANCE))


def nothing(inputs: int) -> RunningMoments:
    """Return the moments before the first observation."""
    return RunningMoments(jnp.float32(0.0), jnp.zeros(inputs), jnp.zeros(inputs))


def observe(seen: RunningMoments, observation: Float[Array, " inputs"], counts: Bool[Array, ""]) -> RunningMoments:
    """Return the moments after one more observation; unchanged if the observation does not count."""
    number = seen.number + counts
    deviation = jnp.where(counts, observation - seen.mean, 0.0)
    mean = seen.mean + deviation / jnp.maximum(number, 1.0)
    return RunningMoments(number, mean, seen.squares + deviation * jnp.where(counts, observation - mean, 0.0))


def merge(seen: RunningMoments, more: RunningMoments) -> RunningMoments:
    """Return the moments of all observations of `seen` and `more`; `more` has additional leading axes."""
    parts = jax.tree.map(lambda one, many: jnp.concatenate([one[None], many.reshape(-1, *one.shape)]), seen, more)
    weights = parts.number[:, None]
    number = parts.number.sum()
    mean = (weights * parts.mean).sum(0) / jnp.maximum(number, 1.0)
    return RunningMoments(number, mean, (parts.squares + weights * (parts.mean - mean) ** 2).sum(0))
