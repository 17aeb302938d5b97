"""Activity of a network in its episodes: how far it moves joints, and which of its neurons fire."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

SATURATED = 0.9  # an action beyond it, of at most 1, is saturated


class Activity(NamedTuple):
    """Sums over the steps of an episode, and the neurons that have fired in it."""

    moved: Float[Array, ""]  # mean |action| of the joints
    saturated: Float[Array, ""]  # share of the joints with |action| > `SATURATED`
    trace: Float[Array, ""]  # mean filtered spike train of the hidden neurons
    fired: Bool[Array, " hidden"]


def still(hidden: int) -> Activity:
    """Return the activity before the first step."""
    nothing = jnp.float32(0.0)
    return Activity(nothing, nothing, nothing, jnp.zeros(hidden, bool))


def add(
    activity: Activity, action: Float[Array, " outputs"], trace: Float[Array, " hidden"], counts: Bool[Array, ""]
) -> Activity:
    """Return the activity after another step, unless that does not count because the episode has ended."""
    size, none = jnp.abs(action), jnp.float32(0.0)
    return Activity(
        activity.moved + jnp.where(counts, size.mean(), none),
        activity.saturated + jnp.where(counts, (size > SATURATED).mean(), none),
        activity.trace + jnp.where(counts, trace.mean(), none),
        activity.fired | (counts & (trace > 0)),
    )


def summary(activity: Activity, steps: Int[Array, " episodes"]) -> dict[str, Array]:
    """Return the activity over some episodes, by name.

    Args:
        activity: activities of the episodes, along a first axis.
        steps: steps of each episode.

    Returns:
        `action`, the mean size of an action; `saturated`, the share of actions beyond `SATURATED`; `rate`, the spikes
        of a neuron in a step, by the mean filtered spike train; and `silent`, the share of the neurons that fire in no
        episode.
    """
    total = jnp.maximum(steps.sum(), 1)
    return {
        "action": activity.moved.sum() / total,
        "saturated": activity.saturated.sum() / total,
        "rate": activity.trace.sum() / total,
        "silent": (~activity.fired.any(0)).mean(),
    }
