"""The memory training, beside evosax's own problem with evosax's own loop and a stateless network of equal size.

Both train 10 seeds: population 128, 64 hidden neurons, memory length 25, Adam. Our candidates have an episode of 26
steps for each of the two cues, evosax's have two episodes of 26 steps. evosax's parts leave open how several seeds are
run: the peer is the faster of two ways on one device; dividing the seeds among devices is a further row.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from evosax.algorithms import Open_ES
from evosax.problems import GymnaxProblem
from evosax.problems.networks import MLP
from gymnax.environments.bsuite.memory_chain import EnvParams
from jax.sharding import NamedSharding, PartitionSpec

from benchmarks import harness
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps import devices
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.programs import pack_runs
from hetsnn.sweeps.runs import Run, stack
from hetsnn.tasks.memory import ENVIRONMENT, Memory
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training

SIZE = {"seeds": 10, "hidden": 64, "population": 128, "length": 25}
SIGMA, LEARNING_RATE = 0.3, 0.03
WAYS = {"one after the other": 1, "mapped": 1, "shared out to devices": None}  # way to run evosax's seeds -> devices
EPISODES = 2  # per candidate
GENERATIONS = 200  # of a whole training; only the first are timed
ENVIRONMENTS, STEPS = 4096, 100  # of the bare environment


def measure(generations: int = 20, repeats: int = 7, rounds: int = 2, **size: int) -> list[dict[str, Any]]:
    """Measure seconds per generation, environment steps per second, and first compile."""
    size = SIZE | size
    timing = {"generations": generations, "repeats": repeats}
    ours, shortest, bare = [], [], []
    theirs: dict[str, list] = {way: [] for way in WAYS}
    for _ in range(rounds):  # alternating, so that other load on the machine affects all alike
        ours.append(harness.fresh(f"{__name__}:ours", **size, **timing))
        shortest.append(harness.fresh(f"{__name__}:ours", **size | {"length": 1}, **timing))
        for way, count in WAYS.items():
            theirs[way].append(harness.fresh(f"{__name__}:evosax", devices=count, way=way, **size, **timing))
        bare.append(harness.fresh(f"{__name__}:environment", devices=1, length=size["length"], repeats=repeats))
    we, short, environment = (harness.median_of(each) for each in (ours, shortest, bare))
    they = {way: harness.median_of(each) for way, each in theirs.items()}
    best = min((way for way in WAYS if WAYS[way] == 1), key=lambda way: they[way]["seconds"])
    peer = f"evosax, seeds {best}"

    def rate(one: dict[str, float]) -> float:
        return one["steps"] / one["seconds"]

    return [
        harness.row(
            f"memory training of {size['seeds']} seeds", we["seconds"], "s/generation", peer, they[best]["seconds"]
        ),
        *(harness.row("memory training", rate(we), "steps/s", f"evosax, seeds {way}", rate(they[way])) for way in WAYS),
        harness.row("memory training", rate(we), "steps/s", "the bare environment", rate(environment)),
        harness.row("memory training, episodes of 2 steps", short["seconds"], "s/generation"),
        harness.row("memory training, first compile", we["compile"], "s", peer, they[best]["compile"]),
    ]


def run(seed: int, hidden: int, population: int, length: int) -> Run:
    """Return a run of evolved neurons in the paper-like setting."""
    return Run(
        "benchmark",
        1,
        Training(
            task=Memory(length=length),
            architecture=Architecture(hidden=hidden),
            method=Evolution(population=population, generations=GENERATIONS, sigma=SIGMA, learning_rate=LEARNING_RATE),
            seed=seed,
        ),
    )


class Program:
    """The largest program of some runs, as a sweep computes it; each call advances it by some generations."""

    def __init__(self, runs: Sequence[Run], generations: int, cache: Path | None = None) -> None:
        with TemporaryDirectory() as folder:  # a cache that is discarded
            devices.prepare(cache or Path(folder))
            program = [run.training for run in max(pack_runs(runs, {}), key=len)]
            self.executable = Executable(program)
        self.fixed, self.state = self.executable.begin(jax.device_put(stack(program), self.executable.by_run))
        self.generations, self.done = generations, 0

    def __call__(self) -> None:
        """Advance by some generations, and wait for the result."""
        first, last = np.int32(self.done), np.int32(self.done + self.generations)
        self.state = jax.block_until_ready(self.executable.advance((self.fixed, self.state), first, last))
        self.done += self.generations


class EvosaxTraining:
    """Trainings of several seeds with evosax's parts, in one of `WAYS`; each call starts them anew."""

    def __init__(self, way: str, seeds: int, problem: GymnaxProblem, population: int, generations: int) -> None:
        keys = jax.random.split(jax.random.key(0), seeds)
        begin, advance = evosax_training(problem, population)

        def whole(key: jax.Array) -> Any:
            return advance(begin(key), jax.random.split(key, generations))

        program: Callable
        if way == "mapped":
            program, self.inputs = jax.vmap(whole), [keys]
        elif way == "one after the other":
            program, self.inputs = whole, list(keys)
        else:
            mesh, by_seed = devices.mesh(), PartitionSpec("runs")
            one_by_one = partial(jax.lax.map, whole)
            program = jax.shard_map(one_by_one, mesh=mesh, in_specs=by_seed, out_specs=by_seed, check_vma=False)
            self.inputs = [jax.device_put(keys, NamedSharding(mesh, by_seed))]
        started = time.perf_counter()
        self.compiled = jax.jit(program).lower(self.inputs[0]).compile()
        self.compile_seconds = time.perf_counter() - started

    def __call__(self) -> None:
        """Train, and wait for the result."""
        jax.block_until_ready([self.compiled(each) for each in self.inputs])


def evosax_problem(
    name: str, hidden: int, outputs: int, steps: int, episodes: int, params: dict[str, int]
) -> GymnaxProblem:
    """Return evosax's own evaluation of stateless networks on a gymnax environment."""
    return GymnaxProblem(
        name,
        MLP((hidden, outputs), use_bias=False, output_fn=lambda outputs, _: jnp.argmax(outputs)),
        episode_length=steps,
        num_rollouts=episodes,
        use_normalize_obs=False,
        env_params=params,
    )


def evosax_memory(hidden: int, length: int) -> GymnaxProblem:
    """Return evosax's own evaluation of stateless networks on the memory task."""
    return evosax_problem("MemoryChain-bsuite", hidden, Memory.outputs, length + 1, EPISODES, {"memory_length": length})


def evosax_training(problem: GymnaxProblem, population: int) -> tuple[Callable, Callable]:
    """Return two functions: one begins a training from a key, one advances it by a generation per key."""
    solution = problem.sample(jax.random.key(0))
    strategy = Open_ES(
        population,
        solution,
        optimizer=optax.adam(LEARNING_RATE),
        std_schedule=optax.constant_schedule(SIGMA),
        metrics_fn=lambda *_: {},
    )
    params = strategy.default_params

    def begin(key: jax.Array) -> Any:
        return strategy.init(key, solution, params), problem.init(key)

    def generation(state: Any, key: jax.Array) -> Any:
        of_strategy, of_problem = state
        ask, rate, tell = jax.random.split(key, 3)
        candidates, of_strategy = strategy.ask(ask, of_strategy, params)
        fitness, of_problem, _ = problem.eval(rate, candidates, of_problem)
        of_strategy, _ = strategy.tell(tell, candidates, -fitness, of_strategy, params)
        return (of_strategy, of_problem), fitness.mean()

    return begin, partial(jax.lax.scan, generation)


def ours(seeds: int, generations: int, repeats: int, **size: int) -> dict[str, float]:
    """Measure our seconds and environment steps of a generation of all seeds, and seconds of compiling."""
    training = Program([run(seed, **size) for seed in range(seeds)], generations)
    seconds = harness.median_seconds(training, repeats) / generations
    # Padding runs of the program count in the time, but not in the steps.
    steps = float(training.state.curve["steps"][0, 0]) * seeds
    return {"seconds": seconds, "steps": steps, "compile": training.executable.compile_seconds}


def evosax(way: str, seeds: int, generations: int, repeats: int, **size: int) -> dict[str, float]:
    """Measure evosax's seconds and environment steps of a generation of all seeds, and seconds of compiling."""
    problem = evosax_memory(size["hidden"], size["length"])
    training = EvosaxTraining(way, seeds, problem, size["population"], generations)
    seconds = harness.median_seconds(training, repeats) / generations
    steps = float(seeds * size["population"] * EPISODES * (size["length"] + 1))
    return {"seconds": seconds, "steps": steps, "compile": training.compile_seconds}


def environment(length: int, repeats: int) -> dict[str, float]:
    """Measure seconds and steps of a scan of `step_env` alone, with given actions."""
    params, key = EnvParams(memory_length=length), jax.random.key(0)
    start = jax.vmap(ENVIRONMENT.reset_env, in_axes=(0, None))(jax.random.split(key, ENVIRONMENTS), params)[1]
    actions = jnp.arange(ENVIRONMENTS) % Memory.outputs

    def step(carry: tuple, _: None) -> tuple[tuple, None]:
        state, observations, rewards = carry
        stepped = jax.vmap(ENVIRONMENT.step_env, in_axes=(None, 0, 0, None))(key, state, actions, params)
        # All results of a step are used, so that XLA removes none of its computation.
        return (stepped[1], observations + stepped[0], rewards + stepped[2]), None

    @jax.jit
    def steps(state: Any) -> Any:
        observations = jnp.zeros((ENVIRONMENTS, Memory.inputs))
        return jax.lax.scan(step, (state, observations, jnp.zeros(ENVIRONMENTS)), length=STEPS)[0]

    seconds = harness.median_seconds(lambda: jax.block_until_ready(steps(start)), 10 * repeats)
    return {"seconds": seconds, "steps": float(ENVIRONMENTS * STEPS)}
