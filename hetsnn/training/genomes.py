"""What evolves: which leaves of a network, in which coordinates, within which bounds.

The search moves a vector of coordinates around its start. For neurons the start is 0, the homogeneous initial
value, and a coordinate x of width w stands for `initial + w x` or, for tau_m in log coordinates, `initial exp(w
x)`; a property whose width is 0 keeps exactly its initial value, so that networks that evolve different properties
differ in numbers only. For weights the coordinates are the weights.
"""

from typing import Literal, get_args

import jax.numpy as jnp
from flax import struct
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.numbers import Real, check_choice, check_real

Side = Literal["neuron", "weight"]
Coordinates = Literal["log", "linear"]
Widths = tuple[Real, ...]  # of tau_m, v_th, v_rest, r_m
WIDTHS: Widths = (1.0, 1.0, 1.0, 1.0)


@struct.dataclass
class Genome:
    """The declared choices of a search space.

    Time constants stay within [1, tau_max] dt, resistances at or above `r_min`. A resting potential at or above the
    threshold makes a neuron fire without input: that is allowed unless `v_rest_below_v_th`.
    """

    evolved: Side = struct.field(pytree_node=False, default="neuron")
    tau_coordinates: Coordinates = struct.field(pytree_node=False, default="log")
    v_rest_below_v_th: bool = struct.field(pytree_node=False, default=False)
    widths: Widths = WIDTHS  # search width of each property; 0 does not evolve
    tau_max: Real = 1000.0  # [dt]
    r_min: Real = 0.0  # negative allows resistances that turn the sign of the input
    alike: bool = struct.field(pytree_node=False, default=False)  # neurons stay alike: one value of each property

    def check(self) -> None:
        """Raise InputError for a search space that cannot be."""
        check_choice("evolved", self.evolved, get_args(Side))
        check_choice("tau_coordinates", self.tau_coordinates, get_args(Coordinates))
        if len(self.widths) != len(PROPERTIES):
            raise InputError(f"widths must be one for each of {', '.join(PROPERTIES)}, got {self.widths}")
        for name, width in zip(PROPERTIES, self.widths, strict=True):
            check_real(f"the width of {name}", width, at_least=0)
        if self.evolved == "neuron" and not any(self.widths):
            raise InputError(f"widths must be above 0 for at least one property, got {self.widths}")
        check_real("tau_max", self.tau_max, at_least=1)
        check_real("r_min", self.r_min)


def widths(*names: str, full: Widths = WIDTHS) -> Widths:
    """Widths that let just the named properties evolve, each as widely as where all do.

    Raises:
        InputError: a name that is no property.
    """
    for name in names:
        if name not in PROPERTIES:
            raise InputError(f"a property must be one of {', '.join(PROPERTIES)}, got {name!r}")
    return tuple(width if name in names else 0.0 for name, width in zip(PROPERTIES, full, strict=True))


def start(genome: Genome, variables: dict) -> Float[Array, " dimensions"]:
    """Coordinates of a drawn network: where the search begins."""
    if genome.evolved == "weight":
        return ravel_pytree(variables["synapse"])[0]
    return jnp.zeros(len(PROPERTIES) * (1 if genome.alike else variables["neuron"]["tau_m"].size))


def decode(genome: Genome, coordinates: Float[Array, " dimensions"], variables: dict) -> dict:
    """The network that coordinates stand for; what does not evolve is taken from the drawn `variables`."""
    if genome.evolved == "weight":
        return {**variables, "synapse": ravel_pytree(variables["synapse"])[1](coordinates)}
    initial = variables["neuron"]
    moves = coordinates.reshape(len(PROPERTIES), -1) * jnp.asarray(genome.widths)[:, None]
    moved = {name: initial[name] + move for name, move in zip(PROPERTIES, moves, strict=True)}
    if genome.tau_coordinates == "log":
        moved["tau_m"] = initial["tau_m"] * jnp.exp(moves[0])
    moved["tau_m"] = jnp.clip(moved["tau_m"], 1.0, genome.tau_max)
    moved["r_m"] = jnp.maximum(moved["r_m"], genome.r_min)
    if genome.v_rest_below_v_th:
        rest, threshold = moved["v_rest"], moved["v_th"]
        below, above = jnp.nextafter(threshold, -jnp.inf), jnp.nextafter(rest, jnp.inf)
        rest_evolves = jnp.asarray(genome.widths[2]) > 0  # if not, it is the threshold that gives way
        moved["v_rest"] = jnp.where(rest_evolves, jnp.minimum(rest, below), rest)
        moved["v_th"] = jnp.where(rest_evolves, threshold, jnp.maximum(threshold, above))
    return {**variables, "neuron": moved}
