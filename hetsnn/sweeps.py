"""Runs -> programs -> results: what is missing is computed by a few compiled programs, each carrying many runs at once.

Runs of equal structure share a compiled program. They are sorted by the length of their episodes and divided into
blocks of similar length; a block is vmapped, a device takes its blocks one after the other, and each block steps only
as long as its longest episode.
"""

import datetime as dt
import hashlib
import importlib.metadata
import json
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax.sharding import NamedSharding, PartitionSpec
from tqdm import tqdm

from hetsnn import devices
from hetsnn.results import Store
from hetsnn.runs import Run, canonical, identity, stack

RUNS_PER_PROGRAM = 256
BLOCK_NEURONS = 2**15  # neurons of a block on a CPU, population included: its state stays in a core's own cache
CHUNK_SECONDS = 3.0  # of computing between two looks at the clock
CHECKPOINT_SECONDS = 30.0
VERSIONS = ("hetsnn", "jax", "jaxlib", "flax", "evosax", "gymnax", "numpy")


@dataclass(frozen=True)
class Outcome:
    """What a sweep did: runs that are done, and runs that are left because the time was up or it was told to stop."""

    done: int
    left: int


def missing(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """Those of the runs, all of one experiment, that have no result yet."""
    known = set(store.rows(runs[0].experiment, columns=[]).index) if runs else set()
    return tuple(run for run in runs if identity(run) not in known)


def sweep(runs: Sequence[Run], store: Store, time_limit: float | None = None) -> Outcome:
    """Compute the runs that have no result and store their results.

    Args:
        runs: of one experiment.
        store: where results and checkpoints are.
        time_limit: seconds after which it stops, at a checkpoint.

    Raises:
        InputError: a run that cannot be, or a store that cannot be written.
    """
    deadline = time.monotonic() + (float("inf") if time_limit is None else time_limit)
    todo = missing([run.check() for run in runs], store)
    finished = 0
    if todo:
        store.check_writable()
        devices.prepare(store.folder / "compiled")
        plan = list(programs(todo, store)) if time.monotonic() < deadline else []
        total = sum(_work(run) for program in plan for run in program)
        with (
            _stop_signals() as stop,
            ThreadPoolExecutor(devices.cores()) as compilers,
            tqdm(total=total, unit="step", unit_scale=True, disable=None, leave=False) as bar,
        ):
            kinds = {_shape(program): program for program in plan}
            executables = {shape: compilers.submit(Executable, program) for shape, program in kinds.items()}
            for number, program in enumerate(plan, 1):
                bar.set_description(f"{runs[0].experiment} {number}/{len(plan)}")
                executable = executables[_shape(program)].result()
                if stop.is_set() or not _carry_out(program, executable, store, deadline, stop, bar):
                    break
                finished += len(set(map(identity, program)))
            compilers.shutdown(cancel_futures=True)
    return Outcome(len(runs) - len(todo) + finished, len(todo) - finished)


def programs(runs: Sequence[Run], store: Store) -> Iterator[tuple[Run, ...]]:
    """Divide runs into programs, those that have a checkpoint first and as they were.

    A program's runs are padded with copies of its last run to whole blocks on every device, and ordered so that
    every device gets short and long episodes alike.
    """
    waiting = {identity(run): run for run in runs}
    for note, _ in store.checkpoints(runs[0].experiment):
        if set(note["runs"]) <= set(waiting) and note["devices"] == len(jax.local_devices()):
            yield tuple(waiting[name] for name in note["runs"])
            for name in set(note["runs"]):
                del waiting[name]
    groups: dict[Any, list[Run]] = {}
    for run in waiting.values():
        groups.setdefault(jax.tree.structure(run), []).append(run)
    for group in groups.values():
        group.sort(key=lambda run: run.task.steps)
        n_devices, n_programs = len(jax.local_devices()), -(-len(group) // RUNS_PER_PROGRAM)
        of_device = -(-len(group) // (n_programs * n_devices))
        block = _block(group[0], of_device)
        whole = n_devices * block
        size = whole * -(-of_device // block)
        for first in range(0, len(group), size):
            part = group[first : first + size]
            part += part[-1:] * (min(size, -(-len(part) // whole) * whole) - len(part))
            blocks = [part[i : i + block] for i in range(0, len(part), block)]
            yield tuple(run for device in range(n_devices) for b in blocks[device::n_devices] for run in b)


def block_size(run: Run) -> int:
    """Runs that are vmapped together: on a CPU as many as fit a core's cache, elsewhere a whole program."""
    if jax.local_devices()[0].platform != "cpu":
        return RUNS_PER_PROGRAM // len(jax.local_devices())
    return max(1, 2 ** int(np.log2(max(1, BLOCK_NEURONS // (run.method.population * run.architecture.hidden)))))


def _block(run: Run, of_device: int) -> int:
    """The same for so many runs of a device: few make one block, many make those that need the least padding."""
    most = block_size(run)
    if of_device <= most:
        return of_device
    return min(range(most - most // 4, most + most // 4 + 1), key=lambda size: (-of_device % size, -size))


class Executable:
    """The compiled functions that carry out a program: begin, advance by some generations, finish."""

    def __init__(self, program: Sequence[Run]) -> None:
        started = time.monotonic()
        mesh, block = devices.mesh(), _block(program[0], len(program) // len(jax.local_devices()))
        by_run, shared = PartitionSpec("runs"), PartitionSpec()

        def blockwise(function: Callable) -> Callable:
            """On one device: block by block, a block's runs at once, for as long as the longest of their episodes."""

            def one(of_block: tuple, generations: tuple) -> Any:
                horizon = jnp.max(jax.vmap(lambda fixed: jnp.asarray(fixed.run.task.steps))(of_block[0]))
                return jax.vmap(lambda fixed, state: function(fixed, state, *generations, horizon))(*of_block)

            def every(of_runs: tuple, *generations: Any) -> Any:
                blocks = jax.tree.map(lambda x: x.reshape(-1, block, *x.shape[1:]), of_runs)
                results = jax.lax.map(lambda of_block: one(of_block, generations), blocks)
                return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), results)

            return every

        def compiled(function: Callable, *arguments: Any) -> tuple[Any, Any]:
            specs = (by_run, shared, shared)[: len(arguments)]
            mapped = jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=by_run, check_vma=False)
            placements = tuple(NamedSharding(mesh, spec) for spec in specs)
            lowered = jax.jit(mapped, in_shardings=placements).lower(*arguments)
            return lowered.compile(), lowered.out_info

        def advance(fixed: Any, *rest: Any) -> Any:
            return fixed.run.method.advance(fixed, *rest)

        def finish(fixed: Any, *rest: Any) -> Any:
            return fixed.run.method.finish(fixed, *rest)

        runs, generation = stack(tuple(program)), jax.ShapeDtypeStruct((), jnp.int32)
        self.begin, of_runs = compiled(jax.vmap(lambda run: run.method.begin(run)), runs)
        self.advance, _ = compiled(blockwise(advance), of_runs, generation, generation)
        self.finish, _ = compiled(blockwise(finish), of_runs)
        self.state = of_runs[1]
        self.by_run = NamedSharding(mesh, by_run)
        self.compile_seconds = time.monotonic() - started


def _carry_out(
    program: Sequence[Run], run: Executable, store: Store, deadline: float, stop: threading.Event, bar: tqdm
) -> bool:
    """Compute a program from its checkpoint or from the start; False when it had to stop before its end."""
    names = [identity(one) for one in program]
    experiment, stem = program[0].experiment, hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]
    note: dict[str, Any] = {
        "runs": names,
        "devices": len(jax.local_devices()),
        "generation": 0,
        "seconds": 0.0,
        "started": _now(),
    }
    fixed, state = run.begin(jax.device_put(stack(tuple(program)), run.by_run))
    for found, leaves in store.checkpoints(experiment):
        if found["runs"] == names and found["devices"] == note["devices"]:
            note = found
            state = jax.device_put(jax.tree.unflatten(jax.tree.structure(run.state), leaves), run.by_run)
            break
    length, work = program[0].method.length, sum(map(_work, program))
    bar.update(work * note["generation"] / length)
    rate, saved = 0.0, time.monotonic()  # seconds per generation; time of the last checkpoint
    while note["generation"] < length:
        now = time.monotonic()
        stopping = stop.is_set() or now + rate > deadline
        if note["generation"] and (stopping or now - saved > CHECKPOINT_SECONDS):
            store.save_checkpoint(experiment, stem, [np.asarray(leaf) for leaf in jax.tree.leaves(state)], note)
            saved = now
        if stopping:
            return False
        first = note["generation"]
        last = min(length, first + max(1, int(min(CHUNK_SECONDS, deadline - now) / rate)) if rate else first + 1)
        state = jax.block_until_ready(run.advance((fixed, state), np.int32(first), np.int32(last)))
        seconds = time.monotonic() - now
        rate = seconds / (last - first)
        note |= {"generation": last, "seconds": note["seconds"] + seconds}
        bar.update(work * (last - first) / length)
    now = time.monotonic()
    outcome = jax.device_get(run.finish((fixed, state)))
    note["seconds"] += time.monotonic() - now
    store.save(experiment, stem, _rows(program, names, outcome, note, run.compile_seconds))
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
        "started": note["started"],
        "program_runs": len(set(names)),
        "program_seconds": round(note["seconds"], 3),
        "compile_seconds": round(compile_seconds, 3),
    }
    work = sum(map(_work, program))
    rows = []
    for i, name in enumerate(names):
        if name not in names[:i]:
            row = {
                "identity": name,
                "run": json.dumps(canonical(program[i]), sort_keys=True),
                "record": json.dumps(record),
            }
            row["seconds"] = note["seconds"] * _work(program[i]) / work
            row |= {key: value[i].item() for key, value in outcome["final"].items()}
            row |= {f"curve_{key}": value[i] for key, value in outcome["curve"].items()}
            rows.append(row | {"genome": outcome["genome"][i]})
    return pd.DataFrame(rows)


def _shape(program: Sequence[Run]) -> tuple[Any, int]:
    """Programs of equal shape share an executable."""
    return jax.tree.structure(program[0]), len(program)


def _work(run: Run) -> int:
    """Environment steps of a training, up to a factor: how runs share a program's time."""
    return int(run.task.steps * run.method.length * run.method.population)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """While inside, Ctrl-C and SIGTERM ask for a clean stop; a second Ctrl-C interrupts at once."""
    stop, before = threading.Event(), {}

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
