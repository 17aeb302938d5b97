"""Runs -> compiled programs: which runs go together, and the functions that carry them out.

Runs of equal structure share a compiled program. They are sorted by the length of their episodes and divided into
blocks of similar length; a block is vmapped, a device takes its blocks one after the other, and each block steps only
as long as its longest episode. Where there are fewer runs than devices, these share out each run's population, too.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from hetsnn import devices, numerics
from hetsnn.mapping import mapped
from hetsnn.results import Store
from hetsnn.runs import Run, identity, stack

RUNS_PER_PROGRAM = 256
BRIEF = 2**25  # steps of neurons: a program that takes no more, far below a second, is compiled in a hurry
BLOCK_NEURONS = 2**15  # neurons of a block on a CPU, population included: its state stays in a core's own cache


def begun(runs: Sequence[Run], missing: set[str], store: Store, most: Mapping[Any, int]) -> Iterator[tuple[Run, ...]]:
    """Programs of earlier sweeps as they were, those on their way first: sums differ by a bit between compositions.

    One that is on its way is taken up with all of its runs, even those that have been finished elsewhere meanwhile; one
    that has not begun only if none of its runs has. Either is left alone where a run is not asked for, where the
    number of devices is another, or where it is too large.

    Args:
        runs: all that are asked for, of one experiment.
        missing: identities of those that are to be computed.
        store: where checkpoints and plans are.
        most: runs of a program, by their structure, where not just as many as there are.
    """
    asked, here = {identity(run): run for run in runs}, len(jax.local_devices())
    notes = [note for note, _ in store.checkpoints(runs[0].experiment)]
    ours = [note["runs"] for note in notes if note["devices"] == here and missing & set(note["runs"])]
    plans = chain(*(programs for programs, count in store.plans(runs[0].experiment) if count == here))
    for names in chain(ours, (names for names in plans if set(names) <= missing)):
        if set(names) <= set(asked) and missing & set(names):
            program = tuple(asked[name] for name in names)
            if len(program) <= most.get(jax.tree.structure(program[0]), len(program)):
                yield program
                missing = missing - set(names)


def divide(runs: Sequence[Run], most: Mapping[Any, int]) -> Iterator[tuple[Run, ...]]:
    """Divide runs into programs.

    A program's runs are padded with copies of its last run to whole blocks on every device, and ordered so that
    every device gets short and long episodes alike.

    Args:
        runs: all different.
        most: runs of a program, by their structure; `RUNS_PER_PROGRAM` where it says nothing.
    """
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(jax.tree.structure(run), []).append(run)
    for structure, group in groups.items():
        group.sort(key=lambda run: run.task.steps)
        n_programs = -(-len(group) // most.get(structure, RUNS_PER_PROGRAM))
        n_devices = len(jax.local_devices()) // shares(group)
        of_device = -(-len(group) // (n_programs * n_devices))
        block = _block(group[0], of_device)
        whole = n_devices * block
        size = whole * -(-of_device // block)
        for first in range(0, len(group), size):
            part = group[first : first + size]
            part += part[-1:] * (min(size, -(-len(part) // whole) * whole) - len(part))
            blocks = [part[i : i + block] for i in range(0, len(part), block)]
            yield tuple(run for device in range(n_devices) for b in blocks[device::n_devices] for run in b)


def shares(runs: Sequence[Run]) -> int:
    """Devices among which each run's population is divided: more than one only where runs are fewer than devices."""
    count, population = len(jax.local_devices()), runs[0].method.population
    ways = [n for n in range(1, count + 1) if count % n == 0 == population % n and (n == 1 or len(runs) < count)]
    return min(ways, key=lambda n: (-(-len(runs) // (count // n)) / n, n))


def block_size(run: Run) -> int:
    """Runs that are vmapped together: on a CPU as many as fit a core's cache, elsewhere a whole program."""
    if jax.local_devices()[0].platform != "cpu":
        return RUNS_PER_PROGRAM // len(jax.local_devices())
    neurons = run.method.population * run.architecture.hidden * getattr(run.task, "batch", 1)
    return max(1, 2 ** int(np.log2(max(1, BLOCK_NEURONS // neurons))))


def shape(program: Sequence[Run]) -> tuple[Any, int, int, bool]:
    """Programs of equal shape share an executable."""
    return jax.tree.structure(program[0]), len(program), shares(program), brief(program)


def work(run: Run) -> int:
    """Environment steps of a training, up to a factor: how runs share a program's time."""
    return int(run.task.steps * run.method.length * run.method.population)


def brief(program: Sequence[Run]) -> bool:
    """Whether trainings, and test episodes where they are many, take less time than it takes to optimise their code."""

    def steps(run: Run) -> int:
        each = (run.architecture.hidden + run.task.inputs) * getattr(run.task, "batch", 1)
        each += getattr(run.task, "as_neurons", 0)
        return int(work(run) + run.task.steps * getattr(run.task, "test_episodes", 0)) * each

    return sum(map(steps, program)) <= BRIEF


def _block(run: Run, of_device: int) -> int:
    """`block_size` for so many runs of a device: few make one block, many make those that need the least padding."""
    most = block_size(run)
    if of_device <= most:
        return of_device
    return min(range(most - most // 4, most + most // 4 + 1), key=lambda size: (-of_device % size, -size))


class Executable:
    """The compiled functions that carry out a program: begin, advance by some generations, finish."""

    @numerics.pinned()
    def __init__(self, program: Sequence[Run]) -> None:
        started = time.monotonic()
        mesh = devices.mesh(shares(program))
        block = _block(program[0], len(program) // mesh.shape["runs"])
        options = devices.hurried() if brief(program) else {}
        by_run, shared = PartitionSpec("runs"), PartitionSpec()

        def blockwise(function: Callable) -> Callable:
            """On one device: block by block, a block's runs at once, for as long as the longest of their episodes."""

            def one(of_block: tuple, data: Any, generations: tuple) -> Any:
                horizon = jnp.max(jax.vmap(lambda fixed: jnp.asarray(fixed.run.task.steps))(of_block[0]))

                def of_run(fixed: Any, state: Any) -> Any:
                    return function(fixed._replace(data=data), state, *generations, horizon)

                return mapped(of_run, *of_block)

            def every(of_runs: tuple, data: Any, *generations: Any) -> Any:
                blocks = jax.tree.map(lambda x: x.reshape(-1, block, *x.shape[1:]), of_runs)
                results = jax.lax.map(lambda of_block: one(of_block, data, generations), blocks)
                return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), results)

            return every

        def compiled(function: Callable, *arguments: Any) -> tuple[Any, Any]:
            specs = (by_run, shared, shared, shared)[: len(arguments)]
            mapped = jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=by_run, check_vma=False)
            placements = tuple(NamedSharding(mesh, spec) for spec in specs)
            lowered = jax.jit(mapped, in_shardings=placements).lower(*arguments)
            return lowered.compile(options), lowered.out_info

        def advance(fixed: Any, *rest: Any) -> Any:
            return fixed.run.method.advance(fixed, *rest)

        def finish(fixed: Any, *rest: Any) -> Any:
            return fixed.run.method.finish(fixed, *rest)

        runs, generation = stack(tuple(program)), jax.ShapeDtypeStruct((), jnp.int32)
        self.begin, of_runs = compiled(jax.vmap(lambda run: run.method.begin(run)), runs)
        # What is learned from is handed over: as a constant it would be compiled into every program.
        data = program[0].task.load() if hasattr(program[0].task, "load") else None
        data = jax.device_put(data, NamedSharding(mesh, shared))
        self.compiled = {
            "advance": compiled(blockwise(advance), of_runs, data, generation, generation)[0],
            "finish": compiled(blockwise(finish), of_runs, data)[0],
        }
        self.advance: Callable
        self.finish: Callable
        self.advance, self.finish = (
            lambda of_runs, *rest, of=of: of(of_runs, data, *rest) for of in self.compiled.values()
        )
        self.state = of_runs[1]
        self.by_run = NamedSharding(mesh, by_run)
        self.bytes = max(map(devices.asked, self.compiled.values()))  # of a device's memory
        self.finish_seconds = 0.0  # the last time
        self.compile_seconds = time.monotonic() - started
