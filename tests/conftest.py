"""Tests never touch the user's cache, and share what JAX compiles."""

from pathlib import Path

import pytest

from hetsnn import devices


@pytest.fixture(scope="session", autouse=True)
def two_devices(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each core is a device, as in a sweep, before JAX starts."""
    devices.prepare(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("HETSNN_HOME", str(folder))
    return folder
