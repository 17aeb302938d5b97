"""Runs -> programs -> results: a few compiled programs compute the missing runs, many runs at once.

Processes that share a store share the work: each computes a program that no other process has taken, then the next.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jax
from tqdm import tqdm

from hetsnn import numerics, resources
from hetsnn.errors import InputError
from hetsnn.sweeps import devices
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.execution import carry_out
from hetsnn.sweeps.locks import Locks, acquire
from hetsnn.sweeps.programs import pack_runs, resumable_programs, shape, work
from hetsnn.sweeps.runs import Run, identity
from hetsnn.sweeps.signals import Stop, ask_by_signals
from hetsnn.sweeps.store import Store, stem_of

LOOK_SECONDS = 1.0  # between two looks at whether a program is compiled, or what others compute is there
KEPT = 16  # executables that a process keeps for its next sweeps: a chapter's experiments share some

_kept: dict[Any, Any] = {}  # by shape of a program, the oldest first


@dataclass(frozen=True)
class Outcome:
    """Outcome of a sweep: number of finished runs, and of runs left because of the time limit or a signal."""

    done: int
    left: int


def missing(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """Return the runs without a result; all runs must be of one experiment."""
    known = store.known(runs[0].experiment) if runs else set()
    return tuple(run for run in runs if identity(run) not in known)


def sweep(runs: Sequence[Run], store: Store, time_limit: float | None = None) -> Outcome:
    """Compute the runs that have no result and store their results.

    Args:
        runs: runs of one experiment.
        store: store of results and checkpoints.
        time_limit: seconds after which the sweep stops, at a checkpoint.

    Raises:
        InputError: a run is invalid, the store cannot be written, or a run needs more memory than a device has.
    """
    with ask_by_signals(Stop(time_limit)) as stop:
        todo = missing([run.check() for run in runs], store)
        if todo:
            numerics.check()
            store.check_writable()
            devices.prepare(store.folder / "compiled")
            _share(runs, store, stop)
        with suppress(OSError):  # a read-only store is not tidied
            for experiment in {run.experiment for run in runs}:
                store.tidy(experiment)
        left = missing(todo, store)
    return Outcome(len(runs) - len(left), len(left))


def _share(runs: Sequence[Run], store: Store, stop: Stop) -> None:
    """Compute programs until no run is missing, together with other processes."""
    experiment = runs[0].experiment
    executables: dict[Any, Future] = {}
    limits: dict[Any, int] = {}  # most runs of a program that fit a device's memory, by structure
    total = sum(work(run.training) for run in missing(runs, store))
    with (
        _pool(resources.cores()) as compilers,
        tqdm(total=total, unit="step", unit_scale=True, disable=None, leave=False) as bar,
    ):
        while not stop.due():
            left, plan = outlook(runs, store, limits)
            if not left:
                break
            if not plan:  # other processes compute the runs that are left
                stop.wait(LOOK_SECONDS)
            for program in plan:
                if (key := shape(program)) not in executables:
                    executables[key] = compilers.submit(_executable, key, program)
            for number, program in enumerate(plan, 1):
                bar.set_description(f"{experiment} {number}/{len(plan)}")
                executable = _ready(executables[shape(program)], stop)
                if executable is None:
                    break
                _keep(shape(program), executable)
                if executable.bytes > devices.memory():
                    limits[shape(program)[0]] = _fewer(program, executable.bytes, limits)
                    break
                with _taken(program, left, store) as taken:
                    if taken and not carry_out(program, executable, store, stop, bar):
                        stop.set()
                        break


def _executable(key: Any, program: Sequence[Run]) -> Any:
    """Return the executable of a program, by its shape; an earlier sweep of this process may have compiled it."""
    return _kept.get(key) or Executable([run.training for run in program])


def _keep(key: Any, executable: Any) -> None:
    """Keep an executable for the next sweeps of this process; the oldest go."""
    _kept[key] = executable
    while len(_kept) > KEPT:
        del _kept[next(iter(_kept))]


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads for compiling; leaving it does not wait for them."""
    pool = ThreadPoolExecutor(size)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def outlook(runs: Sequence[Run], store: Store, limits: dict[Any, int]) -> tuple[set[str], list[tuple[Run, ...]]]:
    """Return the identities of the missing runs, and programs for the missing runs that no process computes.

    New programs are saved as a plan, so that later sweeps continue with the same programs.
    """
    with Locks(store.folder / "locks" / runs[0].experiment).planning() as taken:
        left = set(map(identity, missing(runs, store)))
        free = {identity(run): run for run in runs if identity(run) not in taken}
        old = list(resumable_programs(list(free.values()), left - taken, store, limits)) if left - taken else []
        rest = left - taken - {identity(run) for program in old for run in program}
        new = list(pack_runs([run for name, run in free.items() if name in rest], limits))
        if new:
            names = [[identity(run) for run in program] for program in new]
            store.save_plan(runs[0].experiment, names, len(jax.local_devices()))
    return left, old + new


def _ready(future: Future, stop: Stop) -> Any:
    """Return the result of compiling, or None if the sweep must stop before it is ready."""
    while not future.done() and not stop.due():
        wait([future], LOOK_SECONDS)
    return None if stop.due() else future.result()


def _fewer(program: Sequence[Run], needed: int, limits: dict[Any, int]) -> int:
    """Return a smaller number of runs for a program that exceeds a device's memory; print a message.

    Raises:
        InputError: even one run exceeds the memory.
    """
    limit, count = devices.memory(), len(jax.local_devices())
    before = min(len(program), limits.get(shape(program)[0], len(program)))
    fewer = min(before - 1, int(len(program) * limit / needed)) // count * count
    sizes = f"{needed / 2**30:.3g} GiB, the device has {limit / 2**30:.3g} GiB"
    if before <= count:
        raise InputError(f"a run of {program[0].experiment} needs {sizes}: use a larger device")
    fewer = max(count, fewer)
    tqdm.write(f"{program[0].experiment}: {len(program)} runs need {sizes}: at most {fewer} at once", file=sys.stderr)
    return fewer


@contextmanager
def _taken(program: Sequence[Run], left: set[str], store: Store) -> Iterator[bool]:
    """Lock a program against other processes; yield False if another process has taken one of its runs meanwhile."""
    names, nonce = dict.fromkeys(map(identity, program)), ""
    locks = Locks(store.folder / "locks" / program[0].experiment)
    with locks.planning() as taken:
        if not taken & set(names) and set(names) - store.known(program[0].experiment) == left & set(names):
            nonce = acquire(locks.path(stem_of(names)), list(names))
    if nonce:
        with locks.computing(stem_of(names), nonce):
            yield True
    else:
        yield False
