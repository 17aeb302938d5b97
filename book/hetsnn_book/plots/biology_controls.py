"""Controls of time constants: exchanged in trained networks without retraining, or spread before training."""

from collections.abc import Callable
from itertools import product

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from matplotlib.figure import Figure

from hetsnn.networks.spiking import bind
from hetsnn.statistics import mean_interval
from hetsnn.sweeps.runs import Run, stack
from hetsnn.training.method import Training
from hetsnn.training.policies import fix, network
from hetsnn_book.claims.specifications import COLUMNS, Effect, difference
from hetsnn_book.figures import PALETTE
from hetsnn_book.measures.cell_types import MAIN, summary
from hetsnn_book.words import with_symbols

DRAWS = 16  # random draws of a control, for each network
Control = Callable[[jax.Array, dict[str, Array]], dict[str, Array]]  # key, properties -> properties


def controls() -> dict[str, Control]:
    """Return the controls by name; each changes the properties (hidden,) of one network and keeps tau_m >= 1 dt."""

    def permuted(key: jax.Array, neurons: dict[str, Array]) -> dict[str, Array]:
        order = jax.random.permutation(key, neurons["tau_m"].size)
        return {name: values[order] for name, values in neurons.items()}

    def tau(change: Callable[[jax.Array, Float[Array, " hidden"]], Float[Array, " hidden"]]) -> Control:
        return lambda key, neurons: {**neurons, "tau_m": jnp.maximum(change(key, neurons["tau_m"]), 1.0)}

    def of_cells(quantiles: Float[np.ndarray, " quantiles"]) -> Control:
        scaled = jnp.asarray(np.log(quantiles / np.median(quantiles)))
        p = (jnp.arange(scaled.size) + 0.5) / scaled.size

        def drawn(key: jax.Array, values: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
            return jnp.median(values) * jnp.exp(jnp.interp(jax.random.uniform(key, values.shape), p, scaled))

        return tau(drawn)

    def lognormal(key: jax.Array, values: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        logs = jnp.log(values)
        return jnp.exp(logs.mean() + logs.std() * jax.random.normal(key, values.shape))

    cells = summary()["quantiles"]
    return {
        "as evolved": lambda _, neurons: neurons,
        "neurons permuted": permuted,
        "tau_m permuted": tau(jax.random.permutation),
        "mean tau_m": tau(lambda _, values: jnp.full_like(values, values.mean())),
        "median tau_m": tau(lambda _, values: jnp.full_like(values, jnp.median(values))),
        "its lognormal": tau(lognormal),
        "mouse": of_cells(np.array(cells["mouse", MAIN])),
        "human": of_cells(np.array(cells["human", MAIN])),
    }


def rewards(runs: tuple[Run, ...], variables: dict, neurons: dict[str, Array]) -> Float[np.ndarray, "runs draws"]:
    """Return the rewards of networks with exchanged neurons.

    Args:
        runs: runs of the memory task that differ in numbers only.
        variables: variables of their networks, as `experiments.learned` returns them.
        neurons: properties (runs, draws, hidden) that replace the networks' own.
    """

    def one(training: Training, variables: dict, neurons: dict[str, Array]) -> Array:
        return training.task.episodes(bind(network(training), {**variables, "neuron": neurons}))[0].mean()

    each = jax.vmap(jax.vmap(one, (None, None, 0)))
    return np.asarray(jax.jit(each)(stack([run.training for run in runs]), variables, neurons))


def changed(control: Control, neurons: dict[str, Array], draws: int) -> dict[str, Array]:
    """Apply a control to the properties (runs, hidden) of each network; return (runs, draws, hidden)."""
    keys = jax.random.split(jax.random.key(0), (len(neurons["tau_m"]), draws))
    return jax.vmap(jax.vmap(control, (0, None)))(keys, neurons)


def control_table(runs: tuple[Run, ...], variables: dict, labels: list[tuple[str, int]]) -> pd.DataFrame:
    """Return the mean reward after each control with its interval over networks, by setting and length.

    Args:
        runs: runs as for `rewards`.
        variables: variables as for `rewards`.
        labels: setting and memory length of each run.
    """
    each = [changed(control, variables["neuron"], DRAWS) for control in controls().values()]
    found = rewards(runs, variables, jax.tree.map(lambda *parts: jnp.concatenate(parts, 1), *each))
    rows, groups = [], pd.DataFrame(labels, columns=["setting", "length"]).groupby(["setting", "length"]).indices
    for name, of_control in zip(controls(), np.split(found, len(each), 1), strict=True):
        for (setting, length), places in groups.items():
            rows.append((name, setting, length, len(places), *mean_interval(of_control[places].mean(1))))
    return pd.DataFrame(rows, columns=["control", "setting", "length", "networks", "mean", "low", "high"])


def control_plot(table: pd.DataFrame) -> Figure:
    """Plot the mean reward after each control, a panel per setting, a mark per length."""
    settings, names = sorted(table["setting"].unique()), list(table["control"].unique())
    lengths = sorted(table["length"].unique())
    shades = plt.get_cmap("viridis_r")(np.linspace(0.1, 1.0, len(lengths)))
    size = (6.4, 1.6 + 0.42 * len(names))
    figure, axes = plt.subplots(1, len(settings), sharey=True, sharex=True, figsize=size, squeeze=False)
    for axis, setting in zip(axes[0], settings, strict=True):
        for number, (length, shade) in enumerate(zip(lengths, shades, strict=True)):
            rows = (
                table[(table["setting"] == setting) & (table["length"] == length)].set_index("control").reindex(names)
            )
            y = np.arange(len(names)) + 0.6 * (number / max(1, len(lengths) - 1) - 0.5)
            error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
            style = {"color": shade, "marker": "os^Dv<"[number % 6], "ls": "", "markersize": 4, "capsize": 2}
            axis.errorbar(rows["mean"], y, xerr=error, label=f"{length}", **style)
        axis.set(title=f"{setting} read-out", xlabel="mean reward", xlim=(-0.55, 1.08))
        axis.set_yticks(range(len(names)), [with_symbols(name) for name in names])
    axes[0, 0].invert_yaxis()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6, title="memory length")
    return figure


def untrained(runs: tuple[Run, ...]) -> Float[np.ndarray, " runs"]:
    """Return the rewards of the untrained networks of runs of the memory task."""

    def one(training: Training) -> dict:
        return fix(training, training.key)[0].drawn

    variables = jax.jit(jax.vmap(one))(stack([run.training for run in runs]))
    return rewards(runs, variables, jax.tree.map(lambda values: values[:, None], variables["neuron"]))[:, 0]


MEASURES = {"learned": "mean of the\nlearning curve", "reward": "final reward"}  # of a start


def start_table(frame: pd.DataFrame, sigmas: dict[str, float]) -> pd.DataFrame:
    """Return the learning of networks with drawn time constants, beside networks that start homogeneous.

    `untrained` and `reward` are mean rewards before and after training. `learned` is the population's fitness averaged
    over all generations, which is larger the sooner a search succeeds. A row is a start, by setting, length and
    measure (`of`); `gain` is the measure minus that of the homogeneous start, with the t interval that tests need.

    Args:
        frame: runs, with columns `readout` and `untrained`.
        sigmas: sigma of each start, by name.
    """
    rows = []
    frame = frame.assign(learned=[np.mean(curve) for curve in frame["curve_mean"]])
    for (setting, length), group in frame.groupby(["readout", "length"]):
        alike = group[group["tau_sigma"] == 0]
        for name, sigma in sigmas.items():
            one = group[group["tau_sigma"] == sigma]
            means = [one[column].mean() for column in ("untrained", "reward", "learned")]
            for measure in MEASURES:
                gain = difference(one[measure], alike[measure]) if sigma else Effect(0.0, 0.0, 0.0, len(one))
                rows.append((setting, length, name, *means, measure, *gain))
    columns = ["setting", "length", "start", "untrained", "reward", "learned", "of", *COLUMNS]
    return pd.DataFrame(rows, columns=columns).drop(columns="blind").rename(columns={"effect": "gain"})


def start_plot(table: pd.DataFrame) -> Figure:
    """Plot what spread initial time constants gain, a column per setting, a row per measure, by length."""
    settings, starts = sorted(table["setting"].unique()), [n for n in table["start"].unique() if n != "homogeneous"]
    size = (6.4, 1.2 + 2.4 * len(MEASURES))
    figure, axes = plt.subplots(len(MEASURES), len(settings), sharex=True, sharey="row", figsize=size, squeeze=False)
    lengths = sorted(table["length"].unique())
    for (row, (measure, label)), (column, setting) in product(enumerate(MEASURES.items()), enumerate(settings)):
        axis = axes[row, column]
        axis.axhline(0, color="black", lw=1, ls=":")
        chosen = table[(table["setting"] == setting) & (table["of"] == measure)]
        for number, start in enumerate(starts):
            rows = chosen[chosen["start"] == start]
            x = np.arange(len(rows)) + 0.18 * (number - (len(starts) - 1) / 2)
            error = np.abs(rows[["low", "high"]].to_numpy().T - rows["gain"].to_numpy())
            style = {"color": PALETTE[(2, 4, 3)[number]], "marker": "osD"[number], "ls": "", "capsize": 3}
            axis.errorbar(x, rows["gain"], error, label=start, **style)
        axis.set_xticks(range(len(lengths)), [str(length) for length in lengths])
        if row == 0:
            axis.set_title(f"{setting} read-out")
        if column == 0:
            axis.set_ylabel(f"{label},\nminus homogeneous")
    for axis in axes[-1]:
        axis.set_xlabel("memory length")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
