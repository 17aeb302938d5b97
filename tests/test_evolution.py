"""Evolution against analytic gradients, and against itself: alone, among others, and in pieces."""

import dataclasses
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hetsnn import genomes
from hetsnn.errors import InputError
from hetsnn.evolution import Evolution, network
from hetsnn.experiments.memory import Setting
from hetsnn.genomes import Genome
from hetsnn.networks import bind, draw, hidden_size
from hetsnn.neurons import PROPERTIES
from hetsnn.runs import Run, stack

SMALL = Evolution(population=16, generations=6, sigma=0.3)


def small(length: int = 3, seed: int = 0, evolved: Any = "neuron", **changes: Any) -> Run:
    run = Setting(bias=True, gain=3.0).run(("test", 1), "smoke", evolved, length, seed)
    parts: dict[str, Any] = {"architecture": dataclasses.replace(run.architecture, hidden=8), "method": SMALL} | changes
    return dataclasses.replace(run, **parts)


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
    architecture = dataclasses.replace(run.architecture, bias=False, hidden=2)
    run = Run("test", 1, task=Bowl(), architecture=architecture, genome=Genome(), method=method)

    @jax.jit
    def train() -> dict:
        fixed, training = method.begin(run)
        return method.finish(fixed, method.advance(fixed, training, 0, 80, 1), 1)

    start = -2 * 0.7**2
    assert float(train()["final"]["reward"]) > start / 20


def test_bad_searches() -> None:
    for bad, says in (
        ({"strategy": "Genie"}, "unknown strategy 'Genie'"),
        ({"population": 7}, "even"),
        ({"generations": 0}, "at least 1"),
        ({"sigma": 0.0}, "positive"),
    ):
        with pytest.raises(InputError, match=says):
            Evolution(**bad).check()


def advance(runs: tuple[Run, ...], *cuts: int) -> Any:
    stacked = jax.tree.map(jnp.asarray, stack(runs))
    fixed, training = jax.jit(jax.vmap(lambda run: run.method.begin(run)))(stacked)
    step = jax.jit(
        jax.vmap(lambda f, t, a, b, h: f.run.method.advance(f, t, a, b, h), in_axes=(0, 0, None, None, None))
    )
    for first, last in pairwise(cuts):
        training = step(fixed, training, jnp.int32(first), jnp.int32(last), jnp.int32(8))
    return training


def test_a_training_in_pieces_is_the_same_training() -> None:
    runs = (small(3, 0), small(5, 1))
    for whole, pieces in zip(*(jax.tree.leaves(advance(runs, *cuts)) for cuts in ((0, 6), (0, 1, 4, 6))), strict=True):
        np.testing.assert_array_equal(whole, pieces)


@pytest.mark.parametrize("evolved", ["neuron", "weight"])
def test_a_run_alone_is_the_run_among_others(evolved: str) -> None:
    # One generation: sums may differ by a bit between compositions, and later ranks amplify that.
    runs = tuple(small(length, seed, evolved) for length, seed in ((3, 0), (7, 1), (5, 2)))
    together = advance(runs, 0, 1)
    for i, run in enumerate(runs):
        alone = advance((run,), 0, 1)
        for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(np.asarray(a)[i], np.asarray(b)[0], rtol=1e-5, atol=1e-6)


def test_untied_counts_the_candidates_outside_the_largest_tie() -> None:
    training = advance((small(3, 0), small(60, 1)), 0, 6)
    untied = np.asarray(training.curve["untied"])
    assert untied.min() >= 0
    assert untied.max() < SMALL.population
    best, mean = (np.asarray(training.curve[name]) for name in ("best", "mean"))
    assert ((untied == 0) == (best == mean)).all()


def test_frozen_weights_have_no_population_axis() -> None:
    run = small(evolved="neuron")
    run = dataclasses.replace(run, architecture=dataclasses.replace(run.architecture, bias=False))

    def step(drawn: dict, coordinates: jax.Array) -> Any:
        candidate = bind(network(run), genomes.express(run.genome, coordinates, drawn))
        return candidate.step(candidate.initial, jnp.ones(3))

    drawn = draw(network(run), jax.random.key(0))
    program = str(jax.make_jaxpr(jax.vmap(step, in_axes=(None, 0)))(drawn, jnp.zeros((16, 4 * 8))))
    assert "f32[3,8]" in program  # the input weights
    assert "f32[16,3," not in program  # never once per candidate


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0, 1e6), seed=st.integers(0, 100), log=st.booleans(), below=st.booleans())
def test_no_coordinate_leaves_the_bounds(scale: float, seed: int, log: bool, below: bool) -> None:
    genome = Genome(tau_coordinates="log" if log else "linear", v_rest_below_v_th=below, r_min=0.1)
    run = small(genome=genome)
    drawn = draw(network(run), jax.random.key(0))
    x = scale * np.random.default_rng(seed).normal(size=4 * 8).astype(np.float32)
    found = genomes.express(genome, jnp.asarray(x), drawn)["neuron"]
    tau = np.asarray(found["tau_m"])
    assert ((tau >= 1) & (tau <= genome.tau_max)).all()
    assert (np.asarray(found["r_m"]) >= np.float32(0.1)).all()
    assert all(np.isfinite(value).all() for value in found.values())
    if below:
        assert (np.asarray(found["v_rest"]) < np.asarray(found["v_th"])).all()


@pytest.mark.parametrize("name", PROPERTIES)
def test_what_does_not_evolve_is_exactly_its_initial_value(name: str) -> None:
    run = small(genome=Genome(widths=genomes.widths(name)))
    drawn = draw(network(run), jax.random.key(0))
    found = genomes.express(run.genome, jax.random.normal(jax.random.key(1), (4 * 8,)), drawn)
    for other in PROPERTIES:
        same = (np.asarray(found["neuron"][other]) == np.asarray(drawn["neuron"][other])).all()
        assert same == (other != name)
    for key, weights in drawn["synapse"].items():
        np.testing.assert_array_equal(found["synapse"][key], weights)


def test_search_spaces_that_do_not_exist() -> None:
    with pytest.raises(InputError, match="tau_m, v_th, v_rest, r_m"):
        genomes.widths("speed")
    with pytest.raises(InputError, match="at least one"):
        Genome(widths=(0.0, 0.0, 0.0, 0.0)).check()
    with pytest.raises(InputError, match="widths"):
        Genome(widths=(1.0,)).check()


def test_hidden_sizes_give_the_papers_counts() -> None:
    # Table 3: images of 784 pixels in 10 classes, 4096 to 32768 parameters.
    for n_parameters, weights in ((4096, 3970), (8192, 7940), (16384, 16674), (32768, 33348)):
        assert 4 * hidden_size(n_parameters, "neuron", 784, 10) == n_parameters
        assert 794 * hidden_size(weights, "weight", 784, 10) == weights
    assert hidden_size(256, "weight", 3, 2) == 51
