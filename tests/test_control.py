"""Robots, beside a plain loop over the same environment; and what searches of their neurons must keep."""

import dataclasses
import io
import threading
from itertools import product
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hetsnn.errors import InputError
from hetsnn.networks.observations import RunningMoments
from hetsnn.networks.spiking import hidden_size
from hetsnn.sweeps.runs import identity
from hetsnn.tasks.brax_tasks import Muted, robot
from hetsnn.tasks.robots import SIZES, Control
from hetsnn.training.evolution import at_once, over_population
from hetsnn.training.genomes import decode, start
from hetsnn.training.method import Fixed, Training
from hetsnn.training.policies import policy
from hetsnn_book import experiments, paper
from hetsnn_book.experiments import ablation, control
from hetsnn_book.experiments.control_search import SIDES
from hetsnn_book.measures import noise_probe, search_widths
from hetsnn_book.project import published_only

LIMIT = 30
(FIRST, *_) = experiments.runs("control", "smoke")
RUN = FIRST.varied(task=dataclasses.replace(FIRST.training.task, limit=LIMIT, episodes=2))
SMALL = RUN.training


@jax.jit
def begin(training: Training) -> tuple[Fixed, Any]:
    return training.method.begin(training, training.key)


@jax.jit
def play(fixed: Fixed, coordinates: Any, seen: RunningMoments, key: jax.Array) -> Any:
    """Episodes of a population from two starts each."""
    task = fixed.training.task
    return jax.vmap(lambda at: task.play(policy(fixed, at, seen), key, task.episodes))(coordinates)


@pytest.fixture(scope="module")
def population() -> tuple[Fixed, Any, RunningMoments]:
    """Eight networks, most of which fall soon, and statistics that change what they see."""
    fixed, state = begin(SMALL)
    moves = 0.8 * jax.random.normal(jax.random.key(1), (8, state.strategy.mean.size))
    of = state.seen.mean.shape
    return (
        fixed,
        start(SMALL.genome, fixed.drawn) + moves,
        RunningMoments(jnp.float32(9), jnp.full(of, 0.1), jnp.full(of, 3.0)),
    )


def test_only_the_thread_that_imports_is_muted() -> None:
    stream = io.StringIO()
    muted = Muted(stream)
    print("Failed to import", file=muted, flush=True)
    thread = threading.Thread(target=print, args=("1 of 2 runs done",), kwargs={"file": muted})
    thread.start()
    thread.join()
    assert stream.getvalue() == "1 of 2 runs done\n"


@pytest.fixture(scope="module")
def brax() -> SimpleNamespace:
    """A hopper, step by step."""
    environment = robot("hopper", "spring")
    return SimpleNamespace(reset=jax.jit(environment.reset), step=jax.jit(environment.step))


def test_returns_are_those_of_brax_step_by_step(population: Any, brax: Any) -> None:
    fixed, coordinates, seen = population
    key = jax.random.key(3)
    played = play(fixed, coordinates, seen, key)
    observed: list[np.ndarray] = []
    for i, j in ((0, 0), (3, 1), (7, 0)):
        network = policy(fixed, coordinates[i])
        advance = jax.jit(network.step)
        state, spiking, total, steps = brax.reset(jax.random.split(key, 2)[j]), network.initial, 0.0, 0
        observed.clear()
        while steps < LIMIT and not state.done:
            observed.append(np.asarray(state.obs, np.float64))
            spiking = advance(spiking, jnp.float32((observed[-1] - 0.1) / np.sqrt(3.0 / 9.0)))
            state = brax.step(state, jnp.tanh(network.readout(spiking)))
            total, steps = total + float(state.reward), steps + 1
        assert steps == played.steps[i, j]
        np.testing.assert_allclose(played.reward[i, j], total, rtol=1e-3)
        np.testing.assert_allclose(played.seen.mean[i, j], np.mean(observed, 0), rtol=1e-3, atol=1e-4)
    assert len(set(np.asarray(played.steps).ravel().tolist())) > 2  # some have fallen, at different times


@pytest.mark.usefixtures("light_robot")
def test_who_does_nothing_leaves_its_joints_alone() -> None:
    training, total = experiments.runs("control_baselines", "smoke")[0].training, 0.0
    fixed, untrained = begin(training)
    of = robot("hopper", "spring")
    step = jax.jit(of.step)
    for key in jax.random.split(fixed.evaluation, training.task.test_episodes):
        state = of.reset(key)
        for _ in range(training.task.limit):
            state = step(state, jnp.zeros(3))
            total += float(state.reward)
            if state.done:
                break
    found = jax.jit(training.method.finish)(fixed, untrained)["final"]["reward"]
    np.testing.assert_allclose(found, total / training.task.test_episodes, rtol=1e-4)


def test_the_same_key_gives_the_same_numbers_and_another_does_not(population: Any) -> None:
    one, again, other = (play(*population, jax.random.key(seed)).reward for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_thresholds_and_resting_potentials_are_twins_by_mirror(population: Any) -> None:
    fixed, coordinates, seen = population
    blocks = coordinates.reshape(8, 4, -1)
    threshold = jnp.zeros_like(blocks).at[:, 1].set(blocks[:, 1])
    rest = jnp.zeros_like(blocks).at[:, 2].set(-blocks[:, 1])
    one, other = (play(fixed, moves.reshape(8, -1), seen, jax.random.key(7)) for moves in (threshold, rest))
    np.testing.assert_allclose(one.reward, other.reward, rtol=1e-3)
    np.testing.assert_array_equal(one.steps, other.steps)
    assert np.ptp(one.reward) > 1.0


def test_what_does_not_evolve_stays_exactly_as_it_was() -> None:
    fixed, _ = begin(SMALL)
    for names in ablation.SUBSETS:
        run = ablation.ablated(names, 0)
        assert ablation.labels(run) == {"properties": "+".join(names), "variant": "main"}
        moved = decode(run.training.genome, jnp.ones(start(SMALL.genome, fixed.drawn).size), fixed.drawn)["neuron"]
        for name, values in moved.items():
            assert np.array_equal(values, fixed.drawn["neuron"][name]) == (name not in names), name


def test_subsets_of_four_properties_are_eleven_and_their_twins() -> None:
    assert len(set(ablation.SUBSETS)) == 15
    assert len(ablation.DISTINCT) == 11
    assert set(ablation.SUBSETS) == {*ablation.DISTINCT, *map(ablation.mirrored, ablation.DISTINCT)}


def test_neurons_spike_under_noise_as_their_thresholds_say() -> None:
    fixed, _ = begin(SMALL)
    count = SMALL.architecture.hidden
    thresholds = np.concatenate([np.zeros(count), np.where(np.arange(count) % 2, 100.0, -100.0), np.zeros(2 * count)])
    spiking = np.asarray(noise_probe.spikes(fixed, thresholds))
    np.testing.assert_array_equal(spiking, np.broadcast_to(np.arange(count) % 2 == 0, spiking.shape))
    before, after = noise_probe.before_and_after((RUN, RUN), np.stack([thresholds, np.zeros_like(thresholds)]))
    assert before == pytest.approx(float(noise_probe.spikes(fixed, np.zeros_like(thresholds)).mean()))
    assert after == pytest.approx((before + 0.5) / 2)


def test_each_property_changes_as_many_spikes() -> None:
    shares = search_widths.shares()
    np.testing.assert_allclose(shares, shares.mean(), rtol=0.1)
    assert shares.min() > 0.1


def test_parameter_counts_are_the_papers() -> None:
    for of, evolved, neurons in product(control.ENVIRONMENTS, SIDES, control.NEURONS):
        run = control.trained(of, evolved, neurons, 0)
        task, side = run.training.task, run.training.genome.evolved
        each = 4 if side == "neuron" else task.inputs + task.outputs
        ours, size = run.training.architecture.hidden * each, control.labels(run)["size"]
        theirs = control.n_parameters(task.environment, side, size)
        table = paper.table("table1_control")
        assert theirs in set(
            table[(table["environment"] == task.environment) & (table["evolved"] == side)]["n_parameters"]
        )
        assert abs(ours - theirs) <= each / 2
        assert abs(ours - 4 * size) < 0.02 * 4 * size
    assert hidden_size(4104, "weight", 18, 6) == 171  # Brax of 2021 showed the half cheetah one number more


@pytest.mark.parametrize("environment", SIZES)
def test_sizes_are_those_of_brax(environment: str) -> None:
    of = robot(environment, "spring")
    observation = jax.eval_shape(of.reset, jax.random.key(0)).obs
    task = Control(environment=environment)
    assert (*observation.shape, of.action_size) == SIZES[environment] == (task.inputs, task.outputs)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"environment": "cheetah"}, "environment must be one of ant, .*, got 'cheetah'"),
        ({"backend": "bullet"}, "backend must be one of spring, positional, .*, got 'bullet'"),
        ({"limit": 0}, "limit must be a whole number of at least 1, got 0"),
    ],
)
def test_a_task_that_does_not_exist(bad: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Control(**bad).check()


@pytest.mark.parametrize(
    ("environment", "hidden", "candidates", "expected"),
    [
        ("hopper", 1024, 128, 32),
        ("hopper", 512, 128, 128),  # they all fit the cache
        ("hopper", 4096, 128, 128),  # so few that the physics would be slow
        ("halfcheetah", 1024, 128, 128),
        ("hopper", 1024, 100, 100),  # a divisor of 100 would be too small
    ],
)
def test_a_population_is_divided_where_its_neurons_do_not_fit_the_cache(
    environment: str, hidden: int, candidates: int, expected: int
) -> None:
    training = control.trained(environment, "neuron", 1024, 0).training
    training = dataclasses.replace(training, architecture=dataclasses.replace(training.architecture, hidden=hidden))
    assert at_once(training, candidates) == expected


def test_a_divided_population_has_the_same_fitness() -> None:
    candidates = jnp.arange(12.0).reshape(6, 2)
    whole, divided = (over_population(jnp.sum, candidates, at_once) for at_once in (lambda _: 6, lambda _: 2))
    np.testing.assert_array_equal(whole, divided)


def first_published() -> list[Any]:
    """A network of each robot, size and side of the published results, as parameters of a test."""
    store = published_only()
    if not len(store.rows("control")):
        return []
    found = experiments.read("control", "paper", store)
    return [
        row
        for _, row in found[found["physics"] == "spring"].groupby(["environment", "size", "evolved"]).head(1).iterrows()
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "row", first_published(), ids=lambda row: f"{row['environment']}-{row['size']}-{row['evolved']}"
)
def test_published_networks_earn_on_this_machine_what_they_earned_on_another(row: Any) -> None:
    training = next(r for r in experiments.runs("control", "paper") if identity(r) == row["identity"]).training
    fixed, _ = begin(training)
    seen = RunningMoments(jnp.float32(1), *(jnp.asarray(row[f"observation_{name}"]) for name in ("mean", "variance")))

    @jax.jit
    def evaluated(genome: jax.Array) -> dict[str, jax.Array]:
        return training.task.evaluate(policy(fixed, genome, seen), fixed.evaluation)

    here = evaluated(jnp.asarray(row["genome"]))
    error = np.hypot(row["reward_sd"], here["reward_sd"]) / training.task.test_episodes**0.5
    assert abs(here["reward"] - row["reward"]) < 4 * error + 1
