"""Random search: the best of as many random networks as it is told to draw."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from jaxtyping import Array

from hetsnn.errors import InputError
from hetsnn.networks.spiking import Architecture, Policy, State
from hetsnn.tasks.task import Score, Task
from hetsnn.training.genomes import Genome
from hetsnn.training.random_search import RandomSearch
from hetsnn.training.train import train

HIDDEN = 4
WEIGHT = 1 / np.sqrt(HIDDEN)  # standard deviation of a lecun-normal weight
LARGEST = 2 * WEIGHT / 0.87962566  # which is cut at two standard deviations of the normal it is drawn from


@struct.dataclass
class FirstWeight(Task):
    """Task whose fitness is the first output weight."""

    inputs, outputs, steps = 1, 1, 1

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the read-out of the first neuron alone."""
        return Score(policy.readout(State(jnp.zeros(HIDDEN), jnp.eye(HIDDEN)[0]))[0], jnp.int32(1))

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return the fitness."""
        return {"reward": self.fitness(policy, key).fitness}


@struct.dataclass
class Lottery(FirstWeight):
    """Task whose fitness is the first output weight and much luck, which each network draws by its weight."""

    def fitness(self, policy: Policy, key: jax.Array) -> Score:
        """Return the weight and luck."""
        weight = FirstWeight.fitness(self, policy, key).fitness
        drawn = jax.random.fold_in(key, jax.lax.bitcast_convert_type(weight, jnp.int32))
        return Score(weight + 2 * jax.random.normal(drawn), jnp.int32(1))

    def evaluate(self, policy: Policy, key: jax.Array) -> dict[str, Array]:
        """Return the weight alone."""
        return {"reward": FirstWeight.fitness(self, policy, key).fitness}


def searched(generations: int, **genome: Any) -> Any:
    method = RandomSearch(population=64, generations=generations)
    return train(FirstWeight(), method, Architecture(hidden=HIDDEN), Genome(**genome), key=jax.random.key(0))


def test_the_best_of_many_networks_is_kept() -> None:
    few, many = (searched(generations, evolved="weight") for generations in (1, 20))
    assert few.final["reward"] <= many.final["reward"]
    assert np.isclose(many.final["reward"], many.curve["best"].max(), rtol=1e-6)
    assert 0.97 * LARGEST < many.final["reward"] <= LARGEST * (1 + 1e-6)
    assert np.isclose(many.variables["synapse"]["output"][0, 0], many.final["reward"], rtol=1e-6)
    assert abs(many.curve["mean"].mean()) < 4 * WEIGHT / np.sqrt(64 * 20)
    assert len(np.unique(many.curve["best"])) > 10  # networks of every generation are new


def test_finalists_meet_again_so_that_luck_does_not_win() -> None:
    def reward(finalists: int, rounds: int, seed: int) -> float:
        method = RandomSearch(population=64, generations=4, finalists=finalists, rounds=rounds)
        trained = train(
            Lottery(), method, Architecture(hidden=HIDDEN), Genome(evolved="weight"), key=jax.random.key(seed)
        )
        return float(trained.final["reward"])

    lucky, again = (np.mean([reward(*final, seed) for seed in range(4)]) for final in ((1, 1), (64, 400)))
    assert again > lucky + 0.5 * WEIGHT
    # Of 64 of 256 networks, kept by luck for the most part, the best has about the expected maximum of as many draws.
    assert again > 0.8 * LARGEST


def test_fewer_networks_than_finalists_are_no_network_that_was_not_drawn() -> None:
    method = RandomSearch(population=2, generations=1, finalists=8)
    trained = train(FirstWeight(), method, Architecture(hidden=HIDDEN), Genome(evolved="weight"), key=jax.random.key(1))
    assert np.isclose(trained.final["reward"], trained.curve["best"][0], rtol=1e-6)


def test_only_weights_are_drawn() -> None:
    with pytest.raises(InputError, match="evolved must be 'weight' for a random search, got 'neuron'"):
        searched(1)
    with pytest.raises(InputError, match="population must be"):
        RandomSearch(population=0).check()
    with pytest.raises(InputError, match="finalists must be"):
        RandomSearch(finalists=0).check()
    with pytest.raises(InputError, match="rounds must be"):
        RandomSearch(rounds=0).check()
