"""All cores beside one core: the memory training with 256 hidden neurons, its seeds divided among the cores."""

from typing import Any

from benchmarks import harness, training
from hetsnn import resources


def measure(generations: int = 10, repeats: int = 7, rounds: int = 2, **size: int) -> list[dict[str, Any]]:
    """Measure seconds per generation on all cores and on one."""
    size = training.SIZE | {"hidden": 256, "generations": generations, "repeats": repeats} | size
    on_one, on_all = [], []
    for _ in range(rounds):  # alternating, so that other load on the machine affects both alike
        on_one.append(harness.fresh(f"{training.__name__}:ours", cores=1, **size))
        on_all.append(harness.fresh(f"{training.__name__}:ours", **size))
    all_cores, one_core = (harness.median_of(measured)["seconds"] for measured in (on_all, on_one))
    name = f"memory training of {size['seeds']} seeds, {size['hidden']} neurons, {resources.cores()} cores"
    return [harness.row(name, all_cores, "s/generation", "1 core", one_core)]
