"""Derivatives against automatic differentiation, closed forms and finite differences; trainings against exact ones."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from hetsnn import neurons, surrogates
from hetsnn.backprop import jacobian, products, through_time
from hetsnn.descent import Reinforce, Supervised
from hetsnn.errors import InputError
from hetsnn.evolution import network
from hetsnn.genomes import Genome, express, start
from hetsnn.networks import Architecture, bind, draw
from hetsnn.neurons import Properties, lif_step, simulate
from hetsnn.runs import Run
from hetsnn.surrogates import SURROGATES, derivative, spike
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.memory import Memory
from hetsnn.tasks.rollouts import Environment

NEURONS = 40


@pytest.fixture(scope="module")
def p() -> Properties:
    rng = np.random.default_rng(0)
    drawn = (
        rng.uniform(1, 20, NEURONS),
        rng.normal(1, 0.4, NEURONS),
        rng.normal(0, 0.4, NEURONS),
        rng.uniform(0.5, 2, NEURONS),
    )
    return Properties(*(jnp.asarray(x, jnp.float32) for x in drawn))


CLOSED_FORMS = {
    "arctan": lambda x: 1 / (1 + np.pi**2 * x**2),
    "sigmoid": lambda x: 4 * np.exp(-4 * np.abs(x)) / (1 + np.exp(-4 * np.abs(x))) ** 2,
    "triangular": lambda x: np.clip(1 - np.abs(x), 0, None),
    "rectangular": lambda x: np.where(np.abs(x) < 0.5, 1.0, 0.0),
    "fast_sigmoid": lambda x: (1 + 2 * np.abs(x)) ** -2.0,
}


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_a_spike_is_a_step_whose_derivative_is_the_surrogate(name: str, width: float) -> None:
    assert set(CLOSED_FORMS) == set(SURROGATES)
    u = jnp.linspace(-4.0, 4.0, 801)
    forward, backward = jax.vmap(jax.value_and_grad(lambda u: spike(u, jnp.float32(0.25), width, name)))(u)
    np.testing.assert_array_equal(forward, np.asarray(u) >= 0.25)
    expected = CLOSED_FORMS[name]((np.asarray(u, np.float64) - 0.25) / width) / width
    np.testing.assert_allclose(backward, expected, rtol=1e-4, atol=1e-6)
    threshold = jax.vmap(jax.grad(lambda v: spike(jnp.float32(0.25), v, width, name)))(u)
    np.testing.assert_allclose(threshold, -derivative(0.25 - u, name, width), rtol=1e-5)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_every_surrogate_is_the_slope_of_a_step_from_0_to_1(name: str) -> None:
    area = integrate.quad(CLOSED_FORMS[name], -np.inf, np.inf, limit=400)[0]
    assert area == pytest.approx(1, abs=1e-6)
    assert float(derivative(jnp.zeros(()), name, 0.4)) == pytest.approx(1 / 0.4)


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("name", SURROGATES)
def test_eq_6_is_what_automatic_differentiation_finds(name: str, detached: bool, p: Properties) -> None:
    rng = np.random.default_rng(1)
    voltage, current = (jnp.asarray(rng.normal(0.3, 1.5, (50, NEURONS)), jnp.float32) for _ in range(2))
    options: dict[str, Any] = {"surrogate": name, "width": 0.7, "detach_reset": detached}

    def potential(v: Any, i: Any, *one: Any) -> Any:
        return lif_step(v, i, Properties(*one), **options)[0]

    found = jax.vmap(jax.vmap(jax.grad(potential)), in_axes=(0, 0, *[None] * 4))(voltage, current, *p)
    u = voltage + (p.r_m * current - voltage + p.v_rest) / p.tau_m
    away = np.abs(np.abs(u - p.v_th) / 0.7 - 0.5) > 1e-4  # from the rectangle's edges
    np.testing.assert_allclose(
        np.asarray(found)[away], np.asarray(jacobian(u, p, **options))[away], rtol=2e-4, atol=2e-5
    )
    assert 0.1 < float((u >= p.v_th).mean()) < 0.9


def test_differentiable_steps_are_the_same_steps(p: Properties) -> None:
    rng = np.random.default_rng(2)
    voltage, current = (jnp.asarray(rng.normal(0.3, 1.5, (50, NEURONS)), jnp.float32) for _ in range(2))
    plain = lif_step(voltage, current, p)
    for name in SURROGATES:
        for detached in (False, True):
            for one, other in zip(
                lif_step(voltage, current, p, surrogate=name, detach_reset=detached), plain, strict=True
            ):
                np.testing.assert_array_equal(one, other)


def test_a_product_is_what_automatic_differentiation_finds_along_a_trajectory(p: Properties) -> None:
    current = jnp.asarray(np.random.default_rng(3).normal(0.6, 0.8, (12, NEURONS)), jnp.float32)
    voltage, _ = simulate(current, p)

    def last(v: Any, currents: Any, *one: Any) -> Any:
        for i in currents:
            v = lif_step(v, i, Properties(*one), surrogate="sigmoid")[0]
        return v

    found = jax.vmap(jax.grad(last), in_axes=(0, 1, 0, 0, 0, 0))(p.v_rest, current, *p)
    np.testing.assert_allclose(
        products(current, voltage, p, surrogate="sigmoid")[-1], np.log10(np.abs(found)), rtol=2e-3
    )


def test_a_detached_product_decays_until_the_first_spike_and_is_0_after_it(p: Properties) -> None:
    current = jnp.asarray(np.random.default_rng(4).normal(0.6, 0.8, (60, NEURONS)), jnp.float32)
    voltage, spikes = simulate(current, p)
    found = np.asarray(products(current, voltage, p, detach_reset=True))
    fired = np.asarray(spikes).cumsum(0) > 0
    decays = np.log10(1 - 1 / np.asarray(p.tau_m, np.float64)) * np.arange(1, 61)[:, None]
    np.testing.assert_allclose(found[~fired], decays[~fired], rtol=1e-4)
    assert np.isneginf(found[fired]).all()
    assert 0.2 < fired.mean() < 0.98


def smooth(u: Any, v: Any, width: Any, name: str) -> Any:
    """A spike that is smooth forwards, too: what the sigmoid surrogate is the slope of."""
    assert name == "sigmoid"
    return jax.nn.sigmoid(4 * (u - v) / width)


@pytest.mark.parametrize("evolved", ["neuron", "weight"])
def test_through_time_a_smooth_network_has_the_slope_of_its_loss(evolved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurons, "spike", smooth)
    run = Run(
        "test", 1, task=Memory(length=6), architecture=Architecture(hidden=5, gain=4.0), genome=Genome(evolved=evolved)
    )
    with jax.enable_x64(True):
        drawn = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), draw(network(run), jax.random.key(3)))
        here = start(run.genome, drawn) + 0.1 * jax.random.normal(jax.random.key(0), start(run.genome, drawn).shape)
        seen = jax.random.normal(jax.random.key(1), (9, 3))

        def of(coordinates: Any) -> Any:
            options = {"surrogate": "sigmoid", "width": 1.5}
            return bind(network(run).clone(derivative=options), express(run.genome, coordinates, drawn))

        def step(coordinates: Any, state: Any, t: Any) -> Any:
            after = of(coordinates).step(state, seen[t])
            return after, jnp.sin(of(coordinates).readout(after, every_step=True)).sum() * (t + 1)

        found = jax.jit(lambda at: through_time(lambda c: of(c).initial, step, at, 12, 9))
        loss, gradient = found(here)
        slopes = [
            (found(here + 1e-5 * move)[0] - found(here - 1e-5 * move)[0]) / 2e-5
            for move in np.random.default_rng(0).normal(size=(6, here.size))
        ]
        moves = np.random.default_rng(0).normal(size=(6, here.size))
        np.testing.assert_allclose(moves @ np.asarray(gradient), slopes, rtol=1e-6)
        assert np.isfinite(loss)


def train(run: Run, last: int) -> Any:
    fixed, training = run.method.begin(run)
    return run.method.finish(fixed, run.method.advance(fixed, training, 0, last, run.task.steps), run.task.steps)


def test_supervised_descent_learns_both_cues() -> None:
    method = Supervised(updates=90, tape=8, points=6, learning_rate=0.05)
    architecture = Architecture(hidden=16, bias=True, gain=3.0, tau_m=4.0, tau_readout=1.0)
    run = Run(
        "test", 1, task=Memory(length=4), architecture=architecture, genome=Genome(evolved="weight"), method=method
    )
    left = jax.jit(lambda: train(run.check(), 90))()
    assert left["final"]["reward"] == 1
    assert left["curve"]["loss"][-1] < 0.1 < left["curve"]["loss"][0]
    assert left["final"]["total_steps"] == 90 * 2 * 5


@dataclasses.dataclass
class Bandit:
    """Two arms, one step: the right one pays 1, the left one 0."""

    inputs = 1
    outputs = 2
    steps = 1
    environment = Environment(
        lambda _: (jnp.ones(1), jnp.zeros(())),
        lambda state, action: (jnp.ones(1), state, jnp.asarray(action, jnp.float32), jnp.asarray(True)),
    )


def test_reinforce_on_a_two_armed_bandit_is_the_exact_gradient() -> None:
    # With the batch's mean as baseline and its standard deviation as unit, the expected return p of the right arm has
    # the gradient sqrt(p (1 - p)) (e_right - e_left) in the outputs; the batch's own share stands for p.
    batch, temperature = 4096, 0.5
    method = Reinforce(tape=1, points=1, episodes=batch, batch=batch, temperature=temperature, surrogate="triangular")
    run = Run(
        "test",
        1,
        task=Bandit(),
        architecture=Architecture(hidden=6, gain=6.0),
        genome=Genome(evolved="weight"),
        method=method,
    )
    fixed, training = method.begin(run)
    found, _, point = jax.jit(lambda: method.gradient(fixed, training, jax.random.key(1), 1))()
    share = float(point["mean"])

    def outputs(coordinates: Any) -> Any:
        options = {"surrogate": "triangular", "width": 1.0}
        policy = bind(network(run).clone(derivative=options), express(run.genome, coordinates, fixed.drawn))
        return policy.readout(policy.step(policy.initial, jnp.ones(1)), every_step=True)

    at, jacobian_of = outputs(training.coordinates), jax.jacobian(outputs)(training.coordinates)
    right = float(jax.nn.softmax(at / temperature)[1])
    assert share == pytest.approx(right, abs=4 * np.sqrt(right * (1 - right) / batch))
    exact = np.sqrt(right * (1 - right)) * (jacobian_of[1] - jacobian_of[0]) / temperature
    assert np.abs(exact).max() > 0.05
    np.testing.assert_allclose(found, -exact, atol=0.03 * np.abs(exact).max())


def reinforce(value: bool) -> dict[str, Any]:
    method = Reinforce(tape=60, points=4, episodes=256, batch=8, value=value, temperature=0.3, learning_rate=0.05)
    architecture = Architecture(hidden=16, gain=10.0)
    run = Run(
        "test", 1, task=CartPole(limit=60), architecture=architecture, genome=Genome(evolved="weight"), method=method
    )
    return jax.jit(lambda: train(run.check(), 32))()


@pytest.mark.parametrize("value", [False, True])
def test_reinforce_learns_to_hold_the_pole_for_a_while(value: bool) -> None:
    left = reinforce(value)
    assert left["curve"]["mean"][-1] > 50  # chance holds it for about 22
    assert left["final"]["passed_over"] == 0


@pytest.mark.parametrize("value", [False, True])
def test_credit_is_the_return_to_go_less_its_baseline_in_a_float64_loop(value: bool) -> None:
    method = Reinforce(tape=40, episodes=8, batch=8, points=1, value=value, discount=0.9)
    run = Run("test", 1, task=CartPole(limit=40), architecture=Architecture(hidden=8, gain=10.0), method=method)
    fixed, training = method.begin(run)
    weights = jnp.linspace(-1, 1, training.value.size)

    @jax.jit
    def batch() -> Any:
        of, parameters, _ = method._differentiable(fixed, training.coordinates)
        tape, returns = method.play(of(parameters), run.task, jax.random.key(5))
        return tape, returns, *method.credit(tape, weights, tape.going.sum(0).max())

    tape, returns, credit, learned = batch()
    seen, reward, going = (np.asarray(x, np.float64) for x in (tape.observation, tape.reward, tape.going))
    np.testing.assert_array_equal(reward.sum(0), returns)
    np.testing.assert_array_equal(going, np.arange(40)[:, None] < np.asarray(returns))
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
    mean = excess.sum() / going.sum()
    excess = np.where(going > 0, excess - mean, 0)
    np.testing.assert_allclose(credit, excess / np.sqrt((excess**2).sum() / going.sum()), rtol=1e-3, atol=1e-4)
    if value:
        a = np.array(rows)
        fitted = np.linalg.solve(a.T @ a + 1e-3 * len(a) * np.eye(a.shape[1]), a.T @ np.array(goals))
        np.testing.assert_allclose(a @ np.asarray(learned), a @ fitted, atol=1e-2)
    else:
        np.testing.assert_array_equal(learned, weights)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"surrogate": "parabola"}, "unknown surrogate 'parabola': the surrogates are arctan, "),
        ({"width": 0.0}, "width is 0.0: it is positive"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"points": 0}, "points is 0"),
        ({"batch": 7}, "a batch divides them"),
        ({"discount": 1.5}, "discount is 1.5"),
        ({"temperature": 0.0}, "temperature 0.0"),
    ],
)
def test_bad_trainings_are_one_clear_line(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        Reinforce(**bad).check()
    assert "\n" not in str(caught.value)


def test_bad_surrogates_of_a_single_step(p: Properties) -> None:
    for bad, says in (
        ({"surrogate": "none"}, "unknown surrogate"),
        ({"surrogate": "arctan", "width": -1.0}, "positive"),
    ):
        for function in (lambda **o: lif_step(p.v_rest, p.v_rest, p, **o), lambda **o: jacobian(p.v_rest, p, **o)):
            with pytest.raises(InputError, match=says):
                function(**bad)
    surrogates.check_surrogate("arctan", 1.0)
