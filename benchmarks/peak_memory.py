"""Most memory in use: the memory training of 10 seeds beside evosax's, and the largest program of Fig. 2."""

from typing import Any

from benchmarks import training
from hetsnn import bench, experiments


def measure(profile: str = "paper", **size: int) -> list[dict[str, Any]]:
    """Peaks of whole processes, compiling included, and what the compiled programs ask for."""
    size = training.SIZE | size
    ours = bench.fresh(f"{__name__}:ours", **size)
    theirs = bench.fresh(f"{__name__}:evosax", **size)
    figure = bench.fresh(f"{__name__}:figure", profile=profile)
    seeds = f"training of {size['seeds']} seeds"
    return [
        bench.row(f"{seeds}, whole process", ours["process"], "MiB", "evosax, seeds mapped", theirs["process"]),
        bench.row(f"{seeds}, compiled program", ours["program"], "MiB", "evosax, seeds mapped", theirs["program"]),
        bench.row(f"Fig. 2 at {profile}, {figure['runs']:.0f} runs at once, whole process", figure["process"], "MiB"),
    ]


def ours(seeds: int, **size: int) -> dict[str, float]:
    """Peaks of our training after its first generation."""
    return _peaks(training.Training([training.run(seed, **size) for seed in range(seeds)], 1))


def evosax(**size: int) -> dict[str, float]:
    """Peaks of evosax's training after its first generation."""
    program = training.EvosaxTraining("mapped", generations=1, **size)
    program()
    return {"process": bench.peak_mib(), "program": bench.program_mib(program.compiled)}


def figure(profile: str) -> dict[str, float]:
    """Peaks of the largest program of an experiment after its first generation."""
    return _peaks(training.Training(experiments.runs("memory", profile), 1))


def _peaks(program: training.Training) -> dict[str, float]:
    program()
    asked = bench.program_mib(program.executable.advance)
    return {"process": bench.peak_mib(), "program": asked, "runs": len(program.fixed.run.seed)}
