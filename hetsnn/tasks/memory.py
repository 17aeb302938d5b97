"""The memory task: bsuite's `memory_len`, a T-maze with the cue at its entrance, as gymnax's `MemoryChain-bsuite`.

Source: Osband et al., Behaviour suite for reinforcement learning, arXiv:1908.03568. An episode of memory length L
takes L + 1 steps; the cue is seen at the reset and again after the first step; the action that follows the
observation with the clock at 1/L is scored +1 or -1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments.bsuite.memory_chain import EnvParams, EnvState, MemoryChain
from jaxtyping import Array, Bool, Float, Int

from hetsnn.errors import InputError
from hetsnn.mapping import max_over_vmap
from hetsnn.networks.spiking import Policy, State
from hetsnn.numbers import Flag, Integer, Real, check_real, check_whole
from hetsnn.tasks.task import Score, Task

LENGTHS = (*range(1, 11), 12, 14, 17, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)  # bsuite's own sweep
NOISES = (1e-6, 1e-3, 1e-2, 1e-1)  # per step, on what a network carries: standard deviation [threshold, spikes]
NOISY_EPISODES = 16  # of each cue and noise

ENVIRONMENT = MemoryChain()


class Disturbance(NamedTuple):
    """What is done to a network during an episode, to find out where its memory is."""

    forget_hidden: Bool[Array, ""]  # membranes put back to their start just before the last step
    forget_readout: Bool[Array, ""]  # the read-out's
    noise: Float[Array, ""]  # standard deviation of what is added to every membrane and trace before each step
    key: jax.Array


@struct.dataclass
class Memory(Task):
    """The declared choices of the memory task, all of them numbers."""

    length: Integer = 25  # steps between cue and answer
    margin_scale: Real = (
        0.0  # 0: the fitness is the reward's sign; else it is graded, tanh(difference of the outputs / scale)
    )
    rising_clock: Flag = False  # the network sees t/L, as the paper prints it, instead of bsuite's 1 - t/L
    cross_entropy: bool = struct.field(pytree_node=False, default=False)  # the fitness is minus that of the softmax

    inputs = 3
    outputs = 2

    def check(self) -> None:
        """Raise InputError for a task that cannot be, or a setting that its fitness does not use."""
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
        """Fitness of a network over both cues, and the environment steps taken."""
        reward, margin = self.episodes(policy)
        steps = jnp.asarray(reward.size * self.steps)
        if self.cross_entropy:
            return Score(-jax.nn.softplus(-margin).mean(), steps)
        graded = jnp.tanh(margin / jnp.where(self.margin_scale > 0, self.margin_scale, 1.0))
        return Score(jnp.where(self.margin_scale > 0, graded, reward).mean(), steps)

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Mean reward over both cues, after lesions just before the last step, and under noise."""
        kinds = [(False, False, 0.0), (True, False, 0.0), (False, True, 0.0)]
        kinds += [(False, False, noise) for noise in NOISES for _ in range(NOISY_EPISODES)]
        hidden, readout, noise = map(jnp.asarray, zip(*kinds, strict=True))
        disturbances = Disturbance(hidden, readout, noise, jax.random.split(key, len(kinds)))
        reward, margin = jax.vmap(lambda disturbance: self.episodes(policy, disturbance))(disturbances)
        noisy = reward[3:].reshape(len(NOISES), -1).mean(1)
        return {
            "reward": reward[0].mean(),
            "margin": margin[0].min(),
            "reward_hidden_forgotten": reward[1].mean(),
            "reward_readout_forgotten": reward[2].mean(),
            **{f"reward_noise_{scale:g}": noisy[i] for i, scale in enumerate(NOISES)},
        }

    def episodes(
        self, policy: Policy, disturbance: Disturbance | None = None
    ) -> tuple[Float[Array, " cues"], Float[Array, " cues"]]:
        """Reward of one episode for each cue, and by how much the right action's output exceeds the wrong one's.

        The environment ignores every action but the last, so only the last is read out.

        Args:
            policy: the network.
            disturbance: what is done to the network meanwhile.
        """
        # Shared by all that is mapped over, so that a longer episode beside this one costs no copy of its state.
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
        """What a network goes through: its state after each step of an episode of each cue, (cues, horizon, hidden).

        Args:
            policy: the network.
            horizon: steps that are recorded; after the last step of an episode the state stays as it is.
        """

        def episode(cue: Int[Array, ""]) -> State:
            def body(carry: tuple, t: Int[Array, ""]) -> tuple[tuple, State]:
                carry = self._advance(policy, None, t, carry)
                return carry, carry[2]

            return jax.lax.scan(body, self._begin(policy, cue), jnp.arange(horizon))[1]

        return jax.vmap(episode)(jnp.arange(2, dtype=jnp.int32))

    def examples(self, max_steps: int) -> tuple[Float[Array, "cues max_steps inputs"], Int[Array, " cues"]]:
        """What a network sees in an episode of each cue, and the right answers; for training with a teacher.

        Args:
            max_steps: steps of what is seen, at least `steps`; those past an episode's end mean nothing.
        """
        nobody = State(jnp.zeros(self.inputs), jnp.zeros(self.inputs))
        recorder = Policy(nobody, lambda _, seen: State(seen, seen), lambda state: state.trace)
        return self.record(recorder, max_steps).voltage, jnp.arange(2)

    def _begin(self, policy: Policy, cue: Int[Array, ""]) -> tuple[Array, EnvState, State]:
        """First observation, environment and network of an episode."""
        start = EnvState(
            context=cue[None],
            query=jnp.int32(0),
            total_perfect=jnp.int32(0),
            total_regret=jnp.float32(0),
            time=jnp.int32(0),
        )
        return ENVIRONMENT.get_obs(start, EnvParams(memory_length=self.length)), start, policy.initial

    def _advance(self, policy: Policy, disturbance: Disturbance | None, t: Int[Array, ""], carry: tuple) -> tuple:
        """Step `t` of an episode; past the last one nothing changes any more."""
        observation, environment, before = carry
        last = self.steps - 1
        if disturbance is not None:
            noise = disturbance.noise * jax.random.normal(
                jax.random.fold_in(disturbance.key, t), (2, *before.voltage.shape)
            )
            now = t == last
            disturbed = State(
                jnp.where(disturbance.forget_hidden & now, policy.initial.voltage, before.voltage) + noise[0],
                jnp.where(disturbance.forget_readout & now, policy.initial.trace, before.trace) + noise[1],
            )
        else:
            disturbed = before
        clock = jnp.where(self.rising_clock, 1.0 - observation[0], observation[0])
        after = policy.step(disturbed, observation.at[0].set(clock))
        network = jax.tree.map(lambda a, b: jnp.where(t <= last, a, b), after, before)
        params = EnvParams(memory_length=self.length)
        observation, passed, *_ = ENVIRONMENT.step_env(_unused(), environment, 0, params)
        environment = jax.tree.map(lambda a, b: jnp.where(t < last, a, b), passed, environment)
        return observation, environment, network


def _unused() -> jax.Array:
    """The key that the environment's step asks for: nothing is random once the cue is given."""
    return jax.random.key(0)
