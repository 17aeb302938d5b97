"""Programs on a Dask cluster of this machine: beside a sweep at home, and with a worker killed in mid-program."""

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import distributed
import pytest
import survivor
from distributed import Client, LocalCluster
from tiny import NAME

from hetsnn.errors import InputError
from hetsnn.sweeps import cluster, programs
from hetsnn.sweeps.cluster import distribute
from hetsnn.sweeps.store import Store, from_parquet
from hetsnn.sweeps.sweep import Outcome
from hetsnn_book.cli import main
from hetsnn_book.project import default_store


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    forkserver.ensure_running()  # with what the survivors import, before Dask has it import less
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(distributed)["config"]["distributed"]["worker"], "multiprocessing-method", "forkserver")
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as workers,
            Client(workers) as client,
        ):
            client.run(survivor.checkpoint_each_generation)
            yield workers.scheduler_address


def kill_when_begun(store: Store, seen: list[int]) -> None:
    """Kill the first worker whose program has come to a fifth generation; how far that program is from then on."""
    victim: set[str] = set()
    while not victim or not victim <= store.known(NAME):
        reached: dict[frozenset[str], int] = {}
        for note, _ in store.checkpoints(NAME):  # two of a program where a worker was killed as it replaced one
            names = frozenset(note["runs"])
            reached[names] = max(note["generation"], reached.get(names, 0))
        for path in () if victim else (store.folder / "locks" / NAME).glob("*.json"):
            with contextlib.suppress(OSError, ValueError):
                lock = json.loads(path.read_text())
                if reached.get(frozenset(lock["runs"]), 0) >= 5:
                    victim = set(lock["runs"])
                    os.kill(int(lock["owner"].split("~")[1]), signal.SIGKILL)
                    break
        if frozenset(victim) in reached:
            seen.append(reached[frozenset(victim)])
        time.sleep(0.01)


def test_a_killed_worker_is_replaced_and_its_program_goes_on(
    address: str, store: Store, undisturbed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "RUNS_PER_PROGRAM", survivor.RUNS_PER_PROGRAM)
    seen: list[int] = []
    killer = threading.Thread(target=kill_when_begun, args=(store, seen))
    killer.start()
    assert distribute(survivor.RUNS, store, address) == Outcome(len(survivor.RUNS), 0)
    killer.join()
    assert len(seen) > 1
    assert seen == sorted(seen)  # never back to the start
    survivor.assert_same(store, undisturbed)


def test_a_worker_without_the_store_sends_its_results(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = Store(tmp_path / "there", None), Store(tmp_path / "here", None)
    runs = survivor.RUNS[:2]
    monkeypatch.setattr(cluster, "home", lambda: there.folder)
    content = cluster.compute(runs, tmp_path / "not on this machine", None)
    assert not here.known(NAME)
    here.keep(NAME, from_parquet(content))
    here.keep(NAME, from_parquet(content))
    assert here.known(NAME) == there.known(NAME)
    assert len(list(here.files(NAME))) == 1


def test_a_cluster_stops_by_the_time_limit(address: str, store: Store) -> None:
    assert distribute(survivor.RUNS, store, address, time_limit=0.0) == Outcome(0, len(survivor.RUNS))


@pytest.mark.usefixtures("tiny_experiment")
def test_a_scheduler_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    started = time.monotonic()
    assert main(["run", NAME, "--scheduler", where]) == 2
    assert time.monotonic() - started < 60
    complaint = capsys.readouterr().err
    assert complaint == f"hetsnn: no scheduler answers at {where}: start one with `dask scheduler`\n"
    with pytest.raises(InputError, match="no scheduler answers at nowhere"):
        distribute(survivor.RUNS, default_store(), "nowhere")
