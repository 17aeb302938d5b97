"""Sweeps in processes of their own: killed at random moments, racing on one store, beside one that nothing disturbs."""

import random
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import survivor
from tiny import NAME

from hetsnn.sweeps.store import Store

SECONDS = 6.0  # within which a sweep is killed, about as long as one takes


def start(folder: Path) -> tuple[BaseProcess, Connection]:
    """Begin a sweep; it tells when it is done."""
    here, there = survivor.FORKED.Pipe()
    process = survivor.FORKED.Process(target=survivor.main, args=(folder, there))
    process.start()
    there.close()
    assert here.recv() == "begins"
    return process, here


def end(process: BaseProcess, told: Connection) -> dict[int, float]:
    """The rest of a sweep, as it tells it: the seconds of each of its programs."""
    process.join()
    assert process.exitcode == 0
    said: dict[str, Any] = told.recv()
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
    kills: int, folder: Path, undisturbed: pd.DataFrame
) -> None:
    dice, killed = random.Random(kills), 0
    while True:
        process, told = start(folder)
        if killed < kills:
            process.join(dice.uniform(0.0, SECONDS))
            process.kill()
        process.join()
        killed += process.exitcode == -9
        if process.exitcode == 0:
            end(process, told)
            survivor.assert_same(Store(folder, None), undisturbed)
            if killed == kills:
                break
            for path in (folder / "results" / NAME).iterdir():  # it was done before it had been killed often enough
                path.unlink()


def test_two_processes_share_the_work(folder: Path, undisturbed: pd.DataFrame) -> None:
    one, other = (end(*sweep) for sweep in [start(folder), start(folder)])
    assert len(one) + len(other) == len(one | other) == 2  # each program once, whoever carried it out
    survivor.assert_same(Store(folder, None), undisturbed)
