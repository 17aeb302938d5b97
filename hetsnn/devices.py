"""The devices of this machine: on a CPU, each core is one."""

import contextlib
import os
import platform
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_cores() -> None:
    """Make each core a device, unless JAX has started already or JAX_NUM_CPU_DEVICES says how many there are.

    The package does so as it is imported: gymnax and evosax start JAX when they are.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has started: it keeps the devices that it has
            jax.config.update("jax_num_cpu_devices", cores())


def prepare(cache: Path) -> None:
    """Make each core a device where that is still possible, and keep compiled programs in a folder."""
    use_cores()
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def mesh() -> Mesh:
    """All local devices in one row."""
    return Mesh(np.array(jax.local_devices()), ("runs",))


def describe() -> str:
    """What computes, in words."""
    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        return f"{cpu()}, {len(devices)} of {cores()} cores"
    return f"{len(devices)} x {devices[0].device_kind}"


def cpu() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
