"""Executables of sweeps: compiled once in a process, and not waited for."""

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tiny import RUNS

from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import Outcome, sweep
from hetsnn.training.method import Training


def test_experiments_of_a_process_share_what_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Executable] = []

    def compile_once(trainings: Sequence[Training]) -> Executable:
        assert not compiled
        compiled.append(Executable(trainings))
        return compiled[0]

    monkeypatch.setattr(sweeps, "Executable", compile_once)
    monkeypatch.setattr(sweeps, "KEPT", 1)
    monkeypatch.setattr(sweeps, "_kept", {})
    others = [dataclasses.replace(run, experiment="another") for run in RUNS]
    stores = [Store(tmp_path / name, None) for name in ("one", "another")]
    assert [sweep(runs, store) for runs, store in zip((RUNS, others), stores, strict=True)] == [Outcome(5, 0)] * 2
    first, second = (
        store.rows(runs[0].experiment)["reward"].tolist() for runs, store in zip((RUNS, others), stores, strict=True)
    )
    assert sorted(first) == sorted(second)


def test_nobody_waits_for_what_is_still_compiled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = threading.Event()
    monkeypatch.setattr(sweeps, "Executable", lambda _: compiled.wait(60))
    monkeypatch.setattr(sweeps, "LOOK_SECONDS", 0.05)
    try:
        assert sweep(RUNS, store, time_limit=0.5) == Outcome(0, 5)
    finally:
        compiled.set()
