"""Locks: one owner at a time, and those of the dead taken over by one process only."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hetsnn import processes
from hetsnn.errors import InputError
from hetsnn.processes import LEASE, alive, me
from hetsnn.sweeps import locks
from hetsnn.sweeps.locks import Locks, acquire


def left_by(owner: str, path: Path, silent: float = 0.0) -> Path:
    """A lock that its owner has not given up."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"owner": owner, "nonce": "theirs", "runs": ["a", "b"]}))
    os.utime(path, (time.time() - silent,) * 2)
    return path


@pytest.fixture(scope="module")
def dead() -> str:
    """A process of this machine that has ended."""
    code = "from hetsnn.processes import me; print(me())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def elsewhere() -> str:
    return me().replace(me().split("~")[0], "another-machine")


def test_a_process_is_known_by_its_start_too(dead: str) -> None:
    assert alive(me(), 1e9)
    assert not alive(dead, 0.0)
    assert not alive(me() + "1", 0.0)  # the number is in use again
    assert alive(elsewhere(), LEASE - 1)
    assert not alive(elsewhere(), LEASE + 1)
    assert "." not in me()


def test_a_killed_process_is_dead_before_its_parent_has_heard_of_it() -> None:
    process = subprocess.Popen(["sleep", "60"])
    owner = f"{me().split('~')[0]}~{process.pid}~{processes._started(process.pid)}"
    assert alive(owner, 0.0)
    process.kill()
    deadline = time.monotonic() + 30
    while alive(owner, 0.0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(owner, 0.0)
    process.wait()


def test_a_lock_has_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a.json"
    nonce = acquire(path)
    assert nonce
    assert acquire(path) == ""
    locks._release(path, "another's")
    assert acquire(path) == ""
    locks._release(path, nonce)
    assert acquire(path)
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("kind", ["dead", "silent elsewhere", "damaged"])
def test_of_many_one_takes_a_dead_lock_over(tmp_path: Path, dead: str, kind: str) -> None:
    path = left_by(dead if kind == "dead" else elsewhere(), tmp_path / "a.json", LEASE * 2)
    if kind == "damaged":
        path.write_text("{")
        os.utime(path, (time.time() - 2 * LEASE,) * 2)
    won: list[str] = []
    threads = [threading.Thread(target=lambda: won.append(acquire(path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (nonce,) = filter(None, won)
    assert json.loads(path.read_text())["nonce"] == nonce
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_taker_that_died_in_between_is_succeeded(tmp_path: Path, dead: str) -> None:
    path = left_by(dead, tmp_path / "a.json")
    left_by(dead, tmp_path / "a.json.theirs")
    assert acquire(path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_planning_tells_what_living_owners_compute(tmp_path: Path, dead: str) -> None:
    all_locks = Locks(tmp_path)
    left_by(dead, all_locks.path("one"))
    left_by(elsewhere(), all_locks.path("two"), LEASE * 2)
    with all_locks.planning() as taken:
        assert taken == set()
    left_by(elsewhere(), all_locks.path("two"), LEASE / 2)
    with all_locks.planning() as taken:
        assert taken == {"a", "b"}
        assert acquire(tmp_path / "planning") == ""
    assert not (tmp_path / "planning").exists()


def test_an_owner_shows_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "BEAT", 0.01)
    path = Locks(tmp_path).path("one")
    with Locks(tmp_path).computing("one", acquire(path)):
        os.utime(path, (0, 0))
        for _ in range(500):
            time.sleep(0.01)
            if path.stat().st_mtime > 0:
                break
        assert path.stat().st_mtime > 0
    assert not path.exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=re.escape(f"cannot write to {tmp_path / 'file' / 'locks'}")):
        acquire(tmp_path / "file" / "locks" / "a.json")


def test_what_the_dead_left_on_finished_runs_is_tidied(tmp_path: Path, dead: str) -> None:
    """An owner may die after it has saved its results, and before it releases its lock: nobody takes that over."""
    all_locks = Locks(tmp_path)
    left_by(dead, all_locks.path("dead"))
    living = left_by(me(), all_locks.path("living"))
    all_locks.tidy({"a"})
    assert all_locks.path("dead").exists()  # run b is missing
    all_locks.tidy({"a", "b", "c"})
    assert list(tmp_path.iterdir()) == [living]
    Locks(tmp_path / "nothing").tidy({"a"})
