"""The environment in which chapters are executed, without the user's own settings.

Of the user's variables, those that the machine and the libraries need are kept (paths, devices, proxies). Interpreters,
notebooks and figures have their defaults. Folders are absolute, because a kernel has another working folder than the
command.
"""

import json
import os
import sys
from pathlib import Path

import hetsnn
from hetsnn import numerics
from hetsnn.folders import home, settle
from hetsnn.sweeps import devices
from hetsnn_book.building import forks, inputs
from hetsnn_book.project import PACKAGE

# Prefixes of settings of interpreters, notebooks and figures; those in KEPT are about the machine.
DROPPED = ("PYTHON", "IPYTHON", "JUPYTER", "JPY_", "MPLBACKEND", "MATPLOTLIBRC")
KEPT = ("PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHON_CPU_COUNT")
# A chapter's programs run too briefly for fully optimised code to pay; at paper it computes no run.
COMPILER = {"smoke": devices.HURRIED, "quick": devices.BRIEF, "paper": devices.BRIEF}
COMPILED = "JAX_COMPILATION_CACHE_DIR"
KERNEL = "python3"  # the name in the chapters' front matter, which the build's own kernel takes


def make(folder: Path, root: Path, profile: str) -> dict[str, str]:
    """Write a kernel and empty settings into a folder; return the environment that uses only these.

    Args:
        folder: folder to write them to.
        root: the book's folder.
        profile: profile of the chapters.

    Raises:
        InputError: HETSNN_HOME or HETSNN_DATA names no folder, or a setting of JAX or XLA would change numbers.
    """
    settle()
    numerics.check()  # kernels inherit the settings
    folder = folder.absolute()
    kernel = folder / "jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hetsnn_book.building.kernel", "-f", "{connection_file}"]
    forked = {"kernel_provisioner": {"provisioner_name": forks.PROVISIONER}}
    description = {"argv": command, "display_name": "Python 3", "language": "python", "metadata": forked}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    (folder / "matplotlibrc").write_text("", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(DROPPED)}
    own = {
        "IPYTHONDIR": folder / "ipython",
        "JUPYTER_PATH": folder / "jupyter",
        "JUPYTER_DATA_DIR": folder / "jupyter",
        "JUPYTER_CONFIG_DIR": folder / "settings",
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        # Matplotlib reads it at its import, which may come before the kernel would set it.
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the import of the debugger, which nobody uses, prints a warning
        "MATPLOTLIBRC": folder / "matplotlibrc",
        # Kernels have this process's package, wherever it comes from.
        "PYTHONPATH": os.pathsep.join(str(path) for path in _sources()),
        inputs.ROOTS: json.dumps(inputs.roots(root, profile)),
    }
    found = _for_jax(profile) | kept | {name: str(value) for name, value in own.items()}
    if "://" not in found[COMPILED]:  # a folder, not a store elsewhere
        found[COMPILED] = str(Path(found[COMPILED]).absolute())
    return found


def _sources() -> list[Path]:
    """Return the folders that the packages are imported from."""
    return list(dict.fromkeys((Path(hetsnn.__file__).resolve().parents[1], PACKAGE.parent)))


def _for_jax(profile: str) -> dict[str, str]:
    """Return the variables for JAX, except those that the user has set."""
    found = {
        # Chapters share a machine, so none may take a GPU's whole memory in advance, as JAX does by default.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        # Programs that chapters compile themselves are cached, too; sweeps set up the cache for their own.
        COMPILED: str(home() / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
        "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
    }
    options = devices.known(COMPILER[profile])
    found["XLA_FLAGS"] = " ".join(f"--{name}={value}".lower() for name, value in options.items())
    return found
