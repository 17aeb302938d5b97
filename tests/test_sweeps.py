"""Sweeps of tiny runs: beside each run alone, and stopped in every way beside one that nothing disturbed."""

import copy
import errno
import json
import os
import resource
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from tiny import NAME, RUNS, tiny

from hetsnn.errors import InputError
from hetsnn.processes import me
from hetsnn.sweeps import execution, programs, signals
from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.locks import acquire
from hetsnn.sweeps.programs import pack_runs
from hetsnn.sweeps.runs import Run, identity
from hetsnn.sweeps.signals import Stop, ask_by_signals
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import Outcome, sweep


@pytest.fixture(scope="module")
def undisturbed_tiny(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    store = Store(tmp_path_factory.mktemp("undisturbed"), None)
    assert sweep(RUNS, store) == Outcome(5, 0)
    return store.rows(NAME).sort_index()


@pytest.fixture
def a_generation_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 0.0)


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sweeps are told to stop after so many looks at whether to stop."""

    class Counting(Stop):
        left: float

        def is_set(self) -> bool:
            self.left -= 1
            return self.left < 0

    def stop_after(looks: float) -> None:
        def told(program: Sequence[Run], executable: Executable, store: Store, stop: Stop, bar: Any) -> bool:
            counting = Counting()
            counting.left = looks
            return execution.carry_out(program, executable, store, counting, bar)

        monkeypatch.setattr(sweeps, "carry_out", told)

    return stop_after


(PROGRAM,) = pack_runs(RUNS, {})


def generation(store: Store) -> int:
    """How far the only program on its way has come."""
    ((note, _),) = store.checkpoints(NAME)
    return note["generation"]


def assert_same(store: Store, undisturbed: pd.DataFrame) -> None:
    """Bit for bit, and nothing left behind."""
    rows = store.rows(NAME).sort_index()
    assert list(rows.columns) == list(undisturbed.columns)
    for column in set(rows.columns) - {"record", "seconds"}:
        for one, other in zip(rows[column], undisturbed[column], strict=True):
            np.testing.assert_array_equal(one, other)
    left = {path for path in store.folder.rglob("*") if path.is_file() and path.suffix != ".damaged"}
    assert left == set(store.files(NAME))


def test_a_sweep_leaves_a_row_per_run(store: Store) -> None:
    sweep(RUNS, store)
    (path,) = store.files(NAME)
    rows = pq.read_table(path).to_pandas()
    assert sorted(rows["identity"]) == sorted(map(identity, RUNS))  # each once, whatever the padding
    assert rows["reward"].isin([-1.0, 0.0, 1.0]).all()
    assert rows["genome"].map(len).eq(4 * 4).all()
    assert rows["curve_mean"].map(len).eq(6).all()
    record = json.loads(rows["record"][0])
    assert 0 < rows["seconds"].sum() <= record["program_seconds"] + 1e-3
    assert record["program_runs"] == len(RUNS)
    assert record["versions"]["jax"] == jax.__version__


def test_what_is_there_is_not_computed_again(store: Store, undisturbed_tiny: pd.DataFrame) -> None:
    store.save(NAME, "some", undisturbed_tiny.iloc[:2].reset_index())
    assert len(sweeps.missing(RUNS, store)) == 3
    store.save(NAME, "rest", undisturbed_tiny.iloc[2:].reset_index())
    before = set(store.files(NAME))
    assert sweep(RUNS, store) == Outcome(5, 0)
    assert set(store.files(NAME)) == before


def test_stopped_and_resumed_is_undisturbed_bit_for_bit(
    store: Store, undisturbed_tiny: pd.DataFrame, a_generation_a_call: None, stop_after: Any
) -> None:
    for looks, reached in ((2, 2), (0, 2), (1, 3), (2, 5)):
        stop_after(looks)
        assert sweep(RUNS, store) == Outcome(0, 5)
        assert generation(store) == reached
        assert list(store.files(NAME)) == []
    stop_after(float("inf"))
    assert sweep(RUNS, store) == Outcome(5, 0)
    assert_same(store, undisturbed_tiny)


def test_a_time_limit_stops_between_generations(
    store: Store, undisturbed_tiny: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        """A second passes between two looks, so a call for generations takes one."""

        now = 0.0

        def monotonic(self) -> float:
            self.now += 1
            return self.now

    compiled = Executable([run.training for run in PROGRAM])
    monkeypatch.setattr(sweeps, "Executable", lambda _: compiled)
    clock = Clock()
    for module in (signals, execution):
        monkeypatch.setattr(module, "time", clock)
    reached: list[int] = []
    while len(reached) < 6 and sweep(RUNS, store, time_limit=12.0).left:
        reached.append(generation(store))
    assert reached == sorted({*reached})
    assert 0 < reached[0] < 6
    assert_same(store, undisturbed_tiny)


def test_a_time_limit_that_is_up_leaves_everything(store: Store) -> None:
    assert sweep(RUNS, store, time_limit=0.0) == Outcome(0, 5)
    assert not list(store.checkpoints(NAME))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_at_a_checkpoint(
    store: Store,
    undisturbed_tiny: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    a_generation_a_call: None,
) -> None:
    handlers = [signal.getsignal(of) for of in (signal.SIGINT, signal.SIGTERM)]
    calls: list[int] = []
    disturbed = copy.copy(Executable([run.training for run in PROGRAM]))
    undisturbed_advance: Any = disturbed.advance

    def advance(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), number)
        return undisturbed_advance(*arguments)

    disturbed.advance = advance
    monkeypatch.setattr(sweeps, "Executable", lambda _: disturbed)
    assert sweep(RUNS, store) == Outcome(0, 5)
    assert generation(store) == 3
    assert [signal.getsignal(of) for of in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert sweep(RUNS, store) == Outcome(5, 0)
    assert_same(store, undisturbed_tiny)


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with ask_by_signals(Stop()) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_damaged_checkpoint_means_from_the_start(
    store: Store, undisturbed_tiny: pd.DataFrame, a_generation_a_call: None, stop_after: Any
) -> None:
    stop_after(2)
    sweep(RUNS, store)
    (path,) = (store.folder / "checkpoints" / NAME).iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    stop_after(float("inf"))
    with pytest.warns(UserWarning, match="damaged"):
        assert sweep(RUNS, store) == Outcome(5, 0)
    assert_same(store, undisturbed_tiny)


@pytest.mark.parametrize("fails", ["limit", "No space left on device", "Read-only file system"])
def test_a_disk_that_takes_no_more_keeps_what_is_finished(
    store: Store, undisturbed_tiny: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """By the limit of a file's size, which no one is above, and by what the system says."""
    monkeypatch.setattr(programs, "RUNS_PER_PROGRAM", 4)
    for _ in range(2):  # the second time, just what is missing: compiled before the disk is full
        sweep(RUNS, store)
        first, second = store.files(NAME)
        second.unlink()
    kept, fsync, soft = first.read_bytes(), os.fsync, resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(number: int) -> None:
        if os.fstat(number).st_size > 1000:  # plans and locks still fit
            raise OSError(getattr(errno, {"No": "ENOSPC", "Read-only": "EROFS"}[fails.split(maxsplit=1)[0]]), fails)
        fsync(number)

    if fails == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, soft[1]))
    else:
        monkeypatch.setattr(os, "fsync", full)
    try:
        with pytest.raises(InputError, match="File too large" if fails == "limit" else fails) as caught:
            sweep(RUNS, store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, soft)
        monkeypatch.setattr(os, "fsync", fsync)
    assert "\n" not in str(caught.value)
    assert str(store.folder) in str(caught.value)
    assert [path.read_bytes() for path in store.files(NAME)] == [kept]
    assert not list(store.folder.rglob("*.part"))
    assert sweep(RUNS, store) == Outcome(5, 0)


def test_a_program_that_is_partly_done_elsewhere_goes_on_as_it_was(
    store: Store, undisturbed_tiny: pd.DataFrame, a_generation_a_call: None, stop_after: Any
) -> None:
    stop_after(3)
    assert sweep(RUNS, store) == Outcome(0, 5)
    elsewhere = undisturbed_tiny.iloc[:2].drop(columns="published").reset_index().assign(margin=7.0)
    store.save(NAME, "elsewhere", elsewhere)
    stop_after(float("inf"))
    assert sweep(RUNS, store) == Outcome(5, 0)
    rows = store.rows(NAME).sort_index()
    assert list(rows["margin"][:2]) == [7.0, 7.0]  # what was finished elsewhere stays
    for column in ("margin", "genome"):
        for one, other in zip(rows[column][2:], undisturbed_tiny[column][2:], strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_another_computes_is_waited_for_and_taken_over_when_it_dies(
    store: Store, undisturbed_tiny: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "LOOK_SECONDS", 0.05)
    path = store.folder / "locks" / NAME / "theirs.json"
    nonce = acquire(path, list(map(identity, RUNS)))
    assert nonce
    assert sweep(RUNS, store, time_limit=0.3) == Outcome(0, 5)
    threading.Timer(0.3, path.write_text, [path.read_text().replace(me(), me() + "9")]).start()
    assert sweep(RUNS, store, time_limit=60.0) == Outcome(5, 0)
    assert not path.exists()  # all that it was for is there
    assert_same(store, undisturbed_tiny)


def test_nothing_is_computed_where_nothing_can_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "Executable", lambda _: pytest.fail("computed"))
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="HETSNN_HOME"):
        sweep(RUNS, Store(tmp_path / "file", None))


def test_nothing_is_computed_where_a_run_cannot_be(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "Executable", lambda _: pytest.fail("computed"))
    with pytest.raises(InputError, match="length must be a whole number of at least 1, got 0"):
        sweep((*RUNS, tiny(0, 0)), store)
    assert not store.folder.exists()
