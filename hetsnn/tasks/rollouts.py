"""Episodes of an environment: they carry state along, never a trajectory, and stop when all of them have ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from hetsnn.mapping import max_over_vmap
from hetsnn.networks.observations import RunningMoments, nothing, observe
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Integer


class Environment(NamedTuple):
    """What a network acts in; all of it is traced by JAX."""

    reset: Callable[[jax.Array], tuple[Array, Any]]  # key -> observation, state
    step: Callable[[Any, Array], tuple[Array, Any, Array, Array]]  # state, action -> observation, state, reward, ended


class Episode(NamedTuple):
    """What is carried from step to step."""

    observation: Float[Array, " inputs"]
    environment: Any
    network: State
    active: Array  # whether it has not ended
    reward: Float[Array, ""]  # so far
    steps: Int[Array, ""]  # taken
    seen: RunningMoments | None = None  # of the observations, where they are watched


def begin(policy: Policy, environment: Environment, key: jax.Array, limit: Integer, *, watch: bool = False) -> Episode:
    """An episode before its first step, of at most `limit` steps; its observations may be watched."""
    observation, state = environment.reset(key)
    seen = nothing(observation.size) if watch else None
    return Episode(observation, state, policy.initial, jnp.asarray(limit) > 0, jnp.float32(0), jnp.int32(0), seen)


def advance(
    episode: Episode,
    policy: Policy,
    environment: Environment,
    act: Callable[[Float[Array, " outputs"]], Array],
    limit: Integer,
) -> tuple[Episode, Array, Array]:
    """One more step, its action and its reward; after an episode's end the reward is 0 and steps are not counted.

    Args:
        episode: before the step.
        policy: the network.
        environment: it acts in.
        act: the action that outputs mean.
        limit: of steps.
    """
    network = policy.step(episode.network, episode.observation)
    action = act(policy.readout(network, every_step=True))
    observation, state, reward, ended = environment.step(episode.environment, action)
    reward = jnp.where(episode.active, reward, 0.0)
    steps = episode.steps + episode.active
    active = episode.active & ~jnp.asarray(ended, bool) & (steps < limit)
    seen = episode.seen and observe(episode.seen, episode.observation, episode.active)
    return Episode(observation, state, network, active, episode.reward + reward, steps, seen), action, reward


def rollout(
    policy: Policy,
    environment: Environment,
    act: Callable[[Float[Array, " outputs"]], Array],
    key: jax.Array,
    limit: Integer,
    *,
    to_the_end: bool = False,
    watch: bool = False,
) -> Episode:
    """One episode after its end; episodes that are mapped stop when all have ended.

    Args:
        policy: the network.
        environment: it acts in.
        act: the action that outputs mean.
        key: of the start.
        limit: of steps.
        to_the_end: execute all steps up to the limit, whoever has ended; the numbers are the same.
        watch: keep statistics of the observations that the network acted on.
    """
    longest = max_over_vmap(jnp.asarray(limit))
    # Nobody looks at the states on the way.
    policy = policy._replace(step=policy.deferred or policy.step)

    def on(carry: tuple[Array, Episode]) -> Array:
        return (carry[0] < longest) & (to_the_end or max_over_vmap(carry[1].active))

    def step(carry: tuple[Array, Episode]) -> tuple[Array, Episode]:
        return carry[0] + 1, advance(carry[1], policy, environment, act, limit)[0]

    first = begin(policy, environment, key, limit, watch=watch)
    return jax.lax.while_loop(on, step, (jnp.int32(0), first))[1]
