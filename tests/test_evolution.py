"""Evolution against analytic gradients, and against itself: alone, among others, and in pieces."""

import dataclasses
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.sweeps.runs import Run, stack
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, widths
from hetsnn.training.method import Training
from hetsnn_book.experiments.memory import Setting

SMALL = Evolution(population=16, generations=6, sigma=0.3)


def small(length: int = 3, seed: int = 0, **changes: Any) -> Run:
    run = Setting(bias=True, gain=3.0, margin_scale=1.0).run(("test", 1), "smoke", "neuron", length, seed)
    parts: dict[str, Any] = {
        "architecture": dataclasses.replace(run.training.architecture, hidden=8),
        "method": SMALL,
    } | changes
    return run.varied(**parts)


def test_gradient_of_a_quadratic() -> None:
    # Eq. 7 of f(x) = sum a (x - c)^2 is 2 a (x - c), whatever sigma; the estimate's error
    # falls with 1 / sqrt(population).
    import optax
    from evosax.algorithms.distribution_based import Open_ES
    from evosax.core.fitness_shaping import identity_fitness_shaping_fn

    a, c, x = jnp.array([1.0, 0.5, 2.0]), jnp.array([1.0, -1.0, 0.5]), jnp.array([0.3, 0.2, -0.4])
    strategy = Open_ES(
        20000, x, optimizer=optax.sgd(1.0), std_schedule=optax.constant_schedule(0.1),
        fitness_shaping_fn=identity_fitness_shaping_fn, metrics_fn=lambda *_: {},
    )  # fmt: skip
    state = strategy.init(jax.random.key(0), x, strategy.default_params)
    population, state = strategy.ask(jax.random.key(1), state, strategy.default_params)
    fitness = (a * (population - c) ** 2).sum(-1)
    state, _ = strategy.tell(jax.random.key(2), population, fitness, state, strategy.default_params)
    np.testing.assert_allclose(x - strategy.get_mean(state), 2 * a * (x - c), atol=0.15)


@dataclasses.dataclass
class Bowl:
    """A task whose fitness is known: minus the squared distance of v_rest from a target."""

    target: float = 0.7
    inputs = 1
    outputs = 1
    steps = 1

    def fitness(self, policy: Any, key: Any, horizon: Any) -> tuple[Any, Any]:
        return -((policy.initial.voltage - self.target) ** 2).sum(), jnp.asarray(1)

    def evaluate(self, policy: Any, key: Any, horizon: Any) -> dict[str, Any]:
        return {"reward": self.fitness(policy, key, horizon)[0]}


@pytest.mark.parametrize("strategy", ["Open_ES", "PGPE", "SNES", "CMA_ES"])
def test_strategies_by_name_find_the_bottom_of_a_bowl(strategy: str) -> None:
    method = Evolution(strategy=strategy, population=32, generations=80, sigma=0.1, learning_rate=0.05)
    method.check()
    run = small(method=method, task=None)
    architecture = dataclasses.replace(run.training.architecture, bias=False, hidden=2)
    run = Run("test", 1, Training(task=Bowl(), architecture=architecture, genome=Genome(), method=method))

    @jax.jit
    def train() -> dict:
        fixed, training = method.begin(run)
        return method.finish(fixed, method.advance(fixed, training, 0, 80, 1), 1)

    start = -2 * 0.7**2
    assert float(train()["final"]["reward"]) > start / 20


def test_bad_searches() -> None:
    for bad, says in (
        ({"strategy": "Genie"}, "strategy must be one of .* got 'Genie'"),
        ({"strategy": "LM_MA_ES"}, "strategy must be one of .* got 'LM_MA_ES'"),  # evosax's own cannot be compiled
        ({"population": 7}, "even"),
        ({"generations": 0}, "at least 1"),
        ({"sigma": 0.0}, "above 0"),
    ):
        with pytest.raises(InputError, match=says):
            Evolution(**bad).check()


BEGIN = jax.jit(jax.vmap(lambda run: run.training.method.begin(run)))
ADVANCE = jax.jit(
    jax.vmap(
        lambda fixed, training, *numbers: fixed.training.method.advance(fixed, training, *numbers),
        in_axes=(0, 0, None, None, None),
    )
)


def advance(runs: tuple[Run, ...], *cuts: int) -> Any:
    """The training of some runs at once, in calls that end at the cuts."""
    fixed, training = BEGIN(jax.tree.map(jnp.asarray, stack(runs)))
    horizon = jnp.int32(max(run.training.task.steps for run in runs))
    for first, last in pairwise(cuts):
        training = ADVANCE(fixed, training, jnp.int32(first), jnp.int32(last), horizon)
    return training


def test_a_training_in_pieces_is_the_same_training() -> None:
    runs = (small(3, 0), small(7, 1), small(5, 2))
    whole, pieces = (jax.tree.leaves(advance(runs, *cuts)) for cuts in ((0, 6), (0, 1, 4, 6)))
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_alone_is_the_run_among_others() -> None:
    # One generation: sums may differ by a bit between compositions, and later ranks amplify that.
    runs = (small(3, 0), small(7, 1), small(5, 2))
    together = advance(runs, 0, 1)
    for i, run in enumerate(runs):
        alone = advance((run,), 0, 1)
        for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(np.asarray(a)[i], np.asarray(b)[0], rtol=1e-5, atol=1e-6)


@dataclasses.dataclass
class Coin(Bowl):
    """A task that gives 1 to candidates whose first two neurons rest above 0, else 0."""

    def fitness(self, policy: Any, key: Any, horizon: Any) -> tuple[Any, Any]:
        return (policy.initial.voltage[:2] > 0).all().astype(jnp.float32), jnp.asarray(1)


def test_untied_counts_the_candidates_outside_the_largest_tie() -> None:
    method = dataclasses.replace(SMALL, generations=40, learning_rate=0.0)
    run = Run("test", 1, Training(task=Coin(), architecture=small().architecture, genome=Genome(), method=method))
    curve = jax.jit(lambda: method.advance(*method.begin(run), 0, 40, 1))().curve
    ones = np.asarray(curve["mean"]) * method.population
    np.testing.assert_array_equal(curve["untied"], np.minimum(ones, method.population - ones))
    assert len({*ones.tolist()}) > 3  # every generation has candidates of its own


def test_where_every_candidate_ties_none_is_untied() -> None:
    # Without input no neuron below its threshold fires: every candidate gives the same answer to both cues.
    architecture = dataclasses.replace(small().architecture, gain=0.0)
    curve = advance((small(architecture=architecture, genome=Genome(widths=widths("tau_m", "r_m"))),), 0, 6).curve
    assert not any(np.asarray(curve[name]).any() for name in ("mean", "best", "untied"))
