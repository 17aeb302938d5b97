"""The feedforward spiking network: LIF neurons between two dense layers, and a read-out that does not spike."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import struct
from flax.core import FrozenDict
from jaxtyping import Array, Float

from hetsnn.networks.constant_input import by_period, drives, readouts, trains
from hetsnn.networks.neurons import (
    PROPERTIES,
    Properties,
    fire,
    integrate,
    lif_step,
    reset_potential,
)
from hetsnn.numbers import Real, check_finite, check_real, check_whole

NARROW = 8  # inputs or outputs


class State(NamedTuple):
    """What a network carries from step to step of an episode.

    The read-out is linear, so its membrane is carried as the filtered spike train of each hidden neuron: the output
    weights are applied only where an output is wanted.
    """

    voltage: Float[Array, "*batch hidden"]  # membrane potentials of the hidden neurons
    trace: Float[Array, "*batch hidden"]  # their spikes, filtered by the read-out's leak


@struct.dataclass
class Architecture:
    """The declared choices that make a network; those that are numbers may vary within one compiled program.

    The defaults are the homogeneous neuron of the paper-like setting: tau_m = 2 dt, unit threshold and resistance,
    rest at 0.
    """

    hidden: int = struct.field(pytree_node=False, default=64)
    bias: bool = struct.field(pytree_node=False, default=False)  # one more input, always 1
    reset: str = struct.field(pytree_node=False, default="rest")  # where a spike resets to: "rest" or "zero"
    gain: Real = 1.0  # multiplies the input current
    tau_m: Real = 2.0  # initial value where it evolves, fixed value where it does not [dt]
    v_th: Real = 1.0
    v_rest: Real = 0.0
    r_m: Real = 1.0
    tau_readout: Real = 2.0  # time constant of the leaky read-out [dt]; 1 is a read-out without memory
    tau_sigma: Real = 0.0  # above 0, each neuron's tau_m is drawn: lognormal with median tau_m and this sigma

    def check(self) -> None:
        """Raise InputError for a network that cannot be built."""
        check_whole("hidden", self.hidden)
        reset_potential(Properties(*(jnp.zeros(()),) * 4), self.reset)
        check_real("tau_m", self.tau_m, at_least=1)
        check_real("tau_readout", self.tau_readout, at_least=1)
        check_real("tau_sigma", self.tau_sigma, at_least=0)
        check_finite(self)


class SpikingNetwork(nn.Module):
    """`synapse` and `neuron` are separate collections of variables; a time step is 1.

    synapse: `input` (inputs, hidden) and `output` (hidden, outputs), lecun-normal; a bias is one more input, always
    1.
    neuron: the four properties (hidden,), at their initial values: homogeneous, but tau_m where it is drawn.
    """

    architecture: Architecture
    inputs: int
    outputs: int
    derivative: Mapping[str, Any] = FrozenDict()  # how the spike is differentiated: arguments of `lif_step`

    def setup(self) -> None:
        """Declare the variables."""
        a = self.architecture
        self.input = self.variable("synapse", "input", self._draw, (self.inputs + a.bias, a.hidden))
        self.output = self.variable("synapse", "output", self._draw, (a.hidden, self.outputs))
        self.properties = [self.variable("neuron", name, self._initial, name) for name in PROPERTIES]

    def __call__(self, state: State, observation: Float[Array, "*batch inputs"]) -> State:
        """One step of the hidden layer."""
        voltage, spikes = lif_step(
            state.voltage, self._current(observation), self._values(), reset=self.architecture.reset, **self.derivative
        )
        return State(voltage, self._filtered(state.trace, spikes))

    def deferred(self, state: State, observation: Float[Array, "*batch inputs"]) -> State:
        """The same step, but its reset is deferred to the start of the next: until then `voltage` is that before it.

        The read-outs are the same. XLA computes such a voltage once, and another once more for the spikes; on a CPU
        a step of many networks takes as long as its memory does.
        """
        properties, options = self._values(), {"reset": self.architecture.reset, **self.derivative}
        voltage, _ = fire(state.voltage, properties, **options)
        voltage = integrate(voltage, self._current(observation), properties)
        return State(voltage, self._filtered(state.trace, fire(voltage, properties, **options)[1]))

    def readout(self, state: State, *, every_step: bool = False) -> Float[Array, "*batch outputs"]:
        """The read-out's membrane potentials; read at every step, a matrix product is several times as fast.

        (It keeps XLA from computing the step anew for each output.)
        """
        return state.trace @ self.output.value if every_step else dense(state.trace, self.output.value)

    def initial_state(self) -> State:
        """The start of an episode: hidden neurons at their reset potential, the read-out at 0."""
        voltage = reset_potential(self._values(), self.architecture.reset)
        return State(voltage, jnp.zeros_like(voltage))

    def respond(self, observations: Float[Array, "batch inputs"], steps: int) -> Float[Array, "batch outputs"]:
        """The read-out after some steps of each observation, held constant, from the start of an episode.

        Such a neuron fires with one period, so that nothing needs to be simulated, unless to be differentiated.
        """
        if self.derivative:
            state = jax.tree.map(lambda x: jnp.broadcast_to(x, (len(observations), x.size)), self.initial_state())
            for _ in range(steps):
                state = self(state, observations)
            return self.readout(state, every_step=True)
        kept = (1.0 - 1.0 / self.architecture.tau_readout) ** jnp.arange(steps)[::-1]
        values = trains(steps) @ kept / self.architecture.tau_readout
        return readouts(*self._constant(observations, steps), values, self.output.value)

    def spikes(self, observations: Float[Array, "batch inputs"], steps: int) -> Float[Array, "batch hidden"]:
        """How many spikes each hidden neuron fires meanwhile."""
        current, r_m, least = self._constant(observations, steps)
        return by_period(r_m * current, least, jnp.asarray(trains(steps).sum(1)))

    def _constant(self, observations: Float[Array, "batch inputs"], steps: int) -> tuple[Array, Array, Array]:
        """Currents, resistances, and what drives them to each period."""
        least = drives(self._values(), steps, reset=self.architecture.reset)
        return self._current(observations), self._values().r_m, least

    def _current(self, observation: Float[Array, "*batch inputs"]) -> Float[Array, "*batch hidden"]:
        if self.architecture.bias:
            observation = jnp.concatenate([observation, jnp.ones_like(observation[..., :1])], axis=-1)
        return self.architecture.gain * dense(observation, self.input.value)

    def _filtered(self, trace: Float[Array, "*batch hidden"], spikes: Array) -> Float[Array, "*batch hidden"]:
        # A leaky integrator, written so that tau_readout = 1 forgets to the last bit.
        leak = 1.0 / self.architecture.tau_readout
        return (1.0 - leak) * trace + leak * spikes

    def _values(self) -> Properties:
        return Properties(*(variable.value for variable in self.properties))

    def _initial(self, name: str) -> Float[Array, " hidden"]:
        value = jnp.full(self.architecture.hidden, getattr(self.architecture, name), jnp.float32)
        if name == "tau_m":
            normal = jax.random.normal(self.make_rng("neuron"), value.shape)
            value = jnp.maximum(value * jnp.exp(self.architecture.tau_sigma * normal), 1.0)
        return value

    def _draw(self, shape: tuple[int, int]) -> Float[Array, "inputs outputs"]:
        return nn.initializers.lecun_normal()(self.make_rng("synapse"), shape)


class Policy(NamedTuple):
    """A network with its variables, as a task sees it."""

    initial: State
    step: Callable[[State, Float[Array, "*batch inputs"]], State]
    readout: Callable[..., Float[Array, "*batch outputs"]]  # of a State; `every_step` as in SpikingNetwork.readout
    respond: Any = None  # to constant observations, (batch, inputs), and a number of steps -> (batch, outputs)
    spikes: Any = None  # meanwhile -> (batch, hidden)
    deferred: Any = None  # `step` with its reset deferred, for who looks at no state


def bind(network: SpikingNetwork, variables: dict) -> Policy:
    """The policy of a network with these variables."""

    def apply(method: str) -> Callable:
        return lambda *arguments, **options: network.apply(variables, *arguments, method=method, **options)

    return Policy(apply("initial_state")(), *map(apply, ("__call__", "readout", "respond", "spikes", "deferred")))


def draw(network: SpikingNetwork, key: jax.Array) -> dict:
    """Variables of a network with random weights and neurons as its architecture says."""
    return dict(network.init({"synapse": key, "neuron": jax.random.fold_in(key, 1)}, method="initial_state"))


def dense(x: Float[Array, "*batch inputs"], weights: Float[Array, "inputs outputs"]) -> Float[Array, "*batch outputs"]:
    """Matrix product; a narrow one is written out, since XLA is slow at a population of small products."""
    if weights.shape[0] <= NARROW:
        return reduce(jnp.add, (x[..., i, None] * weights[i] for i in range(weights.shape[0])))
    if weights.shape[1] <= NARROW:
        return jnp.stack([(x * weights[:, i]).sum(-1) for i in range(weights.shape[1])], axis=-1)
    return x @ weights


def hidden_size(n_parameters: int, evolved: str, inputs: int, outputs: int) -> int:
    """Hidden neurons that bring the evolved parameters closest to `n_parameters`: 4 a neuron, or its weights."""
    return max(1, round(n_parameters / (4 if evolved == "neuron" else inputs + outputs)))
