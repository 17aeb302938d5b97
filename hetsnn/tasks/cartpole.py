"""CartPole-v1 as gymnax has it: a pole on a cart stays up and near the middle as long as the cart is pushed well.

Source: Barto, Sutton and Anderson, IEEE Transactions on Systems, Man, and Cybernetics 13, 1983. Each step is rewarded
with 1; an episode ends where the pole leans by more than 12 degrees, the cart is 2.4 from the middle, or the limit of
steps is reached.
"""

import sys

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments.classic_control import cartpole
from jaxtyping import Array, Float, Int

from hetsnn.networks.spiking import Policy
from hetsnn.numbers import Integer, check_whole
from hetsnn.tasks.rollouts import Environment, rollout
from hetsnn.tasks.task import Score, Task

TEST_EPISODES = 128
GYMNAX = cartpole.CartPole()
# The limit of steps is ours: gymnax's own never comes into effect.
PARAMS = cartpole.EnvParams(max_steps_in_episode=sys.maxsize >> 32)


def reset(key: jax.Array) -> tuple[Float[Array, "4"], cartpole.EnvState]:
    """Observation and state at the start: all four numbers are within 0.05 of 0."""
    return GYMNAX.reset_env(key, PARAMS)


def step(state: cartpole.EnvState, action: Int[Array, ""]) -> tuple[Float[Array, "4"], cartpole.EnvState, Array, Array]:
    """Observation, state, reward and whether the pole has fallen, after a push to the left (0) or right (1)."""
    return GYMNAX.step_env(jax.random.key(0), state, action, PARAMS)[:4]


@struct.dataclass
class CartPole(Task):
    """The declared choices of the task."""

    limit: Integer = 500  # steps of an episode at most
    to_the_end: bool = struct.field(pytree_node=False, default=False)  # execute the steps after an end, too

    inputs = 4
    outputs = 2
    dynamics = Environment(reset, step)

    def check(self) -> None:
        """Raise InputError for a task that cannot be."""
        check_whole("limit", self.limit)
        Task.check(self)

    @property
    def steps(self) -> Integer:
        """Environment steps of an episode at most."""
        return self.limit

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return of a network in one episode, and the environment steps taken; a key is a start."""
        rewards, steps = self.play(policy, key, 1)
        return Score(rewards[0], steps[0])

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Mean return over `TEST_EPISODES` episodes, and the share of them that reach the limit."""
        rewards, steps = self.play(policy, key, TEST_EPISODES)
        return {"reward": rewards.mean(), "reached_limit": (steps >= self.limit).mean()}

    def play(
        self, policy: Policy, key: jax.Array, episodes: int
    ) -> tuple[Float[Array, " episodes"], Int[Array, " episodes"]]:
        """Returns of some episodes in which the action is that of the largest output, and the steps they took."""

        def one(key: jax.Array) -> tuple[Array, Array]:
            played = rollout(policy, self.dynamics, jnp.argmax, key, self.limit, to_the_end=self.to_the_end)
            return played.reward, played.steps

        return jax.vmap(one)(jax.random.split(key, episodes))
