"""Locks: which process does what, where several share a store, be it on one machine or over a shared disk.

A lock is a file that names its owner and is linked into place, which works once, on any file system. Its owner touches
it while it lives. A lock whose owner died is taken over: on the owner's machine at once, elsewhere after `LEASE`.
"""

import contextlib
import functools
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hetsnn.errors import InputError

LEASE = 120.0  # seconds without a sign of life after which an owner on another machine is taken for dead
BEAT = LEASE / 8  # seconds between signs of life
WAIT = 0.05  # seconds between two tries to get a lock that is held for a moment only


def me() -> str:
    """This process, in a word without dots that no other process has had: machine, number, time of its start."""
    return f"{_machine()}~{os.getpid()}~{_started(os.getpid())}"


def alive(owner: str, silent: float) -> bool:
    """Whether a process, as `me` names it, still lives, as far as can be known from here.

    Args:
        owner: the process.
        silent: seconds since its last sign of life.
    """
    machine, _, rest = owner.partition("~")
    number, _, started = rest.partition("~")
    if machine != _machine() or not number.isdecimal():
        return silent < LEASE
    return _started(int(number)) == started


@functools.cache
def _machine() -> str:
    """The host, and where the system has several spaces of process numbers, as for containers, which of them."""
    space = Path("/proc/self/ns/pid")
    return f"{platform.node()}/{space.readlink() if space.exists() else ''}".translate(str.maketrans("/.~", "---"))


def _started(number: int) -> str:
    """When a process started, in the system's ticks; "" where none of that number lives."""
    with contextlib.suppress(OSError, ValueError):
        state, *rest = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]  # one that was killed may wait for its parent to hear of it
    with contextlib.suppress(OSError):
        os.kill(number, 0)  # a system that tells no times: the number has to do
        return "alive"
    return ""


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make the folder, and turn what goes wrong with it into one line.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): give a folder with room and write permission as HETSNN_HOME"
        ) from None


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
            os.link(mine, path)
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


def _read(path: Path) -> dict | None:
    """What a lock says; None where there is none any more."""
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
