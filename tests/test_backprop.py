"""Derivatives against automatic differentiation, closed forms and finite differences."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from hetsnn.errors import InputError
from hetsnn.networks import neurons, surrogates
from hetsnn.networks.neurons import Properties, lif_step, simulate
from hetsnn.networks.spiking import Architecture, bind, draw
from hetsnn.networks.surrogates import SURROGATES, derivative, spike
from hetsnn.tasks.memory import Memory
from hetsnn.training.backprop import jacobian, products, through_time
from hetsnn.training.genomes import Genome, decode, start
from hetsnn.training.method import Training
from hetsnn.training.policies import network

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
    forward, backward = jax.jit(jax.vmap(jax.value_and_grad(lambda u: spike(u, jnp.float32(0.25), width, name))))(u)
    np.testing.assert_array_equal(forward, np.asarray(u) >= 0.25)
    expected = CLOSED_FORMS[name]((np.asarray(u, np.float64) - 0.25) / width) / width
    np.testing.assert_allclose(backward, expected, rtol=1e-4, atol=1e-6)
    threshold = jax.jit(jax.vmap(jax.grad(lambda v: spike(jnp.float32(0.25), v, width, name))))(u)
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

    both = jax.jit(jax.vmap(jax.vmap(jax.grad(potential)), in_axes=(0, 0, *[None] * 4)))
    found = both(voltage, current, *p)
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

    found = jax.jit(jax.vmap(jax.grad(last), in_axes=(0, 1, 0, 0, 0, 0)))(p.v_rest, current, *p)
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
    training = Training(Memory(length=6), Architecture(hidden=5, gain=4.0), Genome(evolved=evolved))
    with jax.enable_x64(True):
        drawn = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), draw(network(training), jax.random.key(3)))
        middle = start(training.genome, drawn)
        here = middle + 0.1 * jax.random.normal(jax.random.key(0), middle.shape)
        seen = jax.random.normal(jax.random.key(1), (9, 3))

        def of(coordinates: Any) -> Any:
            options = {"surrogate": "sigmoid", "width": 1.5}
            return bind(network(training).clone(derivative=options), decode(training.genome, coordinates, drawn))

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


def test_bad_surrogates_of_a_single_step(p: Properties) -> None:
    for bad, says in (
        ({"surrogate": "none"}, "surrogate must be one of"),
        ({"surrogate": "arctan", "width": -1.0}, "positive"),
    ):
        for function in (lambda **o: lif_step(p.v_rest, p.v_rest, p, **o), lambda **o: jacobian(p.v_rest, p, **o)):
            with pytest.raises(InputError, match=says):
                function(**bad)
    surrogates.check_surrogate("arctan", 1.0)
