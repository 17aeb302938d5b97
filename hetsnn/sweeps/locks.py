"""Locks: they divide work between processes that share a store, on one machine or over a shared disk.

A lock is a file that names its owner. A hard link puts it into place; on a file system without links it is created
there. Both succeed only once. A living owner touches its lock. The lock of a dead
owner is taken over: at once on the owner's machine, elsewhere after `LEASE`.
"""

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hetsnn.files import writing
from hetsnn.processes import LEASE, alive, me

BEAT = LEASE / 8  # seconds between signs of life
WAIT = 0.05  # seconds between two attempts to acquire the planning lock, which is held briefly


class Locks:
    """Locks in a folder: one for planning, and one for each program that is being computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def planning(self) -> Iterator[set[str]]:
        """Keep other processes from planning or taking programs; yield the runs that living owners compute.

        Raises:
            InputError: the folder cannot be written.
        """
        path = self.folder / "planning"
        while not (nonce := acquire(path)):
            time.sleep(WAIT)
        try:
            now, taken = path.stat().st_mtime, set()  # the disk's clock also sets the locks' times
            for other in self.folder.glob("*.json"):
                lock = _read(other)
                if lock and alive(lock["owner"], now - _touched(other)):
                    taken |= set(lock["runs"])
            yield taken
        finally:
            _release(path, nonce)

    @contextlib.contextmanager
    def computing(self, stem: str, nonce: str) -> Iterator[None]:
        """Keep touching the lock of a program, and release it at the end."""
        path, done = self.path(stem), threading.Event()

        def beat() -> None:
            while not done.wait(BEAT):
                with contextlib.suppress(OSError):
                    os.utime(path)

        threading.Thread(target=beat, daemon=True).start()
        try:
            yield
        finally:
            done.set()
            _release(path, nonce)

    def path(self, stem: str) -> Path:
        """Return the path of a program's lock."""
        return self.folder / f"{stem}.json"

    def tidy(self, finished: set[str]) -> None:
        """Remove locks on finished runs whose owners died before they released them."""
        for path in self.folder.glob("*.json"):
            lock = _read(path)
            if lock and set(lock["runs"]) <= finished and not alive(lock["owner"], time.time() - _touched(path)):
                path.unlink(missing_ok=True)


def acquire(path: Path, runs: Sequence[str] = ()) -> str:
    """Acquire a lock for some runs; return its nonce, or "" if a living process owns it.

    Raises:
        InputError: the folder cannot be written.
    """
    nonce = uuid.uuid4().hex
    mine = path.with_name(f".{me()}.{nonce}.part")
    with writing(path.parent), contextlib.ExitStack() as stack:
        stack.callback(mine.unlink, missing_ok=True)
        mine.write_text(json.dumps({"owner": me(), "nonce": nonce, "runs": list(runs)}))
        with contextlib.suppress(FileExistsError):
            _put(mine, path)
            return nonce
        lock = _read(path)
        if lock is None or alive(lock["owner"], mine.stat().st_mtime - _touched(path)):
            return ""
        # Several processes may find the owner dead: the one that acquires the lock of its succession replaces it.
        succession = path.with_name(f"{path.name}.{lock['nonce']}")
        if right := acquire(succession):
            stack.callback(_release, succession, right)
            if _read(path) == lock:
                mine.replace(path)
                return nonce
        return ""


def _put(mine: Path, path: Path) -> None:
    """Put a file in place.

    Raises:
        FileExistsError: the file exists already.
        OSError: the folder cannot be written.
    """
    try:
        os.link(mine, path)
    except FileExistsError:
        raise
    except OSError:
        # The file system has no hard links, as exFAT or a mounted Drive. While the lock is being written, its owner
        # cannot be read; nobody takes such a lock over before `LEASE`.
        with path.open("x") as file:
            file.write(mine.read_text())


def _read(path: Path) -> dict | None:
    """Return the content of a lock; None if the lock no longer exists."""
    try:
        return json.loads(path.read_text())
    except OSError:
        return None
    except ValueError:  # foreign or damaged: a lock without owner, which expires after its last touch
        return {"owner": "", "nonce": "damaged", "runs": []}


def _touched(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return float("inf")


def _release(path: Path, nonce: str) -> None:
    """Release a lock, unless another process has taken it over."""
    lock = _read(path)
    if lock and lock["nonce"] == nonce:
        path.unlink(missing_ok=True)
