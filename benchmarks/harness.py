"""Harness of the benchmarks: each file of `benchmarks/` is one comparison, measured by its `measure() -> list[dict]`.

Timed functions run in fresh processes, so that JAX has exactly the given cores and devices, and memory peaks belong to
one function. `row` makes a row of the result. A published benchmark is a checksummed JSON file, with a record of the
machine.
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

from hetsnn import numerics, resources
from hetsnn.errors import InputError
from hetsnn.files import write
from hetsnn_book.measures import speed
from hetsnn_book.project import PROJECT

PACKAGES = ("hetsnn", "jax", "jaxlib", "flax", "evosax", "gymnax", "numpy")
CLEARED = ("JAX_COMPILATION_CACHE_DIR", "JAX_NUM_CPU_DEVICES")  # variables that a benchmark sets itself


def names() -> list[str]:
    """Return the names of all benchmarks: the other files of this folder."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.name != Path(__file__).stem)


def run(only: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure all benchmarks, or some; return the record of the machine, and `results`, a list of rows.

    Raises:
        InputError: a benchmark is unknown, or a setting of JAX or XLA would change numbers.
        subprocess.CalledProcessError: a benchmark failed.
    """
    for name in only or ():
        if name not in names():
            raise InputError(f"benchmark must be one of {', '.join(names())}, got {name!r}")
    numerics.check()
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
    """Call a function in a new process; return its result.

    Args:
        function: name of the function as MODULE:NAME; its arguments and result are plain data.
        cores: number of this process's cores that it may use; by default all.
        devices: number of JAX devices; by default one per core. A single device has threads on all cores.
        arguments: arguments of the function.

    Raises:
        subprocess.CalledProcessError: the function failed; its traceback has been printed.
    """
    work = json.dumps({"function": function, "cores": cores, "arguments": arguments})
    environment = {name: value for name, value in os.environ.items() if name not in CLEARED}
    if devices or cores:
        environment["JAX_NUM_CPU_DEVICES"] = str(devices or cores)
    command = [sys.executable, "-m", "benchmarks.harness", work]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, text=True, cwd=PROJECT)
    return json.loads(done.stdout.splitlines()[-1])


def row(name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None) -> dict[str, Any]:
    """Return a row of the result; with a peer, `ratio` is above 1 if our value is better."""
    result = {"name": name, "value": value, "unit": unit}
    if peer is None or peer_value is None:
        return result
    ratio = peer_value / value if unit in speed.COSTS else value / peer_value
    return result | {"peer": peer, "peer_value": peer_value, "ratio": ratio}


def median_seconds(call: Callable[[], Any], repeats: int) -> float:
    """Return the median duration of a blocking call, after one call to warm up."""
    call()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def median_of(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each number over rounds of the same measurement."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def peak_mib() -> float:
    """Return the peak memory of this process so far [MiB]."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):  # this process alone; getrusage includes the parent's peak
                return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def program_mib(compiled: Any) -> float:
    """Return the memory of a compiled program: arguments, outputs and temporaries [MiB]."""
    from hetsnn.sweeps import devices

    return devices.memory_bytes(compiled) / 2**20


def machine() -> dict[str, Any]:
    """Return the record of the machine."""
    from hetsnn.sweeps import devices

    return {
        "device": devices.describe(),
        "memory_gib": round(resources.memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
    }


def publish(record: dict[str, Any]) -> list[Path]:
    """Write measured benchmarks to the published folder, in place of earlier results of the same benchmarks."""
    paths = []
    for name in sorted({one["benchmark"] for one in record["results"]}):
        part = record | {"results": [one for one in record["results"] if one["benchmark"] == name]}
        paths.append(write(speed.PUBLISHED, name, "json", json.dumps(part, indent=1).encode()))
    return paths


def _main() -> None:
    """Call the function that `fresh` names, and print its result as the last line."""
    work = json.loads(sys.argv[1])
    if work["cores"] is not None:
        # JAX makes a thread per core when it starts.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: work["cores"]])
    module, _, function = work["function"].partition(":")
    print(json.dumps(getattr(importlib.import_module(module), function)(**work["arguments"])))


if __name__ == "__main__":
    _main()
