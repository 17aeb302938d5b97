"""Trainings along gradients against exact gradients, float64 loops, and what they should learn."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, bind
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.memory import Memory
from hetsnn.tasks.rollouts import Environment
from hetsnn.training.descent import Supervised
from hetsnn.training.genomes import Genome, decode
from hetsnn.training.method import Training
from hetsnn.training.policies import network
from hetsnn.training.reinforce import Reinforce


def train(training: Training) -> Any:
    method = training.check().method
    fixed, state = method.begin(training, training.key)
    return method.finish(fixed, method.advance(fixed, state, 0, method.length))


def test_supervised_descent_learns_both_cues() -> None:
    method = Supervised(updates=90, max_steps=8, points=6, learning_rate=0.05)
    architecture = Architecture(hidden=16, bias=True, gain=3.0, tau_m=4.0, tau_readout=1.0)
    left = jax.jit(lambda: train(Training(Memory(length=4), architecture, Genome(evolved="weight"), method)))()
    assert left["final"]["reward"] == 1
    assert left["curve"]["loss"][-1] < 0.1 < left["curve"]["loss"][0]
    assert left["final"]["total_steps"] == 90 * 2 * 5


@dataclasses.dataclass
class Bandit:
    """Two arms, one step: the right one pays 1, the left one 0."""

    inputs = 1
    outputs = 2
    steps = 1
    discrete = True
    dynamics = Environment(
        lambda _: (jnp.ones(1), jnp.zeros(())),
        lambda state, action: (jnp.ones(1), state, jnp.asarray(action, jnp.float32), jnp.asarray(True)),
    )


def test_reinforce_on_a_two_armed_bandit_is_the_exact_gradient() -> None:
    # With the batch's mean as baseline and its standard deviation as unit, the expected return p of the right arm has
    # the gradient sqrt(p (1 - p)) (e_right - e_left) in the outputs; the batch's own share stands for p.
    batch, temperature = 4096, 0.5
    method = Reinforce(
        max_steps=1, points=1, surrogate="triangular", episodes=batch, batch=batch, temperature=temperature
    )
    training = Training(Bandit(), Architecture(hidden=6, gain=6.0), Genome(evolved="weight"), method)
    fixed, state = method.begin(training, training.key)
    found, _, point = jax.jit(lambda: method.gradient(fixed, state, jax.random.key(1)))()
    share = float(point["mean"])

    def outputs(coordinates: Any) -> Any:
        options = {"surrogate": "triangular", "width": 1.0}
        policy = bind(network(training).clone(derivative=options), decode(training.genome, coordinates, fixed.drawn))
        return policy.readout(policy.step(policy.initial, jnp.ones(1)), every_step=True)

    at, jacobian_of = outputs(state.coordinates), jax.jacobian(outputs)(state.coordinates)
    right = float(jax.nn.softmax(at / temperature)[1])
    assert share == pytest.approx(right, abs=4 * np.sqrt(right * (1 - right) / batch))
    exact = np.sqrt(right * (1 - right)) * (jacobian_of[1] - jacobian_of[0]) / temperature
    assert np.abs(exact).max() > 0.05
    np.testing.assert_allclose(found, -exact, atol=0.03 * np.abs(exact).max())


def reinforce(value: bool) -> dict[str, Any]:
    method = Reinforce(max_steps=60, points=4, episodes=256, batch=8, value=value, temperature=0.3, learning_rate=0.05)
    architecture = Architecture(hidden=16, gain=10.0)
    return jax.jit(lambda: train(Training(CartPole(limit=60), architecture, Genome(evolved="weight"), method)))()


@pytest.mark.parametrize("value", [False, True])
def test_reinforce_learns_to_hold_the_pole_for_a_while(value: bool) -> None:
    left = reinforce(value)
    assert left["curve"]["mean"][-1] > 50  # chance holds it for about 22
    assert left["final"]["passed_over"] == 0


@pytest.mark.parametrize("value", [False, True])
def test_an_advantage_is_the_return_to_go_less_its_baseline_in_a_float64_loop(value: bool) -> None:
    method = Reinforce(max_steps=40, episodes=8, batch=8, points=1, value=value, discount=0.9)
    training = Training(CartPole(limit=40), Architecture(hidden=8, gain=10.0), method=method)
    fixed, state = method.begin(training, training.key)
    weights = jnp.linspace(-1, 1, state.value.size)

    @jax.jit
    def batch() -> Any:
        of, parameters, _ = method._differentiable(fixed, state.coordinates)
        played, returns = method.play(of(parameters), training.task, jax.random.key(5))
        return played, returns, *method.advantages(played, weights, played.active.sum(0).max())

    played, returns, advantages, learned = batch()
    seen, reward, active = (np.asarray(x, np.float64) for x in (played.observation, played.reward, played.active))
    np.testing.assert_array_equal(reward.sum(0), returns)
    np.testing.assert_array_equal(active, np.arange(40)[:, None] < np.asarray(returns))
    excess, rows, goals = np.zeros_like(reward), [], []
    for b in range(8):
        following = 0.0
        for t in reversed(range(int(returns[b]))):
            following = reward[t, b] + 0.9 * following
            time = t / 100
            row = np.array([*seen[t, b], *seen[t, b] ** 2, time, time**2, time**3, 1.0])
            excess[t, b] = following - (row @ np.asarray(weights, np.float64) if value else 0.0)
            rows.append(row)
            goals.append(following)
    mean = excess.sum() / active.sum()
    excess = np.where(active > 0, excess - mean, 0)
    np.testing.assert_allclose(advantages, excess / np.sqrt((excess**2).sum() / active.sum()), rtol=1e-3, atol=1e-4)
    if value:
        a = np.array(rows)
        fitted = np.linalg.solve(a.T @ a + 1e-3 * len(a) * np.eye(a.shape[1]), a.T @ np.array(goals))
        np.testing.assert_allclose(a @ np.asarray(learned), a @ fitted, atol=1e-2)
    else:
        np.testing.assert_array_equal(learned, weights)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"surrogate": "parabola"}, "surrogate must be one of arctan, .*got 'parabola'"),
        ({"width": 0.0}, "width must be a finite number above 0, got 0.0"),
        ({"learning_rate": -1.0}, "learning_rate must be a finite number above 0, got -1.0"),
        ({"points": 0}, "points must be a whole number between 1 and 240, got 0"),
        ({"batch": 7}, "batch must be a divisor of episodes = 3840, got 7"),
        ({"discount": 1.5}, "discount must be a finite number between 0 and 1, got 1.5"),
        ({"temperature": 0.0}, "temperature must be a finite number above 0, got 0.0"),
    ],
)
def test_bad_trainings_are_one_clear_line(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        Reinforce(**bad).check()
    assert "\n" not in str(caught.value)
