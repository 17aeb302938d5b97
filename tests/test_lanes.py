"""Functions on lanes, beside the functions themselves."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec

from hetsnn.lanes import carried, pieces, scalars
from hetsnn.lanes import functions as lanes
from hetsnn.lanes.rules import UnknownPrimitiveError
from hetsnn.sweeps import devices

RNG = np.random.default_rng(0)


MATRIX = jnp.asarray(RNG.normal(size=(3, 3)), jnp.float32)


def turned(vectors: jax.Array, places: jax.Array) -> Any:
    """Much of what physics does with small arrays."""
    chosen = vectors[jnp.array([2, 0, 2])] @ MATRIX
    crossed = jax.vmap(jnp.cross)(chosen, vectors[::-1])
    length = jnp.linalg.norm(crossed, axis=-1, keepdims=True)
    unit = jnp.where(length > 1e-6, crossed / jnp.maximum(length, 1e-6), 0.0)
    summed = jax.ops.segment_sum(unit, jnp.array([1, 1, 0]), 4)
    set_to = jnp.zeros((3, 4)).at[:, 1:].set(unit).at[1, 0].set(vectors[0, 0])
    angles = jnp.arctan2(unit[:, 0], vectors[:, 1]), jnp.arccos(jnp.clip(unit[0], -0.9, 0.9))
    many = jnp.einsum("bij,bjk->bik", jnp.stack([MATRIX, MATRIX.T]), jnp.stack([vectors, unit]))
    rest = jax.lax.dynamic_slice(jnp.pad(vectors, 1), (1, 2), (3, 2)), jnp.tile(unit[0], 2), jnp.split(unit, 3, 1)
    known = jnp.roll(jnp.arange(3.0) ** 2, 1) + jnp.argsort(MATRIX[0])
    counts = places + 1, (places % 2 == 0).any(), jnp.int32(vectors.max() > 0), jnp.negative(-vectors) * 1.0 + 0.0
    return summed, set_to, angles, many, rest, known * vectors, counts, unit.prod(0), jnp.cov(vectors)


EXAMPLE = jnp.asarray(RNG.normal(size=(8, 3, 3)), jnp.float32), jnp.arange(16).reshape(8, 2)


def test_functions_on_lanes_are_the_functions() -> None:
    first = jax.tree.map(lambda x: x[0], EXAMPLE)
    on_lanes, shapes = lanes.on_lanes(turned, *first), jax.eval_shape(turned, *first)
    both = jax.vmap(lambda *of: (lanes.packed(on_lanes(*lanes.numbers(of)), shapes), turned(*of)))
    found, expected = jax.jit(both).lower(*EXAMPLE).compile(devices.hurried())(*EXAMPLE)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-5)


def test_a_comparison_on_which_several_numbers_depend_is_made_once() -> None:
    """XLA may compute it twice, with two results: then contacts are summed that were not counted."""

    def mean_of_contacts(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        touching = (x * y - y * x * 1.5 + 1.0 > 0.0) & (x < 2.0)
        impulse = jnp.where(touching, x * x + y, 0.0)
        return impulse / (touching.astype(x.dtype) + 1e-8), jnp.where(x > y, x, y)

    of = lanes.graph(mean_of_contacts, jnp.float32(0), jnp.float32(0))
    values = [value for value in scalars.order(of.outputs) if value.primitive]
    shared = pieces.decisions(values)
    assert [value.primitive.name for value in shared] == ["and"]  # not x > y, on which one number depends
    stages = pieces.staged(values)
    assert len(stages) == 2
    assert sorted(map(id, values)) == sorted(id(value) for stage in stages for value in stage)
    for stage in stages:
        assert not any(one in shared and one in stage for value in stage for one in value.inputs)
    ordered = [value for stage in stages for value in stage]
    ends = [len(stages[0]), len(ordered)]
    assert set(ends) <= set(pieces.divide(ordered, pieces.last_uses(ordered, of.outputs), 2, ends))
    x, y = jnp.asarray(RNG.normal(size=(2, 9)), jnp.float32)
    expected = jax.vmap(mean_of_contacts)(x, y)
    for options in ((), (4, jnp.bool_(True))):
        found = pieces.evaluate(of.outputs, dict(zip(of.inputs, (x, y), strict=True)), *options)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (jnp.sort, "sort"),
        (jnp.cumsum, "cumsum"),
        (lambda x: jax.lax.scan(lambda carry, one: (carry + one, None), 0.0, x)[0], "scan"),
        (lambda x: MATRIX[jnp.int32(x[0])], "places that depend on numbers"),
        (lambda x: jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x), "cond that depends on numbers"),
    ],
)
def test_unknown_primitives_are_named(function: Callable, says: str) -> None:
    with pytest.raises(UnknownPrimitiveError, match=says):
        lanes.on_lanes(function, jnp.ones(3))


def test_the_angle_of_a_vector_is_numpys() -> None:
    y, x = (RNG.normal(size=(2, 10000)) * 10 ** RNG.uniform(-6, 3, (2, 10000))).astype(np.float32)
    x[:4], y[:4] = (0, 1, -1, 0), (0, 0, 0, -1)
    np.testing.assert_allclose(jax.jit(lanes.arctan2)(y, x), np.arctan2(np.float64(y), x), atol=3e-7)


def test_mapped_loops_and_shards_are_plain_arithmetic() -> None:
    step = lanes.on_lanes(lambda x, y: (x * y + 1.0, 3.0), jnp.float32(0), jnp.float32(0))

    def power(x: jax.Array, y: jax.Array) -> jax.Array:
        carry = jax.lax.while_loop(
            lambda carry: carry[0] < 5, lambda carry: (carry[0] + 1, step(carry[1], y)[0]), (0, x)
        )
        return carry[1]

    x, y = jnp.linspace(-1, 1, 6).reshape(2, 3), jnp.linspace(0, 1, 3)
    expected = x
    for _ in range(5):
        expected = expected * y + 1
    both = jax.vmap(jax.vmap(power, in_axes=(0, 0)), in_axes=(0, None))
    mesh, of = devices.mesh(), PartitionSpec("runs")
    shared = jax.shard_map(both, mesh=mesh, in_specs=(of, PartitionSpec()), out_specs=of, check_vma=False)
    for way in (both, jax.jit(both), jax.jit(shared) if mesh.size <= 2 else both):
        np.testing.assert_allclose(way(x, y), expected, rtol=1e-6)
    np.testing.assert_array_equal(jax.vmap(lambda y: step(jnp.float32(0), y)[1])(y), 3.0)


def test_blocks_of_lanes_leave_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 4)
    for shape in ((), (3,), (2, 5), (3, 4)):
        x = jnp.asarray(RNG.normal(size=shape), jnp.float32)
        twice, sign = pieces.in_blocks(lambda x: [x + x, x > 0], x)
        np.testing.assert_array_equal(twice, 2 * x)
        np.testing.assert_array_equal(sign, x > 0)


def test_what_is_known_is_not_computed() -> None:
    of = lanes.graph(lambda x: (x * 0.0 + x[0] * 1.0 - 0.0, x * x + x * x, jnp.negative(-x) * -1.0), jnp.ones(2))
    made = [value.primitive.name for value in scalars.order(of.outputs) if value.primitive]
    assert sorted(made) == ["add", "add", "mul", "mul", "neg", "neg"]


def test_states_carry_neither_constants_nor_twins_nor_what_nobody_reads() -> None:
    def step(state: jax.Array) -> jax.Array:
        moving, twin, still, counter, _ = state
        return jnp.stack([twin + still + counter, moving + counter, still * 1.0, counter + 1, moving])

    def start(x: jax.Array) -> jax.Array:
        return jnp.stack([x, x, jnp.float32(7), jnp.float32(0), x])

    first, of = lanes.graph(start, jnp.float32(0)), lanes.graph(step, jnp.ones(5))
    stands = carried.stand_ins(first.outputs, of.inputs, of.outputs)
    # The twins part: only one of them has the constant added to it.
    assert stands == [of.inputs[0], of.inputs[1], 7.0, of.inputs[3], of.inputs[4]]
    twins = carried.stand_ins(first.outputs[:2], of.inputs[:2], [of.outputs[1], of.outputs[1]])
    assert twins == [of.inputs[0]] * 2
    assert carried.needed({0}, of.inputs, of.outputs) == [0, 1, 2, 3]


def test_pieces_are_cut_where_least_is_alive() -> None:
    def narrow(x: jax.Array) -> jax.Array:
        for _ in range(6):
            x = jnp.stack([jnp.sin(x + i) for i in range(8)]).sum()
        return x

    of = lanes.graph(narrow, jnp.float32(0))
    values = [value for value in scalars.order(of.outputs) if value.primitive]
    bounds = pieces.divide(values, pieces.last_uses(values, of.outputs), 24)
    assert bounds[0] == 0
    assert bounds[-1] == len(values)
    for bound in bounds[1:-1]:
        assert sum(one in values[:bound] for value in values[bound:] for one in set(value.inputs)) <= 8
    x = jnp.linspace(0, 1, 5)
    (found,) = pieces.evaluate(of.outputs, {of.inputs[0]: x}, 24, jnp.bool_(True))
    np.testing.assert_allclose(found, jax.vmap(narrow)(x), rtol=1e-5)
