"""Baseline rewards of robots without training: idle joints, and uniformly random actions."""

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
from hetsnn.tasks.robots import SIZES, Control
from hetsnn.training.genomes import start
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import network

NAME, VERSION, SCORE, GENOMES = "control_baselines", 2, "reward", False
CHAPTER = "control"


@struct.dataclass
class Untrained(Method):
    """Method that trains nothing and evaluates random actions."""

    amplitude: Real = 0.0  # amplitude of the uniform random actions; 0 leaves the joints idle

    length = 1
    cost = 2  # small, since nothing is trained

    def check(self) -> None:
        """Raise InputError for an amplitude out of range."""
        if not 0 <= self.amplitude <= 1:
            raise InputError(f"amplitude must be between 0 and 1, got {self.amplitude}")

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Array]:
        """Draw a network that is never used, since every run has one."""
        actions, evaluation = jax.random.split(key)
        drawn = draw(network(training), key)
        return Fixed(training, drawn, actions, evaluation), start(training.genome, drawn)

    def advance(self, fixed: Fixed, state: Array, first: Integer, last: Integer) -> Array:
        """Return the state unchanged: nothing is learned."""
        return state

    def finish(self, fixed: Fixed, state: Array) -> dict[str, Any]:
        """Evaluate random actions as a training evaluates its network.

        An action is a hash of the observation, so the policy needs no random state.
        """

        def act(observation: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
            bits = jax.lax.bitcast_convert_type(observation, jnp.uint32).sum()
            moves = jax.random.uniform(jax.random.fold_in(fixed.search, bits), (task.outputs,), minval=-1.0)
            return jnp.arctanh(self.amplitude * moves)

        task = fixed.training.task
        start = State(jnp.zeros(task.inputs), jnp.zeros(task.outputs))
        policy = Policy(start, lambda _, seen: State(seen, act(seen)), lambda state, **_: state.trace)
        return {"final": task.evaluate(policy, fixed.evaluation), "curve": {}, "genome": state}


def runs(profile: str) -> tuple[Run, ...]:
    """Return both baselines for each robot, with the number and length of episodes of a network's evaluation.

    Compiling takes most of the time of the smaller profiles, so they have the hopper alone, as the trainings do.
    """
    episodes: Any
    environments, episodes = {
        "smoke": (("hopper",), {"limit": 40, "test_episodes": 8}),
        "quick": (("hopper",), {"limit": 200, "test_episodes": 32}),
        "paper": (tuple(SIZES), {}),
    }[profile]
    return tuple(
        Run(
            NAME,
            VERSION,
            Training(
                task=Control(environment=environment, normalise=False, lanes=True, **episodes),
                architecture=Architecture(hidden=1),
                method=Untrained(amplitude),
                seed=0,
            ),
        )
        for environment, amplitude in product(environments, (0.0, 1.0))
    )
