"""Running statistics beside NumPy's, over all that was observed at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.networks.observations import RunningMoments, merge, nothing, observe

RNG = np.random.default_rng(0)
SEEN = RNG.normal(5.0, [0.1, 1.0, 30.0], (3, 4, 25, 3)).astype(np.float32)  # rounds, networks, steps, inputs
COUNTS = RNG.random((3, 4, 25)) < 0.7


@jax.jit
def watched() -> RunningMoments:
    def episode(observations: jax.Array, counts: jax.Array) -> RunningMoments:
        return jax.lax.scan(lambda of, x: (observe(of, *x), None), nothing(3), (observations, counts))[0]

    seen = nothing(3)
    for observations, counts in zip(SEEN, COUNTS, strict=True):
        seen = merge(seen, jax.vmap(episode)(jnp.where(counts[..., None], observations, jnp.nan), jnp.asarray(counts)))
    return seen


def test_mean_and_variance_are_numpys_over_what_counts() -> None:
    seen, counted = watched(), SEEN[COUNTS].astype(np.float64)
    assert seen.number == len(counted)
    np.testing.assert_allclose(seen.mean, counted.mean(0), rtol=1e-5)
    np.testing.assert_allclose(seen.variance, counted.var(0), rtol=1e-4)
    expected = (counted - counted.mean(0)) / counted.std(0)
    np.testing.assert_allclose(seen.normalise(jnp.asarray(SEEN[COUNTS])), expected, atol=1e-3)


def test_before_the_first_observation_nothing_is_changed() -> None:
    np.testing.assert_array_equal(nothing(3).normalise(jnp.asarray(SEEN)), SEEN)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_an_input_that_never_changes_is_not_blown_up(value: float) -> None:
    observation, counts = jnp.array([value]), jnp.array(True)
    seen = observe(observe(nothing(1), observation, counts), observation, counts)
    np.testing.assert_allclose(seen.normalise(jnp.array([value + 1e-6])), 0.0, atol=2e-3)
