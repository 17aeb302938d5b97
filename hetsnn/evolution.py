"""Evolution (Eq. 7 and 8): a generation, and a whole training as a pure function of a run's key and numbers.

A population of perturbed coordinates is evaluated and their centre moves along the fitness-weighted perturbations.
The default is evosax's `Open_ES` (Salimans et al., arXiv:1703.03864): antithetic, centred ranks, Adam. Any other of
evosax's distribution-based strategies goes by its name.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from evosax.algorithms.distribution_based import distribution_based_algorithms
from flax import struct
from jaxtyping import Array, Float

from hetsnn.errors import InputError
from hetsnn.genomes import express, start
from hetsnn.networks import Policy, SpikingNetwork, bind, draw
from hetsnn.numbers import Flag, Integer, Real
from hetsnn.observations import Statistics, merge, nothing
from hetsnn.runs import Run

CURVE_POINTS = 50
NARROWEST = 0.2  # width at the end, where it is narrowed
# All but those that need more than a population and a start, or whose code cannot be traced.
STRATEGIES = {
    name: strategy
    for name, strategy in distribution_based_algorithms.items()
    if name not in ("CMAAnchoredLES", "LM_MA_ES", "RandomSearch", "SV_CMA_ES", "SV_Open_ES")
}


class Fixed(NamedTuple):
    """What does not change during a training."""

    run: Run
    drawn: dict  # the network's variables as drawn
    search: jax.Array  # key of the generations
    evaluation: jax.Array  # key of the final evaluation
    data: Any = None  # what the task is learned from, shared by all runs of a program

    @property
    def task(self) -> Any:
        """The run's task, with its data where it has any."""
        return self.run.task.on(self.data) if hasattr(self.run.task, "on") else self.run.task


class Training(NamedTuple):
    """What a training carries from generation to generation."""

    strategy: Any  # evosax's state
    curve: dict[str, Float[Array, " generations"]]  # of each generation so far
    drift: Any = None  # evosax's state of the search without selection, where there is one
    seen: Statistics | None = None  # of all observations so far, where networks see them normalised


@struct.dataclass
class Evolution:
    """The declared choices of a search, and the search itself: `begin`, `advance` as often as one likes, `finish`."""

    strategy: str = struct.field(pytree_node=False, default="Open_ES")
    population: int = struct.field(pytree_node=False, default=128)
    generations: int = struct.field(pytree_node=False, default=200)
    sigma: Real = 0.1  # initial standard deviation of the perturbations, in coordinates
    learning_rate: Real = 0.03  # of Adam, where the strategy takes an optimizer
    # What selection adds is seen beside a search that drifts: it is told the real search's fitness, generation by
    # generation, but shuffled among its candidates, ties kept. It is then what is reported and left as the genome.
    shuffled: bool = struct.field(pytree_node=False, default=False)
    annealed: bool = struct.field(pytree_node=False, default=False)  # Adam's rate falls to 0 along a cosine
    narrowed: Flag = False  # the perturbations' width falls to `NARROWEST` of it, likewise
    until: int = struct.field(pytree_node=False, default=0)  # the generation to stop at, 0 for the last

    def check(self) -> None:
        """Raise InputError for a search that does not exist."""
        if self.strategy not in STRATEGIES:
            raise InputError(f"unknown strategy {self.strategy!r}: the strategies are {', '.join(STRATEGIES)}")
        if self.population < 2 or self.population % 2:
            raise InputError(f"population is {self.population}: it is even and at least 2")
        if self.generations < 1:
            raise InputError(f"generations is {self.generations}: there is at least 1")
        if not 0 <= self.until <= self.generations:
            raise InputError(
                f"until is {self.until}: it is a generation, at most {self.generations}, or 0 for the last"
            )
        if not (self.sigma > 0 and self.learning_rate >= 0):
            raise InputError(f"sigma is {self.sigma} and learning_rate {self.learning_rate}: both are positive")

    @property
    def length(self) -> int:
        """Generations of a training."""
        return self.until or self.generations

    def begin(self, run: Run) -> tuple[Fixed, Training]:
        """What a run's seed fixes, and the training before its first generation."""
        weights, search, evaluation = jax.random.split(run.key, 3)
        drawn = draw(network(run), weights)
        centre = start(run.genome, drawn)
        strategy, params = self._build(centre.size)
        curve = {name: jnp.zeros(self.length) for name in ("mean", "best", "untied", "steps")}
        state = strategy.init(search, centre, params)
        seen = nothing(run.task.inputs) if getattr(run.task, "normalise", False) else None
        return Fixed(run, drawn, search, evaluation), Training(state, curve, state if self.shuffled else None, seen)

    def advance(self, fixed: Fixed, training: Training, first: Integer, last: Integer, horizon: Integer) -> Training:
        """Generations `first` to `last` - 1; the numbers do not depend on how a training is divided into calls."""

        def body(generation: Integer, training: Training) -> Training:
            return self.generation(fixed, training, generation, horizon)

        return jax.lax.fori_loop(first, last, body, training)

    def generation(self, fixed: Fixed, training: Training, generation: Integer, horizon: Integer) -> Training:
        """Ask, evaluate, tell: one application of Eq. 8."""
        strategy, params = self._build(training.strategy.mean.size)
        ask, rate, tell = jax.random.split(jax.random.fold_in(fixed.search, generation), 3)

        def evaluate(coordinates: Float[Array, " dimensions"]) -> tuple:
            return fixed.task.fitness(policy(fixed, coordinates, training.seen), rate, horizon)

        candidates, state = strategy.ask(ask, training.strategy, params)
        fitness, steps, *more = shared_out(evaluate, candidates)
        state, _ = strategy.tell(tell, candidates, -fitness, state, params)  # evosax minimises
        drift = training.drift
        if self.shuffled:
            candidates, drift = strategy.ask(ask, drift, params)
            shuffled = jax.random.permutation(jax.random.fold_in(tell, 1), fitness)
            drift, _ = strategy.tell(tell, candidates, -shuffled, drift, params)
        largest_tie = (fitness[:, None] == fitness[None, :]).sum(1).max()
        point = {
            "mean": fitness.mean(),
            "best": fitness.max(),
            "untied": self.population
            - largest_tie,  # candidates outside the largest tie: at 0 there is no search signal
            "steps": steps.sum(),
        }
        curve = {name: training.curve[name].at[generation].set(point[name]) for name in training.curve}
        return Training(state, curve, drift, training.seen and merge(training.seen, *more))

    def finish(self, fixed: Fixed, training: Training, horizon: Integer) -> dict[str, Any]:
        """What a run leaves: `final` numbers of the search's centre on episodes of its own, `curve`, `genome`.

        Where networks see normalised observations, also by which mean and variance: `observation`; episodes differ in
        length then, and the curve tells the steps taken so far.
        """
        strategy, _ = self._build(training.strategy.mean.size)
        centre = strategy.get_mean(training.drift if self.shuffled else training.strategy)
        final = fixed.task.evaluate(policy(fixed, centre, training.seen), fixed.evaluation, horizon)
        final["flat_share"] = (training.curve["untied"] == 0).mean()
        final["total_steps"] = training.curve["steps"].sum()
        stride = -(-self.length // CURVE_POINTS)
        curve = {name: values[::stride] for name, values in training.curve.items() if name != "steps"}
        left = {"final": final, "curve": curve, "genome": centre}
        if training.seen:
            curve["steps"] = jnp.cumsum(training.curve["steps"])[::stride]
            left["observation"] = {"mean": training.seen.mean, "variance": training.seen.variance}
        return left

    def _build(self, dimensions: int) -> tuple[Any, Any]:
        """Evosax's strategy and its parameters, for numbers that may be traced."""
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


def shared_out(evaluate: Callable, candidates: Float[Array, "population dimensions"]) -> Any:
    """What `evaluate` gives for each candidate; each device of a mesh's axis "population" takes its share of them."""
    try:
        size = candidates.shape[0] // jax.lax.axis_size("population")
    except NameError:  # there is no such axis here
        size = candidates.shape[0]
    if size == candidates.shape[0]:
        return jax.vmap(evaluate)(candidates)
    first = jax.lax.axis_index("population") * size
    ours = jax.vmap(evaluate)(jax.lax.dynamic_slice_in_dim(candidates, first, size))
    return jax.lax.all_gather(ours, "population", tiled=True)


def network(run: Run) -> SpikingNetwork:
    """The network that a run trains."""
    return SpikingNetwork(run.architecture, run.task.inputs, run.task.outputs)


def policy(fixed: Fixed, coordinates: Float[Array, " dimensions"], seen: Statistics | None = None) -> Policy:
    """The network that coordinates stand for, as the task sees it; by `seen` its observations are normalised."""
    bare = bind(network(fixed.run), express(fixed.run.genome, coordinates, fixed.drawn))
    if seen is None:
        return bare

    def normalised(step: Callable) -> Callable:
        return lambda state, observation: step(state, seen.normalise(observation))

    return bare._replace(step=normalised(bare.step), deferred=normalised(bare.deferred))


def learned(run: Run, coordinates: Float[Array, " dimensions"]) -> dict:
    """The variables of the network that a run has trained, from what it left."""
    fixed, _ = run.method.begin(run)
    return express(run.genome, coordinates, fixed.drawn)
