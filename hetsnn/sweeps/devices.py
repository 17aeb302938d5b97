"""Devices of this machine; on a CPU, each core is a device."""

import contextlib
import os
import platform
import warnings
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

# Compiler options for programs that run for less time than their optimisation takes.
HURRIED: dict[str, str | bool] = {"xla_backend_optimization_level": "0", "xla_cpu_use_fusion_emitters": False}


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_cores() -> None:
    """Make each core a device, unless JAX has started already or JAX_NUM_CPU_DEVICES sets the number of devices.

    `hetsnn.sweeps` calls this on import, before gymnax and evosax start JAX.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has started: its devices are fixed
            jax.config.update("jax_num_cpu_devices", cores())


def prepare(cache: Path) -> None:
    """Make each core a device if JAX has not started, and cache compiled programs in a folder."""
    use_cores()
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    # A program that cannot be cached, or whose entry is cut short (killed process, full disk), is compiled again.
    warnings.filterwarnings("ignore", "Error .* persistent compilation cache")


def mesh(shards: int = 1) -> Mesh:
    """Return the mesh of all local devices: one axis for runs, one for the shards of each run's population."""
    return Mesh(np.array(jax.local_devices()).reshape(-1, shards), ("runs", "population"))


def hurried() -> dict[str, str | bool]:
    """Return `HURRIED` on a CPU, where it more than halves the time of compiling; elsewhere no options."""
    return dict(HURRIED) if jax.default_backend() == "cpu" else {}


def memory() -> float:
    """Return the memory of a device [bytes]; cores share the machine's memory equally."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / len(jax.local_devices())
    return (device.memory_stats() or {}).get("bytes_limit", float("inf"))


def memory_bytes(compiled: jax.stages.Compiled) -> int:
    """Return the device memory of a compiled program: arguments, outputs and temporaries [bytes]; 0 if unknown."""
    sizes = compiled.memory_analysis()
    if sizes is None:  # some platforms have no analysis
        return 0
    total = sizes.argument_size_in_bytes + sizes.output_size_in_bytes + sizes.temp_size_in_bytes
    return total - sizes.alias_size_in_bytes


def describe() -> str:
    """Return a description of the devices for the record of a run."""
    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        return f"{cpu()}, {len(devices)} of {cores()} cores"
    return f"{len(devices)} x {devices[0].device_kind}"


def cpu() -> str:
    """Return the processor's name, or its architecture if the system does not provide the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
