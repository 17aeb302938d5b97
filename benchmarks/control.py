"""The robots' training, beside evosax's own problem with evosax's own loop, and beside the robots alone.

Both train one seed with the same population, one whole episode for each candidate, normalised observations and Adam:
ours 1,024 spiking neurons, evosax's a network of 64 units without state. Ours stop when all have fallen, which evosax's
parts do not. The rate beside that of the bare environment is of episodes that no fall ends: all steps are executed and
counted; the bare environment is stepped by actions that are given, in the same batches on as many devices. It stands
alone beside Brax's own step, mapped over the same batch, on one core and on all.
"""

import time
import warnings
from typing import Any

import jax
import jax.numpy as jnp
from evosax.problems import BraxProblem
from evosax.problems.networks import MLP, tanh_output_fn
from flax import struct
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array

from benchmarks import harness, training
from hetsnn import devices
from hetsnn.evolution import Evolution
from hetsnn.networks import Architecture
from hetsnn.runs import Run
from hetsnn.tasks.control import SIZES, Control, brax
from hetsnn.tasks.control import robot as of_brax
from hetsnn.tasks.physics import OnLanes, Own

SIZE = {"hidden": 1024, "population": 128, "limit": 1000}
UNITS = 64  # of evosax's network
ROBOTS = ("hopper", "halfcheetah")
BATCH, STEPS = 256, 100  # of the bare physics of each core
PHYSICS = {"ours": OnLanes, "Brax's own step": Own}


def measure(
    generations: int = 2,
    repeats: int = 3,
    rounds: int = 2,
    robots: tuple[str, ...] = ROBOTS,
    bare: tuple[str, ...] = tuple(SIZES),
    **size: int,
) -> list[dict[str, Any]]:
    """Seconds per generation, environment steps per second, and first compile."""
    size, rows = SIZE | size, [row for robot in bare for row in bare_physics(robot, repeats, rounds)]
    timing = {"generations": generations, "repeats": repeats}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "ours": ("ours", {}),
        "endless": ("ours", {"endless": True}),
        "evosax": ("evosax", {"devices": 1}),
        "bare": ("environment", {}),
    }
    for robot in robots:
        found: dict[str, list] = {kind: [] for kind in kinds}
        for _ in range(rounds):  # in turn, so that what else the machine does meets all alike
            for kind, (function, options) in kinds.items():
                one = harness.fresh(f"{__name__}:{function}", robot=robot, **options, **size, **timing)
                found[kind].append(one)
        we, endless, they, bare = (harness.median_of(each) for each in found.values())
        name = f"{robot} training, {size['population']} candidates"
        rates = (one["steps"] / one["seconds"] for one in (endless, bare))
        rows += [
            harness.row(name, we["seconds"], "s/generation", "evosax, stateless network", they["seconds"]),
            harness.row(name, next(rates), "steps/s", "the bare environment", next(rates)),
            harness.row(f"{robot} training, first compile", we["compile"], "s", "evosax", they["compile"]),
        ]
    return rows


def bare_physics(robot: str, repeats: int, rounds: int) -> list[dict[str, Any]]:
    """Steps per second of a robot with nothing else, on one core and on all, and seconds until it can be stepped."""
    rows = []
    for cores in sorted({1, devices.cores()}):
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
    """Seconds and steps of a batch on each device, and seconds of tracing and compiling."""
    started = time.perf_counter()
    stepped = PHYSICS[kind](of_brax(robot, "spring"), brax().State)
    batch = BATCH * len(jax.local_devices())
    program, inputs = episodes(stepped, SIZES[robot][1], batch, STEPS)
    compiled = jax.jit(program).lower(*inputs).compile()
    ready = time.perf_counter() - started
    seconds = harness.median_seconds(lambda: jax.block_until_ready(compiled(*inputs)), repeats)
    return {"seconds": seconds, "steps": float(batch * STEPS), "compile": ready}


@struct.dataclass
class Endless(Control):
    """Episodes that no fall ends."""

    def step(self, state: Any, action: Array) -> tuple[Array, Any, Array, Array]:
        """As the robot's, but that it goes on."""
        return *Control.step(self, state, action)[:3], jnp.array(False)


def ours(
    robot: str, hidden: int, population: int, limit: int, generations: int, repeats: int, endless: bool = False
) -> dict[str, float]:
    """Seconds and steps of a generation, and seconds of compiling."""
    method = Evolution(
        population=population,
        generations=training.GENERATIONS,
        sigma=training.SIGMA,
        learning_rate=training.LEARNING_RATE,
    )
    task = (Endless if endless else Control)(environment=robot, limit=limit)
    run = Run("benchmark", 1, task=task, architecture=Architecture(hidden=hidden, gain=3.0), method=method)
    program = training.Training([run], generations)
    seconds = harness.median_seconds(program, repeats) / generations
    return {"seconds": seconds, "steps": float(population * limit), "compile": program.executable.compile_seconds}


def evosax(robot: str, population: int, limit: int, generations: int, repeats: int, **_: int) -> dict[str, float]:
    """The same for evosax."""
    answer = MLP((UNITS, Control(environment=robot).outputs), output_fn=tanh_output_fn)
    brax()  # without its warnings
    with warnings.catch_warnings(action="ignore"):
        problem = BraxProblem(robot, answer, episode_length=limit)
    program = training.EvosaxTraining("one after the other", 1, problem, population, generations)
    return {"seconds": harness.median_seconds(program, repeats) / generations, "compile": program.compile_seconds}


def environment(robot: str, population: int, limit: int, repeats: int, **_: int) -> dict[str, float]:
    """Seconds and steps of as many robots for as long, with nothing else."""
    task = Control(environment=robot)
    program, inputs = episodes(task, task.outputs, population, limit)
    shared = jax.jit(program)
    seconds = harness.median_seconds(lambda: jax.block_until_ready(shared(*inputs)), repeats)
    return {"seconds": seconds, "steps": float(population * limit)}


def episodes(of: Any, actions: int, batch: int, steps: int) -> tuple[Any, Any]:
    """Episodes of a batch of robots, shared out to all devices, and what they are given: keys and actions.

    Args:
        of: has a robot's `reset` and `step`.
        actions: numbers of an action.
        batch: robots.
        steps: of each.
    """
    mesh, by_robot = devices.mesh(), PartitionSpec("runs")

    def whole(keys: Array, actions: Array) -> Array:
        def step(carry: tuple, _: None) -> tuple[tuple, None]:
            state, observed, earned = carry
            observation, state, reward = jax.vmap(of.step)(state, actions)[:3]
            # What comes of a step is used, so that none of it is left out of the program.
            return (state, observed + observation, earned + reward), None

        observations, states = jax.vmap(of.reset)(keys)
        carry = (states, observations, jnp.zeros(len(actions)))
        _, observed, earned = jax.lax.scan(step, carry, length=steps)[0]
        return observed.sum(1) + earned

    keys = jax.random.split(jax.random.key(0), batch)
    given = jax.random.uniform(jax.random.key(1), (batch, actions), minval=-1.0)
    shared = jax.shard_map(whole, mesh=mesh, in_specs=by_robot, out_specs=by_robot, check_vma=False)
    return shared, jax.device_put((keys, given), NamedSharding(mesh, by_robot))
