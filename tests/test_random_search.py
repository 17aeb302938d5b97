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


def searched(generations: int, **genome: Any) -> Any:
    method = RandomSearch(population=64, generations=generations)
    return train(FirstWeight(), method, Architecture(hidden=HIDDEN), Genome(**genome), key=jax.random.key(0))


def test_the_best_of_many_networks_is_kept() -> None:
    few, many = (searched(generations, evolved="weight") for generations in (1, 20))
    assert few.final["reward"] <= many.final["reward"] == many.curve["best"].max()
    assert 0.97 * LARGEST < many.final["reward"] <= LARGEST * (1 + 1e-6)
    assert many.variables["synapse"]["output"][0, 0] == many.final["reward"]
    assert abs(many.curve["mean"].mean()) < 4 * WEIGHT / np.sqrt(64 * 20)
    assert len(np.unique(many.curve["best"])) > 10  # networks of every generation are new


def test_only_weights_are_drawn() -> None:
    with pytest.raises(InputError, match="evolved must be 'weight' for a random search, got 'neuron'"):
        searched(1)
    with pytest.raises(InputError, match="population must be"):
        RandomSearch(population=0).check()
