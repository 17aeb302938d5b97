"""Models of neurons: the contract between a model and the networks built of it, and the model of Eq. 2.

A model of your own is a frozen dataclass with `Neuron` as its base, see `examples/own_neuron.py`. A network takes it as
a setting, `Architecture(neuron=...)`, and its properties evolve like those of Eq. 2.
"""

import abc
import dataclasses
from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from jaxtyping import Array, Float

from hetsnn.networks.neurons import PROPERTIES, Properties, lif_step, reset_potential


class Property(NamedTuple):
    """One property of a neuron: its initial value, and how a search moves it.

    Example:
        >>> import hetsnn
        >>> hetsnn.LIF.properties["tau_m"]
        Property(initial=2.0, width=1.0, low=1.0, high=None, logarithmic=True)
    """

    initial: float  # value before a search; an `Architecture` has its own for the four of Eq. 2
    width: float = 1.0  # a search's coordinate x stands for `initial + width x`
    low: float | None = None  # bounds of the search
    high: float | None = None
    logarithmic: bool = False  # a coordinate x stands for `initial exp(width x)`


class Membrane(NamedTuple):
    """State of neurons between two steps.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> hetsnn.Membrane(voltage=jnp.zeros(3), other=jnp.ones(3)).other.shape
        (3,)
    """

    voltage: Float[Array, "*batch neurons"]  # membrane potentials
    other: Any = ()  # a pytree of all else that neurons carry, such as adaptation


@dataclasses.dataclass(frozen=True)
class Neuron(abc.ABC):
    """Model of a spiking neuron, with its settings: the base of models of your own.

    JAX traces `start` and `step`. The arrays of a step have neurons last; `properties` holds one value for each neuron,
    by name: `properties.tau_m`.

    Example:
        >>> import jax.numpy as jnp, hetsnn
        >>> class Integrator(hetsnn.Neuron):
        ...     properties = {"v_th": hetsnn.Property(1.0, low=0.1)}
        ...     def start(self, properties, *, reset):
        ...         return hetsnn.Membrane(jnp.zeros_like(properties.v_th))
        ...     def step(self, membrane, current, properties, *, reset, **derivative):
        ...         voltage = membrane.voltage + current
        ...         spikes = (voltage >= properties.v_th).astype(jnp.float32)
        ...         return hetsnn.Membrane(voltage - spikes * properties.v_th), spikes
        >>> hetsnn.Architecture(neuron=Integrator()).check()
    """

    properties: ClassVar[Mapping[str, Property]]

    @abc.abstractmethod
    def start(self, properties: Any, *, reset: str) -> Membrane:
        """Return the state at the start of an episode, one entry for each neuron.

        Args:
            properties: values of `properties`.
            reset: the architecture's, see `hetsnn.Architecture`.
        """

    @abc.abstractmethod
    def step(
        self, membrane: Membrane, current: Float[Array, "*#batch"], properties: Any, *, reset: str, **derivative: Any
    ) -> tuple[Membrane, Float[Array, "*batch"]]:
        """Return the state after one step, and the spikes: 1.0 where a neuron fired, else 0.0.

        Args:
            membrane: state before the step.
            current: input of this step.
            properties: values of `properties`.
            reset: the architecture's.
            derivative: how a spike is differentiated, arguments of `hetsnn.lif_step`; none outside trainings by
                gradients.
        """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the properties, in the order of a search's coordinates."""
        return tuple(self.properties)

    @property
    def widths(self) -> tuple[float, ...]:
        """Width of each property, the default of a search."""
        return tuple(one.width for one in self.properties.values())

    def collect(self, values: Mapping[str, Any]) -> Any:
        """Return values by attribute: `Properties` for a neuron that has exactly those, else a tuple of its own."""
        return _record(self.names)(**{name: values[name] for name in self.names})


@dataclasses.dataclass(frozen=True)
class LIF(Neuron):
    """The leaky integrate-and-fire neuron of Eq. 2, see `hetsnn.lif_step`.

    Example:
        >>> import hetsnn
        >>> hetsnn.LIF().names
        ('tau_m', 'v_th', 'v_rest', 'r_m')
    """

    properties: ClassVar[Mapping[str, Property]] = {
        "tau_m": Property(2.0, low=1.0, logarithmic=True),
        "v_th": Property(1.0),
        "v_rest": Property(0.0),
        "r_m": Property(1.0),
    }

    def start(self, properties: Any, *, reset: str) -> Membrane:
        """Return neurons at their reset potential."""
        return Membrane(reset_potential(_four(properties), reset))

    def step(
        self,
        membrane: Membrane,
        current: Float[Array, "*#batch"],
        properties: Any,
        *,
        reset: str,
        **derivative: Any,
    ) -> tuple[Membrane, Float[Array, "*batch"]]:
        """Apply Eq. 2 once; `properties` may have more than its four."""
        voltage, spikes = lif_step(membrane.voltage, current, _four(properties), reset=reset, **derivative)
        return Membrane(voltage), spikes


def _four(properties: Any) -> Properties:
    return Properties(*(getattr(properties, name) for name in PROPERTIES))


@lru_cache
def _record(names: tuple[str, ...]) -> Any:
    """Return a class of named tuples with these fields."""
    return Properties if names == PROPERTIES else namedtuple("Properties", names)  # names vary
