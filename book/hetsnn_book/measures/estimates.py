"""Estimates of a search by evolution beside closed forms: smoothing, pairs, ranks, population and drift."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from evosax.core.fitness_shaping import identity_fitness_shaping_fn
from jaxtyping import Array, Float
from scipy.stats import norm

from hetsnn.numbers import Real
from hetsnn.sweeps import devices
from hetsnn.training.evolution import STRATEGIES, Evolution

Landscape = Callable[[Array], Array]  # coordinates (candidates, dimensions) -> fitness (candidates,)
OFFSET = 1.0  # fitness at the centre, which an estimate without pairs has to average out
COORDINATES = 256  # of a search that drifts, as many as the networks of the memory task have
SAMPLING = {"pairs": True, "single candidates": False}  # antithetic or not
LANDSCAPES: dict[str, Landscape] = {
    "a step": lambda at: (at[:, 0] >= 0).astype(jnp.float32),
    "a parabola": lambda at: -(at**2).sum(-1),
}
SMOOTHED = {  # closed forms of `LANDSCAPES` under normal noise of width sigma
    "a step": lambda x, sigma: norm.cdf(x / sigma),
    "a parabola": lambda x, sigma: -(x**2) - sigma**2,
}


def smoothed_table(sigmas: Sequence[float], population: int = 128) -> pd.DataFrame:
    """Return the fitness of two landscapes, smoothed with several widths: closed form, and a population's mean.

    The rows of width 0 are the landscape itself, and have no population.
    """
    grid, rows = np.linspace(-2, 2, 161), []
    dots = np.arange(0, len(grid), 20)
    for name, landscape in LANDSCAPES.items():
        sharp = np.asarray(landscape(jnp.asarray(grid)[:, None]))
        rows.append(pd.DataFrame({"landscape": name, "sigma": 0.0, "x": grid, "closed": sharp, "measured": np.nan}))
        for sigma in sigmas:
            closed, measured = SMOOTHED[name](grid, sigma), np.full(grid.shape, np.nan)
            measured[dots] = jax.vmap(landscape)(asked(sigma, grid[dots, None], population)).mean(-1)
            rows.append(
                pd.DataFrame({"landscape": name, "sigma": sigma, "x": grid, "closed": closed, "measured": measured})
            )
    return pd.concat(rows, ignore_index=True)


@partial(jax.jit, static_argnames="population", compiler_options=devices.hurried())
def asked(sigma: Real, centres: Any, population: int) -> Float[Array, "centres population dimensions"]:
    """Return the candidates of one generation around each centre (centres, dimensions)."""
    strategy, params = Evolution(population=population, sigma=sigma).build(centres.shape[1])

    def around(centre: Array, key: Array) -> Array:
        return strategy.ask(key, strategy.init(key, centre, params), params)[0]

    return jax.vmap(around)(jnp.asarray(centres, jnp.float32), jax.random.split(jax.random.key(0), len(centres)))


@partial(jax.jit, static_argnames=("population", "antithetic", "repeats"), compiler_options=devices.hurried())
def estimates(
    slope: Float[Array, " dimensions"], sigma: Real, *, population: int, antithetic: bool, repeats: int
) -> tuple[Float[Array, "repeats dimensions"], Float[Array, "repeats dimensions"]]:
    """Return estimates of a linear landscape's slope (Eq. 7), each of one generation, by fitness and by ranks.

    An estimate is a step of `Open_ES` with a rate of 1.

    Args:
        slope: gradient of the landscape, whose fitness at the centre is `OFFSET`.
        sigma: width of the perturbations.
        population: number of candidates.
        antithetic: whether candidates come in pairs.
        repeats: number of independent estimates.
    """

    def by(**shaping: Any) -> Array:
        strategy = STRATEGIES["Open_ES"](
            population,
            jnp.zeros(slope.size),
            use_antithetic_sampling=antithetic,
            optimizer=optax.sgd(1.0),
            std_schedule=optax.constant_schedule(sigma),
            metrics_fn=lambda *_: {},
            **shaping,
        )
        state = strategy.init(jax.random.key(0), jnp.zeros(slope.size), strategy.default_params)

        def step(key: Array) -> Array:
            candidates, now = strategy.ask(key, state, strategy.default_params)
            fitness = OFFSET + candidates @ slope
            return strategy.tell(key, candidates, -fitness, now, strategy.default_params)[0].mean

        return jax.vmap(step)(jax.random.split(jax.random.key(1), repeats))

    return by(fitness_shaping_fn=identity_fitness_shaping_fn), by()


def error_table(dimensions: int, populations: Sequence[int], sigma: float = 0.3, repeats: int = 100) -> pd.DataFrame:
    """Return the squared error and the cosine of estimates on a linear landscape of slope 1.

    Columns: sampling, population, error and its closed form, cosine, its closed form (of pairs), and the cosine with
    ranks.
    """
    slope, rows = jnp.full(dimensions, dimensions**-0.5), []
    for (sampling, antithetic), population in product(SAMPLING.items(), populations):
        raw, ranked = estimates(slope, sigma, population=population, antithetic=antithetic, repeats=repeats)
        rows.append(
            {
                "sampling": sampling,
                "population": population,
                "error": float(((raw - slope) ** 2).sum(-1).mean()),
                "error_closed": error(dimensions, population, sigma, antithetic=antithetic),
                "cosine": float(cosines(raw, slope).mean()),
                "cosine_closed": cosine(dimensions, population) if antithetic else np.nan,
                "cosine_ranks": float(cosines(ranked, slope).mean()),
            }
        )
    return pd.DataFrame(rows)


def error(dimensions: int, population: int, sigma: float, *, antithetic: bool) -> float:
    """Return the expected squared error of an estimate on the linear landscape of slope 1."""
    if antithetic:
        return (dimensions + 1) / (population / 2)
    return (dimensions * (OFFSET / sigma) ** 2 + dimensions + 1) / population


def cosine(dimensions: int, population: int) -> float:
    """Return the cosine that a squared error of `error`, at right angles to the slope, leaves to pairs."""
    return float((1 + (dimensions + 1) / (population / 2)) ** -0.5)


def cosines(
    estimated: Float[Array, "repeats dimensions"], slope: Float[Array, " dimensions"]
) -> Float[Array, " repeats"]:
    """Return the cosine of each estimate to the slope."""
    return estimated @ slope / jnp.linalg.norm(estimated, axis=-1) / jnp.linalg.norm(slope)


def share_table(population: int, skews: Sequence[float]) -> pd.DataFrame:
    """Return the share of the best candidate in the sum of all weights' sizes, by fitness and by ranks.

    The fitness is exp(skew x) of normal x: the larger the skew, the farther the best is ahead.
    """
    shaped = STRATEGIES["Open_ES"](population, jnp.zeros(1)).fitness_shaping_fn
    x, rows = jax.random.normal(jax.random.key(0), (400, population)), []
    for skew in skews:
        fitness = jnp.exp(skew * x)
        by_fitness = fitness - fitness.mean(-1, keepdims=True)
        by_rank = jax.vmap(lambda row: shaped(None, row, None, None))(fitness)
        for weights, values in (("fitness", by_fitness), ("ranks", by_rank)):
            share = (values.max(-1) / jnp.abs(values).sum(-1)).mean()
            rows.append({"skew": skew, "weights": weights, "share": float(share)})
    return pd.DataFrame(rows)


def drift_table(rates: Sequence[float], sigmas: Sequence[float], population: int, generations: int) -> pd.DataFrame:
    """Return the spread of coordinates that drift, after each generation: a search whose fitness is random.

    Args:
        rates: learning rate of Adam, of each search.
        sigmas: width of the perturbations, of each search.
        population: number of candidates.
        generations: number of generations.
    """
    spreads = drifted(jnp.asarray(rates), jnp.asarray(sigmas), population=population, generations=generations)
    count = np.arange(1, generations + 1)
    return pd.concat(
        [
            pd.DataFrame({"generation": count, "spread": np.asarray(spread), "closed": rate * np.sqrt(count)}).assign(
                rate=rate, sigma=sigma, population=population
            )
            for rate, sigma, spread in zip(rates, sigmas, spreads, strict=True)
        ],
        ignore_index=True,
    )


@partial(jax.jit, static_argnames=("population", "generations"), compiler_options=devices.hurried())
def drifted(
    rates: Float[Array, " searches"], sigmas: Float[Array, " searches"], *, population: int, generations: int
) -> Float[Array, "searches generations"]:
    """Return the standard deviation of a search's coordinates after each generation of random fitness."""

    def search(rate: Array, sigma: Array) -> Array:
        method = Evolution(population=population, generations=generations, sigma=sigma, learning_rate=rate)
        strategy, params = method.build(COORDINATES)

        def generation(state: Any, key: Array) -> tuple[Any, Array]:
            ask, luck = jax.random.split(key)
            candidates, state = strategy.ask(ask, state, params)
            state, _ = strategy.tell(key, candidates, jax.random.normal(luck, (population,)), state, params)
            return state, state.mean.std()

        state = strategy.init(jax.random.key(0), jnp.zeros(COORDINATES), params)
        return jax.lax.scan(generation, state, jax.random.split(jax.random.key(1), generations))[1]

    return jax.vmap(search)(rates, sigmas)


def hill(at: Float[Array, "candidates 2"]) -> Float[Array, " candidates"]:
    """Return a fitness with jumps, as spikes make them: a ridge towards (1.5, 1), in terraces."""
    x, y = at[:, 0] - 1.5, at[:, 1] - 1.0
    return jnp.floor(-4 * jnp.sqrt(0.4 * (x + y) ** 2 + 2 * (x - y) ** 2)) / 4


def walk(method: Evolution, start: tuple[float, float], seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the candidates of every generation on `hill` with their fitness, and the centre before it.

    Columns: generation, x, y; fitness.
    """
    strategy, params = method.build(2)

    def generation(state: Any, key: Array) -> tuple[Any, tuple[Array, ...]]:
        candidates, asked = strategy.ask(key, state, params)
        fitness = hill(candidates)
        return strategy.tell(key, candidates, -fitness, asked, params)[0], (state.mean, candidates, fitness)

    @partial(jax.jit, compiler_options=devices.hurried())
    def walked(key: Array) -> tuple[Array, ...]:
        state = strategy.init(key, jnp.asarray(start), params)
        return jax.lax.scan(generation, state, jax.random.split(key, method.generations))[1]

    centres, candidates, fitness = map(np.asarray, walked(jax.random.key(seed)))
    count = np.arange(method.generations)
    path = pd.DataFrame(centres, columns=["x", "y"]).assign(generation=count)
    seen = pd.DataFrame(candidates.reshape(-1, 2), columns=["x", "y"])
    return seen.assign(generation=count.repeat(method.population), fitness=fitness.ravel()), path


def best_share(population: int) -> float:
    """Return the best candidate's share of the centred ranks' sizes, for an even population without ties."""
    return 2 * (population - 1) / population**2
