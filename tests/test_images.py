"""Classification beside float64 loops in NumPy: periods, a population's fitness, the final evaluation."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from hetsnn.data.image_sets import load
from hetsnn.errors import InputError
from hetsnn.networks import constant_input
from hetsnn.networks.constant_input import by_period, drives, readouts, trains
from hetsnn.networks.neurons import Properties, simulate
from hetsnn.networks.spiking import Architecture, SpikingNetwork, bind, draw
from hetsnn.sweeps.executables import Executable
from hetsnn.sweeps.runs import Run, identity, stack
from hetsnn.tasks.images import SHOWN, STEPS, Images
from hetsnn.training.descent import Gradient
from hetsnn.training.evolution import Evolution
from hetsnn.training.genomes import Genome, decode
from hetsnn.training.method import Fixed, Training
from hetsnn.training.policies import policy
from hetsnn_book import experiments
from hetsnn_book.project import PROJECT

KEY = jax.random.key(5)
ARCHITECTURE = Architecture(hidden=40, gain=6.0, tau_m=3.0, tau_readout=5.0)


def images_training(side: Any = "neuron", **changes: Any) -> Training:
    parts: dict[str, Any] = {
        "task": Images(dataset="digits", batch=24, scale=7.0),
        "architecture": ARCHITECTURE,
        "genome": Genome(evolved=side, r_min=-100.0),
        "method": Evolution(population=8, generations=3, sigma=0.3),
    }
    return Training(**(parts | changes))


@jax.jit
def begin(training: Training) -> tuple[Fixed, Any]:
    return training.method.begin(training, training.key)


def plain(
    variables: Any, images: np.ndarray, architecture: Architecture, steps: int = STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """Read-outs and numbers of spikes by Eq. 2, step by step, neuron by neuron, in float64."""
    v = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), variables)
    n, leak = v["neuron"], 1 / architecture.tau_readout
    reset = n["v_rest"] if architecture.reset == "rest" else 0.0
    if architecture.bias:
        images = np.hstack([images, np.ones((len(images), 1))])
    current = architecture.gain * images @ v["synapse"]["input"]
    voltage, trace, count = np.zeros_like(current) + reset, np.zeros_like(current), np.zeros_like(current)
    for _ in range(steps):
        before = voltage + (n["r_m"] * current - voltage + n["v_rest"]) / n["tau_m"]
        spikes = before >= n["v_th"]
        voltage = np.where(spikes, reset, before)
        trace = (1 - leak) * trace + leak * spikes
        count += spikes
    return trace @ v["synapse"]["output"], count


def cross_entropy(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.log(np.exp(outputs).sum(1)) - outputs[np.arange(len(labels)), labels]


@pytest.mark.parametrize("reset", ["rest", "zero"])
def test_a_constant_current_makes_a_neuron_fire_with_one_period(reset: str) -> None:
    rng, steps, count = np.random.default_rng(1), 6, 4000
    properties = Properties(
        tau_m=jnp.asarray(np.maximum(1.0, rng.lognormal(1, 1, count)), jnp.float32),
        v_th=jnp.asarray(rng.normal(0.7, 1, count), jnp.float32),
        v_rest=jnp.asarray(rng.normal(0, 0.7, count), jnp.float32),
        r_m=jnp.asarray(rng.normal(0.5, 1, count), jnp.float32),
    )
    current = jnp.asarray(rng.normal(0, 4, count), jnp.float32)
    _, spikes = simulate(jnp.tile(current, (steps, 1)), properties, reset=reset)
    first = np.where(spikes.any(0), np.argmax(spikes, 0) + 1, 0)
    found = by_period(properties.r_m * current, drives(properties, steps, reset=reset), jnp.arange(1.0, steps + 1))
    # Where a membrane is at its threshold to the last bits, either is right.
    assert (np.asarray(found) != first).sum() <= 2
    assert set(first.tolist()) == set(range(steps + 1))
    regular = trains(steps)[first[first > 0] - 1] == np.asarray(spikes)[:, first > 0].T
    assert regular.all()


@pytest.mark.parametrize(
    ("side", "bias", "reset", "at_once"),
    [
        ("neuron", False, "rest", None),
        ("neuron", True, "zero", 100),
        ("weight", False, "rest", 4000),
        ("weight", True, "rest", 100),
    ],
)
def test_a_populations_fitness_is_that_of_a_plain_loop(
    side: Any, bias: bool, reset: str, at_once: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if at_once:  # some candidates, or some images, at a time
        monkeypatch.setattr(constant_input, "_block_size", lambda: at_once)
        monkeypatch.setattr(constant_input, "FEWEST_ROWS", 2)
    architecture = dataclasses.replace(ARCHITECTURE, bias=bias, reset=reset)
    fixed, state = begin(images_training(side, architecture=architecture))
    centre = state.strategy.mean
    coordinates = centre + 0.4 * jax.random.normal(KEY, (8, centre.size))
    rate = jax.random.key(9)
    fitness, steps, _ = jax.jit(jax.vmap(lambda x: fixed.task.fitness(policy(fixed, x), rate)))(coordinates)
    train = load("digits")["train"]
    chosen = np.asarray(jax.random.randint(rate, (24,), 0, len(train.labels)))
    images, labels = train.images[chosen] / 16, train.labels[chosen]
    expected = [
        -cross_entropy(7 * plain(decode(fixed.training.genome, x, fixed.drawn), images, architecture)[0], labels).mean()
        for x in coordinates
    ]
    np.testing.assert_allclose(fitness, expected, rtol=1e-4)
    assert np.ptp(expected) > 0.05
    assert (np.asarray(steps) == 24 * STEPS).all()


def test_the_evaluation_is_that_of_a_plain_loop() -> None:
    fixed, _ = begin(images_training())
    x = 0.5 * jax.random.normal(KEY, (160,))
    found = jax.jit(lambda x: fixed.task.evaluate(policy(fixed, x), fixed.evaluation))(x)
    held_out = load("digits")["validation"]
    outputs, counts = plain(decode(fixed.training.genome, x, fixed.drawn), held_out.images / 16, ARCHITECTURE)
    said = outputs.argmax(1)
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (held_out.labels, said), 1)
    np.testing.assert_array_equal(found["confusion"], confusion)
    assert float(found["accuracy"]) == pytest.approx((said == held_out.labels).mean())
    assert float(found["cross_entropy"]) == pytest.approx(cross_entropy(7 * outputs, held_out.labels).mean(), rel=1e-4)
    assert float(found["spikes"]) == pytest.approx(counts.sum(1).mean(), rel=1e-4)
    assert float(found["silent_share"]) == pytest.approx((counts.sum(0) == 0).mean())
    rates = np.stack([counts[held_out.labels == c].mean(0) for c in range(10)])
    rates_of_firing = rates[:, rates.max(0) > 0]
    largest = rates_of_firing.max(0)
    others = (rates_of_firing.sum(0) - largest) / 9
    index = (largest - others) / (largest + others)
    assert float(found["selectivity"]) == pytest.approx(index.mean(), rel=1e-4)
    assert found["shown"].shape == (SHOWN, 10)
    distances = np.abs(np.asarray(found["shown"])[:, None] - rates.T[None]).max(-1)
    assert (distances.min(1) < 1e-5).all()
    assert len(set(distances.argmin(1).tolist())) > 25  # neurons of their own; silent ones are alike


def test_what_is_differentiated_is_what_is_computed_and_descends() -> None:
    method = Gradient(updates=40, points=2, learning_rate=0.03)
    fixed, state = begin(images_training(method=method))
    images = jax.random.uniform(KEY, (30, 64))
    of, parameters, _ = method._differentiable(fixed, state.coordinates)
    steps, answer = of(parameters).respond(images, STEPS), policy(fixed, state.coordinates).respond(images, STEPS)
    np.testing.assert_allclose(steps, answer, rtol=1e-4, atol=1e-5)
    loss = jax.jit(lambda fixed, state: method.advance(fixed, state, 0, 40))(fixed, state).curve["loss"]
    assert loss[1] < loss[0]


def test_neurons_that_stay_alike_have_one_value_of_each_property() -> None:
    fixed, state = begin(images_training(genome=Genome(alike=True)))
    assert state.strategy.mean.shape == (4,)
    grown = decode(fixed.training.genome, jnp.array([0.5, 1.0, -1.0, 2.0]), fixed.drawn)["neuron"]
    expected = [3 * np.exp(0.5), 2.0, -1.0, 3.0]
    for values, one in zip(grown.values(), expected, strict=True):
        np.testing.assert_allclose(values, np.full(40, one), rtol=1e-6)
    same = decode(Genome(), jnp.repeat(jnp.array([0.5, 1.0, -1.0, 2.0]), 40), fixed.drawn)["neuron"]
    jax.tree.map(np.testing.assert_array_equal, grown, same)


def test_rate_and_width_are_annealed_and_a_training_may_stop_on_its_way() -> None:
    method = Evolution(population=8, generations=6, sigma=0.3, annealed=True, narrowed=True)
    stopped = dataclasses.replace(method, until=3)
    assert (method.length, stopped.length) == (6, 3)
    moves, widths = [], []
    for one in (method, stopped):
        (fixed, state), advance = begin(images_training(method=one)), jax.jit(one.advance)
        for first in range(one.length):
            before = state.strategy.mean
            state = advance(fixed, state, first, first + 1)
            moves.append(float(jnp.abs(state.strategy.mean - before).max()))
            widths.append(float(jnp.mean(state.strategy.std)))
    np.testing.assert_allclose(moves[:3], moves[6:], rtol=1e-5)
    assert moves[0] == pytest.approx(0.03, rel=1e-3)
    assert moves[5] < 0.1 * moves[0]
    along = (1 + np.cos(np.pi * np.arange(6) / 6)) / 2
    np.testing.assert_allclose(widths, 0.3 * (0.2 + 0.8 * np.concatenate([along, along[:3]])), rtol=1e-5)
    with pytest.raises(InputError, match="until must be a whole number between 0 and 6, got 7"):
        dataclasses.replace(method, until=7).check()


def test_data_are_handed_over_and_are_no_part_of_a_run() -> None:
    training = images_training()
    assert identity(Run("test", 1, training)) == identity(Run("test", 1, images_training()))
    assert all(np.ndim(leaf) == 0 for leaf in jax.tree.leaves(training))
    trainings = (training,) * len(jax.local_devices())
    program = Executable(trainings)
    images = load("digits")["train"].images
    fixed_of_each, first_of_each = program.begin(jax.device_put(stack(trainings), program.by_run))
    of_each = program.advance((fixed_of_each, first_of_each), np.int32(0), np.int32(2))
    left = program.finish((fixed_of_each, of_each))
    fixed, state = begin(training)
    assert fixed.data is None
    expected = training.method.advance(fixed, state, 0, 2).curve["mean"]
    np.testing.assert_allclose(of_each.curve["mean"][0], expected, rtol=1e-5)
    assert 0 < left["final"]["accuracy"][0] < 1
    text = program.compiled["advance"].as_text()
    assert f"u8[{images.shape[0]},{images.shape[1]}]" in text
    assert f"u8[{images.shape[0]},{images.shape[1]}]{{1,0}} constant" not in text


def test_parameters_are_as_many_as_the_papers() -> None:
    paper = pd.read_csv(PROJECT / "data" / "paper" / "table3_images.csv")
    for (dataset, side), rows in paper.groupby(["dataset", "evolved"]):
        ours = {
            jax.eval_shape(begin, run.training)[1].strategy.mean.size
            for run in experiments.runs("images", "paper")
            if (run.training.task.dataset, run.training.genome.evolved, run.training.seed) == (dataset, side, 0)
        }
        assert ours == set(rows["n_parameters"])


def test_a_readout_of_one_network_is_the_product() -> None:
    variables = draw(SpikingNetwork(ARCHITECTURE, 64, 10), KEY)
    images = np.asarray(jax.random.uniform(KEY, (7, 64)))
    outputs = bind(SpikingNetwork(ARCHITECTURE, 64, 10), variables).respond(jnp.asarray(images), STEPS)
    np.testing.assert_allclose(outputs, plain(variables, images, ARCHITECTURE)[0], rtol=1e-4, atol=1e-6)
    every_step = readouts(jnp.ones((1, 40)), jnp.ones(40), jnp.zeros((4, 40)), jnp.ones(4), jnp.ones((40, 2)))
    np.testing.assert_array_equal(every_step, [[40, 40]])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dataset": "letters"}, "dataset must be one of mnist, "),
        ({"held_out": "train"}, "held_out must be one of validation, test, got 'train'"),
        ({"batch": 0}, "batch must be a whole number of at least 1, got 0"),
        ({"scale": 0.0}, "scale must be a finite number above 0, got 0.0"),
    ],
)
def test_a_task_that_cannot_be_is_one_line(changes: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Images(**changes).check()
