"""A sweep in a process of its own, with a checkpoint after each generation.

Waits for a line with the folder of its store; says when it begins, and what it has carried out when it is done.
"""

import json
import time
from collections.abc import Sequence
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


def checkpoint_each_generation() -> None:
    execution.CHUNK_SECONDS = execution.CHECKPOINT_SECONDS = 0.0
    execution.CHECKPOINT_SHARE = float("inf")


def main(folder: str) -> None:
    programs.RUNS_PER_PROGRAM = RUNS_PER_PROGRAM
    checkpoint_each_generation()
    sweeps.LOOK_SECONDS = 0.05
    seconds: dict[int, float] = {}

    def timed(program: Sequence[Run], *rest: Any) -> bool:
        started = time.monotonic()
        done = execution.carry_out(program, *rest)
        seconds[program[0].training.task.length] = time.monotonic() - started
        return done

    print("begins", flush=True)
    with mock.patch.object(sweeps, "carry_out", timed):
        outcome = sweeps.sweep(RUNS, Store(Path(folder), None))
    print(json.dumps({"left": outcome.left, "seconds": seconds}), flush=True)


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


if __name__ == "__main__":
    main(input())
