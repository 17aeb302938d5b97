"""Statements of the chapter on spiking neurons: closed-form rates, equivalent neurons, and where equivalence ends."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from doubles import double
from hypothesis import given, settings
from hypothesis import strategies as st

from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES, Properties, lif_step, simulate
from hetsnn.networks.rates import firing_rate, firing_rate_continuous
from hetsnn.training.genomes import Genome, decode, widths

STEPS = 400


def properties(*values: float | np.ndarray) -> Properties:
    return Properties(*(jnp.asarray(value, jnp.float32) for value in np.broadcast_arrays([0], *values)[1:]))


def spikes_of(current: np.ndarray, *values: float | np.ndarray, reset: str = "rest") -> np.ndarray:
    spikes = np.asarray(simulate(jnp.asarray(current, jnp.float32), properties(*values), reset=reset)[1])
    assert 0 < spikes.sum() < spikes.size  # else to spike alike would mean little
    return spikes


@pytest.mark.parametrize("reset", ["rest", "zero"])
@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_the_exact_rate_is_that_of_a_float64_loop_whatever_the_signs(reset: str, dt: float) -> None:
    rng = np.random.default_rng(5)
    n = 3000
    p = double(rng.uniform(dt, 15, n), rng.normal(1, 1, n), rng.normal(0, 1, n), rng.uniform(-1, 3, n))
    current = rng.uniform(-2, 3, n)
    v_reset = p.v_rest if reset == "rest" else np.zeros(n)
    v, times, closest = np.array(v_reset), [], np.full(n, np.inf)
    for _ in range(STEPS):
        u = v + dt / p.tau_m * (p.r_m * current - v + p.v_rest)
        s = u >= p.v_th
        closest = np.minimum(closest, np.abs(u - p.v_th))
        v = np.where(s, v_reset, u)
        times.append(s)
    fired = np.array(times)
    clear = closest > 1e-9
    interval = np.where(fired.any(0), fired.argmax(0) + 1, np.inf)
    assert clear.mean() > 0.99
    assert {1, 2, 3, np.inf} <= set(interval)
    rate = firing_rate(current, p, dt, reset=reset)
    late = clear & (rate > 0) & (rate < 1 / (STEPS * dt))  # fires after the loop has ended
    assert np.isinf(interval[late]).all()
    np.testing.assert_allclose(rate[clear & ~late], 1 / (interval * dt)[clear & ~late], rtol=1e-12)
    # And it goes on firing so: as many spikes as whole intervals fit.
    np.testing.assert_array_equal(fired.sum(0)[clear], np.floor(STEPS / interval)[clear])


@pytest.mark.parametrize("keep", [0.5, 0.75])
def test_the_interval_is_right_where_the_membrane_just_reaches_the_threshold(keep: float) -> None:
    # Under R I = 1 the membrane is at 1 - keep^k after k steps, which a float64 holds without rounding.
    k = np.arange(1, 25)
    p = double(np.full(k.shape, 1 / (1 - keep)), 1 - keep**k, np.zeros(k.shape), np.ones(k.shape))
    np.testing.assert_array_equal(firing_rate(1.0, p), 1 / k)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_to_reach_the_threshold_is_to_fire(k: int) -> None:
    spikes = np.asarray(simulate(jnp.ones((2 * k, 1)), properties(2.0, 1 - 2.0**-k, 0.0, 1.0))[1])
    assert np.flatnonzero(spikes).tolist() == [k - 1, 2 * k - 1]


@given(
    tau_m=st.floats(1.0, 50.0), theta=st.floats(0.1, 3.0), above=st.floats(1.01, 20.0), dt=st.floats(1e-4, 1.0)
)  # fmt: skip
@settings(deadline=None)
def test_intervals_enclose_the_continuous_one(tau_m: float, theta: float, above: float, dt: float) -> None:
    # Euler's decay is the faster one, by a factor of at most 1 - dt / tau_m; and a spike waits for the step's end.
    p = double(tau_m, theta, 0.0, 1.0)
    discrete, continuous = 1 / firing_rate(theta * above, p, dt), 1 / firing_rate_continuous(theta * above, p)
    assert continuous * (1 - dt / tau_m) - 1e-9 <= discrete <= continuous + dt + 1e-9


def test_the_continuous_neuron_is_silent_up_to_its_threshold() -> None:
    p = double(5.0, 1.0, 0.5, 2.0)
    rates = firing_rate_continuous(np.array([-1.0, 0.0, 0.25, 0.3]), p)
    assert rates[:3].tolist() == [0, 0, 0]
    assert rates[3] == pytest.approx(1 / (5 * np.log(0.6 / 0.1)))


@given(
    v_th=st.integers(-16, 16), way=st.integers(1, 16), move=st.integers(-16, 16), r_m=st.integers(1, 8),
    current=st.lists(st.integers(-16, 32), min_size=8, max_size=8), tau_m=st.sampled_from([1, 2, 4]),
)  # fmt: skip
@settings(deadline=None)
def test_mirrored_and_shifted_neurons_spike_alike_to_the_last_bit(
    v_th: int, way: int, move: int, r_m: int, current: list[int], tau_m: int
) -> None:
    # Eighths, and at most two more binary digits a step: eight steps fit a float32 without rounding.
    eighths = (
        np.array([(v_th, v_th - way), (v_th + move, v_th - way + move), (v_th + 5, v_th - way), (v_th, v_th - way - 5)])
        / 8
    )
    i_t = jnp.asarray(current, jnp.float32)[:, None] / 4
    spikes = np.asarray(simulate(i_t, properties(tau_m, eighths[:, 0], eighths[:, 1], r_m / 2))[1])
    np.testing.assert_array_equal(spikes[:, 0], spikes[:, 1])
    np.testing.assert_array_equal(spikes[:, 2], spikes[:, 3])


def test_two_numbers_are_left_of_four_properties() -> None:
    rng = np.random.default_rng(11)
    n = 200
    tau_m, kappa = rng.uniform(1, 20, n), rng.uniform(0.5, 3, n)
    noise = rng.normal(1, 1, (STEPS, 1))
    reduced = spikes_of(noise, tau_m, 1.0, 0.0, kappa)
    for _ in range(3):
        theta, v_rest = rng.uniform(0.2, 3, n), rng.normal(0, 1, n)
        same = spikes_of(noise, tau_m, v_rest + theta, v_rest, kappa * theta)
        assert (same != reduced).mean() < 1e-4  # rounding, where a potential meets its threshold
    assert (spikes_of(noise, tau_m, 1.0, 0.0, kappa * 1.1) != reduced).mean() > 0.01
    assert (spikes_of(noise, tau_m * 1.1, 1.0, 0.0, kappa) != reduced).mean() > 0.01


def test_with_a_reset_to_0_the_resting_potential_is_a_current() -> None:
    noise = np.random.default_rng(0).integers(-8, 32, (200, 1)) / 8
    asked = spikes_of(noise, 4, 1, -0.25, 1, reset="zero")
    np.testing.assert_array_equal(asked, spikes_of(noise - 0.25, 4, 1, 0, 1, reset="zero"))
    np.testing.assert_array_equal(asked, spikes_of(noise, 4, 2, -0.5, 2, reset="zero"))
    assert (asked != spikes_of(noise, 4, 1.25, 0, 1, reset="zero")).any()


def test_a_neuron_at_rest_above_its_threshold_fires_until_it_is_held_back() -> None:
    p = properties(4.0, -0.25, 0.0, 1.0)  # stopped by currents below -0.25 x 4
    current = jnp.array([0.0, 0.0, -0.5, -1.0, -1.125, 0.0, 1.0, 2.0])[:, None]
    assert np.asarray(simulate(current, p)[1])[:, 0].tolist() == [1, 1, 1, 1, 0, 1, 1, 1]
    assert firing_rate(np.array([0.0, -1.0, -1.125]), p).tolist() == [1, 1, 0]


def test_evolving_the_threshold_mirrors_evolving_the_resting_potential() -> None:
    rng = np.random.default_rng(3)
    current = jnp.asarray(rng.normal(0, 1.5, (STEPS, 32)), jnp.float32)
    homogeneous = dict(zip(PROPERTIES, properties(np.full(32, 2.0), 1.0, 0.0, 1.0), strict=True))
    moves = jnp.asarray(rng.normal(0, 1, 32), jnp.float32)

    def spikes(name: str, sign: float) -> np.ndarray:
        coordinates = jnp.zeros((4, 32)).at[PROPERTIES.index(name)].set(sign * moves).ravel()
        neurons = decode(Genome(widths=widths(name)), coordinates, {"neuron": homogeneous})["neuron"]
        return np.asarray(simulate(current, Properties(*(neurons[name] for name in PROPERTIES)))[1])

    raised, lowered = spikes("v_th", 1.0), spikes("v_rest", -1.0)
    assert 0.05 < raised.mean() < 0.95
    assert (raised != lowered).mean() < 1e-3
    assert (raised != spikes("v_rest", 1.0)).mean() > 0.1


@pytest.mark.parametrize("reset", ["rest", "zero"])
def test_nothing_is_ever_nan(reset: str) -> None:
    extremes = np.meshgrid([1.0, 2.0, 1e9], [-1e6, 0.0, 1e6], [-1e6, 0.0, 1e6], [-1e6, 0.0, 1e6])
    p = properties(*(values.ravel() for values in extremes))
    current = jnp.asarray(np.random.default_rng(0).choice([-1e6, 0.0, 1e6], (100, 1)), jnp.float32)
    voltage, spikes = simulate(current, p, reset=reset)
    assert bool(jnp.isfinite(voltage).all())
    assert set(np.unique(spikes)) == {0.0, 1.0}
    assert np.isfinite(firing_rate(np.asarray(current)[:3], p, reset=reset)).all()


def test_a_step_with_known_properties_can_be_compiled() -> None:
    p = properties(2.0, 1.0, 0.0, 1.0)
    voltage, spikes = jax.jit(lambda v, i: lif_step(v, i, p))(jnp.zeros(1), jnp.ones(1))
    assert (voltage.item(), spikes.item()) == (0.5, 0.0)


def test_what_no_rate_can_be_given_for_is_one_clear_line() -> None:
    fine = properties(2.0, 1.0, 0.0, 1.0)
    with pytest.raises(InputError, match=r"reset must be 'rest' .*got 'nowhere'"):
        firing_rate(1.0, fine, reset="nowhere")
    with pytest.raises(InputError, match="v_th must be above v_rest"):
        firing_rate_continuous(1.0, fine._replace(v_rest=jnp.ones(1)))
    with pytest.raises(InputError, match="v_th must be above v_rest"):
        firing_rate_continuous(1.0, fine._replace(v_rest=jnp.full(1, jnp.nan)))
    for dt in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="dt must be positive"):
            firing_rate(1.0, fine, dt)
        with pytest.raises(InputError, match="dt must be positive"):
            simulate(jnp.ones((1, 1)), fine, dt)
    with pytest.raises(InputError, match=r"tau_m must be at least one time step, dt = 2\.5, got 2"):
        simulate(jnp.ones((1, 1)), fine, 2.5)
