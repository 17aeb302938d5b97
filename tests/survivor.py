"""A sweep in a process of its own, with a checkpoint after each generation.

Such processes are forked from one that has imported the libraries which start no threads of JAX.
"""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from tiny import NAME, tiny

from hetsnn.sweeps import execution, programs
from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.runs import Run
from hetsnn.sweeps.store import Store
from hetsnn.training.evolution import Evolution

RUNS_PER_PROGRAM = 8
METHOD = Evolution(population=4, generations=150, sigma=0.3)
RUNS = tuple(tiny(length, seed, method=METHOD) for length in (2, 5) for seed in range(8))


FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["jax", "flax.struct", "optax", "pandas", "seaborn", "distributed"])


def checkpoint_each_generation() -> None:
    execution.CHUNK_SECONDS = execution.CHECKPOINT_SECONDS = 0.0
    execution.CHECKPOINT_SHARE = float("inf")


def main(folder: Path, told: Connection) -> None:
    """Sweep into a store; tell when it begins, and what has been carried out when it is done."""
    programs.RUNS_PER_PROGRAM = RUNS_PER_PROGRAM
    checkpoint_each_generation()
    sweeps.LOOK_SECONDS = 0.05
    seconds: dict[int, float] = {}

    def timed(program: Sequence[Run], *rest: Any) -> bool:
        started = time.monotonic()
        done = execution.carry_out(program, *rest)
        seconds[program[0].training.task.length] = time.monotonic() - started
        return done

    told.send("begins")
    with mock.patch.object(sweeps, "carry_out", timed):
        outcome = sweeps.sweep(RUNS, Store(folder, None))
    told.send({"left": outcome.left, "seconds": seconds})


def assert_same(store: Store, undisturbed: pd.DataFrame) -> None:
    """Bit for bit, each run once, and nothing left behind but the store."""
    rows = store.rows(NAME).sort_index()
    for column in set(undisturbed.columns) - {"record", "seconds"}:
        for one, other in zip(rows[column], undisturbed[column], strict=True):
            np.testing.assert_array_equal(one, other)
    compiled = store.folder / "compiled"
    files = {path for path in store.folder.rglob("*") if path.is_file() and not path.is_relative_to(compiled)}
    assert files == set(store.files(NAME))
    assert sum(len(pd.read_parquet(path)) for path in files) == len(RUNS)
