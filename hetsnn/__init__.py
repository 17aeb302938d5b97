"""Can a spiking network with frozen random weights compute, if only the properties of its neurons are evolved?"""
