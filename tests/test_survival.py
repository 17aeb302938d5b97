"""Sweeps in processes of their own: killed at random moments, racing on one store, beside one that nothing disturbs."""

import contextlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import survivor
from tiny import NAME

from hetsnn.sweeps.store import Store

SECONDS = 6.0  # within which a sweep is killed, about as long as one takes


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[[Path], subprocess.Popen]]:
    """Begins a sweep; two processes are kept ready, since most of their time goes into imports."""
    ready: list[subprocess.Popen] = []

    def prepare() -> None:
        command, pipe = [sys.executable, survivor.__file__], subprocess.PIPE
        ready.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))

    def start(folder: Path) -> subprocess.Popen:
        prepare()
        process = ready.pop(0)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "begins\n"
        return process

    prepare()
    yield start
    for process in ready:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen) -> dict[str, Any]:
    """The rest of a sweep, as it prints it."""
    output, _ = process.communicate()
    assert process.returncode == 0
    said = json.loads(output)
    assert said["left"] == 0
    return said["seconds"]


@pytest.fixture
def folder(tmp_path: Path, shared_compilations: Path) -> Path:
    """An empty store that has the programs compiled."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "compiled").symlink_to(shared_compilations)
    return tmp_path / "home"


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.long)])
def test_a_sweep_killed_at_random_moments_ends_as_if_undisturbed(
    kills: int, folder: Path, undisturbed: pd.DataFrame, start: Any
) -> None:
    dice, killed = random.Random(kills), 0
    while True:
        process = start(folder)
        if killed < kills:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(0.0, SECONDS))
            process.kill()
        output, _ = process.communicate()
        killed += process.returncode == -9
        if process.returncode == 0:
            assert json.loads(output)["left"] == 0
            survivor.assert_same(Store(folder, None), undisturbed)
            if killed == kills:
                break
            for path in (folder / "results" / NAME).iterdir():  # it was done before it had been killed often enough
                path.unlink()


def test_two_processes_share_the_work(folder: Path, undisturbed: tuple[pd.DataFrame, float, Path], start: Any) -> None:
    one, other = (end(process) for process in [start(folder), start(folder)])
    assert len(one) + len(other) == len(one | other) == 2  # each program once, whoever carried it out
    survivor.assert_same(Store(folder, None), undisturbed)
