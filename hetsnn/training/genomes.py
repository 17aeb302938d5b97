"""Genomes: the evolved variables of a network, their search coordinates and their bounds.

The search moves a vector of coordinates. For neurons it starts at 0, the homogeneous initial value, and a coordinate x
of width w stands for `initial + w x` or, for tau_m in log coordinates, `initial exp(w x)`. A property of width 0 keeps
exactly its initial value, so networks that evolve different properties differ in numbers only. For weights the
coordinates are the weights.
"""

import math
from typing import Literal

import jax.numpy as jnp
from flax import struct
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.numbers import Real

Side = Literal["neuron", "weight"]
Widths = tuple[Real, ...]  # of tau_m, v_th, v_rest, r_m
WIDTHS: Widths = (1.0, 1.0, 1.0, 1.0)


@struct.dataclass
class Genome:
    """Settings of a search space.

    Time constants stay within [1, tau_max] dt, resistances at or above `r_min`. A neuron whose resting potential is at
    or above its threshold fires without input; `v_rest_below_v_th` forbids such neurons.
    """

    evolved: Side = struct.field(pytree_node=False, default="neuron")
    tau_coordinates: Literal["log", "linear"] = struct.field(pytree_node=False, default="log")
    v_rest_below_v_th: bool = struct.field(pytree_node=False, default=False)
    widths: Widths = WIDTHS  # search width of each property; 0 keeps it from evolving
    tau_max: Real = 1000.0  # [dt]
    r_min: Real = 0.0  # a negative bound allows resistances that invert the input
    alike: bool = struct.field(pytree_node=False, default=False)  # all neurons share one value of each property

    def check(self) -> None:
        """Raise InputError for a search space that does not exist."""
        if self.evolved not in ("neuron", "weight"):
            raise InputError(f"unknown evolved {self.evolved!r}: it is 'neuron' or 'weight'")
        if self.tau_coordinates not in ("log", "linear"):
            raise InputError(f"unknown tau_coordinates {self.tau_coordinates!r}: they are 'log' or 'linear'")
        if len(self.widths) != len(PROPERTIES):
            raise InputError(f"{len(self.widths)} widths: there is one for each of {', '.join(PROPERTIES)}")
        if not all(0 <= width < math.inf for width in self.widths):
            raise InputError(f"widths are {self.widths}: each is 0, for a property that does not evolve, or positive")
        if self.evolved == "neuron" and not any(self.widths):
            raise InputError("no property evolves: at least one width is positive")
        if not self.tau_max >= 1:
            raise InputError(f"tau_max is {self.tau_max}: a time constant is at least one time step")
        if math.isnan(self.r_min):
            raise InputError("r_min is nan: it is a number")


def widths(*names: str, full: Widths = WIDTHS) -> Widths:
    """Return widths with which only the named properties evolve, each with its width from `full`.

    Raises:
        InputError: a name is no property.
    """
    for name in names:
        if name not in PROPERTIES:
            raise InputError(f"property must be one of {', '.join(PROPERTIES)}, got {name!r}")
    return tuple(width if name in names else 0.0 for name, width in zip(PROPERTIES, full, strict=True))


def start(genome: Genome, variables: dict) -> Float[Array, " dimensions"]:
    """Return the coordinates of a drawn network, the start of the search."""
    if genome.evolved == "weight":
        return ravel_pytree(variables["synapse"])[0]
    return jnp.zeros(len(PROPERTIES) * (1 if genome.alike else variables["neuron"]["tau_m"].size))


def decode(genome: Genome, coordinates: Float[Array, " dimensions"], variables: dict) -> dict:
    """Return the network variables at some coordinates; variables that do not evolve keep their drawn values."""
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
        rest_evolves = jnp.asarray(genome.widths[2]) > 0  # else the threshold is raised instead
        moved["v_rest"] = jnp.where(rest_evolves, jnp.minimum(rest, below), rest)
        moved["v_th"] = jnp.where(rest_evolves, threshold, jnp.maximum(threshold, above))
    return {**variables, "neuron": moved}
