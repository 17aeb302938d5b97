"""Brax's robots: a network moves their joints and is rewarded for getting ahead, and most for not falling.

Source: Freeman et al., Brax, arXiv:2106.13281. Observations, rewards and ends are those of `brax.envs`; what follows an
end does not count, and a state that is no longer finite is an end without reward.
"""

import contextlib
import importlib
import importlib.util
import io
import sys
import threading
import warnings
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float, Int

from hetsnn.errors import InputError
from hetsnn.lanes import UnknownPrimitiveError
from hetsnn.mapping import mapped
from hetsnn.networks import Policy
from hetsnn.numbers import Integer
from hetsnn.observations import Statistics
from hetsnn.tasks.physics import OnLanes, Own
from hetsnn.tasks.rollouts import Environment, Episode, rollout

SIZES = {"halfcheetah": (17, 6), "ant": (27, 8), "hopper": (11, 3), "walker2d": (17, 6)}  # observations, actions
BACKENDS = ("spring", "positional", "generalized", "mjx")
REWRITTEN = ("spring", "positional")  # whose physics has no loops


class Muted(io.TextIOBase):
    """In the place of a stream: what the thread that made it writes is dropped, what others write passes through."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        """Write it or drop it."""
        return len(text) if threading.get_ident() == self.thread else int(self.stream.write(text))

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()


@lru_cache
def brax() -> Any:
    """The module `brax.envs`, imported without what it and its parts have to say about themselves."""
    with contextlib.redirect_stdout(Muted(sys.stdout)), warnings.catch_warnings(action="ignore"):
        # Or it would write them to a file in the working folder.
        importlib.import_module("mujoco").set_mju_user_warning(lambda _: None)
        return importlib.import_module("brax.envs")


@lru_cache
def robot(environment: str, backend: str) -> Any:
    """Brax's environment, without its wrappers."""
    # Its constants outlive the trace that asks for it first.
    with jax.ensure_compile_time_eval(), warnings.catch_warnings(action="ignore"):
        return brax().get_environment(environment, backend=backend)


@lru_cache
def physics(of: Any) -> OnLanes | Own:
    """The physics of Brax's environment on lanes, or its own where it cannot be rewritten, which is said once."""
    if of.backend in REWRITTEN and isinstance(of, brax().PipelineEnv):
        try:
            return OnLanes(of, brax().State)
        except UnknownPrimitiveError as unknown:
            message = f"{type(of).__name__}, {of.backend}: {unknown} is unknown on lanes: Brax's own step is taken"
            warnings.warn(message, stacklevel=2)
    return Own(of, brax().State)


@struct.dataclass
class Control:
    """The declared choices of the task."""

    environment: str = struct.field(pytree_node=False, default="hopper")
    backend: str = struct.field(pytree_node=False, default="spring")  # of the physics
    normalise: bool = struct.field(pytree_node=False, default=True)  # observations, see `hetsnn.observations`
    episodes: int = struct.field(pytree_node=False, default=1)  # of each candidate
    test_episodes: int = struct.field(pytree_node=False, default=128)
    limit: Integer = 1000  # steps of an episode at most

    as_neurons = 4096  # whose step takes as long as one of the cheapest robot

    def check(self) -> None:
        """Raise InputError for a task that does not exist."""
        for name, known in (("environment", SIZES), ("backend", BACKENDS)):
            if getattr(self, name) not in known:
                raise InputError(f"unknown {name} {getattr(self, name)!r}: the {name}s are {', '.join(known)}")
        if min(self.limit, self.episodes, self.test_episodes) < 1:
            counts = f"limit {self.limit}, episodes {self.episodes}, test_episodes {self.test_episodes}"
            raise InputError(f"{counts}: each is at least 1")
        if importlib.util.find_spec("brax") is None:
            raise InputError("brax is missing: install the robots' packages, hetsnn[control]")

    @property
    def inputs(self) -> int:
        """Numbers of an observation."""
        return SIZES[self.environment][0]

    @property
    def outputs(self) -> int:
        """Joints that are moved."""
        return SIZES[self.environment][1]

    @property
    def steps(self) -> Integer:
        """Environment steps of an episode at most."""
        return self.limit

    def fitness(
        self, policy: Policy, key: jax.Array, horizon: Integer
    ) -> tuple[Float[Array, ""], Int[Array, ""], Statistics | None]:
        """Mean return of a network, the environment steps taken, and what it has seen; a key is a start."""
        played = self.play(policy, key, self.episodes)
        return played.reward.mean(), played.steps.sum(), played.seen

    def evaluate(self, policy: Policy, key: jax.Array, horizon: Integer) -> dict[str, Array]:
        """Mean return over `test_episodes` episodes, its standard deviation over them, and their mean length."""
        played = self.play(policy, key, self.test_episodes)
        return {"reward": played.reward.mean(), "reward_sd": played.reward.std(), "steps": played.steps.mean()}

    def play(self, policy: Policy, key: jax.Array, episodes: int) -> Episode:
        """The ends of some episodes in which joints are moved by the hyperbolic tangents of the outputs."""
        acts_in = Environment(self.reset, self.step)

        def one(key: jax.Array) -> Episode:
            return rollout(policy, acts_in, jnp.tanh, key, self.limit, watch=self.normalise)

        return mapped(one, jax.random.split(key, episodes))

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Any]:
        """Observation and state of the physics at the start."""
        return physics(robot(self.environment, self.backend)).reset(key)

    def step(self, state: Any, action: Float[Array, " outputs"]) -> tuple[Float[Array, " inputs"], Any, Array, Array]:
        """Observation, state of the physics, reward and whether the episode has ended, after an action in [-1, 1]."""
        observation, state, reward, done = physics(robot(self.environment, self.backend)).step(state, action)
        finite = jnp.isfinite(observation).all() & jnp.isfinite(reward)
        return observation, state, jnp.where(finite, reward, 0.0), (done > 0) | ~finite
