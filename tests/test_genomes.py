"""Properties and weights that evolve, in their coordinates and bounds, beside NumPy; others stay, to the last bit."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hetsnn.errors import InputError
from hetsnn.networks.neurons import PROPERTIES
from hetsnn.networks.spiking import Architecture, SpikingNetwork, State, bind, draw, hidden_size
from hetsnn.tasks.memory import Memory
from hetsnn.training.genomes import Genome, decode, start, widths

HIDDEN = 5
INITIAL = {"tau_m": 2.0, "v_th": 1.0, "v_rest": 0.25, "r_m": 0.5}
LARGEST = float(np.finfo(np.float32).max)


def drawn() -> dict[str, Any]:
    """Variables of a network of 3 inputs and 2 outputs."""
    rng = np.random.default_rng(0)
    shapes = {"input": (3, HIDDEN), "output": (HIDDEN, 2)}
    return {
        "synapse": {name: jnp.asarray(rng.normal(size=shape), jnp.float32) for name, shape in shapes.items()},
        "neuron": {name: jnp.full(HIDDEN, value) for name, value in INITIAL.items()},
    }


def expressed(genome: Genome, coordinates: Any) -> dict[str, np.ndarray]:
    found = decode(genome, jnp.asarray(coordinates, jnp.float32), drawn())["neuron"]
    return {name: np.asarray(value) for name, value in found.items()}


@pytest.mark.parametrize("tau_coordinates", ["log", "linear"])
def test_coordinates_are_widths_around_the_initial_value(tau_coordinates: Any) -> None:
    x = np.random.default_rng(1).uniform(-0.2, 0.2, (4, HIDDEN)).astype(np.float32)
    scales = (0.5, 2.0, 0.25, 1.0)
    found = expressed(Genome(tau_coordinates=tau_coordinates, widths=scales), x.ravel())
    moves = dict(zip(PROPERTIES, np.float64(x) * np.array(scales)[:, None], strict=True))
    expected = {name: INITIAL[name] + moves[name] for name in PROPERTIES}
    if tau_coordinates == "log":
        expected["tau_m"] = INITIAL["tau_m"] * np.exp(moves["tau_m"])
    for name in PROPERTIES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    x=arrays(np.float32, 4 * HIDDEN, elements=st.floats(-LARGEST, LARGEST, width=32)),
    genome=st.builds(
        Genome,
        tau_coordinates=st.sampled_from(["log", "linear"]),
        v_rest_below_v_th=st.booleans(),
        widths=st.sampled_from(
            [(1.0, 1.0, 1.0, 1.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (4.0, 0.0, 0.0, 4.0)]
        ),
        tau_max=st.sampled_from([1.0, 7.3, 1000.0]),
        r_min=st.sampled_from([-1.0, 0.0, 0.1]),
    ),
)
def test_the_largest_coordinates_stay_within_the_bounds(x: np.ndarray, genome: Genome) -> None:
    found = expressed(genome, x)
    assert not any(np.isnan(value).any() for value in found.values())
    assert ((found["tau_m"] >= 1) & (found["tau_m"] <= np.float32(genome.tau_max))).all() or not genome.widths[0]
    assert (found["r_m"] >= np.float32(genome.r_min)).all()
    if genome.v_rest_below_v_th:
        assert (found["v_rest"] < found["v_th"]).all()


@settings(max_examples=40, deadline=None)
@given(
    names=st.sets(st.sampled_from(PROPERTIES), min_size=1, max_size=3),
    x=arrays(np.float32, 4 * HIDDEN, elements=st.floats(-9, 9, width=32)),
    below=st.booleans(),
)
def test_a_property_that_does_not_evolve_keeps_its_value_to_the_last_bit(
    names: set[str], x: np.ndarray, below: bool
) -> None:
    found = expressed(Genome(widths=widths(*names), v_rest_below_v_th=below), x)
    for name in set(PROPERTIES) - names:
        np.testing.assert_array_equal(found[name], np.float32(INITIAL[name]))


def test_neurons_that_rest_just_below_their_threshold_are_silent_without_input() -> None:
    genome = Genome(v_rest_below_v_th=True, widths=widths("v_rest", "tau_m"))
    x = np.concatenate([np.linspace(-1, 3, HIDDEN), np.zeros(HIDDEN), np.full(HIDDEN, 5.0), np.zeros(HIDDEN)])
    variables = decode(genome, jnp.asarray(x, jnp.float32), drawn())
    policy = bind(SpikingNetwork(Architecture(hidden=HIDDEN), 3, 2), variables)
    state = policy.initial
    for _ in range(50):
        state = policy.step(state, jnp.zeros(3))
    assert not np.asarray(state.trace).any()


def test_weights_go_to_coordinates_and_back_unchanged() -> None:
    genome, variables = Genome(evolved="weight"), drawn()
    x = start(genome, variables)
    back = decode(genome, x, variables)
    for before, after in zip(jax.tree.leaves(variables), jax.tree.leaves(back), strict=True):
        np.testing.assert_array_equal(before, after)
    for i in range(x.size):
        moved = decode(genome, x.at[i].add(1.0), variables)
        pairs = list(zip(jax.tree.leaves(variables), jax.tree.leaves(moved), strict=True))
        assert sum(int((np.asarray(a) != np.asarray(b)).sum()) for a, b in pairs) == 1
        assert moved["neuron"] == variables["neuron"]


@pytest.mark.parametrize("alike", [False, True])
def test_neurons_and_weights_that_evolve_together_move_as_each_does_alone(alike: bool) -> None:
    variables = drawn()
    neurons, weights = Genome(alike=alike), Genome(evolved="weight")
    split = start(neurons, variables).size
    both = start(Genome(evolved="both", alike=alike), variables)
    np.testing.assert_array_equal(both, np.concatenate([np.zeros(split), start(weights, variables)]))
    moved = both + np.random.default_rng(0).normal(size=both.shape).astype(np.float32)
    found = decode(Genome(evolved="both", alike=alike), moved, variables)
    jax.tree.map(np.testing.assert_array_equal, found["neuron"], decode(neurons, moved[:split], variables)["neuron"])
    jax.tree.map(np.testing.assert_array_equal, found["synapse"], decode(weights, moved[split:], variables)["synapse"])


def test_readouts_and_biases_evolve_alone() -> None:
    network = SpikingNetwork(Architecture(hidden=6, bias=True), 3, 2)
    variables = draw(network, jax.random.key(0))
    cases = ((Genome(evolved="readout"), "output", slice(None)), (Genome(evolved="bias"), "input", -1))
    for genome, name, rows in cases:
        x = start(genome, variables)
        np.testing.assert_array_equal(x, np.ravel(variables["synapse"][name][rows]))
        found = decode(genome, x + 1.0, variables)
        expected = {part: np.array(values) for part, values in variables["synapse"].items()}
        expected[name][rows] += 1.0
        jax.tree.map(np.testing.assert_array_equal, found["synapse"], expected)
        assert found["neuron"] == variables["neuron"]
    with pytest.raises(InputError, match="'bias' in a network without a bias"):
        Genome(evolved="bias").check()


# Inputs, outputs, weights and hidden neurons of tables 1 and 3: images of 784 pixels in 10 classes, and a robot of 18
# observations and 6 actions.
COUNTS = [
    *((784, 10, weights, hidden) for weights, hidden in ((3970, 5), (7940, 10), (16674, 21), (33348, 42))),
    (18, 6, 4104, 171),
]


@pytest.mark.parametrize(("inputs", "outputs", "weights", "hidden"), COUNTS)
def test_the_search_has_as_many_dimensions_as_the_paper_counts(
    inputs: int, outputs: int, weights: int, hidden: int
) -> None:
    network = SpikingNetwork(Architecture(hidden=hidden), inputs, outputs)
    for genome, dimensions in ((Genome(evolved="weight"), weights), (Genome(evolved="neuron"), 4 * hidden)):
        found = jax.eval_shape(lambda key, genome=genome: start(genome, draw(network, key)), jax.random.key(0))
        assert found.shape == (dimensions,)
    assert hidden_size(weights, "weight", inputs, outputs) == hidden


def test_hidden_sizes_come_closest_to_the_papers_counts() -> None:
    for n_parameters in (4096, 8192, 16384, 32768):
        assert 4 * hidden_size(n_parameters, "neuron", 784, 10) == n_parameters
    assert [hidden_size(4104, "weight", 17, 6), hidden_size(256, "weight", 3, 2)] == [178, 51]


@pytest.mark.parametrize("evolved", ["neuron", "weight"])
def test_frozen_weights_multiply_the_population_once(evolved: Any) -> None:
    # Wide enough for a matrix product: its right side is the weights, and has the population's axis just where they
    # are what evolves.
    population, inputs, hidden = 7, 16, 9
    network = SpikingNetwork(Architecture(hidden=hidden), inputs, 2)
    variables, genome = draw(network, jax.random.key(0)), Genome(evolved=evolved)
    state = State(*jnp.zeros((2, population, hidden)))

    def step(coordinates: Any, state: State, observation: Any) -> Any:
        return bind(network, decode(genome, coordinates, variables)).step(state, observation)

    candidates = jnp.zeros((population, start(genome, variables).size))
    program = jax.make_jaxpr(jax.vmap(step))(candidates, state, jnp.ones((population, inputs)))
    (product,) = (equation for equation in program.eqns if equation.primitive.name == "dot_general")
    shapes = {operand.aval.shape for operand in product.invars}
    assert ((inputs, hidden) in shapes) == (evolved == "neuron")


@pytest.mark.parametrize("reset", ["rest", "zero"])
def test_a_deferred_reset_changes_no_readout(reset: str) -> None:
    rng = np.random.default_rng(0)
    ranges = {"tau_m": (1.0, 9.0), "v_th": (-0.5, 2.0), "v_rest": (-1.0, 1.0), "r_m": (-1.0, 3.0)}
    neurons = {name: jnp.asarray(rng.uniform(*of, 200), jnp.float32) for name, of in ranges.items()}
    network = SpikingNetwork(Architecture(hidden=200, reset=reset), 11, 3)
    policy = bind(network, draw(network, jax.random.key(0)) | {"neuron": neurons})
    assert (neurons["v_th"] < neurons["v_rest"]).any()  # some fire from the start, where nothing is to be reset yet
    at_once = deferred = policy.initial
    for observation in jnp.asarray(rng.normal(size=(60, 11)), jnp.float32):
        at_once, deferred = policy.step(at_once, observation), policy.deferred(deferred, observation)
        np.testing.assert_array_equal(deferred.trace, at_once.trace)
    fired = np.asarray(deferred.voltage >= neurons["v_th"])
    assert 0 < fired.sum() < fired.size
    np.testing.assert_array_equal(deferred.voltage[~fired], at_once.voltage[~fired])


def test_candidates_share_what_they_see_of_the_memory_task() -> None:
    # So the input current is computed once for all of them, as long as what evolves are the neurons. Were every
    # candidate given a length of its own, it would not be.
    population, network = 7, SpikingNetwork(Architecture(hidden=9), Memory.inputs, 2)
    variables = draw(network, jax.random.key(0))

    def fitness(coordinates: Any, length: Any) -> Any:
        policy = bind(network, decode(Genome(), coordinates, variables))
        return Memory(length=length).fitness(policy, jax.random.key(0))

    for axis, length in ((None, jnp.int32(4)), (0, jnp.full(population, 4))):
        mapped = jax.vmap(fitness, in_axes=(0, axis))
        program = str(jax.make_jaxpr(mapped)(jnp.zeros((population, 4 * 9)), length))
        assert bool(re.search(r"f32\[(2,7|7,2),3\]", program)) == (axis == 0)


def test_bad_search_spaces() -> None:
    for name, bad, says in (
        ("evolved", "synapse", "must be one of neuron, weight, both, readout, bias, scale, got 'synapse'"),
        ("tau_coordinates", "square", "must be one of log, linear, got 'square'"),
        ("widths", (0.0,) * 4, "above 0 for at least one property"),
        ("widths", (1.0,), "one for each of tau_m, v_th, v_rest, r_m"),
        ("widths", (1.0, float("nan"), 0.0, 0.0), "the width of v_th must be a finite number of at least 0, got nan"),
        ("widths", (1.0, -1.0, 0.0, 0.0), "of at least 0, got -1.0"),
        ("tau_max", 0.5, "tau_max must be a finite number of at least 1, got 0.5"),
        ("tau_max", float("nan"), "of at least 1, got nan"),
        ("r_min", float("nan"), "r_min must be a finite number, got nan"),
    ):
        genome = Genome()
        object.__setattr__(genome, name, bad)  # past the type checker, which only watches in tests
        with pytest.raises(InputError, match=says):
            genome.check()
    with pytest.raises(InputError, match=r"property must be one of .*, got 'v_reset'"):
        widths("tau_m", "v_reset")
