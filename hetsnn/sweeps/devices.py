"""The devices of this machine: on a CPU, each core is one."""

import contextlib
import os
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from hetsnn import resources
from hetsnn.errors import InputError

# Compiler options for what runs so briefly that optimising it takes longer.
HURRIED: dict[str, str | bool] = {"xla_backend_optimization_level": "0", "xla_cpu_use_fusion_emitters": False}


def use_cores() -> None:
    """Make each core a device, unless JAX has started already or JAX_NUM_CPU_DEVICES says how many there are.

    The package does so as it is imported: gymnax and evosax start JAX when they are.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has started: it keeps the devices that it has
            jax.config.update("jax_num_cpu_devices", resources.cores())


def start(*, computes: bool) -> None:
    """Start JAX for a process: on its platform where the process computes, else on the CPU, which is always there.

    Raises:
        InputError: the platform that JAX_PLATFORMS names is not there.
    """
    if not computes:
        jax.config.update("jax_platforms", "cpu")
        return
    try:
        jax.devices()
    except (RuntimeError, AssertionError):
        raise _no_platform() from None


def check_elsewhere() -> None:
    """See whether a process that starts from here could compute; this one does not take a GPU's memory for it.

    Raises:
        InputError: the platform that JAX_PLATFORMS names is not there.
    """
    if os.environ.get("JAX_PLATFORMS", "cpu") not in ("", "cpu"):
        tried = subprocess.run([sys.executable, "-c", "import jax; jax.devices()"], capture_output=True, check=False)
        if tried.returncode:
            raise _no_platform()


def _no_platform() -> InputError:
    asked = os.environ.get("JAX_PLATFORMS", "")
    return InputError(f"JAX_PLATFORMS must name what JAX finds on this machine, such as cpu, got {asked!r}")


def prepare(cache: Path) -> None:
    """Make each core a device where that is still possible, and keep compiled programs in a folder."""
    use_cores()
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    # XLA's own caches would lie in the folder, too, and its name would enter the key of every program.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    # One that cannot be kept, or was cut short by a kill or a full disk, is compiled again.
    warnings.filterwarnings("ignore", "Error .* persistent compilation cache")


def mesh(shares: int = 1) -> Mesh:
    """All local devices: runs go along one axis, and each run's population is divided into shares along the other."""
    return Mesh(np.array(jax.local_devices()).reshape(-1, shares), ("runs", "population"))


def hurried() -> dict[str, str | bool]:
    """`HURRIED` on a CPU, where it shortens compiling to less than half; elsewhere nothing."""
    return dict(HURRIED) if jax.default_backend() == "cpu" else {}


def memory() -> float:
    """Return what a device has for a program [bytes]; a core has its part of what this process may use."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return resources.memory() / len(jax.local_devices())
    return (device.memory_stats() or {}).get("bytes_limit", float("inf"))


def memory_bytes(compiled: jax.stages.Compiled) -> int:
    """What a compiled program asks of a device: what it is given, what it gives, what it needs meanwhile [bytes]."""
    of = compiled.memory_analysis()
    if of is None:  # not every platform tells
        return 0
    return of.argument_size_in_bytes + of.output_size_in_bytes + of.temp_size_in_bytes - of.alias_size_in_bytes


def describe() -> str:
    """What computes, in words."""
    devices = jax.local_devices()
    if devices[0].platform == "cpu":
        return f"{cpu()}, {len(devices)} of {resources.cores()} cores"
    return f"{len(devices)} x {devices[0].device_kind}"


def cpu() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
