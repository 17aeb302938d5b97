"""XLA compiles in a hurry, in tests and in the processes that they start; import this before anything starts JAX.

Programs of tests run for less time than their optimisation takes. XLA reads its flags once, as JAX starts, and ends the
process at a flag that it does not know, so the compiler cannot be asked here.
"""

import os

import jax

from hetsnn.sweeps import devices

GONE = {"xla_cpu_use_fusion_emitters": (0, 11)}  # flags that XLA lacks, from JAX's version on
KNOWN = [name for name in devices.HURRIED if jax.__version_info__ < GONE.get(name, (1, 0))]

os.environ.setdefault("XLA_FLAGS", " ".join(f"--{name}={devices.HURRIED[name]}".lower() for name in KNOWN))

AT_LEISURE: dict[str, str | bool] = {"xla_backend_optimization_level": "3", "xla_cpu_use_fusion_emitters": True}


def at_leisure() -> dict[str, str | bool]:
    """Compiler options of a program whose last bits matter, whatever the process is in."""
    return {name: AT_LEISURE[name] for name in devices.hurried()}
