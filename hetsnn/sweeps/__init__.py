"""Execution and storage of trainings: runs, compiled programs, results.

A sweep uses each core as a device. JAX reads that setting when it starts, and importing gymnax or evosax starts it; so
it is set here, before any other module of this package is imported.
"""

from hetsnn.sweeps import devices

devices.use_cores()
