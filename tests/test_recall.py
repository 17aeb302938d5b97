"""The recall task: its episodes as drawn, and policies whose rewards are known."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, Policy, State
from hetsnn.tasks.recall import BINS, LONGEST_WAIT, Recall
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome
from hetsnn.training.train import train

TASK = Recall(test_episodes=64)
C = TASK.channels


@pytest.fixture(scope="module")
def scripts() -> Any:
    drawn = jax.jit(jax.vmap(TASK.script))(jax.random.split(jax.random.key(0), 200))
    return jax.tree.map(np.asarray, drawn)


def test_each_cue_is_asked_for_after_its_delay_and_before_the_next(scripts: Any) -> None:
    shown, asked = scripts.observations[..., :C], scripts.observations[..., C:].astype(bool)
    np.testing.assert_array_equal(asked, scripts.asked)
    for episode in range(len(shown)):
        for channel in range(C):
            shows = np.flatnonzero(shown[episode, :, channel])
            asks = np.flatnonzero(asked[episode, :, channel])
            assert len(shows) - len(asks) in (0, 1)
            assert set(np.unique(shown[episode, shows, channel])) <= {-1.0, 1.0}
            paired = shows[: len(asks)]
            np.testing.assert_array_equal(asks - paired, scripts.delays[episode, asks, channel])
            np.testing.assert_array_equal(shown[episode, paired, channel], scripts.cues[episode, asks, channel])
            waits = shows[1:] - asks[: len(shows) - 1] - 1
            assert ((waits >= 0) & (waits <= LONGEST_WAIT)).all()
            assert 0 <= shows[0] <= LONGEST_WAIT


def test_first_delays_are_log_uniform_and_cues_fair(scripts: Any) -> None:
    firsts = scripts.observations[..., :C] != 0
    at = firsts.argmax(1)
    delays = np.take_along_axis(scripts.delays, at[:, None], 1).ravel()
    assert 2 <= delays.min() < delays.max() <= 100
    expected = np.diff(np.log(np.arange(2, 102))) / np.log(101 / 2) * len(delays)
    few = np.add.reduceat(expected, [0, 3, 8, 23, 48])
    found = np.add.reduceat(np.bincount(delays, minlength=101)[2:], [0, 3, 8, 23, 48])
    assert stats.chisquare(found, few * found.sum() / few.sum()).pvalue > 1e-3
    cues = np.take_along_axis(scripts.cues, at[:, None], 1).ravel()
    assert stats.binomtest(int((cues > 0).sum()), len(cues)).pvalue > 1e-3


def remembering(steps: int) -> Policy:
    """A policy that holds each channel's last cue for some steps, then nothing."""
    start = State(jnp.zeros(C), jnp.full(C, 1000.0))

    def step(state: State, seen: Any) -> State:
        new = seen[:C] != 0
        return State(jnp.where(new, seen[:C], state.voltage), jnp.where(new, 0.0, state.trace + 1.0))

    def readout(state: State, *, every_step: bool) -> Any:
        assert every_step
        return jnp.where(state.trace <= steps, state.voltage, 0.0)

    return Policy(start, step, readout)


def test_a_perfect_memory_earns_1_and_a_short_one_earns_it_up_to_its_span() -> None:
    key = jax.random.key(1)
    perfect, short = (jax.jit(lambda of=steps: TASK.evaluate(remembering(of), key))() for steps in (100, 9))
    assert all(value == 1.0 for value in perfect.values())
    fitness, steps, _ = jax.jit(lambda: TASK.fitness(remembering(100), key))()
    assert float(fitness) == 1.0
    assert int(steps) == 8 * 120
    assert [float(short[f"reward_from_{low}"]) for low in BINS[:2]] == [1.0, 1.0]
    for low in BINS[2:]:
        assert abs(short[f"reward_from_{low}"]) < 0.35  # it always answers -1
    graded = Recall(margin_scale=2.0).fitness(remembering(100), key).fitness
    assert graded == pytest.approx(np.tanh(0.5), abs=1e-6)


def test_evolution_learns_short_delays() -> None:
    task = Recall(channels=1, longest=4, steps=20)
    architecture = Architecture(hidden=16, gain=3.0, tau_m=4.0, bias=True, tau_readout=1.0)
    method = Evolution(population=64, generations=100, sigma=0.3, learning_rate=0.05)
    outcome = train(task, method, architecture, Genome(), key=jax.random.key(0))
    assert outcome.final["reward"] > 0.9


def test_bad_tasks() -> None:
    cases: tuple[tuple[str, Any, str], ...] = (
        ("channels", 0, "channels must be"),
        ("longest", 1, "longest must be"),
        ("steps", 100, r"steps must be at least 110 for delays of 100 steps, got 100"),
        ("margin_scale", -1.0, "margin_scale must be"),
    )
    for name, bad, says in cases:
        with pytest.raises(InputError, match=says):
            Recall(**{name: bad}).check()
