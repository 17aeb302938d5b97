"""Runs -> programs -> results: what is missing is computed by a few compiled programs, each carrying many runs at once.

Processes that share a store share the work: each takes a program that no other has, and looks again when it is done.
"""

import datetime as dt
import importlib.metadata
import json
import platform
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pandas as pd
from tqdm import tqdm

from hetsnn import devices, numerics
from hetsnn.errors import InputError
from hetsnn.locks import Locks, acquire
from hetsnn.programs import Executable, begun, divide, shape, work
from hetsnn.results import Store, stem_of
from hetsnn.runs import Run, canonical, identity, stack

CHUNK_SECONDS = 3.0  # of computing between two looks at the clock
CHECKPOINT_SECONDS = 30.0  # between two checkpoints, or more where a checkpoint would take more than its share
CHECKPOINT_SHARE = 0.02  # of the time
LOOK_SECONDS = 1.0  # between two looks at whether a program is compiled, or what others compute is there
VERSIONS = ("hetsnn", "jax", "jaxlib", "flax", "evosax", "gymnax", "numpy")


@dataclass(frozen=True)
class Outcome:
    """What a sweep did: runs that are done, and runs that are left because the time was up or it was told to stop."""

    done: int
    left: int


class Stop(threading.Event):
    """Says when to stop: when the time is up, or when told to."""

    def __init__(self, time_limit: float | None = None) -> None:
        super().__init__()
        self.deadline = time.monotonic() + (float("inf") if time_limit is None else time_limit)

    def due(self, seconds: float = 0.0) -> bool:
        """Whether to stop now, since what comes next takes so many seconds."""
        return self.is_set() or time.monotonic() + seconds > self.deadline


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
        InputError: a run that cannot be, a store that cannot be written, a run that no device has memory for, or
            settings of JAX or XLA that would change numbers.
    """
    with ask_by_signals(Stop(time_limit)) as stop:
        todo = missing([run.check() for run in runs], store)
        if todo:
            numerics.check()
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
    most: dict[Any, int] = {}  # runs of a program, by their structure, where a device has no memory for more
    total = sum(map(work, missing(runs, store)))
    with (
        _pool(devices.cores()) as compilers,
        tqdm(total=total, unit="step", unit_scale=True, disable=None, leave=False) as bar,
    ):
        while not stop.due():
            left, plan = outlook(runs, store, most)
            if not left:
                break
            if not plan:  # others compute what is left
                stop.wait(LOOK_SECONDS)
            for program in plan:
                if shape(program) not in executables:
                    executables[shape(program)] = compilers.submit(Executable, program)
            for number, program in enumerate(plan, 1):
                bar.set_description(f"{experiment} {number}/{len(plan)}")
                executable = _ready(executables[shape(program)], stop)
                if executable is None:
                    break
                if executable.bytes > devices.memory():
                    most[shape(program)[0]] = _fewer(program, executable.bytes, most)
                    break
                with _taken(program, left, store) as ours:
                    if ours and not _carry_out(program, executable, store, stop, bar):
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


def outlook(runs: Sequence[Run], store: Store, most: dict[Any, int]) -> tuple[set[str], list[tuple[Run, ...]]]:
    """What is missing of some runs, and programs for those of them that nobody computes.

    New programs are written down, so that whoever goes on does so with the same ones.
    """
    with Locks(store.folder / "locks" / runs[0].experiment).planning() as taken:
        left = set(map(identity, missing(runs, store)))
        free = {identity(run): run for run in runs if identity(run) not in taken}
        old = list(begun(list(free.values()), left - taken, store, most)) if left - taken else []
        rest = left - taken - {identity(run) for program in old for run in program}
        new = list(divide([run for name, run in free.items() if name in rest], most))
        if new:
            names = [[identity(run) for run in program] for program in new]
            store.save_plan(runs[0].experiment, names, len(jax.local_devices()))
    return left, old + new


def _ready(future: Future, stop: Stop) -> Any:
    """What is being compiled, or None where there is no time to wait for it."""
    while not future.done() and not stop.due():
        wait([future], LOOK_SECONDS)
    return None if stop.due() else future.result()


def _fewer(program: Sequence[Run], asked: int, most: dict[Any, int]) -> int:
    """Runs of a program that a device may have memory for, when it has not for this one; says so.

    Raises:
        InputError: not even for one run.
    """
    limit, count = devices.memory(), len(jax.local_devices())
    before = min(len(program), most.get(shape(program)[0], len(program)))
    fewer = min(before - 1, int(len(program) * limit / asked)) // count * count
    sizes = f"{asked / 2**30:.3g} GiB of a device that has {limit / 2**30:.3g}"
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


def _carry_out(program: Sequence[Run], run: Executable, store: Store, stop: Stop, bar: tqdm) -> bool:
    """Compute a program from its checkpoint or from the start; False when it had to stop before its end."""
    names = [identity(one) for one in program]
    experiment, stem = program[0].experiment, stem_of(names)
    note: dict[str, Any] = {
        "runs": names,
        "devices": len(jax.local_devices()),
        "generation": 0,
        "seconds": 0.0,
        "started": _now(),
    }
    fixed, state = run.begin(jax.device_put(stack(tuple(program)), run.by_run))
    for found, leaves in store.checkpoints(experiment):  # two where a process was killed as it replaced one
        ours = found["runs"] == names and found["devices"] == note["devices"]
        if ours and found["generation"] > note["generation"]:
            note = found
            state = jax.device_put(jax.tree.unflatten(jax.tree.structure(run.state), leaves), run.by_run)
    length, steps = program[0].method.length, sum(map(work, program))
    bar.update(steps * note["generation"] / length)
    rate, saving, saved = 0.0, 0.0, time.monotonic()  # seconds per generation, per checkpoint; time of the last one
    while True:
        first, now = note["generation"], time.monotonic()
        stopping = stop.due(saving + (rate if first < length else run.finish_seconds))
        if first and (stopping or now - saved > max(CHECKPOINT_SECONDS, saving / CHECKPOINT_SHARE)):
            store.save_checkpoint(experiment, stem, [np.asarray(leaf) for leaf in jax.tree.leaves(state)], note)
            saved = time.monotonic()
            saving, now = saved - now, saved
        if stopping:
            return False
        if first == length:
            break
        seconds = min(CHUNK_SECONDS, stop.deadline - now - saving)
        last = min(length, first + max(1, int(seconds / rate))) if rate else first + 1
        state = jax.block_until_ready(run.advance((fixed, state), np.int32(first), np.int32(last)))
        seconds = time.monotonic() - now
        rate = seconds / (last - first)
        note |= {"generation": last, "seconds": note["seconds"] + seconds}
        bar.update(steps * (last - first) / length)
    now = time.monotonic()
    outcome = jax.device_get(run.finish((fixed, state)))
    run.finish_seconds = time.monotonic() - now
    note["seconds"] += run.finish_seconds
    store.keep(experiment, _rows(program, names, outcome, note, run.compile_seconds))
    store.drop_checkpoint(experiment, stem)
    return True


def _rows(
    program: Sequence[Run], names: Sequence[str], outcome: dict[str, Any], note: dict[str, Any], compile_seconds: float
) -> pd.DataFrame:
    """A row per run, padding left out: identity, settings, record, final numbers, curve, genome."""
    record = {
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS}
        | {"python": platform.python_version()},
        "device": devices.describe(),
        "numerics": numerics.record(),
        "started": note["started"],
        "program_runs": len(set(names)),
        "program_seconds": round(note["seconds"], 3),
        "compile_seconds": round(compile_seconds, 3),
    }
    steps = sum(map(work, program))
    rows = []
    for i, name in enumerate(names):
        if name not in names[:i]:
            row = {
                "identity": name,
                "run": json.dumps(canonical(program[i]), sort_keys=True),
                "record": json.dumps(record),
            }
            row["seconds"] = note["seconds"] * work(program[i]) / steps
            # What is more than a number is a list.
            row |= {
                key: np.ravel(value[i]).tolist() if value[i].ndim else value[i].item()
                for key, value in outcome["final"].items()
            }
            for kind in ("curve", "observation"):
                row |= {f"{kind}_{key}": value[i] for key, value in outcome.get(kind, {}).items()}
            rows.append(row | {"genome": outcome["genome"][i]})
    return pd.DataFrame(rows)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


@contextmanager
def ask_by_signals(stop: Stop) -> Iterator[Stop]:
    """While inside, Ctrl-C and SIGTERM ask for a clean stop; a second Ctrl-C interrupts at once."""
    before = {}

    def ask(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
