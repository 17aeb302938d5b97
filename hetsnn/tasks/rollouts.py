"""Episodes of an environment: they carry state along, never a trajectory, and stop when all of them have ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float, Int

from hetsnn.networks import Policy, State
from hetsnn.numbers import Integer
from hetsnn.observations import Statistics, nothing, observe


class Environment(NamedTuple):
    """What a network acts in; all of it is traced by JAX."""

    reset: Callable[[jax.Array], tuple[Array, Any]]  # key -> observation, state
    step: Callable[[Any, Array], tuple[Array, Any, Array, Array]]  # state, action -> observation, state, reward, ended


class Episode(NamedTuple):
    """What is carried from step to step."""

    observation: Float[Array, " inputs"]
    environment: Any
    network: State
    going: Array  # whether it has not ended
    reward: Float[Array, ""]  # so far
    steps: Int[Array, ""]  # taken
    seen: Statistics | None = None  # of the observations, where they are watched


@custom_vmap
def largest(number: Array) -> Array:
    """The largest of a number over all that it is mapped over.

    As the bound of a loop it lets all that is mapped step together: no state is copied to keep the episodes that have
    ended as they are.
    """
    return number


@largest.def_vmap
def _largest_of_batch(_: int, __: list[bool], numbers: Array) -> tuple[Array, bool]:
    return largest(numbers.max(0)), False


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
    reward = jnp.where(episode.going, reward, 0.0)
    steps = episode.steps + episode.going
    going = episode.going & ~jnp.asarray(ended, bool) & (steps < limit)
    seen = episode.seen and observe(episode.seen, episode.observation, episode.going)
    return Episode(observation, state, network, going, episode.reward + reward, steps, seen), action, reward


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
    longest = largest(jnp.asarray(limit))
    # Nobody looks at the states on the way.
    policy = policy._replace(step=policy.deferred or policy.step)

    def on(carry: tuple[Array, Episode]) -> Array:
        return (carry[0] < longest) & (to_the_end or largest(carry[1].going))

    def step(carry: tuple[Array, Episode]) -> tuple[Array, Episode]:
        return carry[0] + 1, advance(carry[1], policy, environment, act, limit)[0]

    first = begin(policy, environment, key, limit, watch=watch)
    return jax.lax.while_loop(on, step, (jnp.int32(0), first))[1]
