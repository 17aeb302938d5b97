"""Tests never touch the user's cache, and share what JAX compiles."""

import contextlib
import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import checked  # noqa: F401  # it comes before all of the package
import hurry  # noqa: F401  # and this before all that starts JAX
import jax
import light
import pandas as pd
import pytest
import survivor
from tiny import NAME, RUNS

from hetsnn.errors import InputError
from hetsnn.sweeps import devices, executables, programs
from hetsnn.sweeps import sweep as sweeps
from hetsnn.sweeps.runs import Run
from hetsnn.sweeps.store import Store
from hetsnn.sweeps.sweep import Outcome, sweep
from hetsnn.tasks import brax_tasks
from hetsnn.training.method import Training
from hetsnn_book import experiments, project

WEEK = 7 * 24 * 3600.0
gc.set_threshold(50_000, 20, 20)  # tracing makes many objects, few of which are circles: a tenth of its time went there


def pytest_collection_finish() -> None:
    """Circles are not looked for among all that is imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def shared_compilations(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A program is compiled once, whatever the store and the process of the tests; the folder where it is kept.

    Later calls of pytest find it there, too, for a week: JAX takes it for the same program, flags and versions only.
    """
    cache = getattr(pytestconfig, "cache", None)  # none under `-p no:cacheprovider`
    folder = cache.mkdir("compiled") if cache else tmp_path_factory.mktemp("compiled")
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process has removed it
            if time.time() - path.stat().st_mtime > WEEK:
                path.unlink()
    devices.prepare(folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    compiled: dict[Any, Any] = {}

    def executable(trainings: Sequence[Training]) -> Any:
        program = [Run("any", 1, training) for training in trainings]
        key = *programs.shape(program), programs.block_limit(trainings[0])
        if key not in compiled:
            compiled[key] = executables.Executable(trainings)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "prepare", lambda _: None)
        patch.setattr(sweeps, "Executable", executable)
        patch.setattr(sweeps, "KEPT", 0)  # doubles of a test are not for the next one
        yield folder


@pytest.fixture(scope="session", autouse=True)
def home_of_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures of a module or a session read no folder of the user's, either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HETSNN_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("HETSNN_HOME", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", tmp_path / "published")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The rows of a sweep that nothing disturbs."""
    store = Store(tmp_path_factory.mktemp("undisturbed"), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "RUNS_PER_PROGRAM", survivor.RUNS_PER_PROGRAM)
        assert sweep(survivor.RUNS, store) == Outcome(len(survivor.RUNS), 0)
    return store.rows(NAME).sort_index()


@pytest.fixture
def light_robot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hopper without physics, which is compiled in no time."""

    def forget() -> None:
        for made in (brax_tasks.robot, brax_tasks.physics):
            made.cache_clear()

    monkeypatch.setitem(brax_tasks.brax()._envs, "hopper", light.robot())
    forget()
    yield
    forget()


@pytest.fixture
def tiny_experiment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """The tiny runs are the only experiment, the same at every profile, and nothing is published."""

    def load(name: str) -> SimpleNamespace:
        if name != NAME:
            raise InputError(f"unknown experiment {name!r}")
        return module

    module = SimpleNamespace(runs=lambda _: RUNS, SCORE="reward", GENOMES=True)
    monkeypatch.setattr(experiments, "load", load)
    monkeypatch.setattr(experiments, "names", lambda: [NAME])
    monkeypatch.setattr(project, "PROJECT", tmp_path / "project")
    return module
