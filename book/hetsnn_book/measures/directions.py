"""Quality of backpropagated gradients: size, spread over inputs, and direction relative to the smoothed loss.

`python -m hetsnn_book.measures.directions` writes them to `data/references/directions.csv`; a claim is judged by them.
"""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from hetsnn import numerics
from hetsnn.networks.spiking import Policy, bind, draw
from hetsnn.networks.surrogates import SURROGATES
from hetsnn.sweeps import devices
from hetsnn.sweeps.runs import Run
from hetsnn.training.backprop import through_time
from hetsnn.training.descent import repeated
from hetsnn.training.genomes import Side, decode, start
from hetsnn.training.policies import network
from hetsnn_book.experiments.descent import WIDTHS
from hetsnn_book.experiments.descent_search import METHODS, SIDES, descent_run
from hetsnn_book.project import PROJECT

FILE = PROJECT / "data" / "references" / "directions.csv"
SIGMA = 0.3  # width of the smoothing of the loss, in coordinates
NOISE = 0.3  # standard deviation of each input at each step, so that inputs differ
INPUTS = 4  # noisy inputs of each cue
MAX_STEPS = 101  # steps of the longest sequence
CHUNK = 256
OTHERS = tuple(name for name in SURROGATES if name != "arctan")
PAIRS = {"ES, 2 pairs": 2, "ES, 64 pairs": 64}  # of perturbations; 2 cost about as much as a backpropagated gradient
POPULATION = "ES, 64 pairs"  # of 128, as in the trainings
GRADIENTS = tuple(METHODS)[1:]
ESTIMATES = (*GRADIENTS, *PAIRS)
SIZES: dict[str, dict[str, Any]] = {
    "smoke": {"lengths": (5, 20), "pairs": 512, "seeds": 1, "widths": (0.3, 1.0)},
    "quick": {"lengths": (2, 5, 10, 25, 50), "pairs": 2048, "seeds": 1, "widths": WIDTHS},
    "paper": {"lengths": (2, 5, 10, 25, 50, 100), "pairs": 4096, "seeds": 5, "widths": WIDTHS, "surrogates": OTHERS},
}


def losses_of(run: Run, key: jax.Array) -> tuple[Callable[[jax.Array], jax.Array], Callable[..., jax.Array], jax.Array]:
    """Return the mean loss of noisy inputs, their gradients by backpropagation (inputs, dimensions), and a point."""
    draws, noise, where = jax.random.split(key, 3)
    drawn = draw(network(run.training), draws)
    steps = run.training.task.steps
    seen, right = (jnp.repeat(each, INPUTS, axis=0) for each in run.training.task.examples(MAX_STEPS))
    seen = seen + NOISE * jax.random.normal(noise, seen.shape)
    origin = start(run.training.genome, drawn)
    here = origin + SIGMA * jax.random.normal(where, origin.shape)  # neurons are heterogeneous there

    def policy(at: jax.Array, derivative: dict) -> Policy:
        return bind(network(run.training).clone(derivative=derivative), decode(run.training.genome, at, drawn))

    def loss(at: jax.Array) -> jax.Array:
        bound = policy(at, {})
        first = repeated(bound.initial, len(right))
        last = jax.lax.fori_loop(0, steps, lambda t, state: bound.step(state, seen[:, t]), first)
        return optax.softmax_cross_entropy_with_integer_labels(bound.readout(last, every_step=True), right).mean()

    def gradients(at: jax.Array, **derivative: Any) -> jax.Array:
        def of_input(seen: jax.Array, right: jax.Array) -> jax.Array:
            def step(at: jax.Array, state: Any, t: Any) -> Any:
                after = policy(at, derivative).step(state, seen[t])
                outputs = policy(at, derivative).readout(after, every_step=True)
                return after, jnp.where(
                    t == steps - 1, optax.softmax_cross_entropy_with_integer_labels(outputs, right), 0.0
                )

            return through_time(lambda at: policy(at, derivative).initial, step, at, MAX_STEPS, steps)[1]

        return jax.vmap(of_input)(seen, right)

    return loss, gradients, here


def central_differences(loss: Callable[[jax.Array], jax.Array], here: jax.Array, key: jax.Array, pairs: int) -> tuple:
    """Return random directions (pairs, dimensions) and the central difference of the loss along each, over SIGMA."""

    def some(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        moves = jax.random.normal(key, (CHUNK, here.size))
        both = jax.vmap(loss)(jnp.concatenate([here + SIGMA * moves, here - SIGMA * moves]))
        return moves, (both[:CHUNK] - both[CHUNK:]) / (2 * SIGMA)

    moves, slopes = jax.lax.map(some, jax.random.split(key, pairs // CHUNK))
    return moves.reshape(-1, here.size), slopes.ravel()


def quality_table(
    sides: tuple[Side, ...],
    lengths: tuple[int, ...],
    pairs: int,
    seeds: int,
    widths: tuple[float, ...] = (1.0,),
    surrogates: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return a row per side, length, seed and estimate: norm, variance over inputs, cosine to the reference gradient.

    The reference is the gradient of the smoothed loss (Eq. 7), the mean of `pairs` central differences; `reference` is
    the cosine between its halves. Backpropagating all inputs costs about as much as two pairs of evolution; a
    population of 128 has 64 pairs. Backpropagation uses the arctan of each width, and other surrogates of width 1.

    Raises:
        InputError: a setting of JAX or XLA would change numbers.
    """
    numerics.check()
    kinds = [*product(("arctan",), widths), *product(surrogates, (1.0,))]
    rows = []
    for side in sides:

        @jax.jit
        def measure(key: jax.Array, length: jax.Array, side: Side = side) -> tuple:
            run = descent_run(("chapter", 1), "smoke", "ES", {}, side, length, 0)
            of_network, of_differences = jax.random.split(key)
            loss, gradients, here = losses_of(run, of_network)
            moves, slopes = central_differences(loss, here, of_differences, pairs)

            def of_reset(detached: jax.Array) -> jax.Array:
                return _of_kinds(partial(gradients, here, detach_reset=detached), widths, surrogates)

            return moves, slopes, jax.vmap(of_reset)(jnp.array([METHODS[name] for name in GRADIENTS]))

        for length, seed in product(lengths, range(seeds)):
            moves, slopes, found = map(np.asarray, measure(jax.random.key(seed), length))
            parts = moves * slopes[:, None]
            half = len(parts) // 2
            reference = cosine(parts[:half].mean(0), parts[half:].mean(0))
            backpropagated = [
                (name, *kind, each)
                for name, of_kinds in zip(GRADIENTS, found, strict=True)
                for kind, each in zip(kinds, of_kinds, strict=True)
            ]
            evolved = [(name, None, np.nan, parts[:n]) for name, n in PAIRS.items()]
            for name, surrogate, width, each in (*backpropagated, *evolved):
                others = parts[len(each) :] if name.startswith("ES") else parts
                spread = each.var(0, ddof=1).sum()
                cosine_to = cosine(each.mean(0), others.mean(0))
                row = np.linalg.norm(each.mean(0)), spread, (each == 0).all(1).mean(), cosine_to, reference
                rows.append((side, length, seed, name, surrogate, width, *row))
    names = ["evolved", "length", "seed", "estimate", "surrogate", "width"]
    return pd.DataFrame(rows, columns=[*names, "norm", "variance", "zero", "cosine", "reference"])


def _of_kinds(gradients: Callable[..., jax.Array], widths: tuple[float, ...], surrogates: tuple[str, ...]) -> jax.Array:
    """Return gradients (kinds, inputs, dimensions) by the arctan of each width and other surrogates of width 1."""
    by_width = jax.vmap(lambda width: gradients(surrogate="arctan", width=width))(jnp.asarray(widths))
    others = [gradients(surrogate=name, width=1.0)[None] for name in surrogates]
    return jnp.concatenate([by_width, *others])


def usual(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of evolution and of the arctan of width 1."""
    return table[table["surrogate"].isna() | ((table["surrogate"] == "arctan") & (table["width"] == 1.0))]


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds, a row per side, estimate and length; `relative` is the spread in units of the norm."""
    relative = np.sqrt(table["variance"]) / table["norm"].where(table["norm"] > 0)
    groups = table.assign(relative=relative).groupby(["evolved", "estimate", "length"], sort=False)
    return groups[["norm", "relative", "cosine"]].mean().reset_index()


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Return the cosine of the angle between two vectors; 0 if one of them is 0."""
    return float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-30))


def slice_table(side: Side, length: int, points: int = 241, draws: int = 256) -> pd.DataFrame:
    """Return the loss along the attached gradient, raw and smoothed, and the tangent with backpropagation's slope."""
    run = descent_run(("chapter", 1), "smoke", "ES", {}, side, length, 0)

    @partial(jax.jit, compiler_options=devices.hurried())
    def along(key: jax.Array) -> tuple:
        loss, gradients, here = losses_of(run, key)
        gradient = gradients(here, surrogate="arctan", width=1.0).mean(0)
        direction = gradient / jnp.maximum(jnp.linalg.norm(gradient), 1e-30)
        places = jnp.linspace(-1.0, 1.0, points)
        noise = SIGMA * jax.random.normal(jax.random.key(1), (draws, here.size))
        raw = jax.vmap(lambda a: loss(here + a * direction))(places)
        smooth = jax.lax.map(lambda a: jax.vmap(loss)(here + a * direction + noise).mean(), places[:: points // 60])
        return places, raw, smooth, jnp.linalg.norm(gradient)

    places, raw, smooth, slope = map(np.asarray, along(jax.random.key(0)))
    table = pd.DataFrame({"step": places, "raw": raw}).assign(
        smoothed=np.nan, tangent=raw[len(raw) // 2] + slope * places
    )
    table.loc[:: points // 60, "smoothed"] = smooth
    return table


def collect(profile: str) -> pd.DataFrame:
    """Return `quality_table` for a chapter: published at `paper`, measured at the smaller profiles."""
    if profile == "paper":
        return published()
    return quality_table(SIDES[1:] if profile == "smoke" else SIDES, **SIZES[profile])


def published() -> pd.DataFrame:
    """Return the published table."""
    return pd.read_csv(FILE)


if __name__ == "__main__":
    measured = quality_table(SIDES, **SIZES["paper"])
    measured.to_csv(FILE, index=False, float_format="%.5g", lineterminator="\n")
    print(f"{len(measured)} estimates in {FILE}")
