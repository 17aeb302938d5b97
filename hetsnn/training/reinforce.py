"""REINFORCE with surrogate gradients.

Source: Williams, Machine Learning 8, 1992.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float, Int

from hetsnn.errors import InputError
from hetsnn.mapping import max_over_vmap
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Integer, Real, check_real, check_whole
from hetsnn.tasks import rollouts
from hetsnn.tasks.task import Acting
from hetsnn.training.backprop import backward, blank, write
from hetsnn.training.descent import Descent, Progress, repeated
from hetsnn.training.method import Fixed


@struct.dataclass
class Reinforce(Descent):
    """REINFORCE (Williams, Machine Learning 8, 1992; the paper's ref. 35) with surrogate gradients.

    Actions are drawn from the softmax of the outputs. The advantage of an action is the discounted return after it
    minus a baseline, in units of its standard deviation over the batch. The baseline is the mean over the batch, or a
    value function fitted to the previous batch: linear in features of observation and time (Duan et al., Benchmarking
    deep reinforcement learning for continuous control, ICML 2016).

    Example:
        >>> import hetsnn
        >>> method = hetsnn.Reinforce(episodes=960, batch=32, points=10, max_steps=500)
        >>> method.length
        30
    """

    trains_on = Acting
    needs = "a task in which a network acts"

    episodes: int = struct.field(pytree_node=False, default=3840)  # episodes of a training
    batch: int = struct.field(pytree_node=False, default=16)  # episodes of an update
    value: bool = struct.field(pytree_node=False, default=False)  # whether the baseline is a learned value function
    discount: Real = 0.99
    temperature: Real = 1.0  # temperature of the softmax [outputs]

    def check(self) -> None:
        """Raise InputError for an invalid training."""
        check_whole("episodes", self.episodes)
        check_whole("batch", self.batch, 1, self.episodes)
        if self.episodes % self.batch:
            raise InputError(f"batch must be a divisor of episodes = {self.episodes}, got {self.batch}")
        check_real("discount", self.discount, at_least=0, at_most=1)
        check_real("temperature", self.temperature, above=0)
        Descent.check(self)

    def check_task(self, task: Any) -> None:
        """Raise InputError for a task without discrete actions."""
        Descent.check_task(self, task)
        if not task.discrete:
            raise InputError(f"task must have discrete actions, got {type(task).__name__} with continuous ones")

    @property
    def length(self) -> int:
        """Updates of a training."""
        return self.episodes // self.batch

    @property
    def cost(self) -> int:
        """Episodes of an update, simulated at once."""
        return self.batch

    def gradient(
        self, fixed: Fixed, state: Progress, key: jax.Array
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the mean return of the batch."""
        policy_of, parameters, pull = self._differentiable(fixed, state.coordinates)
        played, returns = self.play(policy_of(parameters), fixed.training.task, key)
        longest = max_over_vmap(played.active.sum(0).max())
        advantages, learned = self.advantages(played, state.value, longest)

        def step(parameters: Any, network: State, t: Integer) -> tuple[State, Array]:
            after = policy_of(parameters).step(network, played.observation[t])
            scores = jax.nn.log_softmax(policy_of(parameters).readout(after, every_step=True) / self.temperature)
            chosen = jnp.take_along_axis(scores, played.action[t][:, None], axis=-1)[:, 0]
            return after, -advantages[t] * chosen / played.active.sum()

        def begin(parameters: Any) -> State:
            return repeated(policy_of(parameters).initial, self.batch)

        gradient = backward(begin, step, parameters, played.network, longest)
        point = {"mean": returns.mean(), "loss": jnp.float32(0.0), "steps": played.active.sum().astype(jnp.float32)}
        return pull(gradient), learned, point

    def play(self, policy: Policy, task: Acting, key: jax.Array) -> tuple["Trajectory", Float[Array, " batch"]]:
        """Play a batch of episodes; return their trajectory and their returns."""
        starts, draws = jax.random.split(key)
        keys = jax.random.split(starts, self.batch)

        def on(carry: tuple) -> Array:
            return (carry[0] < self.max_steps) & max_over_vmap(carry[1].active.any())

        def step(carry: tuple) -> tuple:
            t, before, played = carry

            def one(episode: rollouts.Episode, noise: Float[Array, " outputs"]) -> tuple:
                def act(outputs: Float[Array, " outputs"]) -> Array:
                    return jnp.argmax(outputs / self.temperature + noise)  # a draw from the softmax

                return rollouts.advance(episode, policy, task.dynamics, act, task.steps)

            noise = jax.random.gumbel(jax.random.fold_in(draws, t), (self.batch, task.outputs))
            after, action, reward = jax.vmap(one)(before, noise)
            entry = Trajectory(before.network, before.observation, action, reward, before.active)
            return t + 1, after, write(played, t, entry)

        first = jax.vmap(lambda key: rollouts.begin(policy, task.dynamics, key, task.steps))(keys)
        entry = Trajectory(
            first.network, first.observation, jnp.zeros(self.batch, jnp.int32), first.reward, first.active
        )
        _, last, played = jax.lax.while_loop(on, step, (jnp.int32(0), first, blank(entry, self.max_steps)))
        return played, last.reward

    def advantages(
        self, played: "Trajectory", value: Float[Array, " features"], longest: Integer
    ) -> tuple[Float[Array, "time batch"], Float[Array, " features"]]:
        """Return the advantage of each action, and the weights of a value function fitted to this batch's returns."""

        def back(i: Integer, carry: tuple) -> tuple:
            after, excess, square, cross = carry
            t = longest - 1 - i
            following = played.reward[t] + self.discount * after
            if not self.value:
                return following, excess.at[t].set(following), square, cross
            features = _value_features(played.observation[t], t) * played.active[t][:, None]
            moments = square + features.T @ features, cross + features.T @ following
            return following, excess.at[t].set(following - features @ value), *moments

        nothing = (
            jnp.zeros(self.batch),
            jnp.zeros_like(played.reward),
            jnp.zeros((value.size, value.size)),
            jnp.zeros(value.size),
        )
        _, excess, square, cross = jax.lax.fori_loop(0, longest, back, nothing)
        count = played.active.sum()
        excess = jnp.where(played.active, excess - excess.sum(where=played.active) / count, 0.0)
        spread = jnp.sqrt((excess**2).sum() / count)
        learned = jnp.linalg.solve(square + 1e-3 * count * jnp.eye(value.size), cross) if self.value else value
        return excess / (spread + 1e-8), learned


class Trajectory(NamedTuple):
    """Trajectory of a batch of episodes, time first, for backpropagation."""

    network: State  # before each step
    observation: Float[Array, "*time batch inputs"]
    action: Int[Array, "*time batch"]
    reward: Float[Array, "*time batch"]
    active: Array  # True until the episode has ended


def _value_features(observation: Float[Array, "batch inputs"], t: Integer) -> Float[Array, "batch features"]:
    """Return the features of the value function: observations, their squares, and powers of time."""
    seen, time = jnp.clip(observation, -10.0, 10.0), jnp.broadcast_to(t / 100.0, observation.shape[:1])[:, None]
    return jnp.concatenate([seen, seen**2, time, time**2, time**3, jnp.ones_like(time)], axis=-1)
