"""Figures and tables of Eq. 6 and its products: growth of small differences over one step and over many."""

from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from hetsnn.networks.neurons import Properties, lif_step, simulate
from hetsnn.networks.spiking import bind, dense
from hetsnn.networks.surrogates import SURROGATES
from hetsnn.sweeps import devices
from hetsnn.sweeps.runs import Run
from hetsnn.training.backprop import before_spike, jacobian, products
from hetsnn.training.policies import network
from hetsnn.training.reinforce import Reinforce
from hetsnn_book.experiments.descent import WIDTHS
from hetsnn_book.figures import PALETTE
from hetsnn_book.plots.axes import TINTS, numbers
from hetsnn_book.words import title

GROWTH = TINTS.reversed()  # of gradients: blue where they vanish, orange where they grow

RESETS = {False: "attached", True: "detached"}
HOMOGENEOUS = Properties(*(jnp.full(64, value) for value in (2.0, 1.0, 0.0, 1.0)))


def agreement(seed: int = 0, neurons: int = 200) -> pd.DataFrame:
    """Return the largest difference between Eq. 6 and automatic differentiation of a step, by surrogate and reset."""
    rng = np.random.default_rng(seed)
    draws = (
        rng.uniform(1, 20, neurons),
        rng.normal(1, 0.3, neurons),
        rng.normal(0, 0.3, neurons),
        rng.uniform(0.5, 2, neurons),
    )
    p = Properties(*(jnp.asarray(x, jnp.float32) for x in draws))
    voltage, current = (jnp.asarray(rng.normal(0.3, 1.5, (100, neurons)), jnp.float32) for _ in range(2))
    u = voltage + (p.r_m * current - voltage + p.v_rest) / p.tau_m
    away = np.abs(np.abs(u - p.v_th) - 0.5) > 1e-5  # the rectangle's own edges are where rounding decides
    kinds = list(product(SURROGATES, RESETS))

    def step(v: jax.Array, i: jax.Array, one: tuple, name: str, detach: bool) -> jax.Array:
        return lif_step(v, i, Properties(*one), surrogate=name, detach_reset=detach)[0]

    @jax.jit
    def both() -> list:
        def differences(name: str, detach: bool) -> jax.Array:
            slope = jax.vmap(jax.vmap(partial(jax.grad(step), name=name, detach=detach)), in_axes=(0, 0, None))
            return jnp.abs(jacobian(u, p, surrogate=name, detach_reset=detach) - slope(voltage, current, tuple(p)))

        return [differences(*kind) for kind in kinds]

    found = [np.asarray(each)[away] for each in both()]
    rows = [
        (title(name), RESETS[detach], each.size, each.max()) for (name, detach), each in zip(kinds, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=["surrogate", "reset", "steps", "largest difference"])


def map_table(taus: tuple[float, ...] = (1.25, 2.0, 5.0, 20.0), surrogate: str = "arctan") -> pd.DataFrame:
    """Return the size of the one-step Jacobian over the potential u, the surrogate's width and tau_m."""
    potentials, widths = np.linspace(-4, 5, 181), np.geomspace(0.05, 20, 61)
    rows = []
    for tau in taus:
        p = Properties(*(jnp.float32(value) for value in (tau, 1.0, 0.0, 1.0)))
        size = np.abs(
            jacobian(jnp.asarray(potentials, jnp.float32), p, surrogate=surrogate, width=jnp.asarray(widths)[:, None])
        )
        u, w = np.meshgrid(potentials, widths)
        rows.append(pd.DataFrame({"tau_m": tau, "u": u.ravel(), "width": w.ravel(), "size": np.asarray(size).ravel()}))
    return pd.concat(rows, ignore_index=True)


def jacobian_map(table: pd.DataFrame) -> Figure:
    """Plot the size of Eq. 6, a panel per tau_m, with a black contour at 1."""
    taus = sorted(table["tau_m"].unique())
    figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(6.4, 5.6))
    for axis, tau in zip(axes.flat, taus, strict=True):
        grid = table[table["tau_m"] == tau].pivot_table(index="width", columns="u", values="size")
        logs = np.clip(np.log10(np.maximum(grid, 1e-9)), -1.5, 1.5)
        mesh = axis.pcolormesh(
            grid.columns, grid.index, logs, cmap=GROWTH, norm=TwoSlopeNorm(0, -1.5, 1.5), rasterized=True
        )
        axis.contour(grid.columns, grid.index, logs, levels=[0.0], colors="black", linewidths=1.2)
        axis.axvline(1.0, color="black", lw=0.8, ls=":")
        axis.set(yscale="log", title=rf"$\tau_m$ = {tau:g}")
        axis.grid(visible=False)
    for axis in axes[-1]:
        axis.set_xlabel("potential $u$ before the spike")
    for axis in axes[:, 0]:
        axis.set_ylabel("surrogate's width")
    figure.colorbar(
        mesh, ax=axes, location="bottom", aspect=40, label=r"$\log_{10} |\partial v(t) / \partial v(t - \Delta t)|$"
    )
    return figure


def trajectory(properties: Properties, steps: int, noisy: bool, seed: int = 0) -> tuple[jax.Array, jax.Array]:
    """Simulate neurons under constant or noisy currents; return currents and potentials, both (time, neurons)."""
    shape = (steps, *properties.tau_m.shape)
    current = jnp.full(shape, 1.2)
    if noisy:
        current = 0.6 + 1.2 * jax.random.normal(jax.random.key(seed), shape)
    return current, simulate(current, properties)[0]


def in_memory(run: Run, variables: dict) -> jax.Array:
    """Return the potentials u of a network in the memory task, (time, cues, neurons)."""
    steps = run.training.task.steps

    @partial(jax.jit, compiler_options=devices.hurried())
    def potentials(variables: dict) -> jax.Array:
        seen = run.training.task.examples(steps)[0]
        if run.training.architecture.bias:
            seen = jnp.concatenate([seen, jnp.ones_like(seen[..., :1])], axis=-1)
        current = run.training.architecture.gain * dense(seen, variables["synapse"]["input"])
        voltage = run.training.task.record(bind(network(run.training), variables), steps).voltage
        return before_spike(current.swapaxes(0, 1), voltage.swapaxes(0, 1), Properties(**variables["neuron"]))

    return potentials(variables)


def in_cartpole(run: Run, variables: dict, limit: int = 200, episodes: int = 8) -> tuple[jax.Array, jax.Array]:
    """Return the potentials u of a network on CartPole, (time, episodes, neurons), and a mask of active steps."""
    player = Reinforce(max_steps=limit, episodes=episodes, batch=episodes, temperature=1e-3)
    task = run.training.task.replace(limit=limit)

    @partial(jax.jit, compiler_options=devices.hurried())
    def potentials(variables: dict) -> tuple[jax.Array, jax.Array]:
        played, _ = player.play(bind(network(run.training), variables), task, jax.random.key(1))
        p, before = Properties(**variables["neuron"]), played.network.voltage
        current = run.training.architecture.gain * dense(played.observation, variables["synapse"]["input"])
        return before + (p.r_m * current - before + p.v_rest) / p.tau_m, played.active

    return potentials(variables)


def visits(source: str, u: jax.Array, properties: Properties, active: jax.Array | None = None) -> list[dict]:
    """Return the share of steps at which Eq. 6 exceeds 1 along trajectories, a row per width of the surrogate."""
    mask = np.ones(u.shape, bool) if active is None else np.broadcast_to(np.asarray(active)[..., None], u.shape)
    spikes = float(np.asarray(u >= properties.v_th)[mask].mean())
    low, high = np.percentile(np.asarray(u)[mask], [1, 99])
    base = {"trajectories": source, "spikes per step": spikes, "u, 1 %": low, "u, 99 %": high}
    return [
        base | {"width": w, "share": float(above[mask].mean())}
        for w, above in zip(WIDTHS, np.asarray(_above(u, properties)), strict=True)
    ]


@jax.jit
def _above(u: jax.Array, properties: Properties) -> jax.Array:
    """Return True where Eq. 6 exceeds 1, for each width of the surrogate."""
    return jax.vmap(lambda width: jnp.abs(jacobian(u, properties, width=width)) > 1)(jnp.asarray(WIDTHS))


def visit_figure(table: pd.DataFrame) -> Figure:
    """Plot the share of steps at which the Jacobian exceeds 1, by width, a line per kind of trajectory."""
    figure, axis = plt.subplots(figsize=(6.4, 4.4))
    for number, (source, group) in enumerate(table.groupby("trajectories", sort=False)):
        axis.plot(
            group["width"], group["share"], marker="osD^vPX*"[number % 8], color=PALETTE[number], label=source, lw=1.5
        )
    axis.set(
        xscale="log", xlabel="surrogate's width", ylabel="share of steps with a Jacobian above 1", ylim=(-0.02, None)
    )
    figure.legend(loc="outside upper center", ncols=2, fontsize=10)
    return figure


@partial(jax.jit, static_argnames=("surrogate", "detach_reset"))
def _products(
    current: jax.Array, voltage: jax.Array, properties: Properties, widths: jax.Array, **options: Any
) -> jax.Array:
    """Return `products` for several widths, (widths, time, neurons)."""
    return jax.vmap(lambda width: products(current, voltage, properties, width=width, **options))(widths)


def growth_table(
    neurons: dict[str, Properties], steps: int, surrogates: tuple[str, ...], widths: tuple[float, ...]
) -> pd.DataFrame:
    """Return quantiles of log10 |product| over neurons under a noisy current, share of zeros, and Lyapunov exponent.

    Quantiles and exponent leave out products of 0. The exponent is the mean log10 |product| at the last step, divided
    by the number of steps.
    """
    rows = []
    times = np.unique(np.geomspace(10, steps, 25).astype(int))
    for kind, properties in neurons.items():
        current, voltage = trajectory(properties, steps, noisy=True)
        for (detach, reset), name in product(RESETS.items(), surrogates):
            by_width = _products(current, voltage, properties, jnp.asarray(widths), surrogate=name, detach_reset=detach)
            for (width, logs), t in product(zip(widths, np.asarray(by_width), strict=True), times):
                finite = logs[t - 1][np.isfinite(logs[t - 1])]
                quantiles = np.quantile(finite, (0.05, 0.5, 0.95)) if len(finite) else (np.nan,) * 3
                exponent = finite.mean() / t if len(finite) else np.nan
                rows.append((kind, reset, name, width, t, *quantiles, exponent, 1 - len(finite) / logs.shape[1]))
    names = ["neurons", "reset", "surrogate", "width", "step", "q05", "q50", "q95", "exponent", "zero"]
    return pd.DataFrame(rows, columns=names)


def growth(table: pd.DataFrame) -> Figure:
    """Plot growth or decay of the product, a panel per kind of neurons and reset, a colour per width."""
    kinds = list(table.groupby(["reset", "neurons"]).groups)
    figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(6.4, 6.0))
    for axis, (reset, kind) in zip(axes.flat, kinds, strict=True):
        chosen = table[(table["reset"] == reset) & (table["neurons"] == kind)]
        for number, (width, group) in enumerate(chosen.groupby("width")):
            axis.plot(group["step"], group["q50"], color=PALETTE[number], label=f"width {width:g}")
            axis.fill_between(group["step"], group["q05"], group["q95"], color=PALETTE[number], alpha=0.15, lw=0)
            if reset == "detached":
                break  # the detached Jacobian does not depend on the surrogate
        axis.axhline(0, color="black", lw=0.8)
        axis.set(title=f"{kind}, {reset}", xlim=(0, None))
        axis.title.set_fontsize(11)
    for axis in axes[-1]:
        axis.set_xlabel("steps")
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\log_{10} |$product$|$")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def spindle(table: pd.DataFrame, tau_m: float) -> float:
    """Return the largest width at which the Jacobian of `map_table` exceeds 1 for u between 0.5 and 1.5 thresholds."""
    near = table[(table["tau_m"] == tau_m) & (table["size"] > 1) & ((table["u"] - 1).abs() < 0.5)]
    return float(near["width"].max())


def exponent_table(steps: int = 1000, neurons: int = 16) -> pd.DataFrame:
    """Return Lyapunov exponents of homogeneous neurons by time constant, width, surrogate and current, reset attached.

    Constant currents differ between neurons, from just above the least current that makes a neuron fire.
    """
    taus = (1.25, 2.0, 5.0, 20.0)
    p = Properties(
        *(jnp.repeat(jnp.asarray(v, jnp.float32), neurons) for v in (taus, *[[1.0] * 4, [0.0] * 4, [1.0] * 4]))
    )
    noise = jax.random.normal(jax.random.key(0), (steps, len(p.tau_m)))
    spread = jnp.tile(jnp.linspace(1.05, 2.0, neurons), len(taus))

    rows = []
    for kind, current in (("constant", jnp.broadcast_to(spread, noise.shape)), ("noisy", 0.6 + 1.2 * noise)):
        voltage, _ = simulate(current, p)
        for name in SURROGATES:
            last = np.asarray(_products(current, voltage, p, jnp.asarray(WIDTHS), surrogate=name))[:, -1]
            exponents = last.reshape(len(WIDTHS), len(taus), -1).mean(-1) / steps
            for (at, width), (row, tau) in product(enumerate(WIDTHS), enumerate(taus)):
                rows.append((kind, name, tau, width, exponents[at, row]))
    table = pd.DataFrame(rows, columns=["current", "surrogate", "tau_m", "width", "exponent"])
    return table.replace(-np.inf, np.nan)


def exponents(table: pd.DataFrame) -> Figure:
    """Plot the exponents as maps, a row per surrogate, a column per current."""
    names, kinds = list(table["surrogate"].unique()), list(table["current"].unique())
    size = (6.4, 1.3 + 1.7 * len(names))
    figure, axes = plt.subplots(len(names), len(kinds), sharex=True, sharey=True, squeeze=False, figsize=size)
    for row, name in zip(axes, names, strict=True):
        for axis, kind in zip(row, kinds, strict=True):
            chosen = table[(table["surrogate"] == name) & (table["current"] == kind)]
            grid = chosen.pivot_table(index="width", columns="tau_m", values="exponent", dropna=False)
            mesh = axis.imshow(grid, cmap=GROWTH, norm=TwoSlopeNorm(0, -0.8, 0.8), origin="lower", aspect="auto")
            numbers(axis, grid)
            axis.set_xticks(range(grid.shape[1]), [f"{tau:g}" for tau in grid.columns])
            axis.set_yticks(range(grid.shape[0]), [f"{width:g}" for width in grid.index])
            axis.grid(visible=False)
            axis.set_title(f"{name.replace('_', ' ')}, {kind}", fontsize=11)
        row[0].set_ylabel("width")
    for axis in axes[-1]:
        axis.set_xlabel(r"$\tau_m$")
    figure.colorbar(mesh, ax=axes, location="bottom", aspect=40, label="Lyapunov exponent [decades per step]")
    return figure
