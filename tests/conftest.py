"""Tests never touch the user's cache, and share what JAX compiles."""

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from hetsnn import devices


@pytest.fixture(scope="session", autouse=True)
def shared_compilations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each core is a device, as in a sweep, before JAX starts; a program is compiled once, whatever the store."""
    devices.prepare(tmp_path_factory.mktemp("compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "prepare", lambda _: None)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("HETSNN_HOME", str(folder))
    return folder
