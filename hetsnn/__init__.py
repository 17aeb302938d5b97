"""Can a spiking network with frozen random weights compute, if only the properties of its neurons are evolved?"""

from hetsnn import devices

devices.use_cores()
