"""Choice of the order of each body's principal axes, so that fewer numbers describe a robot.

Brax turns each body's diagonal inertia by a rotation to its principal axes. The order of the axes is arbitrary, but
one of the 24 ways to name them may have a rotation with many zeros. If all bodies turn about one axis, a robot that
moves in a plane then stays in it to the last bit. Numbers that stay zero need not be computed.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

ROUNDING = 1e-6  # entries of a quaternion in float32 that are smaller are 0


def renamed(system: Any) -> Any:
    """Return Brax's system with the axes of each body's inertia renamed; an inertia that is not diagonal stays."""
    inertia = system.link.inertia
    found = [
        best(rotation, of)
        for rotation, of in zip(np.asarray(inertia.transform.rot), np.asarray(inertia.i), strict=True)
    ]
    # The arrays outlive the trace in which they may be made.
    with jax.ensure_compile_time_eval():
        rotations, inertias = (jnp.asarray(np.stack(each), jnp.float32) for each in zip(*found, strict=True))
    transform = inertia.transform.replace(rot=rotations)
    return system.replace(link=system.link.replace(inertia=inertia.replace(transform=transform, i=inertias)))


def best(
    rotation: Float[np.ndarray, "4"], inertia: Float[np.ndarray, "3 3"]
) -> tuple[Float[np.ndarray, "4"], Float[np.ndarray, "3 3"]]:
    """Return the rotation to a body's principal axes that has most zeros, and the inertia in the order of these axes.

    Args:
        rotation: rotation to the principal axes, a quaternion with the scalar part first.
        inertia: inertia about the principal axes [kg m^2].
    """
    if np.count_nonzero(inertia - np.diag(np.diag(inertia))):
        return rotation, inertia
    ways = Rotation.create_group("O")
    turned = (Rotation.from_quat(rotation, scalar_first=True) * ways).as_quat(scalar_first=True, canonical=True)
    turned[abs(turned) < ROUNDING] = 0.0
    # Of those with most zeros the one that turns least.
    chosen = max(range(len(turned)), key=lambda way: (np.count_nonzero(turned[way] == 0), turned[way][0].round(6)))
    order = abs(ways[chosen].as_matrix().round()).argmax(0)
    return turned[chosen] / np.linalg.norm(turned[chosen]), np.diag(np.diag(inertia)[order])
