"""Locks: which process does what, where several share a store, be it on one machine or over a shared disk.

A lock is a file that names its owner and is linked into place, which works once; on a file system without links it is
made there, which works once, too. Its owner touches it while it lives. A lock whose owner died is taken over: on the
owner's machine at once, elsewhere after `LEASE`.
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
WAIT = 0.05  # seconds between two tries to get a lock that is held for a moment only


class Locks:
    """The locks in a folder: one for planning, and one for each program that is being computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def planning(self) -> Iterator[set[str]]:
        """While inside, no other process plans or takes a program; gives the runs that living owners compute.

        Raises:
            InputError: the folder cannot be written.
        """
        path = self.folder / "planning"
        while not (nonce := acquire(path)):
            time.sleep(WAIT)
        try:
            now, taken = path.stat().st_mtime, set()  # by the clock of the disk, as the locks' own times
            for other in self.folder.glob("*.json"):
                found = _read(other)
                if found and alive(found["owner"], now - _touched(other)):
                    taken |= set(found["runs"])
            yield taken
        finally:
            _release(path, nonce)

    @contextlib.contextmanager
    def computing(self, stem: str, nonce: str) -> Iterator[None]:
        """Show signs of life while inside, and give the program up in the end."""
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
        """The lock of a program."""
        return self.folder / f"{stem}.json"


def acquire(path: Path, runs: Sequence[str] = ()) -> str:
    """Make the lock ours, with the runs that it stands for: a word of its own, or "" where a living process has it.

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
        found = _read(path)
        if found is None or alive(found["owner"], mine.stat().st_mtime - _touched(path)):
            return ""
        # Of all that find it dead, the one that gets the lock of its succession puts itself in its place.
        succession = path.with_name(f"{path.name}.{found['nonce']}")
        if right := acquire(succession):
            stack.callback(_release, succession, right)
            if _read(path) == found:
                mine.replace(path)
                return nonce
        return ""


def _put(mine: Path, path: Path) -> None:
    """Put a file in place.

    Raises:
        FileExistsError: there is one already.
        OSError: the folder cannot be written.
    """
    try:
        os.link(mine, path)
    except FileExistsError:
        raise
    except OSError:
        # No links here, as on exFAT or in a mounted Drive. Until it is written, the lock is one that cannot be read,
        # and so nobody's to take over.
        with path.open("x") as file:
            file.write(mine.read_text())


def _read(path: Path) -> dict | None:
    """Return what a lock says, or None where there is none any more."""
    try:
        return json.loads(path.read_text())
    except OSError:
        return None
    except ValueError:  # not one of ours, or damaged: nobody's, from the last time that it was touched on
        return {"owner": "", "nonce": "damaged", "runs": []}


def _touched(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return float("inf")


def _release(path: Path, nonce: str) -> None:
    """Give a lock up, unless it has been taken over."""
    found = _read(path)
    if found and found["nonce"] == nonce:
        path.unlink(missing_ok=True)
