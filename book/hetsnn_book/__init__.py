"""The paper's companion: its experiments and claims, its chapters' figures, the command line, the build."""

import hetsnn.sweeps  # noqa: F401, first of all: each core becomes a device before anything starts JAX
from hetsnn import numerics

numerics.pin()  # for the command, and for the functions that chapters compile themselves
