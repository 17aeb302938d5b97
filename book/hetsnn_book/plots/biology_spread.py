"""The spread of evolved time constants beside the spread of random steps, on every task whose genomes are published."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.statistics import mean_interval
from hetsnn_book import experiments
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.measures import time_constants
from hetsnn_book.project import default_store

TASKS = {"cartpole": "CartPole", "images": "images", "control": "robots"}  # beside memory: experiments, and their names
SETTINGS = {"cartpole": "limit", "images": "dataset", "control": "environment"}
LOOKS: dict[str, dict[str, Any]] = {
    "memory": {"color": COLORS["neuron"], "marker": "o"},  # marks of memory and of its drift stand side by side
    "drift, memory": {"color": PALETTE[7], "marker": "s"},
    "CartPole": {"color": PALETTE[2], "marker": "D"},
    "images": {"color": PALETTE[4], "marker": "v"},
    "robots": {"color": PALETTE[3], "marker": "*"},
}
SHIFTS = {"memory": 0.94, "drift, memory": 1.06}
COLUMNS = ["task", "setting", "rate", "generations", "predicted", "networks", "on_bounds", "mean", "low", "high"]


def random_steps(rate: float, generations: int, annealed: bool) -> float:
    """Return the spread that so many random steps of Adam add up to: the rate times the root of their number.

    A rate that falls to 0 along a cosine leaves the root of the sum of its squares.
    """
    times = np.arange(generations) / generations
    falls = (1 + np.cos(np.pi * times)) / 2 if annealed else np.ones(generations)
    return float(rate * np.sqrt((falls**2).sum()))


def table(memory: pd.DataFrame) -> pd.DataFrame:
    """Return the spread (standard deviation of log tau_m within a network) beside that of random steps.

    There is a row per task, setting, learning rate and number of neurons, of networks with logarithmic coordinates; a
    task that is not measured has none.

    Args:
        memory: networks of the memory task with their time constants, as `time_constants.measured` returns them.
    """
    rows = []
    for (shuffled, readout), group in memory.groupby(["shuffled", "readout"]):
        rows += _rows("drift, memory" if shuffled else "memory", group.assign(setting=readout))
    for name, task in TASKS.items():
        frame = experiments.read(name, "paper", default_store()) if name in experiments.names() else pd.DataFrame()
        if "genome" in frame:
            frame = frame[(frame["evolved"] == "neuron") & frame["genome"].notna() & frame["sigma"].notna()]
            rows += _rows(task, frame.assign(setting=frame[SETTINGS[name]].astype(str)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(task: str, frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = []
    frame = frame[frame["tau_coordinates"] == "log"].assign(annealed=frame["annealed"].eq(True))
    for key, group in frame.groupby(["setting", "learning_rate", "generations", "annealed", "hidden"]):
        setting, rate, generations, annealed, _ = key
        tau = time_constants.learned(group)
        bounded = time_constants.on_bounds(tau, group["tau_max"].to_numpy(float)).mean()
        width = np.median([widths[0] for widths in group["widths"]])
        predicted = float(width) * random_steps(float(rate), int(generations), bool(annealed))
        spreads = mean_interval(group.assign(spread=np.log(tau).std(axis=-1)).groupby("seed")["spread"].mean())
        rows.append((task, setting, rate, int(generations), predicted, len(group), bounded, *spreads))
    return rows


def plot(rows: pd.DataFrame) -> Figure:
    """Plot measured against predicted spreads; marks are hollow where bounds cut the distribution."""
    figure, axis = plt.subplots(figsize=(6.4, 4.4))
    ends = np.array([0.1, 5.0])
    axis.plot(ends, ends, color="black", lw=1, ls=":", label="random steps")
    for task, look in LOOKS.items():
        chosen, shift = rows[rows["task"] == task], SHIFTS.get(task, 1.0)
        label = task
        for cut in (False, True):
            some = chosen[(chosen["on_bounds"] >= time_constants.CUT) == cut]
            if len(some):
                error = np.abs(some[["low", "high"]].to_numpy().T - some["mean"].to_numpy())
                axis.errorbar(
                    shift * some["predicted"], some["mean"], error, ls="", capsize=2, markersize=7,
                    mfc="white" if cut else look["color"], label=label, **look,
                )  # fmt: skip
                label = ""
    ticks = [0.1, 0.3, 1.0, 3.0]
    axis.set(xscale="log", yscale="log", xlabel=r"rate $\sqrt{generations}$", ylabel=r"s.d. of $\log \tau_m$")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3, fontsize=10)
    return figure
