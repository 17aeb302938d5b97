"""REINFORCE with surrogate gradients, and what a batch of episodes leaves for it.

Source: Williams, Machine Learning 8, 1992.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float, Int

from hetsnn.backprop import backward, blank, write
from hetsnn.descent import Descent, Training, repeated
from hetsnn.errors import InputError
from hetsnn.evolution import Fixed
from hetsnn.networks import Policy, State
from hetsnn.numbers import Integer, Real
from hetsnn.tasks import rollouts


@struct.dataclass
class Reinforce(Descent):
    """REINFORCE (Williams, Machine Learning 8, 1992; the paper's ref. 35) with surrogate gradients.

    Actions are drawn from the softmax of the outputs. Each is credited with the discounted return that followed it,
    less a baseline, in units of its standard deviation over the batch. The baseline is the batch's mean, or a value
    learned from the batch before: a linear function of observation and time (Duan et al., Benchmarking deep
    reinforcement learning for continuous control, ICML 2016).
    """

    episodes: int = struct.field(pytree_node=False, default=3840)  # of a training
    batch: int = struct.field(pytree_node=False, default=16)  # episodes of an update
    value: bool = struct.field(pytree_node=False, default=False)  # whether the baseline is a learned value
    discount: Real = 0.99
    temperature: Real = 1.0  # of the softmax [outputs]

    def check(self) -> None:
        """Raise InputError for a training that does not exist."""
        if self.batch < 1 or self.episodes % self.batch:
            raise InputError(f"{self.episodes} episodes in batches of {self.batch}: a batch divides them")
        Descent.check(self)
        if not (0 <= self.discount <= 1 and self.temperature > 0):
            raise InputError(
                f"discount is {self.discount} and temperature {self.temperature}: within [0, 1], and positive"
            )

    @property
    def length(self) -> int:
        """Updates of a training."""
        return self.episodes // self.batch

    @property
    def population(self) -> int:
        """Episodes at once."""
        return self.batch

    def gradient(
        self, fixed: Fixed, training: Training, key: jax.Array, horizon: Integer
    ) -> tuple[Float[Array, " dimensions"], Array, dict[str, Array]]:
        """See `Descent.gradient`; `mean` is the mean return of the batch."""
        of, parameters, pull = self._differentiable(fixed, training.coordinates)
        tape, returns = self.play(of(parameters), fixed.run.task, key)
        longest = rollouts.largest(tape.going.sum(0).max())
        credit, learned = self.credit(tape, training.value, longest)

        def step(parameters: Any, state: State, t: Integer) -> tuple[State, Array]:
            after = of(parameters).step(state, tape.observation[t])
            scores = jax.nn.log_softmax(of(parameters).readout(after, every_step=True) / self.temperature)
            chosen = jnp.take_along_axis(scores, tape.action[t][:, None], axis=-1)[:, 0]
            return after, -credit[t] * chosen / tape.going.sum()

        gradient = backward(lambda p: repeated(of(p).initial, self.batch), step, parameters, tape.network, longest)
        point = {"mean": returns.mean(), "loss": jnp.float32(0.0), "steps": tape.going.sum().astype(jnp.float32)}
        return pull(gradient), learned, point

    def play(self, policy: Policy, task: Any, key: jax.Array) -> tuple["Tape", Float[Array, " batch"]]:
        """A batch of episodes: what they leave for the way back, and their returns."""
        starts, draws = jax.random.split(key)
        keys = jax.random.split(starts, self.batch)

        def on(carry: tuple) -> Array:
            return (carry[0] < self.tape) & rollouts.largest(carry[1].going.any())

        def step(carry: tuple) -> tuple:
            t, before, tape = carry

            def one(episode: rollouts.Episode, noise: Float[Array, " outputs"]) -> tuple:
                def act(outputs: Float[Array, " outputs"]) -> Array:
                    return jnp.argmax(outputs / self.temperature + noise)  # a draw from the softmax

                return rollouts.advance(episode, policy, task.environment, act, task.steps)

            noise = jax.random.gumbel(jax.random.fold_in(draws, t), (self.batch, task.outputs))
            after, action, reward = jax.vmap(one)(before, noise)
            entry = Tape(before.network, before.observation, action, reward, before.going)
            return t + 1, after, write(tape, t, entry)

        first = jax.vmap(lambda key: rollouts.begin(policy, task.environment, key, task.steps))(keys)
        entry = Tape(first.network, first.observation, jnp.zeros(self.batch, jnp.int32), first.reward, first.going)
        _, last, tape = jax.lax.while_loop(on, step, (jnp.int32(0), first, blank(entry, self.tape)))
        return tape, last.reward

    def credit(
        self, tape: "Tape", value: Float[Array, " features"], longest: Integer
    ) -> tuple[Float[Array, "time batch"], Float[Array, " features"]]:
        """What each action is credited with, and weights of the value fitted to the returns of this batch."""

        def back(i: Integer, carry: tuple) -> tuple:
            after, excess, square, cross = carry
            t = longest - 1 - i
            following = tape.reward[t] + self.discount * after
            if not self.value:
                return following, excess.at[t].set(following), square, cross
            seen = _features(tape.observation[t], t) * tape.going[t][:, None]
            moments = square + seen.T @ seen, cross + seen.T @ following
            return following, excess.at[t].set(following - seen @ value), *moments

        nothing = (
            jnp.zeros(self.batch),
            jnp.zeros_like(tape.reward),
            jnp.zeros((value.size, value.size)),
            jnp.zeros(value.size),
        )
        _, excess, square, cross = jax.lax.fori_loop(0, longest, back, nothing)
        count = tape.going.sum()
        excess = jnp.where(tape.going, excess - excess.sum(where=tape.going) / count, 0.0)
        spread = jnp.sqrt((excess**2).sum() / count)
        learned = jnp.linalg.solve(square + 1e-3 * count * jnp.eye(value.size), cross) if self.value else value
        return excess / (spread + 1e-8), learned


class Tape(NamedTuple):
    """What a batch of episodes leaves for the way back, time first."""

    network: State  # before each step
    observation: Float[Array, "*time batch inputs"]
    action: Int[Array, "*time batch"]
    reward: Float[Array, "*time batch"]
    going: Array  # whether the episode was still going


def _features(observation: Float[Array, "batch inputs"], t: Integer) -> Float[Array, "batch features"]:
    """Of the learned value: observations, their squares, and powers of time."""
    seen, time = jnp.clip(observation, -10.0, 10.0), jnp.broadcast_to(t / 100.0, observation.shape[:1])[:, None]
    return jnp.concatenate([seen, seen**2, time, time**2, time**3, jnp.ones_like(time)], axis=-1)
