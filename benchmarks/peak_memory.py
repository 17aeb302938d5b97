"""Peak memory: the memory training of 10 seeds beside evosax's, and the largest program of Fig. 2."""

from typing import Any

from benchmarks import harness, training
from hetsnn_book import experiments


def measure(profile: str = "paper", **size: int) -> list[dict[str, Any]]:
    """Measure the peaks of whole processes, compiling included, and the memory of their compiled programs."""
    size = training.SIZE | size
    ours = harness.fresh(f"{__name__}:ours", **size)
    theirs = harness.fresh(f"{__name__}:evosax", **size)
    figure = harness.fresh(f"{__name__}:figure", profile=profile)
    seeds = f"memory training of {size['seeds']} seeds"
    return [
        harness.row(f"{seeds}, whole process", ours["process"], "MiB", "evosax, seeds mapped", theirs["process"]),
        harness.row(f"{seeds}, compiled program", ours["program"], "MiB", "evosax, seeds mapped", theirs["program"]),
        harness.row(f"Fig. 2 at {profile}, {figure['runs']:.0f} runs at once, whole process", figure["process"], "MiB"),
    ]


def ours(seeds: int, **size: int) -> dict[str, float]:
    """Measure the peaks of our training after its first generation."""
    return _peaks(training.Program([training.run(seed, **size) for seed in range(seeds)], 1))


def evosax(seeds: int, hidden: int, population: int, length: int) -> dict[str, float]:
    """Measure the peaks of evosax's training after its first generation."""
    program = training.EvosaxTraining("mapped", seeds, training.evosax_memory(hidden, length), population, 1)
    program()
    return {"process": harness.peak_mib(), "program": harness.program_mib(program.compiled)}


def figure(profile: str) -> dict[str, float]:
    """Measure the peaks of the largest program of Fig. 2 after its first generation."""
    return _peaks(training.Program(experiments.runs("memory", profile), 1))


def _peaks(program: training.Program) -> dict[str, float]:
    program()
    mib = harness.program_mib(program.executable.compiled["advance"])
    return {"process": harness.peak_mib(), "program": mib, "runs": len(program.fixed.training.seed)}
