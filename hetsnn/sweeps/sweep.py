"""Runs -> programs -> results: what is missing is computed by a few compiled programs, each carrying many runs at once.

Processes that share a store share the work: each takes a program that no other has, and looks again when it is done.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jax
from tqdm import tqdm

from hetsnn import resources
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


@dataclass(frozen=True)
class Outcome:
    """What a sweep did: runs that are done, and runs that are left because the time was up or it was told to stop."""

    done: int
    left: int


def missing(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """Those of the runs, all of one experiment, that have no result yet."""
    known = store.known(runs[0].experiment) if runs else set()
    return tuple(run for run in runs if identity(run) not in known)


def sweep(runs: Sequence[Run], store: Store, time_limit: float | None = None) -> Outcome:
    """Compute the runs that have no result and store their results.

    Args:
        runs: of one experiment.
        store: where results and checkpoints are.
        time_limit: seconds after which it stops, at a checkpoint.

    Raises:
        InputError: a run that cannot be, a store that cannot be written, or a run that no device has memory for.
    """
    with ask_by_signals(Stop(time_limit)) as stop:
        todo = missing([run.check() for run in runs], store)
        if todo:
            store.check_writable()
            devices.prepare(store.folder / "compiled")
            _share(runs, store, stop)
        with suppress(OSError):  # a store that is only read stays as it is
            for experiment in {run.experiment for run in runs}:
                store.tidy(experiment)
        left = missing(todo, store)
    return Outcome(len(runs) - len(left), len(left))


def _share(runs: Sequence[Run], store: Store, stop: Stop) -> None:
    """Carry out programs until no run is missing, beside other processes that do the same."""
    experiment = runs[0].experiment
    executables: dict[Any, Future] = {}
    limits: dict[Any, int] = {}  # runs of a program, by structure, where a device has no memory for more
    total = sum(work(run.training) for run in missing(runs, store))
    with (
        _pool(resources.cores()) as compilers,
        tqdm(total=total, unit="step", unit_scale=True, disable=None, leave=False) as bar,
    ):
        while not stop.due():
            left, plan = outlook(runs, store, limits)
            if not left:
                break
            if not plan:  # others compute what is left
                stop.wait(LOOK_SECONDS)
            for program in plan:
                if shape(program) not in executables:
                    executables[shape(program)] = compilers.submit(Executable, [run.training for run in program])
            for number, program in enumerate(plan, 1):
                bar.set_description(f"{experiment} {number}/{len(plan)}")
                executable = _ready(executables[shape(program)], stop)
                if executable is None:
                    break
                if executable.bytes > devices.memory():
                    limits[shape(program)[0]] = _fewer(program, executable.bytes, limits)
                    break
                with _taken(program, left, store) as ours:
                    if ours and not carry_out(program, executable, store, stop, bar):
                        stop.set()
                        break


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that compile; those that still do are not waited for."""
    pool = ThreadPoolExecutor(size)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def outlook(runs: Sequence[Run], store: Store, limits: dict[Any, int]) -> tuple[set[str], list[tuple[Run, ...]]]:
    """What is missing of some runs, and programs for those of them that nobody computes.

    New programs are written down, so that whoever goes on does so with the same ones.
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
    """What is being compiled, or None where there is no time to wait for it."""
    while not future.done() and not stop.due():
        wait([future], LOOK_SECONDS)
    return None if stop.due() else future.result()


def _fewer(program: Sequence[Run], needed: int, limits: dict[Any, int]) -> int:
    """Runs of a program that a device may have memory for, when it has not for this one; says so.

    Raises:
        InputError: not even for one run.
    """
    limit, count = devices.memory(), len(jax.local_devices())
    before = min(len(program), limits.get(shape(program)[0], len(program)))
    fewer = min(before - 1, int(len(program) * limit / needed)) // count * count
    sizes = f"{needed / 2**30:.3g} GiB of a device that has {limit / 2**30:.3g}"
    if before <= count:
        raise InputError(f"a run of {program[0].experiment} needs {sizes}: give it a larger device")
    fewer = max(count, fewer)
    tqdm.write(f"{program[0].experiment}: {len(program)} runs need {sizes}: at most {fewer} at once", file=sys.stderr)
    return fewer


@contextmanager
def _taken(program: Sequence[Run], left: set[str], store: Store) -> Iterator[bool]:
    """While inside, no other process computes a run of the program; False where one has since it was planned."""
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
