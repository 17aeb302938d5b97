"""Training of robots, beside evosax's own problem with evosax's own loop, and beside the same robots without networks.

Both train one seed with the same population, one whole episode per candidate, normalised observations and Adam: we
train 1,024 spiking neurons, evosax a stateless network of 64 units. Our episodes stop when all robots have fallen;
evosax's parts have no such stop. For the comparison with the bare environment no fall ends an episode, so all steps are
executed and counted. The bare environment takes given actions, in the same batches on the same number of devices.
"""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
from evosax.problems import BraxProblem
from evosax.problems.networks import MLP, tanh_output_fn
from flax import struct
from jaxtyping import Array

from benchmarks import harness, training
from benchmarks.physics import episodes
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.brax_tasks import brax
from hetsnn.tasks.robots import Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training

SIZE = {"hidden": 1024, "population": 128, "limit": 1000}
UNITS = 64  # units of evosax's network
ROBOTS = ("hopper", "halfcheetah")


def measure(
    generations: int = 1,
    repeats: int = 2,
    rounds: int = 2,
    robots: tuple[str, ...] = ROBOTS,
    **size: int,
) -> list[dict[str, Any]]:
    """Measure seconds per generation, environment steps per second, and first compile."""
    size, rows = SIZE | size, []
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
