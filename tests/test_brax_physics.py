"""Robots on lanes, beside Brax's own step."""

import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import ks_2samp

from hetsnn.lanes import functions as lanes
from hetsnn.sweeps import devices
from hetsnn.tasks import brax_tasks
from hetsnn.tasks.brax_axes import renamed
from hetsnn.tasks.brax_physics import OnLanes, Own
from hetsnn.tasks.brax_tasks import BraxTask, brax, robot
from hetsnn.tasks.robots import SIZES

RNG = np.random.default_rng(0)
STEPS, ROBOTS = 50, 4
CHEAP = "inverted_pendulum"  # rewritten in no time


@pytest.mark.long
@pytest.mark.parametrize("environment", SIZES)
def test_a_robot_at_rest_stays_at_rest(environment: str) -> None:
    of = robot(environment, "spring")
    physics, still = OnLanes(of, brax().State), jnp.zeros(of.action_size)

    def fastest(key: jax.Array) -> jax.Array:
        def step(state: Any, _: None) -> tuple[Any, jax.Array]:
            observation, state, *_rest = physics.step(state, still)
            return state, jnp.abs(observation).max()

        return jax.lax.scan(step, physics.reset(key)[1], length=1000)[1].max()

    assert jax.jit(jax.vmap(fastest))(jax.random.split(jax.random.key(0), 128)).max() < 50.0


@pytest.mark.parametrize(
    ("environment", "backend"),
    [
        ("hopper", "spring"),
        *(
            pytest.param(*of, marks=pytest.mark.long)
            for of in (*((one, "spring") for one in SIZES), ("hopper", "positional"))
            if of != ("hopper", "spring")
        ),
    ],
)
def test_a_step_of_a_robot_is_braxs(environment: str, backend: str) -> None:
    """From each state of an episode of random actions in Brax: to 1e-4 of what an entry comes to at most.

    One step in a hundred may differ by more: rounding decides whether a foot touches the ground.
    """
    on_lanes = OnLanes(robot(environment, backend), brax().State)
    own = Own(on_lanes.robot, brax().State)
    actions = jax.random.uniform(jax.random.key(1), (STEPS, ROBOTS, SIZES[environment][1]), minval=-1.0)

    def both(state: Any, action: jax.Array) -> tuple[Any, Any]:
        numbers = jax.vmap(lanes.numbers)(state)
        found = jax.vmap(on_lanes.step)(tuple(numbers[place] for place in on_lanes.kept), action)
        after = jax.vmap(own.step)(state, action)
        return after[1], (after, found)

    @jax.jit
    def episode(key: jax.Array) -> Any:
        keys = jax.random.split(key, ROBOTS)
        starts, ours = jax.vmap(own.reset)(keys), jax.vmap(on_lanes.reset)(keys)
        return starts[0], ours[0], *jax.lax.scan(both, starts[1], actions)[1]

    compiled = episode.lower(jax.random.key(0)).compile(devices.hurried())
    start, ours, after, found = compiled(jax.random.key(0))
    np.testing.assert_allclose(ours, start, atol=1e-6)
    for place in (0, 2):
        error = (abs(found[place] - after[place]) / abs(after[place]).max((0, 1))).reshape(STEPS, ROBOTS, -1).max(-1)
        assert np.quantile(error, 0.99) < 1e-4
        assert np.median(error) < 5e-6
    np.testing.assert_array_equal(found[3], after[3])
    assert len(np.unique(after[3])) == (2 if environment == "hopper" else 1)  # it has fallen


@pytest.mark.long
def test_episodes_in_double_precision_say_that_both_are_right() -> None:
    """50 steps of random actions: where chaos parts them, ours is no further from double precision than Brax's."""
    own, on_lanes = (kind(robot("hopper", "spring"), brax().State) for kind in (Own, OnLanes))
    actions = jax.random.uniform(jax.random.key(1), (STEPS, 64, SIZES["hopper"][1]), minval=-1.0)
    keys = jax.random.split(jax.random.key(0), 64)

    def episodes(step: Callable, states: Any, actions: jax.Array) -> Any:
        return jax.lax.scan(lambda state, action: jax.vmap(step)(state, action)[1::-1], states, actions)[1]

    starts = [jax.jit(jax.vmap(each.reset))(keys)[1] for each in (own, on_lanes)]
    theirs, ours = (
        np.asarray(jax.jit(episodes, static_argnums=0)(each.step, start, actions), np.float64)
        for each, start in zip((own, on_lanes), starts, strict=True)
    )
    with jax.enable_x64(True):
        doubled = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), (starts[0], actions))
        exact = np.asarray(jax.jit(episodes, static_argnums=0)(own.step, *doubled))
    assert exact.dtype == np.float64
    errors = [np.median(abs(one - exact).max(-1), 1) for one in (ours, theirs)]
    assert (errors[0] < 2 * errors[1] + 1e-6).all()
    assert errors[0].max() < 1e-3


@pytest.mark.long
@pytest.mark.parametrize("environment", SIZES)
def test_returns_of_long_episodes_are_distributed_as_braxs(environment: str) -> None:
    own, on_lanes = (kind(robot(environment, "spring"), brax().State) for kind in (Own, OnLanes))
    robots, joints = 128, SIZES[environment][1]

    def returns(of: Any, seed: int) -> Any:
        def step(carry: Any, key: jax.Array) -> tuple[Any, None]:
            state, going, total = carry
            action = jax.random.uniform(key, (robots, joints), minval=-1.0)
            _, state, reward, done = jax.vmap(of.step)(state, action)
            return (state, going * (1.0 - done), total + going * reward), None

        starts, actions = jax.random.split(jax.random.key(seed))
        states = jax.vmap(of.reset)(jax.random.split(starts, robots))[1]
        return jax.lax.scan(step, (states, jnp.ones(robots), jnp.zeros(robots)), jax.random.split(actions, 1000))[0][2]

    ours, theirs = (jax.jit(returns, static_argnums=(0, 1))(of, seed) for seed, of in enumerate((on_lanes, own)))
    assert ks_2samp(ours, theirs).pvalue > 0.01


@pytest.mark.parametrize("environment", SIZES)
def test_axes_with_other_names_are_the_same_bodies(environment: str) -> None:
    before, after = (
        (Rotation.from_quat(of.transform.rot, scalar_first=True).as_matrix(), np.asarray(of.i, np.float64))
        for of in (
            system.link.inertia
            for system in (robot(environment, "spring").sys, renamed(robot(environment, "spring").sys))
        )
    )
    for _, inertias in (before, after):
        assert not (inertias - np.einsum("bij,ij->bij", inertias, np.eye(3))).any()
    tensors = [turns @ inertias @ turns.swapaxes(1, 2) for turns, inertias in (before, after)]
    np.testing.assert_allclose(tensors[1], tensors[0], atol=1e-6 * tensors[0].max())
    if environment != "ant":  # all others move in the plane of x and z
        np.testing.assert_array_equal(
            renamed(robot(environment, "spring").sys).link.inertia.transform.rot[:, [1, 3]], 0.0
        )


def test_robots_are_rewritten_within_one_trace_and_used_in_another() -> None:
    brax_tasks.physics.cache_clear()
    task = BraxTask(CHEAP)
    observation, state = jax.eval_shape(task.reset, jax.random.key(0))
    assert isinstance(brax_tasks.physics(CHEAP, "spring", True), OnLanes)
    assert jax.eval_shape(task.step, state, jnp.zeros(task.outputs))[0].shape == observation.shape


def test_a_robot_that_cannot_be_rewritten_keeps_braxs_step(monkeypatch: pytest.MonkeyPatch) -> None:
    brax_tasks.physics.cache_clear()
    monkeypatch.delitem(lanes.RULES, "sqrt")
    says = "InvertedPendulum, spring: sqrt is unknown on lanes: Brax's own step is taken"
    with pytest.warns(UserWarning, match=says):
        assert isinstance(brax_tasks.physics(CHEAP, "spring", True), Own)
    with warnings.catch_warnings(action="error", category=UserWarning):
        task = BraxTask(CHEAP)
        observation, state = jax.eval_shape(task.reset, jax.random.key(0))
        after = jax.eval_shape(task.step, state, jnp.zeros(task.outputs))
    assert after[0].shape == observation.shape == (task.inputs,)
    brax_tasks.physics.cache_clear()
