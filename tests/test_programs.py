"""How runs are divided into programs, and which programs of earlier sweeps are taken up."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hurry import at_leisure
from tiny import NAME, RUNS, tiny

from hetsnn.mapping import mapped
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps import devices, programs
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.programs import compile_fast, pack_runs, resumable_programs, structure
from hetsnn.sweeps.runs import Run, identity, stack
from hetsnn.sweeps.store import Store
from hetsnn.tasks.cartpole import CartPole
from hetsnn.tasks.robots import Control
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training


def test_runs_of_two_structures_are_two_programs(store: Store) -> None:
    other = RUNS[0].varied(architecture=dataclasses.replace(RUNS[0].training.architecture, hidden=5))
    plan = list(pack_runs((*RUNS, other), {}))
    assert [{run.training.architecture.hidden for run in program} for program in plan] == [{4}, {5}]


@pytest.mark.long
def test_a_program_computes_what_each_of_its_runs_computes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    options = at_leisure()  # compiled as reported results are
    monkeypatch.setattr(devices, "hurried", lambda: options)
    monkeypatch.setattr(Evolution, "finish", lambda *_: {})  # after what is compared; it takes as long to compile
    (program,) = pack_runs(RUNS, {})
    trainings = [run.training for run in program]
    executable = Executable(trainings)
    together = executable.advance(executable.begin(stack(trainings)), np.int32(0), np.int32(1))
    alone = jax.jit(lambda of: of.method.advance(*of.method.begin(of, of.key), 0, 1), compiler_options=options)
    for run in RUNS:
        i = program.index(run)
        here, there = alone(jax.tree.map(jnp.asarray, run.training)), jax.tree.map(lambda leaf, i=i: leaf[i], together)
        for name, values in here.curve.items():
            np.testing.assert_array_equal(values, there.curve[name])
        np.testing.assert_array_equal(here.strategy.best_solution, there.strategy.best_solution)
        np.testing.assert_allclose(here.strategy.mean, there.strategy.mean, rtol=0, atol=1e-7)


@pytest.mark.parametrize("count", [1, 3])
def test_one_entry_is_mapped_like_several(count: int) -> None:
    x, keys = {"a": np.arange(4.0 * count).reshape(count, 2, 2)}, jax.random.split(jax.random.key(0), count)
    shapes = []

    def function(one: dict, key: jax.Array) -> dict:
        shapes.append((one["a"].shape, key.shape))
        return {"sum": one["a"].sum(0) + jax.random.normal(key, (2,)), "key": key}

    found, expected = mapped(function, x, keys), jax.vmap(function)(x, keys)
    assert set(shapes) == {((2, 2), ())}
    np.testing.assert_allclose(found["sum"], expected["sum"], rtol=1e-6)
    np.testing.assert_array_equal(jax.random.key_data(found["key"]), jax.random.key_data(expected["key"]))


def test_a_program_is_compiled_fast_up_to_so_many_steps_of_neurons(store: Store) -> None:
    run = tiny(2, 0)
    task, architecture, method = run.training.task, run.training.architecture, run.training.method
    most = programs.FAST_STEPS // (task.steps * method.population * (architecture.hidden + task.inputs))

    def lasting(generations: int) -> Training:
        return run.varied(method=dataclasses.replace(method, generations=generations)).training

    assert compile_fast([lasting(most)])
    assert not compile_fast([lasting(most + 1)])
    assert compile_fast([lasting(most // 2)] * 2)
    assert not compile_fast([lasting(most // 2)] * 3)


def test_a_robot_takes_as_long_as_thousands_of_neurons() -> None:
    network = Architecture(hidden=4)
    robot, cart = (
        Training(task=task, architecture=network, method=Evolution(population=64, generations=20))
        for task in (Control(limit=100, test_episodes=1), CartPole(limit=100))
    )
    assert compile_fast([cart])
    assert not compile_fast([robot])


def test_a_device_gets_short_and_long_episodes_alike(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "BLOCK_NEURONS", 2 * 4 * 4)  # two runs
    runs = [tiny(length, seed) for seed in range(2) for length in range(1, 12)]
    np.random.default_rng(0).shuffle(runs)
    count = len(jax.local_devices())
    (program,) = pack_runs(runs, {})
    counts = Counter(map(identity, program))
    assert set(counts) == set(map(identity, runs))
    assert sum(count > 1 for count in counts.values()) <= 1  # the padding is copies of one run
    blocks = np.array([run.training.task.length for run in program]).reshape(count, -1, 2)
    assert list(chain.from_iterable(sorted(map(sorted, blocks.reshape(-1, 2))))) == sorted(blocks.ravel())
    assert np.ptp(blocks.max(2).sum(1)) <= max(run.training.task.length for run in runs)


@pytest.mark.parametrize(("runs", "padded"), [(3, 3), (5, 5), (6, 6), (7, 8), (9, 9), (11, 12), (12, 12), (124, 124)])
def test_blocks_are_chosen_for_little_padding(
    runs: int, padded: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(jax.local_devices())
    monkeypatch.setattr(programs, "RUNS_PER_PROGRAM", 128 * count)
    monkeypatch.setattr(programs, "BLOCK_NEURONS", 4 * 4 * 4)  # four runs
    (program,) = pack_runs([tiny(2, seed) for seed in range(runs * count)], {})
    assert len(program) == padded * count
    assert padded % programs.block_size(program[0].training, padded) == 0


def test_large_groups_are_several_programs_of_one_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "RUNS_PER_PROGRAM", 8)
    monkeypatch.setattr(programs, "BLOCK_NEURONS", 1)
    runs = [tiny(2, seed) for seed in range(21)]
    plan = list(pack_runs(runs, {}))
    assert set().union(*(map(identity, program) for program in plan)) == set(map(identity, runs))
    assert len(plan) <= 3
    assert all(len(program) % len(jax.local_devices()) == 0 for program in plan)


def test_a_checkpoint_is_taken_up_as_it_was_or_left_alone(store: Store) -> None:
    def checkpoint(stem: str, runs: Sequence[Run], devices: int) -> None:
        note = {"runs": list(map(identity, runs)), "devices": devices, "generation": 1}
        store.save_checkpoint(NAME, stem, [np.zeros(1)], note)

    here = len(jax.local_devices())
    checkpoint("elsewhere", RUNS[:4], here + 1)  # other devices: other sums
    checkpoint("more", (*RUNS, tiny(9, 9)), here)  # with a run that nobody asks for
    checkpoint("mine", (RUNS[3], RUNS[0], RUNS[0]), here)
    store.save_plan(NAME, [[identity(RUNS[1]), identity(RUNS[4])], [identity(RUNS[2]), identity(RUNS[3])]], here)
    store.save_plan(NAME, [[identity(RUNS[2])]], here + 1)
    everything = set(map(identity, RUNS))
    planned = (RUNS[1], RUNS[4])
    assert list(resumable_programs(RUNS, everything, store, {})) == [(RUNS[3], RUNS[0], RUNS[0]), planned]
    # A program on its way goes on with a run that was finished elsewhere, one that has not begun does not.
    left = everything - {identity(RUNS[0]), identity(RUNS[1])}
    assert list(resumable_programs(RUNS, left, store, {})) == [(RUNS[3], RUNS[0], RUNS[0])]
    assert list(resumable_programs(RUNS, left, store, {structure(RUNS[0]): 2})) == [(RUNS[2], RUNS[3])]
    assert list(resumable_programs(RUNS[1:], everything, store, {})) == [planned, (RUNS[2], RUNS[3])]
