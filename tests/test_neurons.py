"""The neuron against a float64 loop, closed forms and its own symmetries."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from doubles import double
from hypothesis import given, settings
from hypothesis import strategies as st

from hetsnn.errors import InputError
from hetsnn.networks.neurons import Properties, lif_step, simulate
from hetsnn.networks.rates import firing_rate, firing_rate_continuous


def loop(current: np.ndarray, p: Properties, dt: float, reset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eq. 2 as printed, one neuron and one step at a time, in float64; and how far from the threshold each step was."""
    tau_m, v_th, v_rest, r_m = (np.asarray(x, np.float64) for x in p)
    v = np.array(v_rest if reset == "rest" else np.zeros_like(v_rest))
    voltages, spikes, distance = [], [], []
    for i_t in current.astype(np.float64):
        for n in range(v.size):
            u = v[n] + dt / tau_m[n] * (r_m[n] * i_t[n] - v[n] + v_rest[n])
            s = 1.0 if u >= v_th[n] else 0.0
            v[n] = u * (1 - s) + (v_rest[n] if reset == "rest" else 0.0) * s
            distance.append(abs(u - v_th[n]))
            spikes.append(s)
        voltages.append(v.copy())
    shape = current.shape
    return np.array(voltages), np.reshape(spikes, shape), np.reshape(distance, shape)


@pytest.mark.parametrize("reset", ["rest", "zero"])
@pytest.mark.parametrize("dt", [1.0, 0.25])
def test_step_against_a_float64_loop(reset: str, dt: float) -> None:
    rng = np.random.default_rng(3)
    neurons, steps = 40, 200
    draws: Any = (
        rng.uniform(dt, 20, neurons),
        rng.normal(1, 0.5, neurons),
        rng.normal(0, 0.5, neurons),
        rng.uniform(-1, 2, neurons),
    )
    p = Properties(*(x.astype(np.float32) for x in draws))
    current = rng.normal(0.5, 1.5, (steps, neurons)).astype(np.float32)
    voltage, spikes = simulate(jnp.asarray(current), Properties(*map(jnp.asarray, p)), dt, reset=reset)
    expected_voltage, expected_spikes, distance = loop(current, p, dt, reset)
    # A step that comes within rounding of the threshold may fall on either side; such a neuron is compared up to there.
    safe = np.logical_and.accumulate(distance > 1e-4, axis=0)
    assert safe.mean() > 0.8
    np.testing.assert_array_equal(np.asarray(spikes)[safe], expected_spikes[safe])
    np.testing.assert_allclose(np.asarray(voltage)[safe], expected_voltage[safe], atol=2e-5)
    assert expected_spikes[safe].mean() > 0.03


@settings(max_examples=50, deadline=None)
@given(
    tau_m=st.floats(1.0, 30.0), theta=st.floats(0.1, 3.0), r_m=st.floats(0.2, 3.0), current=st.floats(0.0, 6.0)
)  # fmt: skip
def test_exact_rate_is_what_a_float64_loop_counts(tau_m: float, theta: float, r_m: float, current: float) -> None:
    values: Any = map(np.atleast_1d, (tau_m, theta, 0.0, r_m))
    p = Properties(*values)
    rate = firing_rate(np.array([current]), p)[0]
    x, interval = 0.0, 0
    for k in range(1, 400):
        x += (r_m * current - x) / tau_m
        if abs(x - theta) < 1e-9:
            return  # within rounding of the threshold
        if x >= theta:
            interval = k
            break
    assert rate == (1 / interval if interval else pytest.approx(0, abs=1 / 399))


def test_exact_rate_tends_to_the_continuous_one() -> None:
    p = double(5.0, 1.0, -0.2, 1.5)
    current = np.linspace(0.9, 4, 50)
    limit = firing_rate_continuous(current, p)
    errors = [np.abs(firing_rate(current, p, dt) - limit).max() for dt in (1.0, 0.1, 0.01, 0.001)]
    assert errors[-1] < 1e-3
    assert sorted(errors, reverse=True) == errors


def spikes_of(p: tuple[float, float, float, float], current: np.ndarray) -> np.ndarray:
    return np.asarray(simulate(jnp.asarray(current), Properties(*(jnp.full(1, float(x)) for x in p)))[1])


def test_mirrored_and_scaled_neurons_spike_alike() -> None:
    # Halves and quarters are exact in binary, so that equal means equal.
    current = (np.random.default_rng(0).integers(-8, 24, (300, 1)) / 8).astype(np.float32)
    base = spikes_of((4, 1, 0, 1), current)
    assert 10 < base.sum() < 290
    np.testing.assert_array_equal(base, spikes_of((4, 1.5, 0.5, 1), current))
    np.testing.assert_array_equal(base, spikes_of((4, 2, 0, 2), current))
    np.testing.assert_array_equal(spikes_of((4, 1.25, 0, 1), current), spikes_of((4, 1, -0.25, 1), current))
    assert (base != spikes_of((4, 1.25, 0, 1), current)).any()


def test_a_neuron_fires_when_it_equals_its_threshold_and_starts_at_rest() -> None:
    p = Properties(*(jnp.full(1, x) for x in (2.0, 1.0, 0.5, 1.0)))
    voltage, spikes = lif_step(p.v_rest, jnp.full(1, 1.0), p)
    assert (float(voltage[0]), float(spikes[0])) == (0.5, 1.0)
    assert float(lif_step(p.v_rest, jnp.full(1, 1.0), p, reset="zero")[0][0]) == 0.0


@pytest.mark.parametrize(
    ("tau_m", "dt", "says"),
    [
        (0.5, 1.0, "at least one time step"),
        (float("nan"), 1.0, "at least one time step"),
        (2.0, 0.0, "positive"),
        (2.0, -1.0, "positive"),
    ],
)
def test_bad_time_constants_are_one_clear_line(tau_m: float, dt: float, says: str) -> None:
    p = Properties(*(jnp.full(2, x) for x in (tau_m, 1.0, 0.0, 1.0)))
    with pytest.raises(InputError, match=says) as caught:
        lif_step(jnp.zeros(2), jnp.zeros(2), p, dt)
    assert "\n" not in str(caught.value)


def test_unknown_reset() -> None:
    p = Properties(*(jnp.full(2, x) for x in (2.0, 1.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="'rest'"):
        lif_step(jnp.zeros(2), jnp.zeros(2), p, reset="nowhere")
