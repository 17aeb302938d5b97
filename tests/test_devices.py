"""More devices: one generation with the same keys on one, two and eight of them, and what fits into their memory."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny import NAME, RUNS, tiny

from hetsnn.errors import InputError
from hetsnn.sweeps import devices, execution
from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.programs import pack_runs, population_shards
from hetsnn.sweeps.runs import Run, identity, stack
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import Outcome, sweep
from hetsnn.training.evolution import Evolution

FEW = [tiny(3, seed, method=Evolution(population=8, generations=1, sigma=0.3)) for seed in range(9)]
CODE = "import json; from test_devices import generations; print(json.dumps(generations((1, 2, 8))))"


def generations(counts: Sequence[int]) -> list[dict[str, Any]]:
    """A generation of one run and of nine, on so many of this process's devices each time; on one device, of nine."""
    every, found = jax.local_devices(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evolution, "finish", lambda *_: {})  # after what is compared; it takes as long to compile
        for count in counts:
            patch.setattr(jax, "local_devices", lambda count=count: every[:count])
            of: dict[str, Any] = {"devices": devices.mesh().size, "shares": population_shards([FEW[0].training])}
            sizes = (9,) if count == 1 else (1, 9)  # there a run does not depend on the others
            found.append(of | {"runs": {size: generation(FEW[:size]) for size in sizes}})
    return found


def generation(runs: Sequence[Run]) -> dict[str, Any]:
    (program,) = pack_runs(runs, {})
    trainings = [run.training for run in program]
    one = Executable(trainings)
    fixed, state = one.begin(jax.device_put(stack(trainings), one.by_run))
    state = one.advance((fixed, state), np.int32(0), np.int32(1))
    curves = [{key: float(values[i][0]) for key, values in state.curve.items()} for i in range(len(program))]
    means = [state.strategy.mean[i].tolist() for i in range(len(program))]
    return {identity(run): of for run, *of in zip(program, means, curves, strict=True)}


@pytest.mark.long
def test_a_generation_is_the_same_on_one_two_and_eight_devices(shared_compilations: Path) -> None:
    environment = os.environ | {
        "JAX_NUM_CPU_DEVICES": "8",
        "JAX_COMPILATION_CACHE_DIR": str(shared_compilations),
        "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    done = subprocess.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True, check=True, env=environment)
    one, *others = json.loads(done.stdout)
    for count, other in zip((2, 8), others, strict=True):
        assert other["devices"] == other["shares"] == count  # a run alone is shared out to all
        for size in (1, 9):
            runs = other["runs"][str(size)]
            assert runs.keys() == set(map(identity, FEW[:size]))
            for name, (mean, curve) in runs.items():
                # Candidates and their fitness are the same to the last bit, the gradient sums in another order.
                assert curve == one["runs"]["9"][name][1]
                np.testing.assert_allclose(mean, one["runs"]["9"][name][0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("runs", "population", "shares"), [(1, 8, 8), (2, 8, 4), (3, 8, 8), (4, 8, 2), (8, 8, 1), (9, 8, 1), (1, 6, 2)]
)
def test_population_is_shared_out_where_runs_are_few(
    runs: int, population: int, shares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jax, "local_devices", lambda: [SimpleNamespace(platform="cpu")] * 8)
    few = [tiny(2, seed, method=Evolution(population=population)) for seed in range(runs)]
    (program,) = pack_runs(few, {})
    for group in (few, program):
        assert population_shards([run.training for run in group]) == shares
    assert len(program) % (8 // shares) == 0


def test_a_program_asks_for_the_memory_of_its_arrays() -> None:
    compiled = jax.jit(lambda x: x @ x).lower(jnp.zeros((256, 256))).compile()
    assert devices.memory_bytes(compiled) >= 2 * 256 * 256 * 4
    assert devices.memory() * len(jax.local_devices()) > 2**28


def test_a_group_too_large_for_the_device_is_split(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    count = len(jax.local_devices())
    runs = [tiny(2, seed) for seed in range(3 * count)]
    sizes: list[int] = []

    def counted(program: Sequence[Run], *rest: Any) -> bool:
        sizes.append(len(program))
        return execution.carry_out(program, *rest)

    (program,) = pack_runs(runs, {})
    limit = Executable([run.training for run in program]).bytes - 1
    monkeypatch.setattr(devices, "memory", lambda: limit)
    monkeypatch.setattr(sweeps, "carry_out", counted)
    assert sweep(runs, store) == Outcome(len(runs), 0)
    assert len(sizes) > 1
    assert max(sizes) < len(program)
    said = capsys.readouterr().err
    assert f"{len(program)} runs need" in said
    assert f"at most {sizes[0]} at once" in said
    assert store.known(NAME) == set(map(identity, runs))


def test_a_run_too_large_for_the_device_is_one_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "memory", lambda: 1000)
    with pytest.raises(InputError, match="use a larger device"):
        sweep(RUNS, store)


def test_each_core_is_a_device_before_a_library_starts_jax() -> None:
    # evosax and gymnax start JAX as they are imported, with as many devices as it has been told by then.
    code = "import hetsnn_book.cli, jax; from hetsnn.resources import cores; "
    code += "print(jax.local_device_count() - cores())"
    chosen = ("JAX_NUM_CPU_DEVICES", "XLA_FLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in chosen} | {"JAX_PLATFORMS": "cpu"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout == "0\n"
