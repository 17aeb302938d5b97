"""Sweeps, the store and the command line, on an experiment of a few tiny runs."""

import dataclasses
import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest
from flax import struct

from hetsnn import experiments, results, sweeps
from hetsnn.cli import main
from hetsnn.errors import InputError
from hetsnn.evolution import Evolution
from hetsnn.experiments.memory import Setting
from hetsnn.experiments.memory_contest import WINNERS
from hetsnn.experiments.memory_search import winner
from hetsnn.results import Store
from hetsnn.runs import Run, canonical, identity, settings, stack
from hetsnn.sweeps import sweep


def tiny(length: int, seed: int, **changes: Any) -> Run:
    run = Setting(bias=True, gain=3.0).run(("memory", 99), "smoke", "neuron", length, seed)
    parts: dict[str, Any] = {
        "architecture": dataclasses.replace(run.architecture, hidden=4),
        "method": Evolution(population=4, generations=6, sigma=0.3),
    }
    return dataclasses.replace(run, **(parts | changes))


RUNS = (*(tiny(length, seed) for length in (2, 5) for seed in range(2)), tiny(3, 7))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", tmp_path / "published")


@pytest.fixture
def tiny_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`memory` with the tiny runs at every profile, nothing published."""
    module = SimpleNamespace(runs=lambda _: RUNS, SCORE="reward", GENOMES=True)
    monkeypatch.setattr(experiments, "load", lambda name: module if name == "memory" else _unknown(name))
    monkeypatch.setattr(experiments, "names", lambda: ["memory"])
    monkeypatch.setattr(results, "PROJECT", Path("nowhere"))


def _unknown(name: str) -> Any:
    raise InputError(f"unknown experiment {name!r}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    store = Store(tmp_path_factory.mktemp("undisturbed"), None)
    assert sweep(RUNS, store) == sweeps.Outcome(5, 0)
    return store.rows("memory").sort_index()


def test_a_sweep_leaves_a_row_per_run(undisturbed: pd.DataFrame) -> None:
    assert sorted(map(identity, RUNS)) == list(undisturbed.index)
    assert undisturbed["reward"].isin([-1.0, 0.0, 1.0]).all()
    assert all(len(genome) == 4 * 4 for genome in undisturbed["genome"])
    record = json.loads(undisturbed["record"].iloc[0])
    assert record["versions"]["jax"]
    assert record["program_seconds"] > 0


def test_a_second_sweep_computes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(RUNS[:2], store)
    monkeypatch.setattr(sweeps, "_carry_out", lambda *_: pytest.fail("computed again"))
    assert sweep(RUNS[:2], store) == sweeps.Outcome(2, 0)


def test_stopped_and_resumed_is_undisturbed_bit_for_bit(
    store: Store, undisturbed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "CHUNK_SECONDS", 0.0)  # a generation a call
    real: Any = sweeps._carry_out

    def stopping_after(calls: int) -> Any:
        class Stop(threading.Event):
            left = calls

            def is_set(self) -> bool:
                self.left -= 1
                return self.left < 0

        return lambda program, run, store, deadline, stop, bar: real(program, run, store, deadline, Stop(), bar)

    for calls in (2, 1, 1):
        monkeypatch.setattr(sweeps, "_carry_out", stopping_after(calls))
        outcome = sweep(RUNS, store)
        assert outcome.left > 0
        assert len(list(store.checkpoints("memory"))) == 1
    monkeypatch.setattr(sweeps, "_carry_out", real)
    assert sweep(RUNS, store).left == 0
    assert list(store.checkpoints("memory")) == []
    resumed = store.rows("memory").sort_index()
    for column in set(undisturbed.columns) - {"record", "seconds"}:
        for a, b in zip(resumed[column], undisturbed[column], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_time_limit_that_is_up_leaves_everything(store: Store) -> None:
    assert sweep(RUNS, store, time_limit=0.0) == sweeps.Outcome(0, 5)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="HETSNN_HOME"):
        sweep(RUNS, Store(tmp_path / "file", None))


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results.write(tmp_path, "a", "txt", b"first")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        results.write(tmp_path, "a", "txt", b"second")
    assert [results.read(path) for path in tmp_path.iterdir()] == [b"first"]


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_file_is_set_aside_and_its_neighbour_read(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path, None)
    for stem in ("one", "two"):
        store.save("memory", stem, pd.DataFrame({"identity": [stem], "reward": [1.0]}))
    path = next((tmp_path / "results" / "memory").glob("one.*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"flip": bytes(content), "truncate": bytes(content[:20]), "empty": b""}[damage])
    with pytest.warns(UserWarning, match="damaged"):
        assert list(store.rows("memory").index) == ["two"]
    assert list(store.rows("memory").index) == ["two"]
    assert len(list((tmp_path / "results" / "memory").glob("one.*.damaged"))) == 1


def test_publishing_copies_what_is_wanted_and_new(store: Store) -> None:
    frame = pd.DataFrame({"identity": ["a", "b"], "reward": [1.0, 0.0], "genome": [[1.0], [2.0]]})
    store.save("memory", "program", frame)
    assert len(store.publish("memory", {"a"}, genomes=False)) == 1
    assert store.publish("memory", {"a"}, genomes=False) == []
    assert store.published is not None
    only = Store(store.published.parent / "none", store.published).rows("memory")
    assert list(only.index) == ["a"]
    assert "genome" not in only
    assert only["published"].all()


def test_identity_is_of_what_differs_from_the_first_defaults() -> None:
    @struct.dataclass
    class Before:
        a: int = 1

    @struct.dataclass
    class After:
        a: int = 1
        b: float = 0.5

    After.__name__ = "Before"
    assert canonical(Before(a=2)) == canonical(After(a=2))
    assert canonical(After(a=2)) != canonical(After(a=2, b=0.6))


PINNED: dict[str, tuple[str, str]] = {
    "memory": ("98603496cc7e9468", "eb9ef061f308a913"),
    "memory_search": ("61e5e0e3d3126ece", "62efd0c5dc26be9d"),
    "memory_contest": ("1856670be32ca5c7", "8aa12e03fd844c2b"),
    "memory_map": ("71ae2c4c2361bc79", "e9a7212ae25b2e4b"),
    "memory_properties": ("9ee5e34999a092b8", "2d01d2c3c3f616c4"),
}


@pytest.mark.parametrize("name", experiments.names())
def test_identities_are_pinned(name: str) -> None:
    runs = experiments.runs(name, "paper")
    assert (identity(runs[0]), identity(runs[-1])) == PINNED[name]


@pytest.mark.parametrize("name", experiments.names())
def test_every_run_of_every_profile_can_be(name: str) -> None:
    for profile in experiments.PROFILES:
        runs = experiments.runs(name, profile)
        assert len({identity(run) for run in runs}) == len(runs)
        assert all(run.check() is run for run in runs[::40])
    parts = (runs[0].task, runs[0].architecture, runs[0].genome, runs[0].method)
    assert len(settings(runs[0])) == 3 + sum(len(dataclasses.fields(part)) for part in parts)


@pytest.mark.parametrize("name", ["memory", "memory_search", "memory_contest", "memory_map", "memory_properties"])
def test_published_results_are_complete(name: str) -> None:
    published = Store.published_only().rows(name, columns=[])
    assert {identity(run) for run in experiments.runs(name, "paper")} <= set(published.index)


def test_the_contest_is_between_the_winners_of_the_published_search() -> None:
    search = experiments.read("memory_search", "paper", Store.published_only())
    for (side, kind), setting in WINNERS.items():
        assert winner(search, side, kind) == setting


def first_generation(run: Run) -> Any:
    fixed, training = run.method.begin(run)
    return run.method.advance(fixed, training, 0, 1, run.task.steps)


def test_published_runs_recompute_for_a_generation() -> None:
    """The first generation of two published runs, same keys: a change of numbers does not pass unseen."""
    rows = Store.published_only().rows("memory", columns=["curve_mean", "curve_best", "curve_untied"])
    for run in experiments.select(
        experiments.runs("memory", "paper"), "length=5,seed=0,rising_clock=False,tau_readout=2.0"
    ):
        curve = jax.jit(first_generation)(run).curve
        row = rows.loc[identity(run)]
        # Within three candidates of 128: a margin of 1e-7 may fall on either side on another processor.
        assert abs(float(curve["mean"][0]) - row["curve_mean"][0]) <= 3 / 128
        assert abs(float(curve["untied"][0]) - row["curve_untied"][0]) <= 3


def test_runs_of_other_structure_do_not_stack() -> None:
    with pytest.raises(InputError, match="numbers only"):
        stack((tiny(2, 0), tiny(2, 0, method=Evolution(population=6))))


def test_run_status_publish(tiny_experiment: None, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "memory", "--time-limit", "0s"]) == 75
    assert main(["run", "memory", "--only", "length=2"]) == 0
    assert "2 of 2 runs done" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [set(row) for row in rows] == [{"experiment", "profile", "runs", "done", "published", "seconds"}] * 3
    assert rows[0]["runs"] == 5
    assert rows[0]["done"] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "memry"], "unknown experiment 'memry'"),
        (["run", "memory", "--profile", "huge"], "smoke, quick, paper"),
        (["run", "memory", "--only", "speed=2"], "unknown setting 'speed'"),
        (["run", "memory", "--only", "length=4"], "length is 2, 3, 5"),
        (["run", "memory", "--time-limit", "soon"], "9m"),
        (["run"], "required"),
        (["book", "--profile", "huge"], "smoke, quick, paper"),
    ],
)
def test_bad_input_is_one_line(
    tiny_experiment: None, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(arguments) == 2
    complaint = capsys.readouterr().err
    assert says in complaint
    assert complaint.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line(
    tiny_experiment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HETSNN_HOME", str(tmp_path / "file"))
    assert main(["run", "memory"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
