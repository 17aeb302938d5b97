"""Random search: the best of many networks with random weights, a reference for searches that learn."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.mapping import mapped
from hetsnn.networks.spiking import draw
from hetsnn.numbers import Integer, check_whole
from hetsnn.tasks.task import Score
from hetsnn.training.evolution import over_population
from hetsnn.training.genomes import start
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import fix, network, policy


class Best(NamedTuple):
    """The best networks so far; before as many are drawn, networks with a fitness of minus infinity."""

    coordinates: Float[Array, "finalists dimensions"]
    fitness: Float[Array, " finalists"]
    curve: dict[str, Float[Array, " generations"]]


@struct.dataclass
class RandomSearch(Method):
    """Random search, as a `hetsnn.Method`: each generation draws the weights of a population of networks anew.

    Where episodes differ by chance, the network with the highest fitness of all is a lucky one. So several finalists
    meet again on new episodes, the same for all of them, and the highest mean of those wins.

    Example:
        >>> import hetsnn
        >>> hetsnn.RandomSearch(population=32, generations=100).length
        100
    """

    population: int = struct.field(pytree_node=False, default=128)
    generations: int = struct.field(pytree_node=False, default=200)
    finalists: int = struct.field(pytree_node=False, default=1)  # networks that meet again, if several
    rounds: int = struct.field(pytree_node=False, default=16)  # evaluations of each finalist

    def check(self) -> None:
        """Raise InputError for an invalid search."""
        check_whole("population", self.population)
        check_whole("generations", self.generations)
        check_whole("finalists", self.finalists)
        check_whole("rounds", self.rounds)
        Method.check(self)

    def check_task(self, task: Any) -> None:
        """Raise InputError for a task whose observations are normalised over a search."""
        Method.check_task(self, task)
        if task.normalise:
            raise InputError("normalise must be False for a random search, got True")

    @property
    def length(self) -> int:
        """Generations of a training."""
        return self.generations

    @property
    def cost(self) -> int:
        """Number of networks that a generation simulates."""
        return self.population

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Best]:
        """Return all that stays fixed, and the search before its first generation."""
        if training.genome.evolved != "weight":
            raise InputError(f"evolved must be 'weight' for a random search, got {training.genome.evolved!r}")
        fixed, centre = fix(training, key)
        curve = {name: jnp.zeros(self.length) for name in ("mean", "best")}
        none = jnp.full(self.finalists, -jnp.inf)
        return fixed, Best(jnp.tile(centre, (self.finalists, 1)), none, curve)

    def advance(self, fixed: Fixed, state: Best, first: Integer, last: Integer) -> Best:
        """Return the search after generations `first` to `last` - 1, independent of their division into calls."""
        return jax.lax.fori_loop(first, last, lambda number, state: self.generation(fixed, state, number), state)

    def generation(self, fixed: Fixed, state: Best, number: Integer) -> Best:
        """Draw a population; keep the best networks of all that were drawn."""
        training = fixed.training
        drawing, rate = jax.random.split(jax.random.fold_in(fixed.search, number))

        def weights(key: jax.Array) -> Float[Array, " dimensions"]:
            return start(training.genome, draw(network(training), key))

        def evaluate(coordinates: Float[Array, " dimensions"]) -> Score:
            return fixed.task.fitness(policy(fixed, coordinates), rate)

        candidates = mapped(weights, jax.random.split(drawing, self.population))
        fitness = over_population(evaluate, candidates).fitness
        point = {"mean": fitness.mean(), "best": fitness.max()}
        every = jnp.concatenate([state.fitness, fitness])
        best, places = jax.lax.top_k(every, self.finalists)
        return Best(
            jnp.concatenate([state.coordinates, candidates])[places],
            best,
            {name: state.curve[name].at[number].set(value) for name, value in point.items()},
        )

    def finish(self, fixed: Fixed, state: Best) -> dict[str, Any]:
        """Return `final` results of the best network on separate episodes, `curve` and `genome`."""
        best = state.coordinates[self.final(fixed, state).argmax()]
        final = fixed.task.evaluate(policy(fixed, best), fixed.evaluation)
        return {"final": final, "curve": state.curve, "genome": best}

    def final(self, fixed: Fixed, state: Best) -> Float[Array, " finalists"]:
        """Return the mean fitness of each finalist: of `rounds` evaluations on new episodes, the same for all."""
        if self.finalists == 1:
            return state.fitness
        keys = jax.random.split(jax.random.fold_in(fixed.search, self.generations), self.rounds)

        def evaluated(key: jax.Array) -> Float[Array, " finalists"]:
            return jax.vmap(lambda network: fixed.task.fitness(policy(fixed, network), key).fitness)(state.coordinates)

        drawn = jnp.isfinite(state.fitness)
        return jnp.where(drawn, jax.lax.map(evaluated, keys).mean(axis=0), -jnp.inf)
