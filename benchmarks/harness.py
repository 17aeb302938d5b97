"""Benchmarks: each file of the project's `benchmarks/` is one comparison, measured by its `measure() -> list[dict]`.

What is timed runs in fresh processes, so that JAX has just the cores and devices that it is given, and peaks of
memory are nobody else's. A row of the result is made by `row`; what is published of a benchmark is a checksummed JSON
file of its own, with a record of what it was measured on.
"""

import contextlib
import datetime as dt
import importlib
import json
import os
import pkgutil
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from hetsnn import resources
from hetsnn.errors import InputError
from hetsnn.files import write
from hetsnn_book.measures import speed
from hetsnn_book.project import PROJECT

PACKAGES = ("hetsnn", "jax", "jaxlib", "flax", "evosax", "gymnax", "numpy")
OURS = ("JAX_COMPILATION_CACHE_DIR", "JAX_NUM_CPU_DEVICES")  # variables that a benchmark sets for itself


def names() -> list[str]:
    """All benchmarks: every other file of this folder."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.name != Path(__file__).stem)


def run(only: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure all benchmarks, or some: what they were measured on, and `results`, a list of rows.

    Raises:
        InputError: a benchmark that does not exist.
        subprocess.CalledProcessError: one that failed.
    """
    for name in only or ():
        if name not in names():
            raise InputError(f"unknown benchmark {name!r}: the benchmarks are {', '.join(names())}")
    started, load = time.monotonic(), os.getloadavg()[0]
    record = {"measured": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **fresh(f"{__name__}:machine")}
    results = []
    for name in only or names():
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        before = time.monotonic()
        results += [{"benchmark": name, **one} for one in fresh(f"benchmarks.{name}:measure")]
        print(f"{time.monotonic() - before:.0f} s", file=sys.stderr)
    return record | {"load": load, "seconds": round(time.monotonic() - started), "results": results}


def fresh(function: str, *, cores: int | None = None, devices: int | None = None, **arguments: Any) -> Any:
    """What a function returns in a process of its own.

    Args:
        function: as MODULE:NAME; what it takes and returns is plain data.
        cores: how many of this process's cores it may use; by default all.
        devices: how many devices JAX makes of them; by default each core is one. One device has threads on all cores.
        arguments: the function's.

    Raises:
        subprocess.CalledProcessError: it failed, and its traceback has been printed.
    """
    work = json.dumps({"function": function, "cores": cores, "arguments": arguments})
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    if devices or cores:
        environment["JAX_NUM_CPU_DEVICES"] = str(devices or cores)
    command = [sys.executable, "-m", "benchmarks.harness", work]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, text=True, cwd=PROJECT)
    return json.loads(done.stdout.splitlines()[-1])


def row(name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None) -> dict[str, Any]:
    """A row of the result; beside a peer, `ratio` says how many times better than the peer we are."""
    result = {"name": name, "value": value, "unit": unit}
    if peer is None or peer_value is None:
        return result
    ratio = peer_value / value if unit in speed.COSTS else value / peer_value
    return result | {"peer": peer, "peer_value": peer_value, "ratio": ratio}


def median_seconds(call: Callable[[], Any], repeats: int) -> float:
    """Median duration of a call that returns when its work is done; the first has warmed it up and does not count."""
    call()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def median_of(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each number over rounds of the same measurement."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def peak_mib() -> float:
    """Most memory that this process has had in use so far [MiB]."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):  # of this program alone; getrusage's includes what the parent had
                return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def program_mib(compiled: Any) -> float:
    """Memory that a compiled program asks for: what it is given, what it gives, and what it needs meanwhile [MiB]."""
    asked = compiled.memory_analysis()
    return (
        asked.argument_size_in_bytes + asked.output_size_in_bytes + asked.temp_size_in_bytes - asked.alias_size_in_bytes
    ) / 2**20


def machine() -> dict[str, Any]:
    """What benchmarks run on."""
    from hetsnn.sweeps import devices

    return {
        "device": devices.describe(),
        "memory_gib": round(resources.memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
    }


def publish(record: dict[str, Any]) -> list[Path]:
    """Write what a run has measured in the place of what was published of the same benchmarks before."""
    paths = []
    for name in sorted({one["benchmark"] for one in record["results"]}):
        part = record | {"results": [one for one in record["results"] if one["benchmark"] == name]}
        paths.append(write(speed.PUBLISHED, name, "json", json.dumps(part, indent=1).encode()))
    return paths


def _main() -> None:
    """Do what `fresh` asks for, and print what comes of it as the last line."""
    work = json.loads(sys.argv[1])
    if work["cores"] is not None:
        # Before JAX starts: it makes as many threads as there are cores.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: work["cores"]])
    module, _, function = work["function"].partition(":")
    print(json.dumps(getattr(importlib.import_module(module), function)(**work["arguments"])))


if __name__ == "__main__":
    _main()
