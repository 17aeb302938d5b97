"""Environments of gymnax and Brax as tasks, beside gymnax's own functions step by step."""

from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn import Architecture, InputError, Policy, tasks
from hetsnn.networks.spiking import SpikingNetwork, bind, draw
from hetsnn.tasks.brax_tasks import robot


def drawn(task: Any, seed: int = 0) -> Policy:
    network = SpikingNetwork(Architecture(hidden=6, gain=8.0), task.inputs, task.outputs)
    return bind(network, draw(network, jax.random.key(seed)))


# MNISTBandit downloads its images.
@pytest.mark.parametrize("name", [name for name in gymnax.registered_envs if "MNIST" not in name])
def test_every_environment_of_gymnax_is_a_task(name: str) -> None:
    task = tasks.gymnax(name)
    environment, params = gymnax.make(name)
    assert task.limit == params.max_steps_in_episode

    def play(key: jax.Array) -> Any:
        observation, state = task.reset(key)
        action = task.act(jnp.zeros(task.outputs))
        return observation, state, task.step(state, action)

    observation, state, (later, after, reward, ended) = jax.eval_shape(play, jax.random.key(0))
    assert observation.shape == later.shape == (task.inputs,)
    assert observation.dtype == later.dtype == jnp.float32
    assert reward.shape == ended.shape == ()
    jax.tree.map(lambda one, other: (one.shape == other.shape) or pytest.fail(name), state, after)
    actions = environment.action_space(params)
    assert task.discrete is (task.outputs == getattr(actions, "n", None))


@pytest.mark.parametrize("name", ["Pendulum-v1", "FrozenLake-misc", "Catch-bsuite"])
def test_returns_are_those_of_gymnax_step_by_step(name: str) -> None:
    """A continuous action with bounds; chance and a state that is a whole number; a picture."""
    environment, params = gymnax.make(name)
    task = tasks.gymnax(name, limit=12, normalise=False)
    policy, key = drawn(task), jax.random.key(4)
    played = jax.jit(lambda: task.play(policy, key, 2))()
    step, advance = jax.jit(environment.step_env), jax.jit(policy.step)
    for episode, start in enumerate(jax.random.split(key, 2)):
        observation, state = environment.reset_env(start, params)
        spiking, total, steps, ended = policy.initial, 0.0, 0, False
        while not ended and steps < task.limit:
            steps += 1
            seen = np.eye(16)[int(observation)] if name == "FrozenLake-misc" else np.ravel(observation)
            spiking = advance(spiking, jnp.asarray(seen, jnp.float32))
            outputs = policy.readout(spiking)
            action = 2.0 * jnp.tanh(outputs) if name == "Pendulum-v1" else int(outputs.argmax())
            observation, state, reward, ended, _ = step(jax.random.fold_in(start, steps), state, action, params)
            total += float(jnp.squeeze(reward))
        np.testing.assert_allclose(played.reward[episode], total, rtol=1e-4)
        assert played.steps[episode] == steps


def test_chance_differs_from_step_to_step() -> None:
    task = tasks.gymnax("FrozenLake-misc")
    _, start = task.reset(jax.random.key(0))

    def step(time: jax.Array) -> jax.Array:
        observation, *_ = task.step(start._replace(state=start.state.replace(time=time)), jnp.int32(2))
        return observation.argmax()

    places = jax.jit(jax.vmap(step))(jnp.arange(24))
    assert len(np.unique(places)) > 1  # on ice the same action from the same place leads to several


def test_an_environment_of_brax_says_how_large_it_is() -> None:
    task = tasks.brax("reacher", limit=50)
    size = jax.eval_shape(robot("reacher", "spring").reset, jax.random.key(0)).obs.size
    assert (task.inputs, task.outputs) == (size, 2) == (11, 2)  # as Brax documents it
    assert not task.discrete
    np.testing.assert_allclose(task.act(jnp.array([0.0, 9.0])), [0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: tasks.gymnax("Acrobat-v1"), "environment must be one of CartPole-v1, .*, got 'Acrobat-v1'"),
        (lambda: tasks.gymnax("Acrobot-v1", limit=0), "limit must be a whole number of at least 1, got 0"),
        (lambda: tasks.gymnax("Acrobot-v1", episodes=0), "episodes must be a whole number of at least 1, got 0"),
        (lambda: tasks.brax("cheetah"), "environment must be one of ant, .*, got 'cheetah'"),
        (lambda: tasks.brax("ant", backend="bullet"), "backend must be one of spring, .*, got 'bullet'"),
    ],
)
def test_a_task_that_does_not_exist(make: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()
