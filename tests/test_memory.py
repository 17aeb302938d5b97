"""The memory task: gymnax against bsuite, and our networks in bsuite's own NumPy world."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from bsuite.environments.memory_chain import MemoryChain as Bsuite
from gymnax.environments.bsuite.memory_chain import EnvParams

from hetsnn.bsuite_scores import Agent, play, score
from hetsnn.errors import InputError
from hetsnn.evolution import Evolution, learned, network
from hetsnn.experiments.memory import Setting
from hetsnn.networks import Policy, bind, draw
from hetsnn.runs import Run
from hetsnn.tasks.memory import ENVIRONMENT, Memory

LENGTHS = (1, 2, 5, 20, 100)


@pytest.mark.parametrize("length", LENGTHS)
def test_gymnax_and_bsuite_agree_step_by_step(length: int) -> None:
    theirs, params = Bsuite(length, seed=1), EnvParams(memory_length=length)
    for action_of_last_step in (0, 1):
        step = theirs.reset()
        key = jax.random.key(0)
        _, state = ENVIRONMENT.reset_env(key, params)
        state = state.replace(context=jnp.asarray(theirs._context))
        np.testing.assert_allclose(ENVIRONMENT.get_obs(state, params), step.observation[0])
        for t in range(length + 1):
            action = action_of_last_step if t == length else t % 2
            step = theirs.step(action)
            observation, state, reward, ended, _ = ENVIRONMENT.step_env(key, state, action, params)
            np.testing.assert_allclose(observation, step.observation[0], atol=1e-6)
            assert (float(reward), bool(ended)) == (step.reward, step.last())


def random_run(
    length: int, *, tau_readout: float, bias: bool, seed: int, rising: bool = False
) -> tuple[Run, Policy, dict]:
    """A network with random weights and random neurons."""
    run = Setting(tau_readout=tau_readout, bias=bias, gain=3.0).run(
        ("test", 1), "smoke", "neuron", length, seed, rising_clock=rising
    )
    variables = draw(network(run), jax.random.key(seed))
    rng = np.random.default_rng(seed)
    for name, low, high in (("tau_m", 1, 30), ("v_th", 0.1, 1.5), ("v_rest", -0.5, 0.5), ("r_m", 0.2, 3)):
        variables["neuron"][name] = jnp.asarray(rng.uniform(low, high, run.architecture.hidden), jnp.float32)
    return run, bind(network(run), variables), variables


class Spied(Bsuite):
    """bsuite's environment with a chosen cue and, as a variant, a rising clock."""

    def __init__(self, length: int, cue: int, rising: bool) -> None:
        super().__init__(length)
        self.cue, self.rising = cue, rising

    def _reset(self) -> Any:
        super()._reset()
        self._context = np.array([self.cue])
        from dm_env import restart

        return restart(self._get_observation())

    def _get_observation(self) -> np.ndarray:
        observation = super()._get_observation()
        if self.rising:
            observation[0, 0] = 1 - observation[0, 0]
        return observation


@pytest.mark.parametrize(
    ("tau_readout", "bias", "rising"), [(1.0, True, False), (8.0, False, False), (3.0, True, True)]
)
def test_rewards_are_those_of_the_network_that_acts_at_every_step_in_bsuite(
    tau_readout: float, bias: bool, rising: bool
) -> None:
    rewards = []
    for length in (1, 3, 10):
        for seed in range(4):
            run, policy, variables = random_run(length, tau_readout=tau_readout, bias=bias, seed=seed, rising=rising)
            ours, margin = run.task.episodes(policy, jnp.int32(length + 3))  # a longer neighbour changes nothing
            agent = Agent(variables, run.architecture)
            for cue in (0, 1):
                if abs(float(margin[cue])) > 1e-5:  # below that rounding decides
                    assert float(ours[cue]) == play(agent, Spied(length, cue, rising), 1)
                    rewards.append(float(ours[cue]))
    assert {-1.0, 1.0} <= set(rewards)


@pytest.mark.parametrize(("tau_readout", "rising"), [(1.0, False), (3.0, True)])
def test_recorded_states_are_those_of_the_network_in_bsuite(tau_readout: float, rising: bool) -> None:
    run, policy, variables = random_run(6, tau_readout=tau_readout, bias=False, seed=4, rising=rising)
    states = run.task.record(policy, 9)  # two steps more than the episode has
    agent = Agent(variables, run.architecture)
    for cue in (0, 1):
        agent.reset()
        world = Spied(6, cue, rising)
        step, voltages, traces = world.reset(), [], []
        while not step.last():
            step = world.step(agent.action(step.observation))
            voltages.append(agent.voltage)
            traces.append(agent.trace)
        assert len(voltages) == run.task.steps
        still = [-1] * (9 - run.task.steps)
        np.testing.assert_allclose(states.voltage[cue], [*voltages, *(voltages[i] for i in still)], atol=1e-5)
        np.testing.assert_allclose(states.trace[cue], [*traces, *(traces[i] for i in still)], atol=1e-5)


def test_a_mixed_block_is_each_length_alone() -> None:
    runs, policies = zip(
        *(random_run(length, tau_readout=4.0, bias=True, seed=5)[:2] for length in (2, 9, 4)), strict=True
    )
    tasks = jax.tree.map(lambda *x: jnp.stack([jnp.asarray(v) for v in x]), *(run.task for run in runs))
    together = jax.vmap(lambda task: task.episodes(policies[0], jnp.int32(10)))(tasks)
    for i, run in enumerate(runs):
        alone = run.task.episodes(policies[0], jnp.int32(run.task.length + 1))
        np.testing.assert_allclose(together[1][i], alone[1], atol=1e-6)


def test_without_a_read_out_that_remembers_its_lesion_changes_nothing() -> None:
    run, policy, _ = random_run(6, tau_readout=1.0, bias=True, seed=2)
    found = run.task.evaluate(policy, jax.random.key(0), jnp.int32(7))
    assert float(found["reward"]) == float(found["reward_readout_forgotten"])


def test_fitness_is_the_sign_or_the_graded_margin() -> None:
    run, policy, _ = random_run(4, tau_readout=2.0, bias=True, seed=3)
    reward, margin = run.task.episodes(policy, jnp.int32(5))
    sign, steps = run.task.fitness(policy, jax.random.key(0), jnp.int32(5))
    graded, _ = dataclasses.replace(run.task, margin_scale=0.5).fitness(policy, jax.random.key(0), jnp.int32(5))
    assert float(sign) == float(reward.mean())
    assert int(steps) == 2 * 5
    np.testing.assert_allclose(graded, np.tanh(np.asarray(margin) / 0.5).mean(), rtol=1e-5)


def test_an_evolved_network_acts_alike_in_bsuite() -> None:
    setting = Setting(tau_readout=1.0, bias=True, gain=3.0, sigma=0.3)
    run = setting.run(("test", 1), "smoke", "neuron", 3, 1)
    run = dataclasses.replace(run, method=Evolution(population=32, generations=25, sigma=0.3))
    horizon = jnp.int32(4)

    @jax.jit
    def train() -> dict:
        fixed, training = run.method.begin(run)
        return run.method.finish(fixed, run.method.advance(fixed, training, 0, 25, horizon), horizon)

    result = train()
    agent = Agent(learned(run, result["genome"]), run.architecture)
    theirs = np.mean([play(agent, Spied(3, cue, False), 1) for cue in (0, 1)])
    assert float(result["final"]["reward"]) == theirs == 1.0
    total, log = score({3: agent}, episodes=10)
    assert total == 1.0
    assert log["total_perfect"].tolist() == [10]


@pytest.mark.parametrize("bad", [{"length": 0}, {"margin_scale": -1.0}, {"margin_scale": float("nan")}])
def test_bad_tasks(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Memory(**bad).check()
