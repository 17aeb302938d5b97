"""Kernels that start with their libraries in memory, whose import takes a chapter seconds.

The process that executes chapters imports the libraries once. The process of each chapter is a copy of it (a fork),
and so is the chapter's kernel. Linux alone can do so: other systems' own libraries do not survive a fork.
"""

import gc
import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

FORKED = sys.platform == "linux"
CONTEXT: Any = multiprocessing.get_context("fork" if FORKED else "spawn")
PROVISIONER = "hetsnn-forked"  # the name by which Jupyter finds `Forked`, from pyproject.toml
OWN = {"hetsnn", "hetsnn_book"}
# Libraries of chapters, with all that these import themselves. None of them may start JAX, whose threads forbid a fork.
LIBRARIES = (
    "tqdm.auto",  # it comes before ipykernel, beside which it would warn that a notebook's bars are missing
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "jax",
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "seaborn",
    "flax.struct",
    "optax",
    "gymnasium",
    "requests",
)


class Spare:
    """A copy of this process that waits to become a kernel, with the methods of `Popen` that Jupyter calls."""

    stdin = stdout = stderr = None

    def __init__(self, *others: Connection) -> None:
        commands, self._send = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_wait, args=(commands, self._send, *others))
        self._process.start()
        commands.close()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def become(self, command: list[str], folder: str, variables: Mapping[str, str]) -> None:
        """Carry out a command, [python, -m, MODULE, ARGUMENT, ...], in a working folder and an environment."""
        self._send.send((command, folder, dict(variables)))

    def poll(self) -> int | None:
        """Return the exit status, None while the process runs."""
        return self._process.exitcode

    def wait(self) -> int:
        """Wait for the end of the process; return the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def release(self) -> None:
        """Wait for the end of the process, which comes at once if it has not become a kernel."""
        self._send.close()
        self._process.join()


_ready: list[Spare] = []


@contextmanager
def spare(*others: Connection) -> Iterator[None]:
    """Hold a process ready for the next kernel of this process, which may not have started any threads yet.

    Args:
        others: connections of this process, which the other one closes: their other ends shall notice the end of this
            process.
    """
    if not FORKED:
        yield
        return
    ready = Spare(*others)
    _ready.append(ready)
    try:
        yield
    finally:
        _ready.clear()
        ready.release()


class Forked(LocalProvisioner):
    """Jupyter's way to start and end a kernel that is a fork; where none is ready it starts a new interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:  # jupyter_client 8.6 has an old hint
        """Start the kernel of a command, [python, -m, MODULE, ARGUMENT, ...]."""
        if not _ready:
            return await super().launch_kernel(cmd, **kwargs)
        process: Any = _ready.pop()
        self.cwd = kwargs.get("cwd", str(Path.cwd()))
        # By this argument it ends with this process; the kernel's class has read JPY_PARENT_PID at its import.
        process.become([*cmd, f"--IPKernelApp.parent_handle={os.getpid()}"], self.cwd, kwargs["env"])
        self.process, self.pid = process, process.pid
        return self.connection_info


def prepare() -> None:
    """Import the libraries of chapters."""
    if FORKED:
        for name in LIBRARIES:
            with suppress(ImportError):  # the chapter that needs it says so
                importlib.import_module(name)
        gc.freeze()  # memory that no collection touches stays shared


def _wait(commands: Connection, *others: Connection) -> None:
    """Wait for a command, and carry it out."""
    for other in others:
        other.close()
    try:
        command, folder, variables = commands.recv()
    except EOFError:  # none is needed
        return
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    # A chapter imports the project's modules itself, so that it depends on these alone.
    for name in ("__main__", "__mp_main__"):
        sys.modules[name] = ModuleType(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
    _, _, module, *arguments = command
    importlib.import_module(module).launch(arguments)
