"""Spiking network: neurons between two dense layers, and a read-out that does not spike.

It is feedforward, unless its architecture asks for recurrent weights among the neurons; these never evolve.
"""

from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import struct
from flax.core import FrozenDict
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.constant_input import by_period, drives, readouts, trains
from hetsnn.networks.models import LIF, Membrane, Neuron
from hetsnn.networks.neurons import PROPERTIES, Properties, fire, integrate, reset_potential
from hetsnn.numbers import FIRST_NAME, Real, check_finite, check_real, check_whole

NARROW = 8  # inputs or outputs


class State(NamedTuple):
    """State of a network between the steps of an episode.

    The read-out is linear, so the state holds the filtered spike train of each hidden neuron instead of the read-out's
    membrane, and the output weights are applied only when an output is needed.
    """

    voltage: Float[Array, "*batch hidden"]  # membrane potentials of the hidden neurons
    trace: Float[Array, "*batch hidden"]  # their spikes, filtered by the read-out's leak
    other: Any = ()  # what else the neurons carry, see `hetsnn.networks.models.Membrane`
    spikes: Any = ()  # their last spikes (*batch hidden), in recurrent networks


@struct.dataclass
class Architecture:
    """Settings of a network; numeric settings may vary within one compiled program.

    The defaults are the homogeneous neuron of the paper-like setting: tau_m = 2 dt, unit threshold and resistance,
    rest at 0.

    Example:
        >>> import hetsnn
        >>> hetsnn.Architecture(hidden=16, tau_m=5.0).initial("tau_m")
        5.0
    """

    hidden: int = struct.field(pytree_node=False, default=64)
    bias: bool = struct.field(pytree_node=False, default=False)  # adds an input that is always 1
    reset: str = struct.field(pytree_node=False, default="rest")  # reset potential: "rest" (v_rest) or "zero" (0)
    gain: Real = 1.0  # multiplies the input current
    tau_m: Real = 2.0  # initial value where it evolves, fixed value where it does not [dt]
    v_th: Real = 1.0
    v_rest: Real = 0.0
    r_m: Real = 1.0
    tau_readout: Real = 2.0  # time constant of the leaky read-out [dt]; at 1 it has no memory
    readout_scale: Real = struct.field(default=1.0, metadata={FIRST_NAME: "scale"})  # multiplies the read-outs
    tau_sigma: Real = 0.0  # above 0, each neuron's tau_m is drawn: lognormal with median tau_m and this sigma
    neuron: Neuron = struct.field(pytree_node=False, default=LIF())  # model of the hidden neurons
    recurrent: bool = struct.field(pytree_node=False, default=False)  # spikes reach the neurons in the next step
    recurrent_gain: Real = 1.0  # multiplies their current

    def check(self) -> None:
        """Raise InputError for a network that cannot be built."""
        check_whole("hidden", self.hidden)
        reset_potential(Properties(*(jnp.zeros(()),) * 4), self.reset)
        check_real("tau_m", self.tau_m, at_least=1)
        check_real("tau_readout", self.tau_readout, at_least=1)
        check_real("tau_sigma", self.tau_sigma, at_least=0)
        check_real("readout_scale", self.readout_scale)
        check_real("recurrent_gain", self.recurrent_gain)
        if not self.recurrent and self.recurrent_gain != 1.0:
            raise InputError(f"recurrent_gain must be 1.0 without recurrent weights, got {self.recurrent_gain}")
        check_finite(self)
        if not isinstance(self.neuron, Neuron):
            raise InputError(f"neuron must be a hetsnn.Neuron, got {self.neuron!r}")

    def initial(self, name: str) -> Real:
        """Return the value of a property before a search: the setting of this name, or else the neuron's own."""
        return getattr(self, name) if name in PROPERTIES else self.neuron.properties[name].initial


class SpikingNetwork(nn.Module):
    """Spiking network with separate collections of variables, `synapse`, `neuron` and `recurrence`; a time step is 1.

    synapse: `input` (inputs, hidden) and `output` (hidden, outputs), lecun-normal; a bias adds an input that is always
    1.
    neuron: the properties (hidden,), at their initial values: homogeneous, except a tau_m that is drawn.
    recurrence: `hidden` (hidden, hidden), lecun-normal, in recurrent networks.
    """

    architecture: Architecture
    inputs: int
    outputs: int
    derivative: Mapping[str, Any] = FrozenDict()  # surrogate derivative of the spike: arguments of `lif_step`

    def setup(self) -> None:
        """Declare the variables."""
        a = self.architecture
        self.input = self.variable("synapse", "input", self._draw, (self.inputs + a.bias, a.hidden))
        self.output = self.variable("synapse", "output", self._draw, (a.hidden, self.outputs))
        if a.recurrent:
            drawn = partial(self._draw, collection="recurrence")
            self.hidden = self.variable("recurrence", "hidden", drawn, (a.hidden, a.hidden))
        self.properties = [self.variable("neuron", name, self._initial, name) for name in a.neuron.names]

    def __call__(self, state: State, observation: Float[Array, "*batch inputs"]) -> State:
        """Take one step of the hidden layer."""
        return self._advance(state, self._current(observation, state))[0]

    def deferred(self, state: State, observation: Float[Array, "*batch inputs"]) -> State:
        """Take the same step, but defer its reset to the start of the next: `voltage` is u of Eq. 2, before the spike.

        The read-outs are the same. XLA computes u once, but the voltage after a reset twice (once more for the spikes);
        on a CPU, memory traffic determines how long a step of many networks takes. Recurrent networks, and models of
        neurons other than `LIF`, take the plain step.
        """
        if not self._is_plain:
            return self(state, observation)
        properties, options = self._values(), {"reset": self.architecture.reset, **self.derivative}
        voltage, _ = fire(state.voltage, properties, **options)
        voltage = integrate(voltage, self._current(observation), properties)
        return State(voltage, self._filtered(state.trace, fire(voltage, properties, **options)[1]))

    def readout(self, state: State, *, every_step: bool = False) -> Float[Array, "*batch outputs"]:
        """Return the read-out's membrane potentials.

        With `every_step`, use a matrix product: it keeps XLA from recomputing the step for each output, and is several
        times as fast for a read-out at every step.
        """
        product = state.trace @ self.output.value if every_step else dense(state.trace, self.output.value)
        return self.architecture.readout_scale * product

    def initial_state(self) -> State:
        """Return the state at the start of an episode: hidden neurons as their model starts, the read-out at 0."""
        membrane = self.architecture.neuron.start(self._values(), reset=self.architecture.reset)
        silent = jnp.zeros_like(membrane.voltage)
        return State(membrane.voltage, silent, membrane.other, silent if self.architecture.recurrent else ())

    def respond(self, observations: Float[Array, "batch inputs"], steps: int) -> Float[Array, "batch outputs"]:
        """Return the read-out after `steps` steps of each observation, held constant from the start of an episode.

        Each neuron of Eq. 2 then fires with one period; steps are simulated if they are differentiated, and where
        neurons are of another model or hear each other.
        """
        if self.derivative or not self._is_plain:
            return self.readout(self._simulate(observations, steps)[0], every_step=True)
        kept = (1.0 - 1.0 / self.architecture.tau_readout) ** jnp.arange(steps)[::-1]
        values = trains(steps) @ kept / self.architecture.tau_readout
        return self.architecture.readout_scale * readouts(
            *self._constant(observations, steps), values, self.output.value
        )

    def spikes(self, observations: Float[Array, "batch inputs"], steps: int) -> Float[Array, "batch hidden"]:
        """Return the number of spikes that each hidden neuron fires in `respond`."""
        if not self._is_plain:
            return self._simulate(observations, steps)[1]
        current, r_m, least = self._constant(observations, steps)
        return by_period(r_m * current, least, jnp.asarray(trains(steps).sum(1)))

    @property
    def _is_plain(self) -> bool:
        """Return True if results derived from Eq. 2 hold: for `LIF` itself, not for its subclasses, feedforward."""
        return type(self.architecture.neuron) is LIF and not self.architecture.recurrent

    def _advance(self, state: State, current: Float[Array, "*batch hidden"]) -> tuple[State, Array]:
        """Return the state after one step under a current, and the spikes."""
        options = {"reset": self.architecture.reset, **self.derivative}
        before = Membrane(state.voltage, state.other)
        after, spikes = self.architecture.neuron.step(before, current, self._values(), **options)
        heard = spikes if self.architecture.recurrent else ()
        return State(after.voltage, self._filtered(state.trace, spikes), after.other, heard), spikes

    def _simulate(self, observations: Float[Array, "batch inputs"], steps: int) -> tuple[State, Array]:
        """Return the state after some steps of constant observations, and the number of spikes of each neuron."""
        state = jax.tree.map(lambda x: jnp.broadcast_to(x, (len(observations), *x.shape)), self.initial_state())
        counts = jnp.zeros_like(state.trace)
        for _ in range(steps):
            state, spikes = self._advance(state, self._current(observations, state))
            counts = counts + spikes
        return state, counts

    def _constant(self, observations: Float[Array, "batch inputs"], steps: int) -> tuple[Array, Array, Array]:
        """Return the currents, the resistances, and the least drive for each period."""
        least = drives(self._values(), steps, reset=self.architecture.reset)
        return self._current(observations), self._values().r_m, least

    def _current(
        self, observation: Float[Array, "*batch inputs"], state: State | None = None
    ) -> Float[Array, "*batch hidden"]:
        """Return the neurons' current, in recurrent networks with that of the last spikes in `state`."""
        if self.architecture.bias:
            observation = jnp.concatenate([observation, jnp.ones_like(observation[..., :1])], axis=-1)
        current = self.architecture.gain * dense(observation, self.input.value)
        if state is None or not self.architecture.recurrent:
            return current
        return current + self.architecture.recurrent_gain * dense(state.spikes, self.hidden.value)

    def _filtered(self, trace: Float[Array, "*batch hidden"], spikes: Array) -> Float[Array, "*batch hidden"]:
        # This form of the leaky integrator forgets to the last bit at tau_readout = 1.
        leak = 1.0 / self.architecture.tau_readout
        return (1.0 - leak) * trace + leak * spikes

    def _values(self) -> Any:
        names = self.architecture.neuron.names
        values = {name: variable.value for name, variable in zip(names, self.properties, strict=True)}
        return self.architecture.neuron.collect(values)

    def _initial(self, name: str) -> Float[Array, " hidden"]:
        value = jnp.full(self.architecture.hidden, self.architecture.initial(name), jnp.float32)
        if name == "tau_m":
            normal = jax.random.normal(self.make_rng("neuron"), value.shape)
            value = jnp.maximum(value * jnp.exp(self.architecture.tau_sigma * normal), 1.0)
        return value

    def _draw(self, shape: tuple[int, int], collection: str = "synapse") -> Float[Array, "inputs outputs"]:
        return nn.initializers.lecun_normal()(self.make_rng(collection), shape)


class Policy(NamedTuple):
    """A network bound to its variables: the functions that a task calls.

    Example:
        >>> import jax, jax.numpy as jnp, hetsnn
        >>> from hetsnn.networks.spiking import SpikingNetwork, bind, draw
        >>> network = SpikingNetwork(hetsnn.Architecture(hidden=8), inputs=3, outputs=2)
        >>> policy = bind(network, draw(network, jax.random.key(0)))
        >>> state = policy.step(policy.initial, jnp.ones(3))
        >>> policy.readout(state).shape
        (2,)
    """

    initial: State
    step: Callable[[State, Float[Array, "*batch inputs"]], State]
    readout: Callable[..., Float[Array, "*batch outputs"]]  # see SpikingNetwork.readout
    respond: Any = None  # constant observations (batch, inputs), number of steps -> read-outs (batch, outputs)
    spikes: Any = None  # arguments of `respond` -> numbers of spikes (batch, hidden)
    deferred: Any = None  # `step` with a deferred reset, for callers that read no `voltage`


def bind(network: SpikingNetwork, variables: dict) -> Policy:
    """Return the policy of a network with these variables."""

    def apply(method: str) -> Callable:
        return lambda *arguments, **options: network.apply(variables, *arguments, method=method, **options)

    return Policy(apply("initial_state")(), *map(apply, ("__call__", "readout", "respond", "spikes", "deferred")))


def draw(network: SpikingNetwork, key: jax.Array) -> dict:
    """Draw the variables of a network: random weights, and neurons as its architecture defines them."""
    keys = {"synapse": key, "neuron": jax.random.fold_in(key, 1), "recurrence": jax.random.fold_in(key, 2)}
    return dict(network.init(keys, method="initial_state"))


def dense(x: Float[Array, "*batch inputs"], weights: Float[Array, "inputs outputs"]) -> Float[Array, "*batch outputs"]:
    """Return the matrix product; a narrow one is written out, since XLA is slow at batches of small products."""
    if weights.shape[0] <= NARROW:
        return reduce(jnp.add, (x[..., i, None] * weights[i] for i in range(weights.shape[0])))
    if weights.shape[1] <= NARROW:
        return jnp.stack([(x * weights[:, i]).sum(-1) for i in range(weights.shape[1])], axis=-1)
    return x @ weights


def hidden_size(n_parameters: int, evolved: str, inputs: int, outputs: int) -> int:
    """Return the number of hidden neurons that brings the number of evolved parameters closest to `n_parameters`.

    Each hidden neuron has 4 properties, or `inputs + outputs` weights.
    """
    return max(1, round(n_parameters / (4 if evolved == "neuron" else inputs + outputs)))
