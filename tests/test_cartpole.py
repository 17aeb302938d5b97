"""CartPole and rollouts, beside gymnax step by step in a loop, and beside themselves: mapped, stopped, to the end."""

import functools
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.mapping import max_over_vmap
from hetsnn.networks.spiking import Architecture, bind, draw
from hetsnn.tasks import rollouts
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.rollouts import Environment, rollout
from hetsnn.training.genomes import Genome
from hetsnn.training.method import Training
from hetsnn.training.policies import network

TRAINING = Training(CartPole(), Architecture(hidden=12, gain=8.0), Genome(evolved="weight"))


@functools.cache
def drawn() -> Any:
    """The variables of six networks."""
    return jax.jit(jax.vmap(lambda key: draw(network(TRAINING), key)))(jax.random.split(jax.random.key(0), 6))


def play(task: Any, key: Any) -> Any:
    """Returns and steps of an episode of each of six networks, all from one start."""
    played = jax.jit(jax.vmap(lambda variables: task.play(bind(network(TRAINING), variables), key, 1)))(drawn())
    return played.reward, played.steps


def test_returns_are_those_of_gymnax_step_by_step() -> None:
    key, limit = jax.random.key(4), 60
    returns, steps = play(CartPole(limit=limit), key)
    environment, params = gymnax.make("CartPole-v1")
    step = jax.jit(environment.step_env)
    for i in range(6):
        policy = bind(network(TRAINING), jax.tree.map(lambda leaf, i=i: leaf[i], drawn()))
        advance = jax.jit(policy.step)
        observation, state = environment.reset_env(jax.random.split(key, 1)[0], params)
        spiking, total, ended = policy.initial, 0.0, False
        while not ended and total < limit:
            spiking = advance(spiking, observation)
            observation, state, reward, ended, _ = step(key, state, int(policy.readout(spiking).argmax()), params)
            total += float(reward)
        assert total == float(returns[i, 0]) == float(steps[i, 0])
    assert len({*np.asarray(returns).ravel().tolist()}) > 2


def test_steps_after_an_end_change_nothing() -> None:
    key = jax.random.key(4)
    stopped, on = (play(CartPole(limit=80, to_the_end=to_the_end), key) for to_the_end in (False, True))
    np.testing.assert_array_equal(stopped, on)


def test_a_limit_ends_an_episode_and_may_differ_from_run_to_run() -> None:
    def reward(limit: Any) -> Any:
        policy = bind(network(TRAINING), jax.tree.map(lambda leaf: leaf[0], drawn()))
        return CartPole(limit=limit).fitness(policy, jax.random.key(1))

    whole = float(reward(500).fitness)
    limits = jnp.array([1, 5, int(whole), int(whole) + 1, 500])
    found, steps, _ = jax.jit(jax.vmap(reward))(limits)
    np.testing.assert_array_equal(found, np.minimum(np.asarray(limits), whole))
    np.testing.assert_array_equal(found, steps)


def counting(until: int) -> Environment:
    """An environment that ends after some steps and pays the number of each of them."""

    def step(state: Any, action: Any) -> Any:
        return jnp.ones(4), state + 1, state + 1, state + 1 >= until

    return Environment(lambda _: (jnp.ones(4), jnp.float32(0)), step)


def test_a_rollout_of_any_environment_adds_up_its_rewards() -> None:
    policy = bind(network(TRAINING), jax.tree.map(lambda leaf: leaf[0], drawn()))
    still = policy._replace(step=lambda state, _: state)
    for until, limit in ((3, 10), (10, 3), (4, 4)):
        played = rollout(still, counting(until), jnp.argmax, jax.random.key(0), limit)
        last = min(until, limit)
        assert (float(played.reward), int(played.steps)) == (last * (last + 1) / 2, last)


def test_mapped_episodes_step_together_as_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = bind(network(TRAINING), jax.tree.map(lambda leaf: leaf[0], drawn()))

    lengths = jnp.array([2, 7, 80])
    # The loop's condition is one for all: with one for each, JAX copies states to keep those of ended episodes.
    for shared, shape in ((max_over_vmap, ()), (lambda number: number, (3,))):
        monkeypatch.setattr(rollouts, "max_over_vmap", shared)

        def steps(until: Any) -> Any:
            return rollouts.rollout(policy, counting(until), jnp.argmax, jax.random.key(0), 50).steps

        np.testing.assert_array_equal(jax.vmap(steps)(lengths), [2, 7, 50])
        (loop,) = [e for e in jax.make_jaxpr(jax.vmap(steps))(lengths).eqns if e.primitive.name == "while"]
        assert loop.params["cond_jaxpr"].out_avals[0].shape == shape
    np.testing.assert_array_equal(jax.vmap(jax.vmap(max_over_vmap))(jnp.arange(6).reshape(2, 3)), np.full((2, 3), 5))


@pytest.mark.parametrize("limit", [0, -3])
def test_an_episode_has_a_step(limit: int) -> None:
    with pytest.raises(InputError, match=f"limit must be a whole number of at least 1, got {limit}"):
        CartPole(limit=limit).check()
