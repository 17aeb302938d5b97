"""What a robot earns that does nothing, and one that moves its joints at random: nothing is trained."""

from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, Policy, State, draw
from hetsnn.numbers import Integer, Real
from hetsnn.sweeps.runs import Run
from hetsnn.tasks.robots import Control
from hetsnn.training.genomes import start
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import network
from hetsnn_book.experiments.control_search import SIZES

NAME, VERSION, SCORE, GENOMES = "control_baselines", 1, "reward", False


@struct.dataclass
class Untrained(Method):
    """A policy that is no network, in the place of a training."""

    amplitude: Real = 0.0  # of uniform random actions; at 0 the joints are left alone

    length = 1
    cost = 2  # it fills no device

    def check(self) -> None:
        """Raise InputError for actions out of range."""
        if not 0 <= self.amplitude <= 1:
            raise InputError(f"amplitude is {self.amplitude}: actions are within [-1, 1]")

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Array]:
        """A network, since every run has one; it is never asked."""
        actions, evaluation = jax.random.split(key)
        drawn = draw(network(training), key)
        return Fixed(training, drawn, actions, evaluation), start(training.genome, drawn)

    def advance(self, fixed: Fixed, state: Array, first: Integer, last: Integer) -> Array:
        """Nothing is learned."""
        return state

    def finish(self, fixed: Fixed, state: Array) -> dict[str, Any]:
        """The evaluation that trainings have, too. The action is a hash of what is seen, so that it needs no state."""

        def act(observation: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
            bits = jax.lax.bitcast_convert_type(observation, jnp.uint32).sum()
            moves = jax.random.uniform(jax.random.fold_in(fixed.search, bits), (task.outputs,), minval=-1.0)
            return jnp.arctanh(self.amplitude * moves)

        task = fixed.training.task
        nobody = State(jnp.zeros(task.inputs), jnp.zeros(task.outputs))
        policy = Policy(nobody, lambda _, seen: State(seen, act(seen)), lambda state, **_: state.trace)
        return {"final": task.evaluate(policy, fixed.evaluation), "curve": {}, "genome": state}


def runs(profile: str) -> tuple[Run, ...]:
    """Both for each robot, in as many and as long episodes as its networks are evaluated in."""
    episodes: Any
    environments, episodes = {
        "smoke": (("hopper",), {"limit": 40, "test_episodes": 8}),
        "quick": (tuple(SIZES), {"limit": 200, "test_episodes": 32}),
        "paper": (tuple(SIZES), {}),
    }[profile]
    return tuple(
        Run(
            NAME,
            VERSION,
            Training(
                task=Control(environment=environment, normalise=False, **episodes),
                architecture=Architecture(hidden=1),
                method=Untrained(amplitude),
                seed=0,
            ),
        )
        for environment, amplitude in product(environments, (0.0, 1.0))
    )
