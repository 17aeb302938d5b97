"""Episodes of an environment; mapped episodes keep no trajectory and stop together when the last one has ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hetsnn.mapping import max_over_vmap
from hetsnn.networks.observations import RunningMoments, nothing, observe
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Integer
from hetsnn.tasks.activity import Activity, add, still


class Environment(NamedTuple):
    """Functions of an environment; JAX traces both."""

    reset: Callable[[jax.Array], tuple[Array, Any]]  # key -> observation, state
    step: Callable[[Any, Array], tuple[Array, Any, Array, Array]]  # state, action -> observation, state, reward, ended


class Episode(NamedTuple):
    """State of an episode between steps."""

    observation: Float[Array, " inputs"]
    environment: Any
    network: State
    active: Array  # True until the episode has ended
    reward: Float[Array, ""]  # sum of rewards so far
    steps: Int[Array, ""]  # steps so far
    seen: RunningMoments | None = None  # moments of the observations so far, if they are collected
    activity: Activity | None = None  # of the network so far, if it is collected


def begin(
    policy: Policy,
    environment: Environment,
    key: jax.Array,
    limit: Integer,
    *,
    watch: bool = False,
    activity: bool = False,
) -> Episode:
    """Return an episode of at most `limit` steps before its first step.

    Args:
        policy: the network.
        environment: the environment.
        key: random key of the start.
        limit: maximum number of steps.
        watch: collect the moments of the observations.
        activity: collect the network's activity.
    """
    observation, state = environment.reset(key)
    seen = nothing(observation.size) if watch else None
    active = still(policy.initial.trace.shape[-1]) if activity else None
    start = (jnp.asarray(limit) > 0, jnp.float32(0), jnp.int32(0))
    return Episode(observation, state, policy.initial, *start, seen, active)


def advance(
    episode: Episode,
    policy: Policy,
    environment: Environment,
    act: Callable[[Float[Array, " outputs"]], Array],
    limit: Integer,
) -> tuple[Episode, Array, Array]:
    """Take one step; return the episode, the action and the reward.

    After an episode's end the reward is 0 and steps are not counted.

    Args:
        episode: the episode before the step.
        policy: the network.
        environment: the environment.
        act: function from outputs to an action.
        limit: maximum number of steps.
    """
    network = policy.step(episode.network, episode.observation)
    action = act(policy.readout(network, every_step=True))
    observation, state, reward, ended = environment.step(episode.environment, action)
    reward = jnp.where(episode.active, reward, 0.0)
    steps = episode.steps + episode.active
    active = episode.active & ~jnp.asarray(ended, bool) & (steps < limit)
    seen = episode.seen and observe(episode.seen, episode.observation, episode.active)
    moved = episode.activity and add(episode.activity, action, network.trace, episode.active)
    return Episode(observation, state, network, active, episode.reward + reward, steps, seen, moved), action, reward


def rollout(
    policy: Policy,
    environment: Environment,
    act: Callable[[Float[Array, " outputs"]], Array],
    key: jax.Array,
    limit: Integer,
    *,
    to_the_end: bool = False,
    **collected: bool,
) -> Episode:
    """Play one episode to its end; mapped episodes stop when all have ended.

    Args:
        policy: the network.
        environment: the environment.
        act: function from outputs to an action.
        key: random key of the start.
        limit: maximum number of steps.
        to_the_end: execute all steps up to the limit, even after all episodes have ended; the numbers are the same.
        collected: `watch` and `activity`, as `begin` takes them.
    """
    longest = max_over_vmap(jnp.asarray(limit))
    # The intermediate voltages are not read, so the reset may be deferred.
    policy = policy._replace(step=policy.deferred or policy.step)

    def on(carry: tuple[Array, Episode]) -> Array:
        return (carry[0] < longest) & (to_the_end or max_over_vmap(carry[1].active))

    def step(carry: tuple[Array, Episode]) -> tuple[Array, Episode]:
        return carry[0] + 1, advance(carry[1], policy, environment, act, limit)[0]

    first = begin(policy, environment, key, limit, **collected)
    return jax.lax.while_loop(on, step, (jnp.int32(0), first))[1]
