"""The paper's companion: its experiments and claims, its chapters' figures, the command line, the build."""

import gc
import importlib
import sys

from hetsnn import starting
from hetsnn.errors import InputError


def _start() -> None:
    """Make each core a device before JAX starts, and pin its settings for all that is compiled in this process.

    The command and a chapter's kernel alike end in one line if JAX refuses a setting.
    """
    try:
        starting.import_jax()
    except InputError as error:
        print(f"hetsnn: {error}", file=sys.stderr)
        sys.exit(2)

    importlib.import_module("hetsnn.sweeps")  # which makes each core a device
    importlib.import_module("hetsnn.numerics").pin()
    gc.set_threshold(10_000)  # tracing and tables make many objects, hardly any in circles: up to a tenth of their time


_start()
