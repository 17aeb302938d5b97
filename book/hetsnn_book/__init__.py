"""The paper's companion: its experiments and claims, its chapters' figures, the command line, the build."""

import hetsnn.sweeps  # noqa: F401  # imported for its effect: each core becomes a device before JAX starts
from hetsnn import numerics

numerics.pin()  # for the command, and for the functions that chapters compile themselves
