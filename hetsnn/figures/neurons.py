"""Figures of the chapter on spiking neurons (Fig. 1): network, spiking patterns, firing rates, equivalent neurons."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from hetsnn.figures import PALETTE

GREY = "#777777"


def network() -> Figure:
    """The network: frozen random weights around neurons that differ, and a read-out that does not spike."""
    figure, axis = plt.subplots(figsize=(6.4, 3.4))
    axis.set(xlim=(-0.3, 10.3), ylim=(-0.6, 5.4), aspect="equal")
    axis.axis("off")
    columns = {1.3: np.linspace(1, 4, 3), 5.0: np.linspace(0.2, 4.8, 6), 8.3: np.linspace(1.6, 3.4, 2)}
    rng = np.random.default_rng(1)
    (x_in, y_in), (x_hidden, y_hidden), (x_out, y_out) = columns.items()
    for x_from, y_from, x_to, y_to in ((x_in, y_in, x_hidden, y_hidden), (x_hidden, y_hidden, x_out, y_out)):
        for a in y_from:
            for b in y_to:
                axis.plot([x_from, x_to], [a, b], color=GREY, lw=0.3 + 1.4 * rng.random(), alpha=0.6, zorder=1)
    for y in y_in:
        axis.add_patch(Circle((x_in, y), 0.26, color=GREY, zorder=2))
    for y, color in zip(y_hidden, PALETTE, strict=False):
        axis.add_patch(Circle((x_hidden, y), 0.34, color=color, zorder=2))
        trace = np.array([0, 0.25, 0.5, 0.9, 0, 0.3, 0.55, 0.9, 0]) * (0.35 + 0.4 * rng.random()) - 0.15
        axis.plot(x_hidden + np.linspace(-0.22, 0.22, trace.size), y + trace, color="white", lw=1.2, zorder=3)
    for y in y_out:
        axis.add_patch(FancyBboxPatch((x_out - 0.22, y - 0.22), 0.44, 0.44, boxstyle="round", color=GREY, zorder=2))
    for x, text in ((x_in, "observation"), (x_hidden, "spiking neurons:\nevolved"), (x_out, "read-out:\naction")):
        axis.text(x, -0.45, text, ha="center", va="top", fontsize=11)
    for x in ((x_in + x_hidden) / 2, (x_hidden + x_out) / 2):
        axis.text(x, 5.1, "random weights,\nfrozen", ha="center", va="bottom", fontsize=11, color=GREY)
    return figure


def patterns(traces: pd.DataFrame) -> Figure:
    """Membrane potential and spikes of neurons under one constant current, a panel per property.

    Args:
        traces: columns `property`, `value`, `t`, `voltage`, `spike`, `v_th`, a row per neuron and step.
    """
    groups = list(traces.groupby("property", sort=False))
    figure, axes = plt.subplots(len(groups), 1, sharex=True, figsize=(6.4, 1.75 * len(groups)))
    for axis, (name, group) in zip(axes, groups, strict=True):
        for number, (value, neuron) in enumerate(group.groupby("value")):
            axis.plot(neuron["t"], neuron["voltage"], color=PALETTE[number], lw=1.5, label=f"{value:g}")
            fired = neuron[neuron["spike"] > 0]
            axis.vlines(fired["t"], fired["v_th"], fired["v_th"] + 0.35, color=PALETTE[number], lw=1.5)
        axis.set(ylabel="v")
        axis.legend(title=name, loc="center left", bbox_to_anchor=(1, 0.5))
    axes[-1].set(xlabel="time [dt]")
    return figure


def rates(table: pd.DataFrame) -> Figure:
    """Firing rate against current: the exact rate of the discrete neuron for several time steps, and its limit."""
    figure, axis = plt.subplots(figsize=(6.4, 4.2))
    for number, (dt, group) in enumerate(table[table["dt"] > 0].groupby("dt", sort=False)):
        axis.plot(group["current"], group["rate"], color=PALETTE[number], lw=1.4, label=f"discrete, dt = {dt:g}")
    limit = table[table["dt"] == 0]
    axis.plot(limit["current"], limit["rate"], color="black", lw=2, ls="--", label="continuous")
    axis.set(xlabel="constant current I", ylabel="spikes per unit of time")
    axis.legend(loc="upper left")
    return figure


def rasters(spikes: pd.DataFrame) -> Figure:
    """Spikes of groups of neurons, a row per neuron; equal rows are equivalent neurons.

    Args:
        spikes: columns `group`, `neuron`, `t`, a row per spike; groups in order.
    """
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    rows = list(dict.fromkeys(zip(spikes["group"], spikes["neuron"], strict=True)))
    groups = list(dict.fromkeys(spikes["group"]))
    for height, (group, neuron) in enumerate(reversed(rows)):
        times = spikes[(spikes["group"] == group) & (spikes["neuron"] == neuron)]["t"]
        axis.vlines(times, height - 0.35, height + 0.35, color=PALETTE[groups.index(group)], lw=1.3)
    axis.set_yticks(range(len(rows)), [neuron for _, neuron in reversed(rows)], fontsize=10)
    axis.set(xlabel="time [dt]", ylim=(-0.6, len(rows) - 0.4))
    axis.grid(visible=False)
    return figure
