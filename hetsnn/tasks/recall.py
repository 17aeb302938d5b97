"""Recall of several cues at once, each after a delay of its own: a task that needs many time scales.

Each channel shows a cue, +1 or -1, for one step, asks for it after a delay that is drawn anew, and soon shows the next:
old cues disturb a memory that is too long, and a short one has forgotten. The channels run side by side, independently.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Bool, Float, Int

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Integer, Real, check_real, check_whole
from hetsnn.tasks.task import Score, Task

LONGEST_WAIT = 9  # steps at most before a channel's next cue
BINS = (2, 5, 10, 25, 50)  # first delays of the ranges whose rewards are reported


class Script(NamedTuple):
    """An episode, which no action changes."""

    observations: Float[Array, "steps inputs"]  # the cues of all channels, then 1 where they are asked for, else 0
    cues: Float[Array, "steps channels"]  # the right answers: +1 or -1
    delays: Int[Array, "steps channels"]  # steps since the cue
    asked: Bool[Array, "steps channels"]


class _Channels(NamedTuple):
    cue: Float[Array, " channels"]
    delay: Int[Array, " channels"]
    before: Int[Array, " channels"]  # steps until the next cue is shown, or the last is asked for
    shown: Bool[Array, " channels"]


@struct.dataclass
class Recall(Task):
    """Settings of the task; the fitness is the mean reward of an answer, +1 or -1, over all answers of some episodes.

    The sign of a channel's output answers for it.

    Example:
        >>> import hetsnn
        >>> hetsnn.Recall(channels=2).inputs
        4
    """

    channels: int = struct.field(pytree_node=False, default=3)
    steps: int = struct.field(pytree_node=False, default=120)
    shortest: Integer = 2  # delays are log-uniform between these [steps]
    longest: Integer = 100
    margin_scale: Real = 0.0  # above 0, the fitness is tanh(output x right answer / margin_scale) instead of the reward
    episodes: int = struct.field(pytree_node=False, default=8)  # of each candidate
    test_episodes: int = struct.field(pytree_node=False, default=128)  # of the final evaluation

    @property
    def inputs(self) -> int:
        """Size of an observation: each channel's cue, and whether it is asked for."""
        return 2 * self.channels

    @property
    def outputs(self) -> int:
        """Size of the read-out: an answer for each channel."""
        return self.channels

    def check(self) -> None:
        """Raise InputError for an invalid task."""
        for name in ("channels", "episodes", "test_episodes"):
            check_whole(name, getattr(self, name))
        check_whole("shortest", self.shortest)
        check_whole("longest", self.longest, self.shortest)
        check_whole("steps", self.steps)
        if self.steps <= self.longest + LONGEST_WAIT:
            least = self.longest + LONGEST_WAIT + 1
            raise InputError(f"steps must be at least {least} for delays of {self.longest} steps, got {self.steps}")
        check_real("margin_scale", self.margin_scale, at_least=0)
        Task.check(self)

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the mean fitness of a network's answers, and the steps taken; each key sets the episodes."""
        margin, script = self.play(policy, key, self.episodes)
        graded = jnp.tanh(margin / jnp.where(self.margin_scale > 0, self.margin_scale, 1.0))
        fitness = jnp.where(self.margin_scale > 0, graded, rewards(margin, script))
        return Score(_mean(fitness, script.asked), jnp.asarray(self.episodes * self.steps))

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return the mean reward of an answer, over all delays and in each range of delays."""
        margin, script = self.play(policy, key, self.test_episodes)
        reward = rewards(margin, script)
        found = {"reward": _mean(reward, script.asked)}
        for low, high in zip(BINS, (*BINS[1:], self.steps), strict=True):
            chosen = script.asked & (script.delays >= low) & (script.delays < high)
            found[f"reward_from_{low}"] = _mean(reward, chosen)
        return found

    def play(self, policy: Policy, key: jax.Array, episodes: int) -> tuple[Float[Array, "..."], Script]:
        """Play episodes; return each output times the right answer, (episodes, steps, channels), and their scripts."""
        scripts = jax.vmap(self.script)(jax.random.split(key, episodes))

        def step(state: State, observation: Array) -> tuple[State, Array]:
            state = policy.step(state, observation)
            return state, policy.readout(state, every_step=True)

        def episode(script: Script) -> Array:
            return jax.lax.scan(step, policy.initial, script.observations)[1] * script.cues

        return jax.vmap(episode)(scripts), scripts

    def script(self, key: jax.Array) -> Script:
        """Draw an episode."""

        def step(channels: _Channels, key: jax.Array) -> tuple[_Channels, Script]:
            of_cue, of_delay, of_wait = jax.random.split(key, 3)
            due = channels.before == 0
            show, ask = due & ~channels.shown, due & channels.shown
            cue = jnp.where(show, jax.random.rademacher(of_cue, show.shape, jnp.float32), channels.cue)
            drawn = self._delays(jax.random.uniform(of_delay, show.shape))
            delay = jnp.where(show, drawn, channels.delay)
            seen = jnp.concatenate([jnp.where(show, cue, 0.0), ask.astype(jnp.float32)])
            wait = jax.random.randint(of_wait, show.shape, 1, LONGEST_WAIT + 2)
            before = jnp.where(show, delay, jnp.where(ask, wait, channels.before)) - 1
            return _Channels(cue, delay, before, (channels.shown | show) & ~ask), Script(seen, cue, delay, ask)

        first, *keys = jax.random.split(key, 2)
        nothing = jnp.zeros(self.channels)
        wait = jax.random.randint(first, nothing.shape, 0, LONGEST_WAIT + 1)
        start = _Channels(nothing, nothing.astype(jnp.int32), wait, nothing.astype(bool))
        return jax.lax.scan(step, start, jax.random.split(keys[0], self.steps))[1]

    def _delays(self, uniform: Float[Array, " channels"]) -> Int[Array, " channels"]:
        """Return delays, log-uniform over the whole numbers between the shortest and the longest."""
        low, high = jnp.log(self.shortest), jnp.log(self.longest + 1)
        drawn = jnp.floor(jnp.exp(low + uniform * (high - low))).astype(jnp.int32)
        return jnp.clip(drawn, self.shortest, self.longest)


def rewards(margin: Float[Array, "*shape"], script: Script) -> Float[Array, "*shape"]:
    """Return +1 for a right answer and -1 for a wrong one; an output of 0 answers -1."""
    return jnp.where(margin == 0, -script.cues, jnp.sign(margin))


def _mean(values: Float[Array, "*shape"], chosen: Bool[Array, "*shape"]) -> Float[Array, ""]:
    return jnp.where(chosen, values, 0.0).sum() / jnp.maximum(chosen.sum(), 1)
