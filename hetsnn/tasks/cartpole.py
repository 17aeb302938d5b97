"""CartPole-v1 as gymnax has it: a pole on a cart stays up and near the middle as long as the cart is pushed well.

Source: Barto, Sutton and Anderson, IEEE Transactions on Systems, Man, and Cybernetics 13, 1983. Each step is rewarded
with 1; an episode ends where the pole leans by more than 12 degrees, the cart is 2.4 from the middle, or the limit of
steps is reached.
"""

import jax
from flax import struct
from jaxtyping import Array

from hetsnn.networks.spiking import Policy
from hetsnn.numbers import Integer
from hetsnn.tasks.gymnax_tasks import GymnaxTask


@struct.dataclass
class CartPole(GymnaxTask):
    """CartPole-v1, with a limit of steps that may differ from training to training."""

    environment: str = struct.field(pytree_node=False, default="CartPole-v1")
    limit: Integer = 500
    normalise: bool = struct.field(pytree_node=False, default=False)
    to_the_end: bool = struct.field(pytree_node=False, default=False)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return the mean return over `test_episodes` episodes, and the share of them that reach the limit."""
        played = self.play(policy, key, self.test_episodes)
        return {"reward": played.reward.mean(), "reached_limit": (played.steps >= self.limit).mean()}
