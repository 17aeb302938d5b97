"""Physics of robots alone, beside Brax's own step mapped over the same batch, on one core and on all."""

import time
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array

from benchmarks import harness
from hetsnn import resources
from hetsnn.sweeps import devices
from hetsnn.tasks.brax_physics import OnLanes, Own
from hetsnn.tasks.brax_tasks import brax
from hetsnn.tasks.brax_tasks import robot as brax_robot
from hetsnn.tasks.robots import SIZES

BATCH, STEPS = 256, 100  # of each core
PHYSICS = {"ours": OnLanes, "Brax's own step": Own}


def measure(repeats: int = 3, rounds: int = 2, robots: tuple[str, ...] = tuple(SIZES)) -> list[dict[str, Any]]:
    """Measure steps per second of robots without networks, and seconds to their first step."""
    return [row for robot in robots for row in _rows(robot, repeats, rounds)]


def _rows(robot: str, repeats: int, rounds: int) -> list[dict[str, Any]]:
    rows = []
    for cores in sorted({1, resources.cores()}):
        found: dict[str, list] = {kind: [] for kind in PHYSICS}
        for _ in range(rounds):
            for kind, each in found.items():
                each.append(harness.fresh(f"{__name__}:physics", cores=cores, robot=robot, kind=kind, repeats=repeats))
        ours, theirs = (harness.median_of(each) for each in found.values())
        peer, name = list(PHYSICS)[1], f"{robot} bare physics"
        on = f"{name}, {cores} core{'s' * (cores > 1)}"
        rows.append(harness.row(on, *_rate(ours), peer, _rate(theirs)[0]))
        if cores == 1:
            ready = f"{name}, traced and compiled"
            rows.append(harness.row(ready, ours["compile"], "s", peer, theirs["compile"]))
    return rows


def _rate(one: dict[str, float]) -> tuple[float, str]:
    return one["steps"] / one["seconds"], "steps/s"


def physics(robot: str, kind: str, repeats: int) -> dict[str, float]:
    """Measure seconds and steps of a batch on each device, and seconds of tracing and compiling."""
    started = time.perf_counter()
    stepped = PHYSICS[kind](brax_robot(robot, "spring"), brax().State)
    batch = BATCH * len(jax.local_devices())
    program, inputs = episodes(stepped, SIZES[robot][1], batch, STEPS)
    compiled = jax.jit(program).lower(*inputs).compile()
    ready = time.perf_counter() - started
    seconds = harness.median_seconds(lambda: jax.block_until_ready(compiled(*inputs)), repeats)
    return {"seconds": seconds, "steps": float(batch * STEPS), "compile": ready}


def episodes(of: Any, actions: int, batch: int, steps: int) -> tuple[Any, Any]:
    """Return a program of episodes of a batch of robots, divided among all devices, and its inputs: keys and actions.

    Args:
        of: object with a robot's `reset` and `step`.
        actions: size of an action.
        batch: number of robots.
        steps: number of steps of each robot.
    """
    mesh, by_robot = devices.mesh(), PartitionSpec("runs")

    def whole(keys: Array, actions: Array) -> Array:
        def step(carry: tuple, _: None) -> tuple[tuple, None]:
            state, observed, earned = carry
            observation, state, reward = jax.vmap(of.step)(state, actions)[:3]
            # All results of a step are used, so that XLA removes none of its computation.
            return (state, observed + observation, earned + reward), None

        observations, states = jax.vmap(of.reset)(keys)
        carry = (states, observations, jnp.zeros(len(actions)))
        _, observed, earned = jax.lax.scan(step, carry, length=steps)[0]
        return observed.sum(1) + earned

    keys = jax.random.split(jax.random.key(0), batch)
    given = jax.random.uniform(jax.random.key(1), (batch, actions), minval=-1.0)
    shared = jax.shard_map(whole, mesh=mesh, in_specs=by_robot, out_specs=by_robot, check_vma=False)
    return shared, jax.device_put((keys, given), NamedSharding(mesh, by_robot))
