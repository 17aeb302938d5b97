"""How trainings are carried out and kept: runs, compiled programs, results.

Whoever runs sweeps wants each core as a device. JAX must be told before it starts, and gymnax and evosax start it when
they are imported; hence here, before any module of this package.
"""

from hetsnn.sweeps import devices

devices.use_cores()
