"""One core against all of them: the memory training with 256 hidden neurons, its seeds shared out to the cores."""

from typing import Any

from benchmarks import harness, training
from hetsnn import resources


def measure(generations: int = 10, repeats: int = 7, rounds: int = 2, **size: int) -> list[dict[str, Any]]:
    """Seconds per generation on all cores beside one."""
    size = training.SIZE | {"hidden": 256, "generations": generations, "repeats": repeats} | size
    one, every = [], []
    for _ in range(rounds):  # in turn, so that what else the machine does meets both alike
        one.append(harness.fresh(f"{training.__name__}:ours", cores=1, **size))
        every.append(harness.fresh(f"{training.__name__}:ours", **size))
    all_cores, one_core = (harness.median_of(each)["seconds"] for each in (every, one))
    name = f"memory training of {size['seeds']} seeds, {size['hidden']} neurons, {resources.cores()} cores"
    return [harness.row(name, all_cores, "s/generation", "1 core", one_core)]
