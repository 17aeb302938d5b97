"""Figures of the chapter on spiking neurons (Fig. 1): network, spiking patterns, firing rates, equivalent neurons."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from hetsnn_book.figures import PALETTE
from hetsnn_book.words import SYMBOLS

GREY = "#666666"


def network(voltages: np.ndarray) -> Figure:
    """Draw the network and its environment: frozen random weights, heterogeneous neurons, a leaky read-out.

    Args:
        voltages: membrane traces (time, neurons) to draw inside the hidden neurons.
    """
    figure, axis = plt.subplots(figsize=(6.4, 3.9))
    axis.set(xlim=(-0.2, 10.9), ylim=(-1.75, 4.9), aspect="equal")
    axis.axis("off")
    x_in, x_hidden, x_out, x_robot = 0.7, 3.7, 6.7, 9.5
    y_in, y_hidden, y_out = np.linspace(0.7, 3.3, 3), np.linspace(0, 4, voltages.shape[1]), np.linspace(1.3, 2.7, 2)
    rng = np.random.default_rng(1)
    for x, ys, x_to, ys_to in ((x_in, y_in, x_hidden, y_hidden), (x_hidden, y_hidden, x_out, y_out)):
        for y, y_to in ((y, y_to) for y in ys for y_to in ys_to):
            axis.plot([x, x_to], [y, y_to], color=GREY, lw=0.3 + 1.5 * rng.random(), alpha=0.6, zorder=1)
        axis.text((x + x_to) / 2, 4.85, "random,\nfrozen", ha="center", va="top", color=GREY, fontsize=11)
    for y in y_in:
        axis.add_patch(Circle((x_in, y), 0.24, color=GREY, zorder=2))
    for y, voltage, color in zip(y_hidden, voltages.T, PALETTE, strict=False):
        axis.add_patch(Circle((x_hidden, y), 0.37, color=color, zorder=2))
        trace = 0.36 * (voltage - voltage.min()) / np.ptp(voltage) - 0.18
        axis.plot(x_hidden + np.linspace(-0.26, 0.26, trace.size), y + trace, color="white", lw=1, zorder=3)
    decay = np.exp(-np.linspace(0, 4, 30))
    for y in y_out:
        axis.add_patch(FancyBboxPatch((x_out - 0.2, y - 0.2), 0.4, 0.4, boxstyle="round", color=GREY, zorder=2))
        axis.plot(x_out + np.linspace(-0.25, 0.25, 30), y - 0.2 + 0.4 * decay, color="white", lw=1.2, zorder=3)
    _robot(axis, x_robot)
    arrow = {"arrowstyle": "-|>", "mutation_scale": 14, "color": GREY, "lw": 1.5}
    axis.annotate("", (x_robot - 0.75, 2), (x_out + 0.55, 2), arrowprops=arrow)
    axis.text((x_out + x_robot) / 2 - 0.1, 2.15, "action", ha="center", fontsize=11)
    axis.plot([x_robot, x_robot, x_in, x_in], [0.47, -1.35, -1.35, -0.5], color=GREY, lw=1.5, solid_joinstyle="round")
    axis.annotate("", (x_in, 0.4), (x_in, -0.6), arrowprops=arrow)
    axis.text((x_in + x_robot) / 2, -1.3, "observation", ha="center", va="bottom", fontsize=11)
    axis.text(x_hidden, -0.47, "spiking: evolved", ha="center", va="top", fontsize=11)
    axis.text(x_out, 0.75, "leaky\nread-out", ha="center", va="top", fontsize=11)
    return figure


def _robot(axis: Axes, x: float) -> None:
    """Draw the hopping leg."""
    joints = np.array([(x + 0.1, 3.6), (x - 0.05, 2.4), (x + 0.45, 1.6), (x - 0.05, 0.75), (x + 0.45, 0.7)])
    for start, end, width in zip(joints, joints[1:], (11, 9, 7, 6), strict=False):
        axis.plot(*zip(start, end, strict=True), color=PALETTE[9], lw=width, solid_capstyle="round", zorder=2)
    axis.plot(*joints[1:-1].T, "o", color="white", ms=3.5, zorder=3)
    axis.plot([x - 0.9, x + 1.2], [0.47, 0.47], color=GREY, lw=1.5)


def patterns(traces: pd.DataFrame) -> Figure:
    """Plot membrane potential and spikes under one constant current: a homogeneous neuron, then a row per property.

    Args:
        traces: a row per neuron and step with columns `panel` (in order, the first is the reference), `title`, `t`,
            `voltage`, `spike`, `v_th`, `v_rest`.
    """
    panels = list(traces.groupby("panel", sort=False))
    rows = (len(panels) + 1) // 2
    figure = plt.figure(figsize=(6.4, 1.6 * rows))
    grid = figure.add_gridspec(rows, 2)
    axes: list[Axes] = []
    for number, (_, neuron) in enumerate(panels):
        cell = grid[(number + 1) // 2, (number + 1) % 2] if number else grid[0, :]
        axis = figure.add_subplot(cell, sharey=axes[0] if axes else None)
        axes.append(axis)
        color = PALETTE[(number + 1) // 2]
        v_th = neuron["v_th"].iloc[0]
        axis.axhline(v_th, color=GREY, lw=1, ls="--")
        axis.axhline(neuron["v_rest"].iloc[0], color=GREY, lw=1, ls=":")
        axis.plot(neuron["t"], neuron["voltage"], color=color, lw=1.4)
        axis.vlines(neuron["t"][neuron["spike"] > 0], v_th, v_th + 0.45, color=color, lw=2)
        axis.set_title(neuron["title"].iloc[0], fontsize=11, pad=3)
        axis.set(yticks=[0, 1])
        axis.grid(visible=False)
        axis.tick_params(labelbottom=number >= len(panels) - 2, labelleft=number % 2 == 1 or not number)
    for axis in axes[-2:]:
        axis.set(xlabel="time step")
    figure.supylabel("membrane potential", fontsize=12)
    return figure


def rates(table: pd.DataFrame, counted: pd.DataFrame, gaps: pd.DataFrame) -> Figure:
    """Plot firing rate against current for several time steps, and its largest difference from the continuous rate.

    Args:
        table: rates in closed form, columns `dt` (0 for the continuous neuron), `current`, `rate`.
        counted: simulated rates, columns `current`, `rate`, with the `dt` of the table's second curve.
        gaps: largest differences, columns `dt`, `gap`.
    """
    figure, (axis, below) = plt.subplots(2, 1, figsize=(6.4, 6.6), height_ratios=(3, 2))
    for number, (dt, group) in enumerate(table[table["dt"] > 0].groupby("dt", sort=False)):
        axis.plot(group["current"], group["rate"], color=PALETTE[number], lw=1.5, label=rf"$\Delta t$ = {dt:g}")
    limit = table[table["dt"] == 0]
    axis.plot(limit["current"], limit["rate"], color="black", lw=1.5, ls="--", label="continuous")
    axis.plot(counted["current"], counted["rate"], "o", ms=4.5, mfc="white", color=PALETTE[1], label="simulated")
    axis.set(xlabel="constant current $I$", ylabel="spikes per unit of time")
    axis.legend(loc="upper left")
    below.loglog(gaps["dt"], gaps["gap"], "o-", color=PALETTE[0])
    below.set(xlabel=r"time step $\Delta t$", ylabel="largest difference")
    return figure


def equivalents(traces: pd.DataFrame, spikes: pd.DataFrame) -> Figure:
    """Plot equivalent neurons, which have different properties and equal spikes: potentials, reduced ones, spikes.

    Args:
        traces: potentials of the first group, columns `neuron`, `t`, `voltage`, `reduced`.
        spikes: a row per spike, columns `group`, `neuron`, `t`; groups in order.
    """
    figure, axes = plt.subplots(3, 1, sharex=True, figsize=(6.4, 7.2), height_ratios=(2, 1.3, 3))
    shades = ((7, PALETTE[9]), (4.5, PALETTE[1]), (2.5, PALETTE[0]), (0.9, "black"))  # overlapping lines stay visible
    for (_, neuron), (width, color) in zip(traces.groupby("neuron", sort=False), shades, strict=True):
        axes[0].plot(neuron["t"], neuron["voltage"], lw=1.5, color=color)
        axes[1].plot(neuron["t"], neuron["reduced"], lw=width, color=color)
    axes[1].axhline(1, color=GREY, lw=1, ls="--")
    axes[0].set(ylabel="$v$", title="potentials of the first four neurons")
    axes[1].set(ylabel="$y$", title="the same, from rest, in units of the way to threshold")
    rows = list(dict.fromkeys(zip(spikes["group"], spikes["neuron"], strict=True)))
    groups = list(dict.fromkeys(spikes["group"]))
    for height, (group, neuron) in enumerate(reversed(rows)):
        times = spikes[(spikes["group"] == group) & (spikes["neuron"] == neuron)]["t"]
        axes[2].vlines(times, height - 0.35, height + 0.35, color=PALETTE[groups.index(group)], lw=1.5)
    axes[2].set_yticks(range(len(rows)), [neuron for _, neuron in reversed(rows)])
    axes[2].set(xlabel="time step", ylim=(-0.6, len(rows) - 0.4), title="spikes of all")
    axes[2].grid(visible=False)
    return figure


def mirror(table: pd.DataFrame) -> Figure:
    """Plot rates of neurons with a shifted threshold beside neurons with an oppositely shifted resting potential.

    Args:
        table: columns `reset`, `moved` ("v_th" or "v_rest"), `distance` (v_th - v_rest), `current`, `rate`.
    """
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 4.6))
    titles = {"rest": "reset to $v_{rest}$", "zero": "reset to 0"}
    for axis, (reset, title) in zip(axes, titles.items(), strict=True):
        curves = table[table["reset"] == reset].groupby(["distance", "moved"], sort=False)
        distances = list(dict.fromkeys(table["distance"]))
        for (distance, moved), curve in curves:
            style = {"lw": 4, "alpha": 0.45} if moved == "v_th" else {"lw": 1.6, "ls": "--"}
            color = PALETTE[distances.index(distance)]
            label = rf"{SYMBOLS[moved]} moved, $\theta$ = {distance:g}"
            axis.plot(curve["current"], curve["rate"], color=color, label=label, **style)
        axis.set(title=title, xlabel="constant current $I$")
    axes[0].set(ylabel="spikes per step")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::2] + handles[1::2], labels[::2] + labels[1::2], loc="outside lower center", ncols=2)
    return figure
