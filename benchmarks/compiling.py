"""Compiling the memory training: for the first time, and in a new process with a cached program."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import harness, training


def measure(rounds: int = 2, **size: int) -> list[dict[str, Any]]:
    """Measure the seconds until a sweep's program is ready to run, tracing included."""
    size = training.SIZE | size
    first, second = [], []
    for _ in range(rounds):
        with TemporaryDirectory() as cache:
            first.append(harness.fresh(f"{__name__}:ready", cache=cache, **size))
            second.append(harness.fresh(f"{__name__}:ready", cache=cache, **size))
    again, at_first = (harness.median_of(each)["seconds"] for each in (second, first))
    return [harness.row("program ready, kept from before", again, "s", "compiled for the first time", at_first)]


def ready(cache: str, seeds: int, **size: int) -> dict[str, float]:
    """Measure the seconds of tracing and compiling, with a cache folder that earlier processes may have filled."""
    runs = [training.run(seed, **size) for seed in range(seeds)]
    return {"seconds": training.Program(runs, 1, Path(cache)).executable.compile_seconds}
