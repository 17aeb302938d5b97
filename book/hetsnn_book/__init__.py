"""The paper's companion: its experiments and claims, its chapters' figures, the command line, the build."""

import gc
import sys

from hetsnn import starting
from hetsnn.errors import InputError


def _start() -> None:
    """Make each core a device before JAX starts, and pin its settings for all that is compiled in this process.

    This is a program, which nobody imports as a library: it ends in one line if JAX refuses a setting.
    """
    try:
        starting.import_jax()
    except InputError as error:
        print(f"hetsnn: {error}", file=sys.stderr)
        sys.exit(2)

    import hetsnn.sweeps  # noqa: F401  # for its effect on devices
    from hetsnn import numerics

    numerics.pin()
    gc.set_threshold(10_000)  # tracing and tables make many objects, hardly any in circles: up to a tenth of their time


_start()
