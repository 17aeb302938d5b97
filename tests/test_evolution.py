"""Evolution against Eq. 7 and 8 in NumPy, and against itself: alone, among others, and in pieces."""

import dataclasses
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from scipy import stats

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture
from hetsnn.sweeps.runs import stack
from hetsnn.tasks.task import Score, Task
from hetsnn.training import evolution
from hetsnn.training.evolution import Evolution, over_population
from hetsnn.training.genomes import Genome, widths
from hetsnn.training.method import Training
from hetsnn_book.experiments.memory import Setting

SMALL = Evolution(population=16, generations=6, sigma=0.3)


def small(length: int = 3, seed: int = 0, **changes: Any) -> Training:
    run = Setting(bias=True, gain=3.0, margin_scale=1.0).run(("test", 1), "smoke", "neuron", length, seed)
    parts: dict[str, Any] = {
        "architecture": dataclasses.replace(run.training.architecture, hidden=8),
        "method": SMALL,
    } | changes
    return run.varied(**parts).training


@struct.dataclass
class Bowl(Task):
    """A task whose fitness is known: minus the squared distance of v_rest from a target."""

    target: float = 0.7

    inputs = 1
    outputs = 1
    steps = 1

    def fitness(self, policy: Any, key: Any) -> Score:
        return Score(-((policy.initial.voltage - self.target) ** 2).sum(), jnp.asarray(1))

    def evaluate(self, policy: Any, key: Any) -> dict[str, Any]:
        return {"reward": self.fitness(policy, key).fitness}


def test_generations_are_those_of_eq_7_and_8_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    # Mirrored perturbations of width sigma, centred ranks of the loss in place of the loss, and Adam.
    asked: list[Any] = []

    def watched(evaluate: Any, candidates: Any, at_once: Any) -> Any:
        asked.append(candidates)
        return over_population(evaluate, candidates, at_once)

    @jax.jit
    def generation(state: Any, number: Any) -> Any:
        state = method.generation(fixed, state, number)
        return asked.pop(), state

    monkeypatch.setattr(evolution, "over_population", watched)
    hidden, size, sigma, rate = 60, 32, 0.2, 0.05
    method = Evolution(population=size, generations=4, sigma=sigma, learning_rate=rate)
    training = Training(Bowl(), Architecture(hidden=hidden), Genome(), method)
    fixed, state = method.begin(training, training.key)
    centre, mean, square = np.zeros((3, 4 * hidden))
    seen = []
    for t in range(1, 5):
        candidates, state = generation(state, jnp.int32(t - 1))
        perturbations = (np.asarray(candidates, np.float64) - centre) / sigma
        np.testing.assert_allclose(perturbations[: size // 2], -perturbations[size // 2 :], atol=1e-4)
        assert stats.kstest(perturbations[: size // 2].ravel(), "norm").pvalue > 0.01
        loss = ((np.asarray(candidates, np.float64)[:, 2 * hidden : 3 * hidden] - 0.7) ** 2).sum(1)
        np.testing.assert_allclose(state.curve["mean"][t - 1], -loss.mean(), rtol=1e-5)
        np.testing.assert_allclose(state.curve["best"][t - 1], -loss.min(), rtol=1e-5)
        weights = (stats.rankdata(loss) - 1) / (size - 1) - 0.5
        gradient = weights @ perturbations / (size * sigma)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        centre = centre - rate * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(state.strategy.mean, centre, atol=1e-4 * rate)
        seen.append(perturbations[: size // 2].ravel())
    # Every generation has perturbations of its own.
    np.testing.assert_allclose(np.corrcoef(seen), np.eye(4), atol=0.1)


@pytest.mark.parametrize("strategy", ["Open_ES", "PGPE", "SNES", "CMA_ES", "SimpleGA"])
def test_strategies_by_name_find_the_bottom_of_a_bowl(strategy: str) -> None:
    rate = 0.03 if strategy in ("CMA_ES", "SimpleGA") else 0.05  # these have none, and take the default only
    method = Evolution(strategy=strategy, population=32, generations=80, sigma=0.1, learning_rate=rate)
    training = Training(Bowl(), Architecture(hidden=2), Genome(), method).check()

    @jax.jit
    def train() -> dict:
        fixed, state = method.begin(training, training.key)
        return method.finish(fixed, method.advance(fixed, state, 0, 80))

    start = -2 * 0.7**2
    assert float(train()["final"]["reward"]) > start / 20


def test_bad_searches() -> None:
    for bad, says in (
        ({"strategy": "Genie"}, "strategy must be one of .*, got 'Genie'"),
        ({"strategy": "LM_MA_ES"}, "strategy must be one of .*, got 'LM_MA_ES'"),  # evosax's own cannot be compiled
        ({"population": 7}, "even"),
        ({"generations": 0}, "at least 1"),
        ({"sigma": 0.0}, "above 0"),
    ):
        with pytest.raises(InputError, match=says):
            Evolution(**bad).check()


BEGIN = jax.jit(jax.vmap(lambda training: training.method.begin(training, training.key)))
ADVANCE = jax.jit(
    jax.vmap(
        lambda fixed, state, *numbers: fixed.training.method.advance(fixed, state, *numbers),
        in_axes=(0, 0, None, None),
    )
)


def advance(trainings: tuple[Training, ...], *cuts: int) -> Any:
    """The states of some trainings at once, in calls that end at the cuts."""
    fixed, state = BEGIN(jax.tree.map(jnp.asarray, stack(trainings)))
    for first, last in pairwise(cuts):
        state = ADVANCE(fixed, state, jnp.int32(first), jnp.int32(last))
    return state


def test_a_training_in_pieces_is_the_same_training() -> None:
    trainings = (small(3, 0), small(7, 1), small(5, 2))
    whole, pieces = (jax.tree.leaves(advance(trainings, *cuts)) for cuts in ((0, 6), (0, 1, 4, 6)))
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_training_alone_is_the_training_among_others() -> None:
    # One generation: sums may differ by a bit between compositions, and later ranks amplify that.
    trainings = (small(3, 0), small(7, 1), small(5, 2))
    together = advance(trainings, 0, 1)
    for i, training in enumerate(trainings):
        alone = advance((training,), 0, 1)
        for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(np.asarray(a)[i], np.asarray(b)[0], rtol=1e-5, atol=1e-6)


@struct.dataclass
class Coin(Bowl):
    """A task that gives 1 to candidates whose first two neurons rest above 0, else 0."""

    def fitness(self, policy: Any, key: Any) -> Score:
        return Score((policy.initial.voltage[:2] > 0).all().astype(jnp.float32), jnp.asarray(1))


def test_untied_counts_the_candidates_outside_the_largest_tie() -> None:
    method = dataclasses.replace(SMALL, generations=40, learning_rate=0.0)
    training = Training(Coin(), small().architecture, Genome(), method)
    curve = jax.jit(lambda: method.advance(*method.begin(training, training.key), 0, 40))().curve
    ones = np.asarray(curve["mean"]) * method.population
    np.testing.assert_array_equal(curve["untied"], np.minimum(ones, method.population - ones))
    assert len({*ones.tolist()}) > 3  # every generation has candidates of its own


def test_where_every_candidate_ties_none_is_untied() -> None:
    # Without input no neuron below its threshold fires: every candidate gives the same answer to both cues.
    architecture = dataclasses.replace(small().architecture, gain=0.0)
    curve = advance((small(architecture=architecture, genome=Genome(widths=widths("tau_m", "r_m"))),), 0, 6).curve
    assert not any(np.asarray(curve[name]).any() for name in ("mean", "best", "untied"))
