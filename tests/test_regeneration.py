"""A chapter regenerated: what is recomputed, when it goes on, and which results it is executed on."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from hetsnn.errors import InputError
from hetsnn.sweeps.store import Store
from hetsnn_book.building import regeneration
from hetsnn_book.project import OWN_FIRST, default_store


def codes(monkeypatch: pytest.MonkeyPatch, *of: int) -> list[list[str]]:
    """The commands that are called, each of which ends with the next exit code."""
    called: list[list[str]] = []

    def run(command: list[str], check: bool) -> SimpleNamespace:
        called.append(command)
        return SimpleNamespace(returncode=of[len(called) - 1])

    monkeypatch.setattr(subprocess, "run", run)
    return called


def test_all_experiments_are_computed_and_those_with_runs_left_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    called = codes(monkeypatch, 75, 0)
    assert regeneration.recompute(["memory", "descent"], "paper", "length=5", 60.0) == ["memory"]
    for command, name in zip(called, ("memory", "descent"), strict=True):
        assert command[3:8] == ["run", name, "--profile", "paper", "--recompute"]
        assert command[8:10] == ["--only", "length=5"]
        assert 0 <= float(command[11].removesuffix("s")) <= 60


def test_a_chapter_is_not_executed_on_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    called = codes(monkeypatch, 2)
    with pytest.raises(InputError, match="memory must be computed before its chapter is executed, got exit code 2"):
        regeneration.recompute(["memory", "descent"], "paper", None, None)
    assert len(called) == 1


def test_experiments_without_runs_of_a_part_are_left_out() -> None:
    assert regeneration.concerned("cartpole", "smoke", None) == ["cartpole", "cartpole_best", "cartpole_search"]
    assert regeneration.concerned("cartpole", "smoke", "evolved=weight,seed=0") == ["cartpole"]
    with pytest.raises(InputError, match="seed must be one of 0, 1, got 'none'"):
        regeneration.concerned("cartpole", "smoke", "seed=none")
    with pytest.raises(InputError, match=r"chapter must be one of .*memory.*, got 'cartpoles'"):
        regeneration.concerned("cartpoles", "smoke", None)


def test_recomputed_results_are_read_before_published_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, rewards in ((tmp_path / "own" / "results", {"a": 1.0}), (tmp_path, {"a": 0.0, "b": 0.0})):
        rows = pd.DataFrame({"identity": list(rewards), "record": "{}", "reward": list(rewards.values())})
        Store(place.parent if place.name == "results" else place, None).save("memory", "stem", rows)
    for own_first, expected in ((False, [0.0, 0.0]), (True, [1.0, 0.0])):
        store = Store(tmp_path / "own", tmp_path / "results", own_first)
        assert store.rows("memory").sort_index()["reward"].to_list() == expected
        monkeypatch.setenv(OWN_FIRST, "1" if own_first else "0")
        assert default_store().own_first is own_first
