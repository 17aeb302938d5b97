"""The command line on an experiment of tiny runs: exit codes, one-line complaints, what it prints."""

import json
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, create_autospec

import pandas as pd
import pytest
from tiny import NAME, RUNS, tiny

from hetsnn.sweeps import execution
from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.runs import Run, identity
from hetsnn.sweeps.signals import Stop
from hetsnn.sweeps.store import Store
from hetsnn.training.evolution import Evolution
from hetsnn_book import project
from hetsnn_book.cli import main
from hetsnn_book.project import default_store

pytestmark = pytest.mark.usefixtures("tiny_experiment")


def finished(store: Store, *numbers: int) -> None:
    """Store these of the tiny runs as if they had been computed, in two seconds each."""
    of = {"record": "{}", "reward": 1.0, "seconds": 2.0, "genome": [0.5]}
    rows = [{"identity": identity(RUNS[i])} | of for i in numbers]
    store.save(NAME, f"program{numbers[0]}", pd.DataFrame(rows))


@pytest.fixture
def carry_out(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The function by which a sweep carries out a program, in place of `execution.carry_out`; it compiles nothing."""
    stand_in = create_autospec(execution.carry_out)
    monkeypatch.setattr(sweeps, "Executable", lambda _: SimpleNamespace(bytes=0))
    monkeypatch.setattr(sweeps, "carry_out", stand_in)
    return stand_in


@pytest.fixture
def carried_out(carry_out: Mock) -> list[set[str]]:
    """The programs that a sweep would have carried out; each is stopped before its end."""
    programs: list[set[str]] = []

    def stopped(program: Sequence[Run], executable: Any, store: Store, stop: Stop, bar: Any) -> bool:
        programs.append(set(map(identity, program)))
        return False

    carry_out.side_effect = stopped
    return programs


def test_run_computes_and_status_tells(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", NAME, "--time-limit", "0s"]) == 75
    assert capsys.readouterr().out == f"{NAME} at quick: 0 of 5 runs done, 5 left: the next call goes on\n"
    assert main(["run", NAME, "--profile", "smoke"]) == 0
    assert capsys.readouterr().out == f"{NAME} at smoke: 5 of 5 runs done\n"
    assert main(["status", "--json"]) == 0
    (row, *_) = json.loads(capsys.readouterr().out)
    assert row.pop("seconds") >= 0
    assert row == {"experiment": NAME, "profile": "smoke", "runs": 5, "done": 5, "published": 0}


def test_status_counts_what_is_done_and_published(capsys: pytest.CaptureFixture[str]) -> None:
    store = default_store()
    finished(store, 0, 1)
    assert main(["publish", NAME]) == 0
    assert capsys.readouterr().out == f"{NAME} at paper: 2 of 5 runs done, 1 files published\n"
    finished(store, 1, 4)
    assert main(["status", NAME, "--json"]) == 0
    expected = {"experiment": NAME, "runs": 5, "done": 3, "published": 2, "seconds": 6.0}
    profiles = [{"profile": profile} for profile in ("smoke", "quick", "paper")]
    assert json.loads(capsys.readouterr().out) == [expected | profile for profile in profiles]
    assert main(["status"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.split() == ["experiment", "profile", "runs", "done", "published", "seconds"]
    assert [line.split() for line in rest] == [[NAME, *each.values(), "5", "3", "2", "6.0"] for each in profiles]


def test_nothing_is_published_before_it_is_computed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", NAME]) == 2
    assert f"first `hetsnn run {NAME} --profile paper`" in capsys.readouterr().err
    assert not (project.PROJECT / "data").exists()


def test_publishing_twice_publishes_once(capsys: pytest.CaptureFixture[str]) -> None:
    finished(default_store(), 0, 1)
    main(["publish", NAME])
    assert main(["publish", NAME]) == 0
    assert capsys.readouterr().out.endswith("2 of 5 runs done, nothing new to publish\n")
    assert len(list((project.PROJECT / "data" / "results" / NAME).iterdir())) == 1


def test_recompute_computes_what_is_published(carried_out: list[set[str]], home: Path) -> None:
    finished(default_store(), *range(5))
    main(["publish", NAME])
    for path in (home / "results" / NAME).iterdir():
        path.unlink()
    assert main(["run", NAME]) == 0
    assert carried_out == []
    assert main(["run", NAME, "--recompute"]) == 75
    assert carried_out == [set(map(identity, RUNS))]


def test_verify_checks_every_digest(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    finished(default_store(), 0, 1)
    main(["publish", NAME])
    assert main(["status", "--verify"]) == 0
    assert capsys.readouterr().out.endswith("2 files, 0 damaged\n")
    (path,) = (home / "results" / NAME).iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["status", "--verify"]) == 1
    assert capsys.readouterr().out == f"damaged: {path}\n2 files, 1 damaged\n"
    assert path.exists()


def test_merge_takes_over_what_is_not_here(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    finished(Store(tmp_path / "other", None), 0, 1)
    finished(default_store(), 1, 2)
    assert main(["merge", str(tmp_path / "other")]) == 0
    assert capsys.readouterr().out == f"1 runs merged into {home}\n"
    assert len(default_store().known(NAME)) == 3
    assert main(["merge", str(tmp_path / "none")]) == 2
    assert "HETSNN_HOME" in capsys.readouterr().err


def test_cache_tells_where_everything_is_and_clears_what_is_compiled(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    finished(default_store(), 0)
    (home / "compiled").mkdir()
    (home / "compiled" / "program").write_bytes(bytes(2**20))
    assert main(["cache"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["HETSNN_HOME", "is", str(home)]
    assert lines[1] == ["1.0", "MiB", "1", "files", str(home / "compiled")]
    assert lines[2][2:] == ["1", "files", str(home / "results")]
    assert main(["cache", "--clear"]) == 0
    assert str(home / "compiled") not in capsys.readouterr().out
    assert len(default_store().known(NAME)) == 1


def test_compare_tells_what_is_missing(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["compare"]) == 2
    assert "nothing is published at paper" in capsys.readouterr().err
    assert main(["compare", NAME]) == 2
    assert f"nothing of {NAME} is published at paper" in capsys.readouterr().err
    finished(default_store(), 0, 1)
    main(["publish", NAME])
    assert main(["compare"]) == 0
    for path in (home / "results" / NAME).iterdir():
        path.unlink()
    for arguments in ([], [NAME]):
        assert main(["compare", *arguments]) == 2
        assert f"first `hetsnn run {NAME} --profile paper --recompute`" in capsys.readouterr().err


@pytest.mark.parametrize("only", [["--only", "length=5,seed=1"], ["--only", "length=5", "--only", "seed=1"]])
def test_only_computes_what_it_selects(carried_out: list[set[str]], only: list[str]) -> None:
    assert main(["run", NAME, *only]) == 75
    assert carried_out == [{identity(RUNS[3])}]


def test_sigterm_is_a_clean_stop(carry_out: Mock, capsys: pytest.CaptureFixture[str]) -> None:
    def terminated(program: Sequence[Run], executable: Any, store: Store, stop: Stop, bar: Any) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return not stop.is_set()

    carry_out.side_effect = terminated
    assert main(["run", NAME]) == 75
    assert "0 of 5 runs done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "memry"], "experiment 'memry'"),
        (["status", "memry"], "experiment 'memry'"),
        (["publish", "memry"], "experiment 'memry'"),
        (["run", NAME, "--profile", "huge"], "smoke, quick, paper"),
        (["run", NAME, "--only", "speed=2"], "got 'speed'"),
        (["run", NAME, "--only", "length=4"], "length must be one of 2, 3, 5, got '4'"),
        (["run", NAME, "--time-limit", "soon"], "9m"),
        (["run", NAME, "--time-limit", "-5"], "'-5' is no time"),
        (["run", NAME, "--time-limit", "9"], "'9' is no time: write 90s, 9m or 2h"),
        (["run"], "required"),
        (["status", "--profile", "smoke"], "unrecognized arguments: --profile (see `hetsnn status --help`)"),
        (["walk"], "invalid choice: 'walk'"),
        ([], "required"),
        (["book", "--profile", "huge"], "smoke, quick, paper"),
    ],
)
def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.err.startswith("hetsnn: ")
    assert says in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (tiny(2, 0, method=Evolution(strategy="Genie")), "strategy must be one of .*Open_ES.*, got 'Genie'"),
        (tiny(0, 0), "length must be a whole number of at least 1, got 0"),
    ],
    ids=["strategy", "length"],
)
def test_runs_that_cannot_be_are_one_line(
    tiny_experiment: SimpleNamespace, capsys: pytest.CaptureFixture[str], home: Path, bad: Any, says: str
) -> None:
    tiny_experiment.runs = lambda _: (*RUNS, bad)
    assert main(["run", NAME]) == 2
    complaint = capsys.readouterr().err
    assert re.search(says, complaint)
    assert complaint.count("\n") == 1
    assert not home.exists()


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HETSNN_HOME", str(tmp_path / "file"))
    assert main(["run", NAME]) == 2
    complaint = capsys.readouterr().err
    assert "HETSNN_HOME" in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1.5m", 90), ("2h", 7200)])
def test_times(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    limits: list[Any] = []

    def sweep(runs: Any, store: Any, time_limit: Any) -> sweeps.Outcome:
        limits.append(time_limit)
        return sweeps.Outcome(0, 0)

    monkeypatch.setattr(sweeps, "sweep", sweep)
    assert main(["run", NAME, "--time-limit", text]) == 0
    assert limits == [seconds]
