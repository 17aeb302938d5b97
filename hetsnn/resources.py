"""Cores and memory that this process may use, as limited by affinity, control groups and SLURM; its CPU time."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MEMBERSHIP = Path("/proc/self/cgroup")  # this process's control groups
GROUPS = Path("/sys/fs/cgroup")  # where control groups are mounted


def cores() -> int:
    """Return the number of whole cores that this process may use, at least 1."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; it knows PYTHON_CPU_COUNT, too
        allowed = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    slurm = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("SLURM_CPUS_ON_NODE")
    return max(1, int(min(allowed, *_quotas(), _number(slurm))))


def memory() -> float:
    """Return the memory that this process may use [bytes]."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    per_core = _number(os.environ.get("SLURM_MEM_PER_CPU")) * 2**20
    slurm = min(_number(os.environ.get("SLURM_MEM_PER_NODE")) * 2**20, per_core * cores())
    groups = [_number(text) for text in _settings("memory", "memory.max", "memory.limit_in_bytes")]
    return float(min(machine, slurm, *groups))


def cpu_seconds() -> float:
    """Return the CPU time, user and system, of this process and of its children that have ended [s]."""
    return sum(os.times()[:4])


def _quotas() -> Iterator[float]:
    """Yield the number of cores, possibly fractional, that each control group allows."""
    separate = [_settings("cpu", "", f"cpu.cfs_{what}_us") for what in ("quota", "period")]
    for quota, period in (*map(str.split, _settings("cpu", "cpu.max", "")), *zip(*separate, strict=True)):
        yield _number(quota) / float(period)


def _settings(controller: str, unified: str, separate: str) -> Iterator[str]:
    """Yield a setting of this process's control group and of those above it.

    Args:
        controller: the resource, such as "memory".
        unified: the setting's file if one hierarchy has all controllers (version 2).
        separate: the setting's file if each controller has its own hierarchy (version 1); "" for no file.
    """
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = MEMBERSHIP.read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        folder, name = (GROUPS / controller, separate) if controllers else (GROUPS, unified)
        # A container may be told a path that only its host sees; its own group is then the root.
        group = PurePosixPath("/" if ".." in path else path)
        for each in (group, *group.parents) if name else ():
            with contextlib.suppress(OSError):
                yield (folder / each.relative_to("/") / name).read_text().strip()


def _number(text: str | None) -> float:
    """Return a limit, or infinity if there is no limit."""
    with contextlib.suppress(TypeError, ValueError):
        if (number := float(text or "")) > 0:
            return number
    return float("inf")
