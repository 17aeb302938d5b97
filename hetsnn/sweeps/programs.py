"""The division of runs into compiled programs, and their order.

Trainings of equal structure share a program. They are sorted by the length of their episodes and divided into blocks of
similar length: a block is vmapped, a device takes its blocks one after the other, and each block steps only as long as
its longest episode. Where runs are fewer than devices, devices divide each run's population, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import jax
import numpy as np

from hetsnn.sweeps.runs import Run, identity
from hetsnn.sweeps.store import Store
from hetsnn.training.method import Training

RUNS_PER_PROGRAM = 256
FAST_STEPS = 2**25  # steps of neurons that take far below a second: optimising their code takes longer
BLOCK_NEURONS = 2**15  # neurons of a block on a CPU, population included: its state stays in a core's own cache


def structure(run: Run) -> Any:
    """Return all of a training but its numbers: trainings of equal structure share a program."""
    return jax.tree.structure(run.training)


def resumable_programs(
    runs: Sequence[Run], missing: set[str], store: Store, limits: Mapping[Any, int]
) -> Iterator[tuple[Run, ...]]:
    """Yield the programs of earlier sweeps, unfinished ones first, each with the runs that it started with.

    Regrouping runs would change rounding. An unfinished program is taken up whole, with runs that have been finished
    elsewhere meanwhile; a planned one only if none of its runs is finished. A program is left alone where it has a run
    outside `runs`, where the number of devices differs, or where it exceeds its limit.

    Args:
        runs: runs of one experiment.
        missing: identities of the runs to compute.
        store: store of checkpoints and plans.
        limits: largest number of runs of a program, by structure.
    """
    wanted, here = {identity(run): run for run in runs}, len(jax.local_devices())
    notes = [note for note, _ in store.checkpoints(runs[0].experiment)]
    unfinished = [note["runs"] for note in notes if note["devices"] == here and missing & set(note["runs"])]
    plans = chain(*(programs for programs, count in store.plans(runs[0].experiment) if count == here))
    for names in chain(unfinished, (names for names in plans if set(names) <= missing)):
        if set(names) <= set(wanted) and missing & set(names):
            program = tuple(wanted[name] for name in names)
            if len(program) <= limits.get(structure(program[0]), len(program)):
                yield program
                missing = missing - set(names)


def pack_runs(runs: Sequence[Run], limits: Mapping[Any, int]) -> Iterator[tuple[Run, ...]]:
    """Divide runs into programs.

    A program's runs are padded with copies of its last run to whole blocks on every device, and ordered so that every
    device gets short and long episodes alike.

    Args:
        runs: different runs.
        limits: largest number of runs of a program, by structure; `RUNS_PER_PROGRAM` for other structures.
    """
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(structure(run), []).append(run)
    for key, group in groups.items():
        group.sort(key=lambda run: run.training.task.steps)
        n_programs = -(-len(group) // limits.get(key, RUNS_PER_PROGRAM))
        n_devices = len(jax.local_devices()) // population_shards([run.training for run in group])
        per_device = -(-len(group) // (n_programs * n_devices))
        block = block_size(group[0].training, per_device)
        whole = n_devices * block
        size = whole * -(-per_device // block)
        for first in range(0, len(group), size):
            part = group[first : first + size]
            part += part[-1:] * (min(size, -(-len(part) // whole) * whole) - len(part))
            blocks = [part[i : i + block] for i in range(0, len(part), block)]
            yield tuple(run for device in range(n_devices) for b in blocks[device::n_devices] for run in b)


def population_shards(trainings: Sequence[Training]) -> int:
    """Return the number of devices that divide each population: above one only where trainings are fewer than they."""
    count, candidates, few = len(jax.local_devices()), trainings[0].method.candidates, len(trainings)
    ways = [n for n in range(1, count + 1) if count % n == 0 == candidates % n and (n == 1 or few < count)]
    return min(ways, key=lambda n: (-(-few // (count // n)) / n, n))


def block_limit(training: Training) -> int:
    """Return how many trainings are vmapped at most: on a CPU as many as fit a core's cache, elsewhere a program."""
    if jax.local_devices()[0].platform != "cpu":
        return RUNS_PER_PROGRAM // len(jax.local_devices())
    neurons = training.method.cost * training.architecture.hidden * training.task.batch
    return max(1, 2 ** int(np.log2(max(1, BLOCK_NEURONS // neurons))))


def block_size(training: Training, per_device: int) -> int:
    """Return the size of a block for some trainings of a device: the one near the limit that needs least padding."""
    limit = block_limit(training)
    if per_device <= limit:
        return per_device
    return min(range(limit - limit // 4, limit + limit // 4 + 1), key=lambda size: (-per_device % size, -size))


def shape(program: Sequence[Run]) -> tuple[Any, int, int, bool]:
    """Return the key of a program's executable: programs of equal shape share it."""
    trainings = [run.training for run in program]
    return structure(program[0]), len(program), population_shards(trainings), compile_fast(trainings)


def work(training: Training) -> int:
    """Return the environment steps of a training, up to a factor: how trainings share a program's time."""
    return int(training.task.steps * training.method.length * training.method.cost)


def compile_fast(trainings: Sequence[Training]) -> bool:
    """Return True if compiling with full optimisation costs more time than it saves."""

    def neuron_steps(training: Training) -> int:
        task = training.task
        each = (training.architecture.hidden + task.inputs) * task.batch + task.step_cost
        return int(work(training) + task.steps * task.test_episodes) * each

    return sum(map(neuron_steps, trainings)) <= FAST_STEPS
