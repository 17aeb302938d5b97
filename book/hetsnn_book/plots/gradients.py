"""Quality of backpropagated gradients: size, spread over inputs, and direction relative to the smoothed loss."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.networks.spiking import Policy, bind, draw
from hetsnn.sweeps import devices
from hetsnn.sweeps.runs import Run
from hetsnn.training.backprop import through_time
from hetsnn.training.descent import repeated
from hetsnn.training.genomes import Side, decode, start
from hetsnn.training.policies import network
from hetsnn_book.experiments.descent_search import METHODS, descent_run
from hetsnn_book.figures import PALETTE
from hetsnn_book.plots.axes import length_axis
from hetsnn_book.plots.styles import ESTIMATE_COLORS, ESTIMATES, LABELS

SIGMA = 0.3  # width of the smoothing of the loss, in coordinates
NOISE = 0.3  # standard deviation of each input at each step, so that inputs differ
INPUTS = 4  # noisy inputs of each cue
MAX_STEPS = 101  # steps of the longest sequence
CHUNK = 256


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
    """
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

            return moves, slopes, jax.vmap(of_reset)(jnp.array([METHODS[name] for name in ESTIMATES[:2]]))

        for length, seed in product(lengths, range(seeds)):
            moves, slopes, found = map(np.asarray, measure(jax.random.key(seed), length))
            parts = moves * slopes[:, None]
            half = len(parts) // 2
            reference = cosine(parts[:half].mean(0), parts[half:].mean(0))
            backpropagated = [
                (name, *kind, each)
                for name, of_kinds in zip(ESTIMATES[:2], found, strict=True)
                for kind, each in zip(kinds, of_kinds, strict=True)
            ]
            evolved = [(name, None, np.nan, parts[:n]) for name, n in zip(ESTIMATES[2:], (2, 64), strict=True)]
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


def quality(table: pd.DataFrame) -> Figure:
    """Plot norm, relative spread over inputs, and cosine against memory length, a column per side."""
    means = over_seeds(table)
    sides = list(means.groupby("evolved").groups)
    figure, axes = plt.subplots(3, len(sides), sharex=True, sharey="row", squeeze=False, figsize=(6.4, 7.2))
    for column, side in zip(axes.T, sides, strict=True):
        for name, group in means[means["evolved"] == side].groupby("estimate", sort=False):
            style = {"color": ESTIMATE_COLORS[str(name)], "marker": "o", "label": str(name), "lw": 1.5}
            for axis, value in zip(column, ("norm", "relative", "cosine"), strict=True):
                axis.plot(group["length"], group[value], **style)
        column[2].axhline(0, color="black", lw=0.8)
        column[0].set(yscale="log", title=LABELS[side].replace("evolve", "are trained"))
        column[1].set_yscale("log")
        column[2].set_ylim(-0.3, 1.05)
        length_axis(column[2])
    for axis, label in zip(
        axes[:, 0],
        ("norm", "spread over inputs\nor directions / norm", "cosine to the\nsmoothed gradient"),
        strict=True,
    ):
        axis.set_ylabel(label)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def dependence(table: pd.DataFrame) -> Figure:
    """Plot the cosine to the smoothed gradient by width and by surrogate, at the shortest and longest length."""
    sides, table = list(table.groupby("evolved").groups), table[table["surrogate"].notna()]
    names = list(dict.fromkeys(table["surrogate"]))
    figure, axes = plt.subplots(
        len(sides), 2, sharey=True, sharex="col", squeeze=False, figsize=(6.4, 2.2 + 2 * len(sides))
    )
    lengths = (table["length"].min(), table["length"].max())
    for row, side in zip(axes, sides, strict=True):
        for name, (length, mark) in product(ESTIMATES[:2], zip(lengths, "os", strict=True)):
            chosen = (table["evolved"] == side) & (table["estimate"] == name) & (table["length"] == length)
            means = table[chosen].groupby(["surrogate", "width"])["cosine"].mean()
            color = ESTIMATE_COLORS[name]
            style: dict[str, Any] = {"color": color, "marker": mark, "mfc": color if mark == "o" else "white"}
            style["label"] = f"{name[4:]}, length {length}"
            row[0].plot(means["arctan"], ls="-" if mark == "o" else ":", **style)
            row[1].plot(range(len(names)), [means[kind, 1.0] for kind in names], ls="", **style)
        row[0].set(xscale="log", ylabel=f"{LABELS[side].replace('evolve', 'are trained')}\n\ncosine", ylim=(-0.3, 1.05))
        row[0].yaxis.label.set_fontsize(10)
        for axis in row:
            axis.axhline(0, color="black", lw=0.8)
    axes[-1, 0].set_xlabel("width (arctan)")
    axes[-1, 1].set_xlabel("surrogate (width 1)")
    axes[-1, 1].set_xticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=9, rotation=30)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


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


def landscape(table: pd.DataFrame) -> Figure:
    """Plot a slice of the loss: the raw loss jumps where spikes appear or disappear, the smoothed loss has a slope."""
    figure, axis = plt.subplots(figsize=(6.4, 3.8))
    smoothed = table.dropna(subset="smoothed")
    axis.plot(table["step"], table["raw"], color=PALETTE[7], lw=1.2, label="loss")
    axis.plot(
        smoothed["step"],
        smoothed["smoothed"],
        color=ESTIMATE_COLORS["ES"],
        label=rf"smoothed with $\sigma$ = {SIGMA:g}",
    )
    near = table[table["step"].abs() <= 0.3]
    axis.plot(
        near["step"], near["tangent"], color=ESTIMATE_COLORS[ESTIMATES[0]], ls="--", label="slope by backpropagation"
    )
    low, high = table["raw"].min(), table["raw"].max()
    axis.set(
        xlabel="step along the backpropagated gradient",
        ylabel="cross-entropy",
        ylim=(low - 0.1 * (high - low), high + 0.1 * (high - low)),
    )
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure


def bytes_table(lengths: tuple[int, ...], episodes: int = 128) -> pd.DataFrame:
    """Return the peak bytes of compiled programs, for a gradient and for a population with the same episodes."""
    rows = []
    for length in lengths:
        for method, (function, *arguments) in _programs(length, episodes).items():
            sizes = jax.jit(function).lower(*arguments).compile(devices.hurried()).memory_analysis()
            rows.append((method, length, sizes.temp_size_in_bytes if sizes else None))  # some platforms have none
    return pd.DataFrame(rows, columns=["method", "steps", "bytes"])


def _programs(length: int, episodes: int) -> dict[str, tuple]:
    run = descent_run(("chapter", 1), "smoke", "ES", {}, "neuron", length, 0)
    drawn = draw(network(run.training), jax.random.key(0))
    origin, seen = start(run.training.genome, drawn), jnp.zeros((episodes, length, run.training.task.inputs))

    def policy(at: jax.Array, **derivative: Any) -> Policy:
        return bind(network(run.training).clone(derivative=derivative), decode(run.training.genome, at, drawn))

    def begin(at: jax.Array) -> Any:
        return repeated(policy(at).initial, episodes)

    def step(at: jax.Array, state: Any, t: Any) -> Any:
        bound = policy(at, surrogate="arctan")
        after = bound.step(state, seen[:, t])
        return after, bound.readout(after, every_step=True).sum() * (t == length - 1)

    def fitness(at: jax.Array, seen: jax.Array) -> jax.Array:
        last = jax.lax.fori_loop(0, length, lambda t, state: policy(at).step(state, seen[t]), policy(at).initial)
        return policy(at).readout(last, every_step=True)[0]

    return {
        "BP": (lambda at: through_time(begin, step, at, length, length)[1], origin),
        "ES": (jax.vmap(fitness), jnp.zeros((episodes, origin.size)), seen),
    }


def peak_bytes(table: pd.DataFrame) -> Figure:
    """Plot peak memory against the length of a sequence."""
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    for method, name, marker in (("BP", "BP, a gradient", "s"), ("ES", "ES, a population", "o")):
        rows = table[table["method"] == method]
        axis.plot(
            rows["steps"],
            rows["bytes"] / 2**20,
            marker=marker,
            color=ESTIMATE_COLORS["ES" if method == "ES" else ESTIMATES[0]],
            label=name,
        )
    axis.set(xscale="log", yscale="log", xlabel="steps of the sequence", ylabel="peak memory [MiB]")
    axis.legend()
    return figure
