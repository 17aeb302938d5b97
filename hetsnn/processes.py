"""Names of processes, on this machine and others, and whether they still live."""

import contextlib
import functools
import os
import platform
import re
from pathlib import Path

LEASE = 120.0  # seconds without a sign of life after which a process on another machine is taken for dead


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
    """Return the host, and where the system has several spaces of process numbers, as for containers, which of them.

    All but letters, digits, _ and - is left out: not every file system takes more in a name.
    """
    space = Path("/proc/self/ns/pid")
    return re.sub(r"[^\w-]", "-", f"{platform.node()}/{space.readlink() if space.exists() else ''}")


def _started(number: int) -> str:
    """When a process started, in the system's ticks; "" where none of that number lives."""
    with contextlib.suppress(OSError, ValueError):
        state, *rest = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]  # one that was killed may wait for its parent to hear of it
    with contextlib.suppress(OSError):
        os.kill(number, 0)  # a system that tells no times: the number has to do
        return "alive"
    return ""
