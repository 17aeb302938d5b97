"""A sweep in a process of its own, with a checkpoint after each generation.

Waits for a line with the folder of its store; says when it begins, and what it has carried out when it is done.
"""

import json
import time
from pathlib import Path
from typing import Any

from tiny import tiny

from hetsnn import programs, sweeps
from hetsnn.evolution import Evolution
from hetsnn.results import Store

RUNS_PER_PROGRAM = 8
METHOD = Evolution(population=4, generations=150, sigma=0.3)
RUNS = tuple(tiny(length, seed, method=METHOD) for length in (2, 5) for seed in range(8))


def main(folder: str) -> None:
    programs.RUNS_PER_PROGRAM = RUNS_PER_PROGRAM
    sweeps.CHUNK_SECONDS = sweeps.CHECKPOINT_SECONDS = 0.0
    sweeps.LOOK_SECONDS = 0.05
    carry_out: Any = sweeps._carry_out
    seconds: dict[int, float] = {}

    def timed(program: Any, *rest: Any) -> bool:
        started = time.monotonic()
        done = carry_out(program, *rest)
        seconds[program[0].task.length] = time.monotonic() - started
        return done

    setattr(sweeps, "_carry_out", timed)  # noqa: B010
    print("begins", flush=True)
    outcome = sweeps.sweep(RUNS, Store(Path(folder), None))
    print(json.dumps({"left": outcome.left, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(input())
