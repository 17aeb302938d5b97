"""Genomes: the evolved variables of a network, their search coordinates and their bounds.

The search moves a vector of coordinates. For neurons it starts at 0, the homogeneous initial value, and a coordinate x
of width w stands for `initial + w x` or, for tau_m in log coordinates, `initial exp(w x)`. A property of width 0 keeps
exactly its initial value, so networks that evolve different properties differ in numbers only. For weights the
coordinates are the weights; for a scale the coordinate is the logarithm of a factor of all output weights. Properties
of other models of neurons evolve likewise, see `hetsnn.networks.models.Property`.
"""

from typing import Literal, get_args

import jax.numpy as jnp
from flax import struct
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.models import LIF, Neuron
from hetsnn.networks.spiking import Architecture
from hetsnn.numbers import Real, check_choice, check_real

# Evolved: properties of neurons; all weights; both; the output weights; the weights of the input that is always 1; or
# a scale, one number that multiplies all output weights.
Side = Literal["neuron", "weight", "both", "readout", "bias", "scale"]
Coordinates = Literal["log", "linear"]
Widths = tuple[Real, ...]  # a width for each property; by default those of tau_m, v_th, v_rest, r_m
WIDTHS: Widths = LIF().widths


@struct.dataclass
class Genome:
    """Settings of a search space.

    Time constants stay within [1, tau_max] dt, resistances at or above `r_min`. A neuron whose resting potential is at
    or above its threshold fires without input; `v_rest_below_v_th` forbids such neurons.

    Example:
        >>> import hetsnn
        >>> only_time_constants = hetsnn.Genome(widths=hetsnn.widths("tau_m"))
        >>> weights = hetsnn.Genome(evolved="weight")
    """

    evolved: Side = struct.field(pytree_node=False, default="neuron")
    tau_coordinates: Coordinates = struct.field(pytree_node=False, default="log")
    v_rest_below_v_th: bool = struct.field(pytree_node=False, default=False)
    widths: Widths = WIDTHS  # search width of each property; 0 keeps it from evolving
    tau_max: Real = 1000.0  # [dt]
    r_min: Real = 0.0  # a negative bound allows resistances that invert the input
    alike: bool = struct.field(pytree_node=False, default=False)  # all neurons share one value of each property

    def check(self, architecture: Architecture = Architecture()) -> None:
        """Raise InputError for a search space that networks of this architecture do not have."""
        neuron = architecture.neuron
        check_choice("evolved", self.evolved, get_args(Side))
        check_choice("tau_coordinates", self.tau_coordinates, get_args(Coordinates))
        if len(self.widths) != len(neuron.names):
            raise InputError(f"widths must be one for each of {', '.join(neuron.names)}, got {self.widths}")
        for name, width in zip(neuron.names, self.widths, strict=True):
            check_real(f"the width of {name}", width, at_least=0)
        if self.evolved == "bias" and not architecture.bias:
            raise InputError("evolved must not be 'bias' in a network without a bias, got 'bias'")
        if "neuron" in collections(self) and not any(self.widths):
            raise InputError(f"widths must be above 0 for at least one property, got {self.widths}")
        check_real("tau_max", self.tau_max, at_least=1)
        check_real("r_min", self.r_min)
        if self.v_rest_below_v_th and not {"v_rest", "v_th"} <= set(neuron.names):
            raise InputError(f"v_rest_below_v_th must be False for neurons with {', '.join(neuron.names)}, got True")


def collections(genome: Genome) -> tuple[str, ...]:
    """Return the collections of variables that evolve: `neuron`, `synapse`, or both."""
    return {"neuron": ("neuron",), "both": ("neuron", "synapse")}.get(genome.evolved, ("synapse",))


def widths(*names: str, full: Widths | None = None, neuron: Neuron = LIF()) -> Widths:
    """Return widths with which only the named properties evolve, each with its width from `full`.

    Args:
        names: names of the properties that evolve.
        full: widths for a search of all properties; by default the neuron's own.
        neuron: the model whose properties they are.

    Raises:
        InputError: a name is not a property of the neuron.

    Example:
        >>> import hetsnn
        >>> hetsnn.widths("tau_m")
        (1.0, 0.0, 0.0, 0.0)
    """
    for name in names:
        if name not in neuron.names:
            raise InputError(f"property must be one of {', '.join(neuron.names)}, got {name!r}")
    full = neuron.widths if full is None else full
    return tuple(width if name in names else 0.0 for name, width in zip(neuron.names, full, strict=True))


def start(genome: Genome, variables: dict) -> Float[Array, " dimensions"]:
    """Return the coordinates of a drawn network, the start of the search."""
    if genome.evolved == "scale":
        return jnp.zeros(1)
    weights = ravel_pytree(_evolved_weights(genome, variables))[0]
    return jnp.concatenate([jnp.zeros(_dimensions(genome, variables["neuron"])), weights])


def decode(
    genome: Genome,
    coordinates: Float[Array, " dimensions"],
    variables: dict,
    neuron: Neuron = LIF(),
) -> dict:
    """Return the network variables at some coordinates; variables that do not evolve keep their drawn values.

    Args:
        genome: the search space.
        coordinates: a point of it.
        variables: the network as drawn.
        neuron: the model of its neurons.
    """
    split = _dimensions(genome, variables["neuron"])
    if genome.evolved == "scale":
        weights = variables["synapse"]
        return {**variables, "synapse": {**weights, "output": weights["output"] * jnp.exp(coordinates)}}
    found = dict(variables)
    if evolved := _evolved_weights(genome, variables):
        moved = ravel_pytree(evolved)[1](coordinates[split:])
        if genome.evolved == "bias":
            moved = {"input": variables["synapse"]["input"].at[-1].set(moved["input"])}
        found["synapse"] = {**variables["synapse"], **moved}
    if split:
        found["neuron"] = _moved(genome, coordinates[:split], variables["neuron"], neuron)
    return found


def _dimensions(genome: Genome, properties: dict) -> int:
    """Return the number of coordinates of the neurons."""
    if "neuron" not in collections(genome):
        return 0
    return len(properties) if genome.alike else sum(values.size for values in properties.values())


def _evolved_weights(genome: Genome, variables: dict) -> dict:
    """Return the weights that evolve, by name; of the biases only the last input's."""
    if genome.evolved == "readout":
        return {"output": variables["synapse"]["output"]}
    if genome.evolved == "bias":
        return {"input": variables["synapse"]["input"][-1]}
    return variables["synapse"] if genome.evolved in ("weight", "both") else {}


def _moved(genome: Genome, coordinates: Float[Array, " dimensions"], initial: dict, neuron: Neuron) -> dict:
    """Return the properties of the neurons at some coordinates."""
    moves = coordinates.reshape(len(neuron.names), -1) * jnp.asarray(genome.widths)[:, None]
    # Bounds that are settings of the search come before the model's own.
    low, high = {"r_m": genome.r_min}, {"tau_m": genome.tau_max}
    moved = {}
    for move, (name, of) in zip(moves, neuron.properties.items(), strict=True):
        logarithmic = of.logarithmic and genome.tau_coordinates == "log"
        value = initial[name] * jnp.exp(move) if logarithmic else initial[name] + move
        moved[name] = jnp.clip(value, low.get(name, of.low), high.get(name, of.high))
    if genome.v_rest_below_v_th:
        rest, threshold = moved["v_rest"], moved["v_th"]
        below, above = jnp.nextafter(threshold, -jnp.inf), jnp.nextafter(rest, jnp.inf)
        # Where the resting potential does not evolve, the threshold is raised instead.
        rest_evolves = jnp.asarray(genome.widths[neuron.names.index("v_rest")]) > 0
        moved["v_rest"] = jnp.where(rest_evolves, jnp.minimum(rest, below), rest)
        moved["v_th"] = jnp.where(rest_evolves, threshold, jnp.maximum(threshold, above))
    return moved
