"""Evolution (Eq. 7 and 8): a generation, and a whole training as a pure function of a key.

A generation evaluates a population of perturbed coordinates and moves their centre along the fitness-weighted
perturbations. The default is evosax's `Open_ES` (Salimans et al., arXiv:1703.03864): antithetic, centred ranks, Adam.
The other distribution-based strategies of evosax, and its genetic algorithm, are selected by name.
"""

import dataclasses
import inspect
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from evosax.algorithms.distribution_based import distribution_based_algorithms
from evosax.algorithms.population_based import SimpleGA
from flax import struct
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.mapping import mapped
from hetsnn.networks.observations import RunningMoments, merge, nothing
from hetsnn.numbers import Flag, Integer, Real, check_choice, check_real, check_whole
from hetsnn.tasks.task import Score
from hetsnn.training.genomes import start
from hetsnn.training.method import Fixed, Method, Training
from hetsnn.training.policies import fix, policy

CURVE_POINTS = 50
CACHED_NEURONS = 2**16  # neurons whose state fits a core's own cache
NARROWEST = 0.2  # share of the perturbations' width that is left at the end of a narrowed search
# Excluded strategies need more than a population and a start, or cannot be traced.
STRATEGIES = {
    name: strategy
    for name, strategy in distribution_based_algorithms.items()
    if name not in ("CMAAnchoredLES", "LM_MA_ES", "RandomSearch", "SV_CMA_ES", "SV_Open_ES")
} | {"SimpleGA": SimpleGA}


# Settings that not every strategy uses, by the argument of evosax's class that they go to.
DEPENDENT = {
    "sigma": "std_schedule",
    "narrowed": "std_schedule",
    "learning_rate": "optimizer",
    "annealed": "optimizer",
}


class Search(NamedTuple):
    """The state that a search carries from generation to generation."""

    strategy: Any  # evosax's state
    curve: dict[str, Float[Array, " generations"]]  # of each generation so far
    drift: Any = None  # evosax's state of the search without selection, if `shuffled`
    seen: RunningMoments | None = None  # moments of all observations so far, if the task normalises them


@struct.dataclass
class Evolution(Method):
    """An evolution strategy and its settings, as a `hetsnn.Method`.

    Example:
        >>> import hetsnn
        >>> hetsnn.Evolution("CMA_ES", population=32, generations=100).length
        100
    """

    strategy: str = struct.field(pytree_node=False, default="Open_ES")
    population: int = struct.field(pytree_node=False, default=128)
    generations: int = struct.field(pytree_node=False, default=200)
    sigma: Real = 0.1  # initial standard deviation of the perturbations, in coordinates
    learning_rate: Real = 0.03  # Adam's rate, if the strategy takes an optimizer
    # Report a drifting search, the null model of selection: in each generation it receives the real search's fitness,
    # shuffled among its candidates, with the same ties.
    shuffled: bool = struct.field(pytree_node=False, default=False)
    annealed: bool = struct.field(pytree_node=False, default=False)  # Adam's rate falls to 0 along a cosine
    narrowed: Flag = False  # the perturbations' width falls to `NARROWEST` of its initial value along a cosine
    # Also evaluate the network before its search: results with names that begin with "first_".
    first: bool = struct.field(pytree_node=False, default=False)
    until: int = struct.field(pytree_node=False, default=0)  # generation to stop at; 0 for the last

    def check(self) -> None:
        """Raise InputError for an invalid search, or a setting that its strategy does not use."""
        check_choice("strategy", self.strategy, STRATEGIES)
        check_whole("population", self.population, 2, even=True)
        check_whole("generations", self.generations)
        check_whole("until", self.until, 0, self.generations)
        check_real("sigma", self.sigma, above=0)
        check_real("learning_rate", self.learning_rate, above=0)
        Method.check(self)
        unused = set(DEPENDENT) - settings_of(self.strategy)
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for name in sorted(unused):
            if (given := getattr(self, name)) != defaults[name]:
                raise InputError(
                    f"{name} must be its default {defaults[name]}, since {self.strategy} does not use it, got {given}"
                )

    @property
    def length(self) -> int:
        """Generations of a training."""
        return self.until or self.generations

    @property
    def cost(self) -> int:
        """Number of networks that a generation simulates."""
        return self.population

    @property
    def candidates(self) -> int:
        """Size of the population, which devices may divide among themselves."""
        return self.population

    def begin(self, training: Training, key: jax.Array) -> tuple[Fixed, Search]:
        """Return all that stays fixed, and the search before its first generation."""
        fixed, centre = fix(training, key)
        strategy, params = self.build(centre.size)
        curve = {name: jnp.zeros(self.length) for name in ("mean", "best", "untied", "steps")}
        state = _started(strategy, fixed.search, centre, params)
        seen = nothing(training.task.inputs) if training.task.normalise else None
        return fixed, Search(state, curve, state if self.shuffled else None, seen)

    def advance(self, fixed: Fixed, state: Search, first: Integer, last: Integer) -> Search:
        """Return the search after generations `first` to `last` - 1, independent of their division into calls."""
        return jax.lax.fori_loop(
            first, last, lambda generation, state: self.generation(fixed, state, generation), state
        )

    def generation(self, fixed: Fixed, search: Search, generation: Integer) -> Search:
        """Ask, evaluate, tell: apply Eq. 8 once."""
        strategy, params = self.build(fixed.dimensions)
        ask, rate, tell = jax.random.split(jax.random.fold_in(fixed.search, generation), 3)

        def evaluate(coordinates: Float[Array, " dimensions"]) -> Score:
            return fixed.task.fitness(policy(fixed, coordinates, search.seen), rate)

        candidates, state = strategy.ask(ask, search.strategy, params)
        fitness, steps, seen = over_population(evaluate, candidates, partial(at_once, fixed.training))
        state, _ = strategy.tell(tell, candidates, -fitness, state, params)  # evosax minimises
        drift = search.drift
        if self.shuffled:
            candidates, drift = strategy.ask(ask, drift, params)
            shuffled = jax.random.permutation(jax.random.fold_in(tell, 1), fitness)
            drift, _ = strategy.tell(tell, candidates, -shuffled, drift, params)
        largest_tie = (fitness[:, None] == fitness[None, :]).sum(1).max()
        point = {
            "mean": fitness.mean(),
            "best": fitness.max(),
            # Candidates outside the largest tie: at 0 selection has nothing to go by.
            "untied": self.population - largest_tie,
            "steps": steps.sum(),
        }
        curve = {name: search.curve[name].at[generation].set(point[name]) for name in search.curve}
        return Search(state, curve, drift, search.seen and merge(search.seen, seen))

    def finish(self, fixed: Fixed, state: Search) -> dict[str, Any]:
        """Return `final` results of the search's centre on separate episodes, `curve` and `genome`.

        With normalised observations, `observation` holds their mean and variance, and the curve also holds the steps so
        far, because episodes then differ in length.
        """
        strategy, _ = self.build(fixed.dimensions)
        centre = _centre(strategy, state.drift if self.shuffled else state.strategy)
        points = jnp.stack([start(fixed.training.genome, fixed.drawn), centre][not self.first :])

        def evaluate(at: Float[Array, " dimensions"]) -> dict[str, Array]:
            return fixed.task.evaluate(policy(fixed, at, state.seen), fixed.evaluation)

        found = mapped(evaluate, points)
        final = {name: values[-1] for name, values in found.items()}
        if self.first:
            final |= {f"first_{name}": values[0] for name, values in found.items()}
        final["flat_share"] = (state.curve["untied"] == 0).mean()
        final["total_steps"] = state.curve["steps"].sum()
        stride = -(-self.length // CURVE_POINTS)
        curve = {name: values[::stride] for name, values in state.curve.items() if name != "steps"}
        outcome = {"final": final, "curve": curve, "genome": centre}
        if state.seen:
            curve["steps"] = jnp.cumsum(state.curve["steps"])[::stride]
            outcome["observation"] = {"mean": state.seen.mean, "variance": state.seen.variance}
        return outcome

    def build(self, dimensions: int) -> tuple[Any, Any]:
        """Return evosax's strategy for so many coordinates, and its parameters; settings may be traced numbers."""
        cls, rate = STRATEGIES[self.strategy], self.learning_rate
        width = optax.cosine_decay_schedule(self.sigma, self.generations, jnp.where(self.narrowed, NARROWEST, 1.0))
        ours = {
            "optimizer": optax.adam(optax.cosine_decay_schedule(rate, self.generations) if self.annealed else rate),
            "std_schedule": width,
            "metrics_fn": lambda *_: {},
        }
        takes = inspect.signature(cls).parameters
        strategy = cls(self.population, jnp.zeros(dimensions), **{k: v for k, v in ours.items() if k in takes})
        params = strategy.default_params
        return strategy, params.replace(std_init=self.sigma) if hasattr(params, "std_init") else params


def _started(strategy: Any, key: jax.Array, centre: Float[Array, " dimensions"], params: Any) -> Any:
    """Return a strategy's state before its first generation; a population starts as copies of the centre."""
    if not isinstance(strategy, SimpleGA):
        return strategy.init(key, centre, params)
    size = strategy.population_size
    return strategy.init(key, jnp.tile(centre, (size, 1)), jnp.full(size, jnp.inf), params)


def _centre(strategy: Any, state: Any) -> Float[Array, " dimensions"]:
    """Return the point that a search has found: the centre of its distribution, or the best of its population."""
    return strategy.get_best_solution(state) if isinstance(strategy, SimpleGA) else strategy.get_mean(state)


@cache
def settings_of(strategy: str) -> set[str]:
    """Return the settings in `DEPENDENT` that a strategy uses."""
    cls = STRATEGIES[strategy]
    takes = inspect.signature(cls).parameters
    used = {name for name, argument in DEPENDENT.items() if argument in takes}
    with_width = hasattr(cls(4, jnp.zeros(2)).default_params, "std_init")
    return used | {"sigma"} if with_width else used


def at_once(training: Training, candidates: int) -> int:
    """Return how many candidates a device simulates at once.

    On a CPU the neurons of all candidates may not fit its cache; it is then faster to take batches that do, one after
    the other, unless the environment's step is slow on small batches.
    """
    hidden, least = training.architecture.hidden, training.task.least_batch
    batch = math.gcd(candidates, CACHED_NEURONS // (2 * hidden))
    too_many = jax.default_backend() == "cpu" and candidates * hidden > CACHED_NEURONS
    return batch if too_many and 0 < least <= batch else candidates


def over_population(
    evaluate: Callable,
    candidates: Float[Array, "population dimensions"],
    at_once: Callable[[int], int] = lambda count: count,
) -> Any:
    """Evaluate every candidate; devices along the mesh axis "population" divide the candidates.

    Args:
        evaluate: function of one candidate.
        candidates: the coordinates of each candidate.
        at_once: function from a device's number of candidates to the number that it evaluates at once, a divisor.
    """

    def batches(ours: Float[Array, "candidates dimensions"]) -> Any:
        count = len(ours)
        if (batch := at_once(count)) == count:
            return jax.vmap(evaluate)(ours)
        found = jax.lax.map(jax.vmap(evaluate), ours.reshape(-1, batch, ours.shape[-1]))
        return jax.tree.map(lambda values: values.reshape(count, *values.shape[2:]), found)

    try:
        size = candidates.shape[0] // jax.lax.axis_size("population")
    except NameError:  # outside a mesh with this axis
        size = candidates.shape[0]
    if size == candidates.shape[0]:
        return batches(candidates)
    first = jax.lax.axis_index("population") * size
    ours = batches(jax.lax.dynamic_slice_in_dim(candidates, first, size))
    return jax.lax.all_gather(ours, "population", tiled=True)
