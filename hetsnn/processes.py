"""Names of processes, on this machine and others, and whether they still live."""

import contextlib
import functools
import os
import platform
import re
from pathlib import Path

LEASE = 120.0  # seconds without a sign of life after which a process on another machine is taken for dead


def me() -> str:
    """Return a name of this process, without dots, that no other process has had: machine, number, start time."""
    return f"{_machine()}~{os.getpid()}~{_started(os.getpid())}"


def alive(owner: str, silent: float) -> bool:
    """Return True if a process still lives, as far as this machine can know.

    Args:
        owner: name of the process, as `me` returns it.
        silent: time since its last sign of life [s].
    """
    machine, _, rest = owner.partition("~")
    number, _, started = rest.partition("~")
    if machine != _machine() or not number.isdecimal():
        return silent < LEASE
    return _started(int(number)) == started


@functools.cache
def _machine() -> str:
    """Return the host's name and, where the system has them, the namespace of process numbers, as of a container.

    Only letters, digits, _ and - are left: some file systems allow no more in a name.
    """
    space = Path("/proc/self/ns/pid")
    return re.sub(r"[^\w-]", "-", f"{platform.node()}/{space.readlink() if space.exists() else ''}")


def _started(number: int) -> str:
    """Return the start time of a process in the system's ticks; "" if no process of that number lives."""
    with contextlib.suppress(OSError, ValueError):
        state, *rest = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]  # one that was killed may wait for its parent to hear of it
    with contextlib.suppress(OSError):
        os.kill(number, 0)  # a system that tells no times: the number has to do
        return "alive"
    return ""
