"""Neurons in numpy's float64: what takes any array takes them, though it promises JAX's."""

from typing import Any

import numpy as np

from hetsnn.networks.neurons import Properties


def double(*values: Any) -> Properties:
    """tau_m, v_th, v_rest and r_m, numbers or arrays."""
    arrays: Any = [np.asarray(value, np.float64) for value in values]
    return Properties(*arrays)
