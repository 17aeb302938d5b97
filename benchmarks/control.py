"""Training of robots, beside evosax's own problem with evosax's own loop, and beside the robots alone.

Both train one seed with the same population, one whole episode per candidate, normalised observations and Adam: we
train 1,024 spiking neurons, evosax a stateless network of 64 units. Our episodes stop when all robots have fallen;
evosax's parts have no such stop. For the comparison with the bare environment no fall ends an episode, so all steps are
executed and counted. The bare environment takes given actions, in the same batches on the same number of devices. It
stands alone beside Brax's own step, mapped over the same batch, on one core and on all.
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
from hetsnn import resources
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps import devices
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.brax_physics import OnLanes, Own
from hetsnn.tasks.brax_tasks import brax
from hetsnn.tasks.brax_tasks import robot as brax_robot
from hetsnn.tasks.robots import Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training
from hetsnn_book.experiments.control_search import SIZES

SIZE = {"hidden": 1024, "population": 128, "limit": 1000}
UNITS = 64  # units of evosax's network
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
    """Measure seconds per generation, environment steps per second, and first compile."""
    size, rows = SIZE | size, [row for robot in bare for row in bare_physics(robot, repeats, rounds)]
    timing = {"generations": generations, "repeats": repeats}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "ours": ("ours", {}),
        "endless": ("ours", {"endless": True}),
        "evosax": ("evosax", {"devices": 1}),
        "bare": ("environment", {}),
    }
    for robot in robots:
        measured: dict[str, list] = {kind: [] for kind in kinds}
        for _ in range(rounds):  # alternating, so that other load on the machine affects all alike
            for kind, (function, options) in kinds.items():
                one = harness.fresh(f"{__name__}:{function}", robot=robot, **options, **size, **timing)
                measured[kind].append(one)
        we, endless, they, empty = (harness.median_of(each) for each in measured.values())
        name = f"{robot} training, {size['population']} candidates"
        rates = (one["steps"] / one["seconds"] for one in (endless, empty))
        rows += [
            harness.row(name, we["seconds"], "s/generation", "evosax, stateless network", they["seconds"]),
            harness.row(name, next(rates), "steps/s", "the bare environment", next(rates)),
            harness.row(f"{robot} training, first compile", we["compile"], "s", "evosax", they["compile"]),
        ]
    return rows


def bare_physics(robot: str, repeats: int, rounds: int) -> list[dict[str, Any]]:
    """Measure steps per second of a robot without networks, on one core and on all, and seconds to its first step."""
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


@struct.dataclass
class Endless(Control):
    """Task whose episodes do not end when a robot falls."""

    def step(self, state: Any, action: Array) -> tuple[Array, Any, Array, Array]:
        """Take the robot's step without its end."""
        return *Control.step(self, state, action)[:3], jnp.array(False)


def ours(
    robot: str, hidden: int, population: int, limit: int, generations: int, repeats: int, endless: bool = False
) -> dict[str, float]:
    """Measure our seconds and steps of a generation, and seconds of compiling."""
    method = Evolution(
        population=population,
        generations=training.GENERATIONS,
        sigma=training.SIGMA,
        learning_rate=training.LEARNING_RATE,
    )
    task = (Endless if endless else Control)(environment=robot, limit=limit, lanes=True)
    run = Run("benchmark", 1, Training(task=task, architecture=Architecture(hidden=hidden, gain=3.0), method=method))
    program = training.Program([run], generations)
    seconds = harness.median_seconds(program, repeats) / generations
    return {"seconds": seconds, "steps": float(population * limit), "compile": program.executable.compile_seconds}


def evosax(robot: str, population: int, limit: int, generations: int, repeats: int, **_: int) -> dict[str, float]:
    """Measure evosax's seconds of a generation, and seconds of compiling."""
    answer = MLP((UNITS, Control(environment=robot).outputs), output_fn=tanh_output_fn)
    brax()  # imports it without its warnings
    with warnings.catch_warnings(action="ignore"):
        problem = BraxProblem(robot, answer, episode_length=limit)
    program = training.EvosaxTraining("one after the other", 1, problem, population, generations)
    return {"seconds": harness.median_seconds(program, repeats) / generations, "compile": program.compile_seconds}


def environment(robot: str, population: int, limit: int, repeats: int, **_: int) -> dict[str, float]:
    """Measure seconds and steps of the same number of robots and steps, without networks."""
    task = Control(environment=robot, lanes=True)
    program, inputs = episodes(task, task.outputs, population, limit)
    shared = jax.jit(program)
    seconds = harness.median_seconds(lambda: jax.block_until_ready(shared(*inputs)), repeats)
    return {"seconds": seconds, "steps": float(population * limit)}


def episodes(of: Any, actions: int, batch: int, steps: int) -> tuple[Any, Any]:
    """Return a program of episodes of a batch of robots, divided among all devices, and its inputs: keys and actions.

    Args:
        of: an object with a robot's `reset` and `step`.
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
