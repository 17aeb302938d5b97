"""Environments of Brax as tasks, by their names: a network moves a body's joints.

Source: Freeman et al., Brax, arXiv:2106.13281. Observations, rewards and ends are those of `brax.envs`. Steps
after an end do not count. A state that is not finite ends the episode without a reward.
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
from hetsnn.lanes.rules import UnknownPrimitiveError
from hetsnn.numbers import Integer, check_choice, check_whole
from hetsnn.tasks.acting import EnvironmentTask
from hetsnn.tasks.brax_physics import OnLanes, Own

BACKENDS = ("spring", "positional", "generalized", "mjx")
LIGHT = ("hopper", "walker2d")  # environments whose step on lanes costs less than that of a large network
REWRITTEN = ("spring", "positional")  # backends whose physics has no loops


class Muted(io.TextIOBase):
    """A stream that drops the text of the thread that made it, and passes on the text of other threads."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        """Write a text or drop it."""
        return len(text) if threading.get_ident() == self.thread else int(self.stream.write(text))

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()


_loading = threading.RLock()


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop the output and warnings of this thread; one thread at a time, since streams and filters are global.

    Filters of warnings would not be enough, because another thread may restore them meanwhile.
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
    """Import `brax.envs` without its messages and return it.

    Raises:
        InputError: Brax is not installed.
    """
    if importlib.util.find_spec("brax") is None:
        raise InputError("brax is missing: install the robots' packages, hetsnn[control]")
    with quietly():
        # MuJoCo would write them to a file in the working folder.
        importlib.import_module("mujoco").set_mju_user_warning(lambda _: None)
        return importlib.import_module("brax.envs")


@lru_cache
def robot(environment: str, backend: str) -> Any:
    """Return Brax's environment, without its wrappers."""
    # Its constants outlive the trace in which they are first wanted.
    with quietly(), jax.ensure_compile_time_eval():
        return brax().get_environment(environment, backend=backend)


@lru_cache
def sizes(environment: str, backend: str) -> tuple[int, int]:
    """Return the sizes of an observation and of an action."""
    of = robot(environment, backend)
    return jax.eval_shape(of.reset, jax.random.key(0)).obs.size, int(of.action_size)


@lru_cache
def physics(environment: str, backend: str, lanes: bool) -> OnLanes | Own:
    """Return the physics of an environment: on lanes, or Brax's own if requested or if lanes do not support it.

    A warning names each environment that cannot be rewritten, once.
    """
    of = robot(environment, backend)
    if lanes and backend in REWRITTEN and isinstance(of, brax().PipelineEnv):
        try:
            return OnLanes(of, brax().State)
        except UnknownPrimitiveError as unknown:
            message = f"{type(of).__name__}, {backend}: {unknown} is unknown on lanes: Brax's own step is taken"
            warnings.warn(message, stacklevel=2)
    return Own(of, brax().State)


@struct.dataclass
class BraxTask(EnvironmentTask):
    """An environment of Brax; `hetsnn.tasks.brax` makes one. Actions are the hyperbolic tangents of the outputs."""

    environment: str = struct.field(pytree_node=False)
    backend: str = struct.field(pytree_node=False, default="spring")  # Brax's pipeline of the physics
    normalise: bool = struct.field(pytree_node=False, default=True)  # observations, see `hetsnn.networks.observations`
    activity: bool = struct.field(pytree_node=False, default=False)  # report it, see `hetsnn.tasks.activity`
    episodes: int = struct.field(pytree_node=False, default=1)
    test_episodes: int = struct.field(pytree_node=False, default=128)
    limit: Integer = 1000  # steps of an episode at most
    lanes: bool = struct.field(pytree_node=False, default=True)  # physics on lanes where it can be, see `brax_physics`

    def check(self) -> None:
        """Raise InputError for an environment or settings that do not exist."""
        check_choice("environment", self.environment, brax()._envs)
        check_choice("backend", self.backend, BACKENDS)
        check_whole("limit", self.limit)
        EnvironmentTask.check(self)

    @property
    def step_cost(self) -> int:
        """Neurons whose step takes as long as a step of the cheapest robot."""
        return 512 if self.lanes else 4096

    @property
    def least_batch(self) -> int:
        """Candidates that are simulated at once, at least; the physics of larger robots is slow on fewer lanes."""
        return 32 if self.environment in LIGHT else 128

    @property
    def inputs(self) -> int:
        """Size of an observation."""
        return sizes(self.environment, self.backend)[0]

    @property
    def outputs(self) -> int:
        """Number of joints that are moved."""
        return sizes(self.environment, self.backend)[1]

    @property
    def steps(self) -> Integer:
        """Maximum number of environment steps in an episode."""
        return self.limit

    def reset(self, key: jax.Array) -> tuple[Float[Array, " inputs"], Any]:
        """Return the first observation, and the state of the physics."""
        return physics(self.environment, self.backend, self.lanes).reset(key)

    def step(self, state: Any, action: Float[Array, " outputs"]) -> tuple[Float[Array, " inputs"], Any, Array, Array]:
        """Return observation, state of the physics, reward, and whether the episode has ended, after an action."""
        observation, state, reward, done = physics(self.environment, self.backend, self.lanes).step(state, action)
        finite = jnp.isfinite(observation).all() & jnp.isfinite(reward)
        return observation, state, jnp.where(finite, reward, 0.0), (done > 0) | ~finite
