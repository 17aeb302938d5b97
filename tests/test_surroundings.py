"""Settings of JAX and XLA that a user's environment has: numbers are as in ours, or the code refuses in one line."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest
from tiny import NAME, RUNS

import hetsnn
from benchmarks import harness
from hetsnn import numerics
from hetsnn.errors import InputError
from hetsnn.sweeps import devices
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.programs import pack_runs
from hetsnn.sweeps.runs import identity, stack
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import sweep
from hetsnn_book import figures
from hetsnn_book.building import chapters, environment
from hetsnn_book.measures import directions, image_references, peak_bytes
from hetsnn_book.plots import verdicts
from hetsnn_book.project import PROJECT

ELSEWHERE = {
    "jax_threefry_partitionable": False,
    "jax_default_prng_impl": "rbg",
    "jax_enable_x64": True,
    "jax_default_matmul_precision": "bfloat16",
    "jax_numpy_dtype_promotion": "strict",
    "jax_numpy_rank_promotion": "raise",
}
NOT_PINNED = [("jax_random_seed_offset", 1), ("jax_high_dynamic_range_gumbel", True), ("jax_disable_jit", True)]
(PROGRAM,) = pack_runs(RUNS, {})
TRAININGS = [run.training for run in PROGRAM]


def learned() -> list[np.ndarray]:
    """A program's state after two generations."""
    one = Executable(TRAININGS)
    fixed, state = one.begin(jax.device_put(stack(TRAININGS), one.by_run))
    state = one.advance((fixed, state), np.int32(0), np.int32(2))
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state)]


def test_a_program_is_the_same_whatever_jax_is_set_to() -> None:
    expected = learned()
    with ExitStack() as stack:
        for name, value in ELSEWHERE.items():
            assert value != numerics.PINNED[name]
            stack.enter_context(getattr(jax, name.removeprefix("jax_"))(value))
        found = learned()
    assert set(ELSEWHERE) == set(numerics.PINNED)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_what_is_pinned_is_what_jax_has_by_default() -> None:
    code = f"import jax, json; print(json.dumps([getattr(jax.config, name) for name in {list(numerics.PINNED)}]))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    default = dict(zip(numerics.PINNED, json.loads(found.stdout), strict=True))
    assert default.pop("jax_default_matmul_precision") is None  # TF32 on some GPUs
    assert default == {name: value for name, value in numerics.PINNED.items() if name in default}


def test_importing_the_package_sets_nothing_of_it() -> None:
    code = (
        "import jax; before = dict(jax.config.values); import hetsnn.sweeps\n"
        "from hetsnn.numerics import PINNED; print(all(jax.config.values[name] == before[name] for name in PINNED))"
    )
    environment = os.environ | {"JAX_ENABLE_X64": "1", "JAX_DEFAULT_PRNG_IMPL": "rbg"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout == "True\n"


@pytest.mark.parametrize(
    "flags", ["--xla_cpu_enable_fast_math", "--xla_cpu_enable_fast_math=true", "--xla_dump_to=x --xla_gpu_ftz=1"]
)
@pytest.mark.parametrize("in_a_file", [False, True])
def test_flags_that_give_up_accuracy_are_refused(
    flags: str, in_a_file: bool, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flags"
    path.write_text(flags)
    monkeypatch.setenv("XLA_FLAGS", str(path) if in_a_file else flags)
    with pytest.raises(InputError, match=r"XLA_FLAGS must be without xla_(cpu_enable_fast_math|gpu_ftz), got"):
        sweep(RUNS, store)


@pytest.mark.parametrize(
    "flags", ["", "--xla_cpu_enable_fast_math=false --xla_gpu_ftz=0", "--xla_backend_optimization_level=0"]
)
def test_other_flags_are_recorded(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", flags)
    numerics.check()
    assert numerics.record()["xla_flags"] == flags


def make_environment(folder: Path) -> None:
    environment.make(folder / "environment", folder, "smoke")


def train(_: Path) -> None:
    hetsnn.train(TRAININGS[0].task, TRAININGS[0].method, key=jax.random.key(0))


@pytest.mark.parametrize(("name", "value"), NOT_PINNED)
@pytest.mark.parametrize(
    "compute",
    [
        lambda folder: sweep(RUNS, Store(folder, None)),
        train,
        make_environment,  # every build and every recomputed chapter calls it before it starts a kernel
        lambda _: importlib.reload(figures),  # a chapter that is run by hand
        lambda _: directions.quality_table((), (), 0, 0),
        lambda _: image_references.measure("smoke", 0),
        lambda _: peak_bytes.bytes_table(()),
        lambda _: harness.run(["cores"]),
    ],
)
def test_whatever_computes_refuses_settings_that_cannot_be_pinned(
    compute: Callable[[Path], Any], name: str, value: Any, tmp_path: Path
) -> None:
    jax.config.update(name, value)
    try:
        with pytest.raises(InputError, match=f"{name.upper()} must be {numerics.DEFAULTS[name]}, got {value}"):
            compute(tmp_path)
    finally:
        jax.config.update(name, numerics.DEFAULTS[name])


def test_every_chapter_imports_what_checks_the_settings() -> None:
    pages = [page for page in chapters.pages(PROJECT) if page.executable]
    code = {page.name: (PROJECT / "book" / f"{page.name}.md").read_text(encoding="utf-8") for page in pages}
    assert code
    for name, text in code.items():
        assert re.search(r"^from hetsnn_book(\.plots)? import .*\b(figures|verdicts)\b", text, re.MULTILINE), name
    assert vars(verdicts)["figures"] is figures


def test_a_build_refuses_before_it_computes(home: Path) -> None:
    command = [sys.executable, "-m", "hetsnn_book", "book", "--profile", "smoke", "--execute-only"]
    variables = os.environ | {"JAX_RANDOM_SEED_OFFSET": "1", "XLA_FLAGS": "--xla_cpu_enable_fast_math=true"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    says = "hetsnn: JAX_RANDOM_SEED_OFFSET must be 0, got 1: it changes numbers\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"threefry_partitionable": False}, "threefry_partitionable of .* must be True, got False"),
        ({"xla_flags": "--xla_cpu_enable_fast_math"}, "must be without xla_cpu_enable_fast_math"),
    ],
)
def test_results_made_elsewhere_are_not_read_merged_or_published(
    found: dict[str, Any], message: str, store: Store, tmp_path: Path
) -> None:
    other, every = Store(tmp_path / "other", tmp_path / "published"), set(map(identity, RUNS))
    records = [{}, {"numerics": numerics.record()}, {"numerics": numerics.record() | found}]
    for record, run in zip(records, RUNS, strict=False):
        rows = pd.DataFrame({"identity": [identity(run)], "record": [json.dumps(record)], "genome": [None]})
        other.save(NAME, identity(run), rows)
        if found.items() <= record.get("numerics", {}).items():
            break
        assert store.merge(other.folder) == 1  # older than the record, or as we make them
        assert len(other.publish(NAME, {identity(run)}, current=every, genomes=every)) == 1
    for use in (
        lambda: other.known(NAME),
        lambda: other.publish(NAME, {identity(run)}, current=every, genomes=every),
        lambda: store.merge(other.folder),
    ):
        with pytest.raises(InputError, match=message):
            use()


def test_compiling_in_a_hurry_asks_for_nothing_that_xla_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "HURRIED", {**devices.HURRIED, "xla_cpu_none_such": True})
    assert "xla_backend_optimization_level" in devices.hurried()
    assert "xla_cpu_none_such" not in devices.hurried()
    jax.jit(lambda x: x + 1).lower(1.0).compile(devices.hurried())


@pytest.mark.long
@pytest.mark.parametrize(
    "setting",
    [
        "JAX_THREEFRY_PARTITIONABLE=0",
        "JAX_DEFAULT_PRNG_IMPL=rbg",
        "JAX_ENABLE_X64=1",
        "JAX_DEFAULT_MATMUL_PRECISION=bfloat16",
        "JAX_NUMPY_RANK_PROMOTION=raise",
        "JAX_DISABLE_JIT=1",
        "JAX_RANDOM_SEED_OFFSET=1",
        "XLA_FLAGS=--xla_cpu_enable_fast_math=true",
    ],
)
def test_the_command_gives_our_numbers_or_refuses(setting: str, home: Path) -> None:
    command = [sys.executable, "-m", "hetsnn_book", "run", "memory_map", "--profile", "smoke", "--recompute"]
    environment = os.environ | dict([setting.split("=", 1)])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode == 0:
        assert Store(home, None).rows("memory_map")["margin"].mean() == pytest.approx(0.00937, abs=5e-6)
    else:
        assert done.returncode == 2
        assert done.stderr.startswith(f"hetsnn: {setting.split('=', maxsplit=1)[0]} must be ")
        assert done.stderr.count("\n") == 1
