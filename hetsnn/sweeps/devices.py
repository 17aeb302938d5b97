"""Devices of this machine; on a CPU, each core is a device."""

import contextlib
import functools
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from hetsnn import resources
from hetsnn.errors import InputError

PLATFORM = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")  # environment variables; the second one is JAX's older name
CORES = "cores"  # the last word of a description of a processor
# Compiler options for programs that run for less time than their optimisation takes.
HURRIED: Mapping[str, str | bool] = {"xla_backend_optimization_level": "0", "xla_cpu_use_fusion_emitters": False}
# Options for programs that run for seconds: they compile in 2/5 of the time, and take 1.5 to 3 times as long.
BRIEF: Mapping[str, str | bool] = {
    "xla_backend_optimization_level": "1",
    "xla_cpu_use_fusion_emitters": False,
    "xla_llvm_disable_expensive_passes": True,
}


def use_cores() -> None:
    """Make each core a device, unless JAX has started already or JAX_NUM_CPU_DEVICES sets the number of devices.

    `hetsnn.sweeps` calls this on import, before gymnax and evosax start JAX.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has started: it keeps the devices that it has
            jax.config.update("jax_num_cpu_devices", resources.cores())


def start(*, computes: bool) -> None:
    """Start JAX for a process: on its platform if the process computes, else on the CPU, which always exists.

    Raises:
        InputError: JAX does not find the platform that the environment names.
    """
    if not computes:
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_platform_name", "")
        return
    try:
        jax.devices()
    except (RuntimeError, AssertionError):
        raise _no_platform() from None


def check_elsewhere() -> None:
    """Check that a child process could compute, without taking a GPU's memory in this process.

    Raises:
        InputError: JAX does not find the platform that the environment names.
    """
    if _named():
        tried = subprocess.run([sys.executable, "-c", "import jax; jax.devices()"], capture_output=True, check=False)
        if tried.returncode:
            raise _no_platform()


def _named() -> list[str]:
    """Return the environment variables that name another platform than the CPU."""
    return [name for name in PLATFORM if os.environ.get(name, "") not in ("", "cpu")]


def _no_platform() -> InputError:
    name, *_ = [*_named(), PLATFORM[0]]
    asked = os.environ.get(name, "")
    return InputError(f"{name} must name what JAX finds on this machine, such as cpu, got {asked!r}")


def prepare(cache: Path) -> None:
    """Cache compiled programs in a folder."""
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    # XLA's own caches would lie in the folder, too, and its name would enter the key of every program.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    # A program that cannot be cached, or whose entry is cut short (killed process, full disk), is compiled again.
    warnings.filterwarnings("ignore", "Error .* persistent compilation cache")


def mesh(shards: int = 1) -> Mesh:
    """Return the mesh of all local devices: one axis for runs, one for the shards of each run's population."""
    return Mesh(np.array(jax.local_devices()).reshape(-1, shards), ("runs", "population"))


def hurried() -> dict[str, str | bool]:
    """Return `HURRIED` on a CPU, where these options more than halve compile times; elsewhere no options."""
    return known(HURRIED) if jax.default_backend() == "cpu" else {}


def known(options: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """Return the compiler options that this XLA has; it refuses an option that it lacks."""
    return {name: value for name, value in options.items() if _has(name, value)}


@functools.cache
def _has(name: str, value: str | bool) -> bool:
    try:
        jax.jit(lambda: 0).lower().compile({name: value})
    except jax.errors.JaxRuntimeError:
        return False
    return True


def memory() -> float:
    """Return the memory of a device for a program [bytes]; cores share the memory of this process equally."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return resources.memory() / len(jax.local_devices())
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
        return f"{cpu()}, {len(devices)} of {resources.cores()} {CORES}"
    return f"{len(devices)} x {devices[0].device_kind}"


def on_cores(description: str) -> bool:
    """Return whether `describe` speaks of a processor's cores, and not of a GPU."""
    return description.endswith(CORES)


def cpu() -> str:
    """Return the processor's name, or its architecture if the system does not provide the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
