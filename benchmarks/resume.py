"""Cost of checkpoints: their share of the time, and resuming from one in a new process."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np

from benchmarks import harness, training
from hetsnn.sweeps import execution
from hetsnn.sweeps.store import Store

CHECKPOINT = {"runs": ["benchmark"], "generation": 1}


def measure(repeats: int = 7, rounds: int = 2, **size: int) -> list[dict[str, Any]]:
    """Measure the seconds of writing a checkpoint, of computing between two checkpoints, and of resuming from one."""
    size = training.SIZE | {"seeds": 100} | size
    measured = []
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            written = harness.fresh(f"{__name__}:write", folder=folder, repeats=repeats, **size)
            resumed = harness.fresh(f"{__name__}:resume", folder=folder, **size)
            measured.append(written | resumed)
    each, name = harness.median_of(measured), f"training of {size['seeds']} seeds"
    return [
        harness.row(f"{name}, writing a checkpoint", each["write"], "s", "computing between two", each["between"]),
        harness.row(f"{name}, going on from a checkpoint", each["ready"], "s", "compiled anew", each["compile"]),
        harness.row(f"{name}, reading and placing a checkpoint", each["read"], "s"),
    ]


def write(folder: str, repeats: int, seeds: int, **size: int) -> dict[str, float]:
    """Measure the seconds of writing a checkpoint, and of compiling; keep the checkpoint and the compiled program."""
    program, store = _training(folder, seeds, **size), Store(Path(folder), None)
    program()

    def checkpoint() -> None:
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(program.state)]
        store.save_checkpoint("benchmark", "program", leaves, CHECKPOINT)

    seconds = harness.median_seconds(checkpoint, repeats)
    compiled = program.executable.compile_seconds
    return {"write": seconds, "between": execution.CHECKPOINT_SECONDS, "compile": compiled}


def resume(folder: str, seeds: int, **size: int) -> dict[str, float]:
    """Measure the seconds from a new process's imports to its next generation, and the part for reading."""
    started = time.perf_counter()
    program = _training(folder, seeds, **size)
    reading = time.perf_counter()
    ((_, leaves),) = Store(Path(folder), None).checkpoints("benchmark")
    state = jax.tree.unflatten(jax.tree.structure(program.state), leaves)
    program.state = jax.block_until_ready(jax.device_put(state, program.executable.by_run))
    ready = time.perf_counter()
    return {"read": ready - reading, "ready": ready - started}


def _training(folder: str, seeds: int, **size: int) -> training.Program:
    runs = [training.run(seed, **size) for seed in range(seeds)]
    return training.Program(runs, 1, Path(folder) / "compiled")
