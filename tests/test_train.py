"""`hetsnn.train` beside a sweep, beside itself, and the task's own evaluation; the public names."""

import ast
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from tiny import tiny

import hetsnn
from hetsnn.sweeps.runs import identity
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import sweep


@struct.dataclass
class Follow(hetsnn.EnvironmentTask):
    """The output is to be near a number that is far from 0 and changes little."""

    normalise: bool = struct.field(pytree_node=False, default=True)
    steps: int = struct.field(pytree_node=False, default=6)

    inputs = outputs = 1
    test_episodes = 4

    def reset(self, key: jax.Array) -> Any:
        place = 50.0 + jax.random.normal(key, (1,))
        return place, (place, key)

    def step(self, state: Any, action: jax.Array) -> Any:
        place, key = state[0], jax.random.split(state[1], 1)[0]
        place = place + jax.random.normal(key, (1,))
        return place, (place, key), -jnp.abs(action - (state[0] - 50.0))[0], False


METHOD = hetsnn.Evolution(population=4, generations=3, sigma=0.3)
ARCHITECTURE = hetsnn.Architecture(hidden=5, gain=2.0)
KEYS = jax.random.split(jax.random.key(3), 3)


def follow(key: jax.Array) -> hetsnn.Trained:
    return hetsnn.train(Follow(), METHOD, ARCHITECTURE, key=key)


@pytest.fixture(scope="module")
def three() -> hetsnn.Trained:
    return jax.vmap(follow)(KEYS)


def test_the_callers_settings_of_jax_change_no_number() -> None:
    key = KEYS[0]
    expected = follow(key)
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        found = follow(key)
    for one, other in zip(jax.tree.leaves(found.curve), jax.tree.leaves(expected.curve), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_a_training_has_the_numbers_of_a_sweep(store: Store) -> None:
    run = tiny(3, 7)
    sweep((run,), store)
    row, of = store.rows(run.experiment).loc[identity(run)], run.training
    trained = hetsnn.train(of.task, of.method, of.architecture, of.genome, key=jax.random.key(7))
    for name, values in trained.curve.items():
        np.testing.assert_allclose(values, row[f"curve_{name}"], rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(trained.coordinates, row["genome"], rtol=1e-5, atol=1e-6)
    assert trained.final["reward"] == row["reward"]
    assert np.ptp(trained.properties.tau_m) > 0


def test_it_goes_under_vmap_and_jit(three: hetsnn.Trained) -> None:
    again = jax.jit(follow)(KEYS[1])
    jax.tree.map(lambda many, one: np.testing.assert_allclose(many[1], one, rtol=1e-4, atol=1e-5), three, again)
    assert len(np.unique(three.final["reward"])) == 3
    rates = jnp.array([0.0, 0.1])
    moved = jax.vmap(lambda rate: hetsnn.train(Follow(), dataclasses.replace(METHOD, learning_rate=rate), key=KEYS[0]))(
        rates
    )
    assert not moved.coordinates[0].any()
    assert moved.coordinates[1].all()


def test_its_policy_is_the_one_that_was_evaluated(three: hetsnn.Trained) -> None:
    one = jax.tree.map(lambda leaf: leaf[1], three)
    found = Follow().evaluate(one.policy, jax.random.split(KEYS[1], 3)[2])
    for name, value in found.items():
        np.testing.assert_allclose(value, one.final[name], rtol=1e-4, err_msg=name)
    # What it sees is normalised: 50 is the mean, and no large input.
    assert 45 < float(one.seen.mean[0]) < 55
    bare = one._replace(seen=None).policy.step(one.policy.initial, jnp.array([50.0]))
    seen = one.policy.step(one.policy.initial, jnp.array([50.0]))
    given = (50.0 - one.seen.mean) / jnp.sqrt(one.seen.variance)
    np.testing.assert_allclose(seen.voltage, one._replace(seen=None).policy.step(one.policy.initial, given).voltage)
    assert not np.allclose(bare.voltage, seen.voltage)


class Plain(hetsnn.Task):
    inputs = outputs = steps = 1

    def fitness(self, policy: Any, key: Any) -> Any: ...

    def evaluate(self, policy: Any, key: Any) -> Any: ...


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((Plain(),), "task must be a flax.struct.dataclass and a hetsnn.Task, got "),
        ((Follow(), hetsnn.Reinforce()), "task must have discrete actions, got Follow with continuous ones"),
        ((hetsnn.Memory(), hetsnn.Reinforce()), "task must be a task in which a network acts, got Memory"),
        ((Follow(steps=0),), "steps must be a whole number of at least 1, got 0"),
        ((Follow(), METHOD, ARCHITECTURE, hetsnn.Genome(widths=(1.0,))), "widths must be one for each of tau_m, v_th"),
    ],
)
def test_a_training_that_cannot_be(arguments: Any, says: str) -> None:
    with pytest.raises(hetsnn.InputError, match=says):
        hetsnn.train(*arguments, key=KEYS[0])


def test_a_neuron_has_a_model() -> None:
    architecture = hetsnn.Architecture()
    object.__setattr__(architecture, "neuron", 3)  # past the type checker, which only watches in tests
    with pytest.raises(hetsnn.InputError, match=r"neuron must be a hetsnn\.Neuron, got 3"):
        architecture.check()


def test_importing_the_package_starts_no_device_and_changes_no_setting() -> None:
    code = """
import sys
import hetsnn, hetsnn.tasks
assert "jax" not in sys.modules
import jax
before = dict(jax.config.values)
from hetsnn import Architecture, EnvironmentTask, Genome, Neuron, lif_step
assert dict(jax.config.values) == before
from jax._src import xla_bridge
assert not xla_bridge.backends_are_initialized()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_public_names_are_those_that_types_see() -> None:
    tree = ast.parse(Path(hetsnn.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    typed = {(node.module, alias.asname) for node in imports for alias in node.names}
    named = {(f"hetsnn.{module}", name) for module, names in hetsnn.NAMES.items() for name in names}
    assert typed == named | {("hetsnn", "tasks")}
    assert set(hetsnn.__all__) <= set(dir(hetsnn))
    assert all(getattr(hetsnn, name) for name in hetsnn.__all__)
    with pytest.raises(AttributeError, match="its public names are tasks, InputError"):
        _ = hetsnn.trian
    assert Path(hetsnn.__file__).with_name("py.typed").is_file()
