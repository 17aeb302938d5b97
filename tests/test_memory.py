"""The memory task: gymnax against bsuite, and our networks in bsuite's own NumPy world."""

import dataclasses
from itertools import product
from typing import Any

import dm_env
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from bsuite.environments.memory_chain import MemoryChain as Bsuite
from gymnax.environments.bsuite.memory_chain import EnvParams

from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.networks.spiking import bind
from hetsnn.sweeps.runs import stack
from hetsnn.tasks.lesions import Disturbance
from hetsnn.tasks.memory import ENVIRONMENT, Memory
from hetsnn.training.evolution import Evolution
from hetsnn.training.method import Training
from hetsnn.training.policies import learned, network
from hetsnn_book.experiments.memory import Setting
from hetsnn_book.measures.bsuite_scores import Agent, play, score

LENGTHS = (1, 2, 5, 20, 100)


@pytest.mark.parametrize("length", LENGTHS)
def test_gymnax_and_bsuite_agree_step_by_step(length: int) -> None:
    params, key = EnvParams(memory_length=length), jax.random.key(0)
    for cue, last_action in product((0, 1), repeat=2):
        theirs = Cued(length, cue)
        step = theirs.reset()
        _, state = ENVIRONMENT.reset_env(key, params)
        state = state.replace(context=jnp.array([cue]))
        np.testing.assert_allclose(ENVIRONMENT.get_obs(state, params), step.observation[0])
        for t in range(length + 1):
            action = last_action if t == length else t % 2
            step = theirs.step(action)
            observation, state, reward, ended, _ = ENVIRONMENT.step_env(key, state, action, params)
            np.testing.assert_allclose(observation, step.observation[0], atol=1e-6)
            assert (float(reward), bool(ended)) == (step.reward, step.last())
        assert step.reward == (1.0 if cue == last_action else -1.0)


class Cued(Bsuite):
    """bsuite's environment with a chosen cue and, as a variant, a rising clock."""

    def __init__(self, length: int, cue: int, rising: bool = False) -> None:
        super().__init__(length)
        self.cue, self.rising = cue, rising

    def _reset(self) -> dm_env.TimeStep:
        super()._reset()
        self._context = np.array([self.cue])
        return dm_env.restart(self._get_observation())

    def _get_observation(self) -> np.ndarray:
        observation = super()._get_observation()
        if self.rising:
            observation[0, 0] = 1 - observation[0, 0]
        return observation


def random_network(length: int, tau_readout: float, rising: bool, seed: int) -> tuple[Training, dict]:
    """A training and, for its network, random weights and random neurons."""
    setting = Setting(tau_readout=tau_readout, bias=True, gain=3.0)
    run = setting.run(("test", 1), "smoke", "neuron", length, seed, rising_clock=rising)
    training = run.varied(architecture=dataclasses.replace(run.training.architecture, hidden=16)).training
    rng = np.random.default_rng(seed)
    ranges = {"tau_m": (1, 30), "v_th": (0.1, 1.5), "v_rest": (-0.5, 0.5), "r_m": (0.2, 3)}
    weights = {"input": rng.normal(0, 0.5, (4, 16)), "output": rng.normal(0, 0.25, (16, 2))}
    neurons = {name: rng.uniform(*ranges[name], 16) for name in PROPERTIES}
    return training, jax.tree.map(np.float32, {"synapse": weights, "neuron": neurons})


NETWORKS = [
    random_network(length, tau_readout, rising, seed)
    for seed, (length, tau_readout, rising) in enumerate(product(LENGTHS * 2, (1.0, 3.0, 20.0), (False, True)))
]
LESIONS = ("none", "hidden", "readout")


@jax.jit
def episodes(trainings: Any, variables: Any) -> Any:
    """Rewards and margins of each network for each cue; then the same after each of the lesions."""
    hidden, readout = (jnp.array([lesion == name for lesion in LESIONS]) for name in LESIONS[1:])
    lesions = Disturbance(hidden, readout, jnp.zeros(3), jax.random.split(jax.random.key(0), 3))

    def one(training: Training, variables: dict) -> Any:
        policy = bind(network(training), variables)
        after = jax.vmap(lambda lesion: training.task.episodes(policy, lesion))(lesions)
        return training.task.episodes(policy), after

    return jax.vmap(one)(trainings, variables)


def in_one_block(networks: list[tuple[Training, dict]]) -> Any:
    trainings, variables = zip(*networks, strict=True)
    return jax.device_get(episodes(stack(trainings), jax.tree.map(lambda *x: np.stack(x), *variables)))


@pytest.fixture(scope="module")
def mixed() -> Any:
    """All the networks at once, short episodes beside long ones."""
    return in_one_block(NETWORKS)


def in_bsuite(training: Training, variables: dict, cue: int, lesion: str) -> tuple[float, float]:
    """The reward of a network that acts at every step in bsuite's environment, and how far it was from another one.

    Eq. 2 and the read-out as printed, in float64. A lesion puts a state back to its start just before the last step.
    """
    inputs, outputs = (variables["synapse"][name].astype(float) for name in ("input", "output"))
    tau_m, v_th, v_rest, r_m = (variables["neuron"][name].astype(float) for name in PROPERTIES)
    world = Cued(training.task.length, cue, training.task.rising_clock)
    step, v, trace, clear = world.reset(), v_rest, np.zeros(len(v_rest)), np.inf
    for t in range(training.task.length + 1):
        if t == training.task.length and lesion == "hidden":
            v = v_rest
        if t == training.task.length and lesion == "readout":
            trace = np.zeros_like(trace)
        current = training.architecture.gain * np.append(step.observation[0], 1.0) @ inputs
        u = v + (r_m * current - v + v_rest) / tau_m
        spikes = (u >= v_th).astype(float)
        v = u * (1 - spikes) + v_rest * spikes
        trace = trace + (spikes - trace) / training.architecture.tau_readout
        potentials = trace @ outputs
        clear = min(clear, abs(u - v_th).min())
        step = world.step(int(np.argmax(potentials)))
    assert step.last()
    decided = abs(potentials[0] - potentials[1])
    return step.reward, clear if not trace.any() else min(clear, decided / (trace @ abs(outputs)).max())


@pytest.mark.parametrize("lesion", LESIONS)
def test_rewards_are_those_of_a_float64_loop_in_bsuite(mixed: Any, lesion: str) -> None:
    (rewards, margins), (after, _) = mixed
    np.testing.assert_array_equal(np.sign(margins)[margins != 0], rewards[margins != 0])
    seen = []
    for i, (training, variables) in enumerate(NETWORKS):
        for cue in (0, 1):
            theirs, clear = in_bsuite(training, variables, cue, lesion)
            if clear > 1e-5:  # else rounding to float32 decides on a spike or on the answer
                assert after[i, LESIONS.index(lesion), cue] == theirs
                assert lesion != "none" or rewards[i, cue] == theirs
                seen.append(theirs)
    assert len(seen) > 0.7 * 2 * len(NETWORKS)
    assert set(seen) == {-1.0, 1.0}


def test_a_network_among_others_is_that_network_alone(mixed: Any) -> None:
    for i in (0, 7, 20, 29):
        alone = in_one_block([NETWORKS[i]] * len(NETWORKS))
        for one, among_others in zip(jax.tree.leaves(alone), jax.tree.leaves(mixed), strict=True):
            np.testing.assert_array_equal(one[i], among_others[i])


def test_lesions_change_what_remembers_and_nothing_else(mixed: Any) -> None:
    _, margins = mixed[1]
    none, hidden, readout = (margins[:, i] for i in range(3))
    leaky = np.array([training.architecture.tau_readout > 1 for training, _ in NETWORKS])
    np.testing.assert_array_equal(readout[~leaky], none[~leaky])
    assert (readout[leaky] != none[leaky]).any(axis=1).mean() > 0.8
    assert (hidden != none).any()


@pytest.mark.parametrize(("tau_readout", "rising"), [(1.0, False), (3.0, True)])
def test_recorded_states_are_those_of_the_network_in_bsuite(tau_readout: float, rising: bool) -> None:
    training, variables = random_network(6, tau_readout, rising, seed=4)
    policy = bind(network(training), jax.tree.map(jnp.asarray, variables))
    states = training.task.record(policy, 9)  # two steps more than needed
    agent = Agent(variables, training.architecture)
    for cue in (0, 1):
        agent.reset()
        world = Cued(6, cue, rising)
        step, voltages, traces = world.reset(), [], []
        while not step.last():
            step = world.step(agent.action(step.observation))
            voltages.append(agent.voltage)
            traces.append(agent.trace)
        assert len(voltages) == training.task.steps
        still = [-1] * (9 - training.task.steps)
        np.testing.assert_allclose(states.voltage[cue], [*voltages, *(voltages[i] for i in still)], atol=1e-5)
        np.testing.assert_allclose(states.trace[cue], [*traces, *(traces[i] for i in still)], atol=1e-5)


def test_fitness_is_the_sign_or_the_graded_margin(mixed: Any) -> None:
    (rewards, margins), _ = mixed
    training, variables = NETWORKS[13]

    def fitness(margin_scale: Any) -> Any:
        task = dataclasses.replace(training.task, margin_scale=margin_scale)
        policy = bind(network(training), jax.tree.map(jnp.asarray, variables))
        return task.fitness(policy, jax.random.key(0))

    (sign, graded), steps, _ = jax.jit(jax.vmap(fitness))(jnp.array([0.0, 0.5]))
    assert float(sign) == rewards[13].mean()
    np.testing.assert_allclose(graded, np.tanh(margins[13] / 0.5).mean(), rtol=1e-5)
    assert list(steps) == [2 * training.task.steps] * 2


def test_an_evolved_network_acts_alike_in_bsuite(capsys: pytest.CaptureFixture[str]) -> None:
    setting = Setting(tau_readout=1.0, bias=True, gain=3.0, sigma=0.3)
    method = Evolution(population=32, generations=25, sigma=0.3)
    training = setting.run(("test", 1), "smoke", "neuron", 3, 1).varied(method=method).training

    @jax.jit
    def train() -> dict:
        fixed, state = method.begin(training, training.key)
        return method.finish(fixed, method.advance(fixed, state, 0, 25))

    result = train()
    variables = jax.device_get(learned(training, result["genome"]))
    theirs = np.mean([in_bsuite(training, variables, cue, "none")[0] for cue in (0, 1)])
    assert float(result["final"]["reward"]) == theirs == 1.0
    agent = Agent(variables, training.architecture)
    assert [play(agent, Cued(3, cue), 1) for cue in (0, 1)] == [1.0, 1.0]
    total, log = score({3: agent}, episodes=10)
    assert total == 1.0
    assert log["total_perfect"].tolist() == [10]
    assert capsys.readouterr().out == ""  # bsuite's own messages would stand on the page


@pytest.mark.parametrize("bad", [{"length": 0}, {"margin_scale": -1.0}, {"margin_scale": float("nan")}])
def test_bad_tasks(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Memory(**bad).check()
