"""The memory task: bsuite's `memory_len`, a T-maze with the cue at its entrance, as gymnax's `MemoryChain-bsuite`.

Source: Osband et al., Behaviour suite for reinforcement learning, arXiv:1908.03568. An episode of memory length L
takes L + 1 steps; the network sees the cue at the reset and again after the first step; the action after the
observation with the clock at 1/L is rewarded with +1 or -1.
"""

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments.bsuite.memory_chain import EnvParams, EnvState, MemoryChain
from jaxtyping import Array, Float, Int

from hetsnn.errors import InputError
from hetsnn.mapping import max_over_vmap
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Flag, Integer, Real, check_real, check_whole
from hetsnn.tasks.lesions import Disturbance, battery, disturb, mean_rewards
from hetsnn.tasks.task import Score, Task

LENGTHS = (*range(1, 11), 12, 14, 17, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)  # bsuite's own sweep

ENVIRONMENT = MemoryChain()


@struct.dataclass
class Memory(Task):
    """Settings of the memory task.

    Example:
        >>> import hetsnn
        >>> hetsnn.Memory(length=10).steps
        11
    """

    length: Integer = 25  # steps between cue and answer
    margin_scale: Real = 0.0  # 0: the fitness is the reward; above 0: tanh(right output - wrong output, over the scale)
    rising_clock: Flag = False  # the network sees t/L, as the paper prints it, instead of bsuite's 1 - t/L
    cross_entropy: bool = struct.field(pytree_node=False, default=False)  # the fitness is minus the cross-entropy

    inputs = 3
    outputs = 2

    def check(self) -> None:
        """Raise InputError for an invalid setting, or one that its fitness does not use."""
        check_whole("length", self.length)
        check_real("margin_scale", self.margin_scale, at_least=0)
        if self.cross_entropy and self.margin_scale:
            raise InputError(f"margin_scale must be 0, since cross_entropy does not use it, got {self.margin_scale}")
        Task.check(self)

    @property
    def steps(self) -> Integer:
        """Environment steps of an episode."""
        return self.length + 1

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the mean fitness of a network over both cues, and the environment steps taken."""
        reward, margin = self.episodes(policy)
        steps = jnp.asarray(reward.size * self.steps)
        if self.cross_entropy:
            return Score(-jax.nn.softplus(-margin).mean(), steps)
        graded = jnp.tanh(margin / jnp.where(self.margin_scale > 0, self.margin_scale, 1.0))
        return Score(jnp.where(self.margin_scale > 0, graded, reward).mean(), steps)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return the mean reward over both cues, undisturbed and under each disturbance, and the least margin."""
        reward, margin = jax.vmap(lambda disturbance: self.episodes(policy, disturbance))(battery(key))
        return {"margin": margin[0].min(), **mean_rewards(reward)}

    def episodes(
        self, policy: Policy, disturbance: Disturbance | None = None
    ) -> tuple[Float[Array, " cues"], Float[Array, " cues"]]:
        """Return the reward of one episode per cue, and the margin of the right action's output over the wrong one's.

        The environment ignores every action but the last, so only the last is read out.

        Args:
            policy: the network.
            disturbance: lesion or noise during the episode; None for an undisturbed network.
        """
        # One bound for all mapped episodes: shorter ones then need no copy of their state.
        horizon = max_over_vmap(jnp.asarray(self.steps))

        def episode(cue: Int[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
            def body(t: Int[Array, ""], carry: tuple) -> tuple:
                return self._advance(policy, disturbance, t, carry)

            _, environment, network = jax.lax.fori_loop(0, horizon, body, self._begin(policy, cue))
            outputs = policy.readout(network)
            params = EnvParams(memory_length=self.length)
            reward = ENVIRONMENT.step_env(_unused(), environment, jnp.argmax(outputs), params)[2]
            return jnp.asarray(reward, jnp.float32), outputs[cue] - outputs[1 - cue]

        return jax.vmap(episode)(jnp.arange(2, dtype=jnp.int32))

    def record(self, policy: Policy, horizon: int) -> State:
        """Return the network's state after each step of an episode per cue, (cues, horizon, hidden).

        Args:
            policy: the network.
            horizon: number of recorded steps; after the end of an episode the state is constant.
        """

        def episode(cue: Int[Array, ""]) -> State:
            def body(carry: tuple, t: Int[Array, ""]) -> tuple[tuple, State]:
                carry = self._advance(policy, None, t, carry)
                return carry, carry[2]

            return jax.lax.scan(body, self._begin(policy, cue), jnp.arange(horizon))[1]

        return jax.vmap(episode)(jnp.arange(2, dtype=jnp.int32))

    def examples(self, max_steps: int) -> tuple[Float[Array, "cues max_steps inputs"], Int[Array, " cues"]]:
        """Return the observations of an episode per cue, and the right answers, for supervised learning.

        Args:
            max_steps: length of the observations, at least `steps`; entries after an episode's end are meaningless.
        """
        start = State(jnp.zeros(self.inputs), jnp.zeros(self.inputs))
        # A policy whose state is the observation, so that `record` returns the observations.
        recorder = Policy(start, lambda _, seen: State(seen, seen), lambda state: state.trace)
        return self.record(recorder, max_steps).voltage, jnp.arange(2)

    def _begin(self, policy: Policy, cue: Int[Array, ""]) -> tuple[Array, EnvState, State]:
        """Return the first observation, the environment's state and the network's state of an episode."""
        start = EnvState(
            context=cue[None],
            query=jnp.int32(0),
            total_perfect=jnp.int32(0),
            total_regret=jnp.float32(0),
            time=jnp.int32(0),
        )
        return ENVIRONMENT.get_obs(start, EnvParams(memory_length=self.length)), start, policy.initial

    def _advance(self, policy: Policy, disturbance: Disturbance | None, t: Int[Array, ""], carry: tuple) -> tuple:
        """Take step `t` of an episode; steps after the last one change nothing."""
        observation, environment, before = carry
        last = self.steps - 1
        disturbed = before if disturbance is None else disturb(disturbance, before, policy.initial, t, last)
        clock = jnp.where(self.rising_clock, 1.0 - observation[0], observation[0])
        after = policy.step(disturbed, observation.at[0].set(clock))
        network = jax.tree.map(lambda a, b: jnp.where(t <= last, a, b), after, before)
        params = EnvParams(memory_length=self.length)
        observation, stepped, *_ = ENVIRONMENT.step_env(_unused(), environment, 0, params)
        environment = jax.tree.map(lambda a, b: jnp.where(t < last, a, b), stepped, environment)
        return observation, environment, network


def _unused() -> jax.Array:
    """Return a key for the environment's step, which is deterministic given the cue."""
    return jax.random.key(0)
