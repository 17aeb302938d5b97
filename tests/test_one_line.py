"""A fault around the command is one clear line: no traceback, no wait for ever."""

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import requests
from distributed import Client

import hetsnn
from hetsnn import files, starting
from hetsnn.data import downloads
from hetsnn.errors import InputError
from hetsnn.processes import me
from hetsnn.sweeps import cluster, devices, locks
from hetsnn.sweeps.store import Store

COMMAND = (sys.executable, "-m", "hetsnn_book")


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | variables
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment)


RUN, BOOK = ("run", "memory", "--profile", "smoke"), ("book", "--profile", "smoke")


@pytest.mark.parametrize(
    ("name", "platform", "arguments"),
    [
        ("JAX_PLATFORMS", "cuda", RUN),
        ("JAX_PLATFORMS", "nonsense", BOOK),
        ("JAX_PLATFORM_NAME", "nonsense", RUN),
        pytest.param("JAX_PLATFORMS", "cuda", BOOK, marks=pytest.mark.long),
        pytest.param("JAX_PLATFORMS", "nonsense", RUN, marks=pytest.mark.long),
        pytest.param("JAX_PLATFORM_NAME", "nonsense", BOOK, marks=pytest.mark.long),
    ],
)
def test_a_platform_that_is_not_there(name: str, platform: str, arguments: tuple[str, ...]) -> None:
    found = command(*arguments, **{name: platform})
    if platform == "cuda" and found.returncode == 0:
        pytest.skip("this machine has a GPU")
    says = f"hetsnn: {name} must name what JAX finds on this machine, such as cpu, got {platform!r}\n"
    assert (found.returncode, found.stderr) == (2, says)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAX_ENABLE_X64", "banana"),  # JAX's message names a truth value's variable,
        ("JAX_DEFAULT_PRNG_IMPL", "nonsense"),  # the flag of a choice,
        ("JAX_TRACER_ERROR_NUM_TRACEBACK_FRAMES", "many"),  # and nothing but the value of this number
    ],
)
def test_a_setting_that_jax_refuses(name: str, value: str) -> None:
    found = command("status", "memory_properties", **{name: value})
    assert (found.returncode, found.stderr) == (2, f"hetsnn: {name} must be a value that JAX takes, got {value!r}\n")


def test_a_message_that_is_about_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOTHER", "banana")
    monkeypatch.setenv("JAX_NO_TRACING", "apple")
    assert starting.refused("numpy.dtype size changed") is None
    assert starting.refused('Invalid value "banana" for JAX flag jax_no_tracing') is None
    assert starting.refused("invalid truth value 'APPLE' for environment 'JAX_NO_TRACING'") == "JAX_NO_TRACING"


def test_of_two_settings_the_one_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("JAX_PLATFORM_NAME", "nonsense")
    with pytest.raises(InputError, match=r"JAX_PLATFORM_NAME must name .*, got 'nonsense'"):
        devices.check_elsewhere()


@pytest.mark.parametrize("where", ["scheduler", "worker tcp://one"])
@pytest.mark.parametrize("words", ['Invalid value "x" for JAX flag jax_transfer_guard', "numpy.dtype size changed"])
def test_a_cluster_that_cannot_import_the_package(where: str, words: str) -> None:
    error = ValueError(words)
    client = Mock(spec=Client)
    client.run_on_scheduler.side_effect = error if where == "scheduler" else None
    client.run.return_value = {"tcp://one": error}
    with pytest.raises(InputError, match=f"{where} must be able to import hetsnn, got: {error}"):
        cluster.check_workers(client)


def test_what_computes_nothing_needs_no_platform() -> None:
    nowhere = {"JAX_PLATFORMS": "nonsense", "JAX_PLATFORM_NAME": "nonsense"}
    found = command("status", "memory_properties", "--json", PYTHONIOENCODING="ascii", **nowhere)
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)[0]["experiment"] == "memory_properties"


def test_a_reader_that_has_read_enough() -> None:
    arguments = ("status", "memory_properties", "--json")
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_sign_that_the_terminal_does_not_know() -> None:
    code = "from hetsnn_book import cli; cli.main = lambda: print('5 \\u00d7 7'); import runpy; "
    code += "runpy.run_module('hetsnn_book', run_name='__main__')"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (found.stdout, found.stderr) == ("5 ? 7\n", "")


def test_certificates_that_are_gone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HETSNN_DATA", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(home / "gone.pem"))
    file = downloads.DataFile("set/file.gz", 64 * "0", ("https://localhost:1/file",), "")
    with pytest.raises(
        InputError, match=r"localhost:1/file: Could not find a suitable TLS CA certificate bundle"
    ) as caught:
        downloads.read(file)
    assert "\n" not in str(caught.value)
    assert issubclass(requests.RequestException, OSError)  # which is why these come first


def test_a_file_that_may_not_be_read(store: Store) -> None:
    (store.folder / "results" / "memory" / f"program.{64 * '0'}.parquet").mkdir(parents=True)  # nor by root
    with pytest.raises(InputError, match=r"cannot read .*parquet \(Is a directory\)"):
        store.rows("memory")
    with pytest.raises(InputError, match="cannot read"):
        list(store.verify())


def test_a_folder_that_may_not_be_listed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(InputError, match=r"cannot read .*memory \(Permission denied\)"):
        store.rows("memory")


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK])
def test_locks_on_a_file_system_without_links(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "a.json"
    nonce = locks.acquire(path, ["a"])
    assert json.loads(path.read_text()) == {"owner": me(), "nonce": nonce, "runs": ["a"]}
    assert locks.acquire(path) == ""
    locks._release(path, nonce)
    path.touch()  # made by one that has not written yet who it is
    assert locks.acquire(path) == ""
    os.utime(path, (0, 0))
    assert locks.acquire(path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_process_has_a_name_that_any_file_system_takes() -> None:
    assert not set(me()) & set('\\/:*?"<>|[]')


@pytest.mark.long
@pytest.mark.parametrize("lacks", ["scheduler", "worker"])
def test_a_cluster_that_lacks_the_package(lacks: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    # Without the site module the libraries are there, and the package, which is installed by a link to it, is not.
    libraries = str(Path(pytest.__file__).parents[1])
    ours = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path(hetsnn.__file__).parents[1])]
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def dask(*arguments: str, path: list[str]) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path += {path!r}; sys.argv = {['dask', *arguments]!r}; "
        code += "from dask.__main__ import main; main()"
        quiet = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, "-S", "-c", code], env=plain, cwd=tmp_path, stdout=quiet, stderr=quiet)

    both = {"scheduler": ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]}
    both["worker"] = ["worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    started = [dask(*each, path=[libraries, *(() if name == lacks else ours)]) for name, each in both.items()]
    try:
        with Client(address, timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
            says = rf"{lacks} .*must have hetsnn\[cluster\] installed, got: No module named 'hetsnn'$"
            with pytest.raises(InputError, match=says):
                cluster.check_workers(client)
    finally:
        for process in started:
            process.terminate()
            process.wait()


def test_a_file_is_listed_by_its_pattern(tmp_path: Path) -> None:
    for name in ("b.1.json", "a.1.json", "c.txt"):
        (tmp_path / name).touch()
    assert files.listed(tmp_path, "*.*.json") == [tmp_path / "a.1.json", tmp_path / "b.1.json"]
    assert files.listed(tmp_path / "nowhere", "*") == []


def test_robots_are_loaded_without_a_word_whatever_other_threads_do_to_the_filters() -> None:
    code = """
import warnings
from types import SimpleNamespace
from hetsnn.tasks import brax_tasks

def get_environment(*_, **__):
    warnings.simplefilter("default")  # as another thread does that leaves its own catch_warnings
    warnings.warn("not actively being maintained")
    return "robot"

brax_tasks.brax = lambda: SimpleNamespace(get_environment=get_environment)
print(brax_tasks.robot("hopper", "spring"))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("robot\n", "")
