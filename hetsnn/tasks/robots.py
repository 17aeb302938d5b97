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
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.mapping import mapped
from hetsnn.networks.spiking import Policy
from hetsnn.numbers import Integer, check_choice, check_whole
from hetsnn.tasks.rollouts import Environment, Episode, rollout
from hetsnn.tasks.task import Score, Task

SIZES = {"halfcheetah": (17, 6), "ant": (27, 8), "hopper": (11, 3), "walker2d": (17, 6)}  # observations, actions
BACKENDS = ("spring", "positional", "generalized", "mjx")


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


_loading = threading.RLock()


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop what this thread has to say, warnings too; one thread at a time, since streams and filters are everyone's.

    Another thread may put the filters of warnings back meanwhile, so that they alone would not do.
    """
    with (
        _loading,
        contextlib.redirect_stdout(Muted(sys.stdout)),
        contextlib.redirect_stderr(Muted(sys.stderr)),
        warnings.catch_warnings(action="ignore"),
    ):
        yield


@lru_cache
def brax() -> Any:
    """Return the module `brax.envs`, imported without what it and its parts have to say about themselves."""
    with quietly():
        # Or it would write them to a file in the working folder.
        importlib.import_module("mujoco").set_mju_user_warning(lambda _: None)
        return importlib.import_module("brax.envs")


@lru_cache
def robot(environment: str, backend: str) -> Any:
    """Return Brax's environment, without its wrappers."""
    # Its constants outlive the trace that asks for it first.
    with quietly(), jax.ensure_compile_time_eval():
        return brax().get_environment(environment, backend=backend)


@struct.dataclass
class Control(Task):
    """The declared choices of the task."""

    environment: str = struct.field(pytree_node=False, default="hopper")
    backend: str = struct.field(pytree_node=False, default="spring")  # of the physics
    normalise: bool = struct.field(pytree_node=False, default=True)  # observations, see `hetsnn.networks.observations`
    episodes: int = struct.field(pytree_node=False, default=1)  # of each candidate
    test_episodes: int = struct.field(pytree_node=False, default=128)
    limit: Integer = 1000  # steps of an episode at most

    step_cost = 4096  # whose step takes as long as one of the cheapest robot

    def check(self) -> None:
        """Raise InputError for a task that cannot be."""
        check_choice("environment", self.environment, SIZES)
        check_choice("backend", self.backend, BACKENDS)
        for name in ("limit", "episodes", "test_episodes"):
            check_whole(name, getattr(self, name))
        Task.check(self)
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

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Mean return of a network, the environment steps taken, and what it has seen; a key is a start."""
        played = self.play(policy, key, self.episodes)
        return Score(played.reward.mean(), played.steps.sum(), played.seen)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
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
        state = robot(self.environment, self.backend).reset(key)
        return state.obs, state.pipeline_state

    def step(self, state: Any, action: Float[Array, " outputs"]) -> tuple[Float[Array, " inputs"], Any, Array, Array]:
        """Observation, state of the physics, reward and whether the episode has ended, after an action in [-1, 1]."""
        nothing = jnp.float32(0.0)
        before = brax().State(state, nothing, nothing, nothing)
        after = robot(self.environment, self.backend).step(before, action)
        finite = jnp.isfinite(after.obs).all() & jnp.isfinite(after.reward)
        return after.obs, after.pipeline_state, jnp.where(finite, after.reward, 0.0), (after.done > 0) | ~finite
