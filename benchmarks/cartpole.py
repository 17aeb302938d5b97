"""Evolution on CartPole, beside evosax's own problem with evosax's own loop and a stateless network.

Both train 10 seeds: population 128, 64 hidden neurons, one episode per candidate, Adam. Both execute every step up to
the limit, even after all poles have fallen; a further row measures early stopping. evosax runs its seeds in each way
that its parts allow.
"""

from typing import Any

import numpy as np

from benchmarks import harness, training
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.cartpole import CartPole
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training

SIZE = {"seeds": 10, "hidden": 64, "population": 128}
LIMITS = (200, 1000)


def measure(
    generations: int = 5, repeats: int = 3, rounds: int = 2, limits: tuple[int, ...] = LIMITS, **size: int
) -> list[dict[str, Any]]:
    """Measure seconds per generation of all seeds; early stopping is measured in the first, short-lived generations."""
    size = SIZE | size
    timing = {"generations": generations, "repeats": repeats}
    rows = []
    for limit in limits:
        ours, early = [], []
        theirs: dict[str, list] = {way: [] for way in training.WAYS}
        for _ in range(rounds):  # alternating, so that other load on the machine affects all alike
            ours.append(harness.fresh(f"{__name__}:ours", limit=limit, to_the_end=True, **size, **timing))
            early.append(harness.fresh(f"{__name__}:ours", limit=limit, to_the_end=False, **size, **timing))
            for way, count in training.WAYS.items():
                theirs[way].append(
                    harness.fresh(f"{__name__}:evosax", devices=count, way=way, limit=limit, **size, **timing)
                )
        we, stopping = harness.median_of(ours)["seconds"], harness.median_of(early)["seconds"]
        name = f"CartPole of {size['seeds']} seeds, {limit} steps"
        rows += [
            harness.row(name, we, "s/generation", f"evosax, seeds {way}", harness.median_of(each)["seconds"])
            for way, each in theirs.items()
        ]
        rows.append(harness.row(f"{name}, stopped early", stopping, "s/generation", "not stopped", we))
    return rows


def run(seed: int, hidden: int, population: int, limit: int, to_the_end: bool) -> Run:
    """Return a run of evolved neurons."""
    return Run(
        "benchmark",
        1,
        Training(
            task=CartPole(limit=limit, to_the_end=to_the_end),
            architecture=Architecture(hidden=hidden, gain=3.0),
            method=Evolution(
                population=population,
                generations=training.GENERATIONS,
                sigma=training.SIGMA,
                learning_rate=training.LEARNING_RATE,
            ),
            seed=seed,
        ),
    )


def ours(seeds: int, generations: int, repeats: int, **size: Any) -> dict[str, float]:
    """Measure our seconds per generation of all seeds."""
    program = training.Program([run(seed, **size) for seed in range(seeds)], generations)
    return {
        "seconds": harness.median_seconds(program, repeats) / generations,
        "reward": float(np.mean(program.state.curve["mean"][:, 0])),
    }


def evosax(
    way: str, seeds: int, generations: int, repeats: int, hidden: int, population: int, limit: int
) -> dict[str, float]:
    """Measure evosax's seconds per generation of all seeds."""
    problem = training.evosax_problem(
        "CartPole-v1", hidden, CartPole().outputs, limit, 1, {"max_steps_in_episode": limit}
    )
    program = training.EvosaxTraining(way, seeds, problem, population, generations)
    return {"seconds": harness.median_seconds(program, repeats) / generations}
