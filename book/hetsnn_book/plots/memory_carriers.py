"""Figures of the carriers of memory: the neurons that distinguish the cues at the last step."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn.networks.spiking import State
from hetsnn_book.figures import PALETTE
from hetsnn_book.plots.axes import bands

CUES = ("cue -1", "cue +1")


def carriers(frame: pd.DataFrame, states: State | None, properties: dict) -> pd.DataFrame:
    """Return the carriers, neurons whose spike at the last step depends on the cue.

    With a memoryless read-out, only carriers transmit the memory.

    Args:
        frame: runs with a memoryless read-out.
        states: states of their networks in an episode per cue, (rows of the frame, cues, time, hidden neurons); None
            for no rows.
        properties: evolved properties of their neurons, each (rows of the frame, hidden neurons).

    Returns:
        A row per carrier; `row` and `neuron` are its indices in these arrays.
    """
    last = np.zeros((0, 2, 0)) if states is None else np.asarray(states.trace)[:, :, -1]
    rows, neurons = np.nonzero(last[:, 0] != last[:, 1])
    table = pd.DataFrame({"row": rows, "neuron": neurons, "length": frame["length"].to_numpy()[rows]})
    return table.assign(**{name: np.asarray(value)[rows, neurons] for name, value in properties.items()})


def crowd(table: pd.DataFrame, frame: pd.DataFrame, tau_m: np.ndarray) -> pd.DataFrame:
    """Return the number of carriers in solved networks, and the rank of their time constants, by length.

    Args:
        table: `carriers` of the runs.
        frame: the runs.
        tau_m: evolved time constants, (rows of the frame, hidden neurons).

    Returns:
        A row per length: the number of `networks`; the median number of `carriers`; `alone`, the share of networks
        with one carrier; `longer`, the share of a network's neurons with a longer time constant than a carrier, as
        the median over carriers.
    """
    count = np.bincount(table["row"], minlength=len(frame))
    own = tau_m[table["row"], table["neuron"]]
    longer = (tau_m[table["row"]] > own[:, None]).mean(1)
    by_row = pd.DataFrame({"length": frame["length"].to_numpy(), "carriers": count, "alone": count == 1})
    by_length = by_row.groupby("length").agg(
        networks=("carriers", "size"), carriers=("carriers", "median"), alone=("alone", "mean")
    )
    return by_length.assign(longer=table.assign(longer=longer).groupby("length")["longer"].median()).reset_index()


def silence(table: pd.DataFrame, states: State | None, time_constants: pd.DataFrame) -> Figure:
    """Plot one carrier's membrane under both cues, and the time constants of carriers beside all neurons'.

    Args:
        table: `carriers` of solved runs.
        states: states of their networks; None for no runs.
        time_constants: percentiles over all neurons of all seeds, by length.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 4.2))
    example = example_of(table)
    if states is not None and example is not None:
        row, neuron, length = (int(example[name]) for name in ("row", "neuron", "length"))
        for cue, style in enumerate(({"color": PALETTE[4], "marker": "^"}, {"color": PALETTE[2], "marker": "v"})):
            voltage = np.asarray(states.voltage)[row, cue, : length + 1, neuron]
            left.plot(np.arange(len(voltage)), voltage, label=CUES[cue], lw=1.5, **style)
        left.axhline(example["v_th"], color="black", lw=1, ls="--", label="threshold")
        left.set_title(f"one neuron, length {length}")
        low, high = left.get_ylim()
        left.set_ylim(low, high + 0.6 * (high - low))  # room for the legend
        left.legend(fontsize=10, loc="upper center")
    else:
        left.text(0.5, 0.5, "no example", ha="center", transform=left.transAxes)
    left.set(xlabel="step", ylabel="membrane potential v")
    bands(right, time_constants)
    spread = np.exp(np.random.default_rng(0).uniform(-0.02, 0.02, len(table)))
    marks = {"s": 8, "color": PALETTE[3], "alpha": 0.5, "lw": 0, "zorder": 3}
    right.scatter(table["length"] * spread, table["tau_m"], label="carriers", **marks)
    right.set_title("carriers of all networks")
    right.set(ylabel=r"evolved $\tau_m$ [dt]", ylim=(0.9, 22), xlim=(0.85, 40))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def example_of(table: pd.DataFrame) -> pd.Series | None:
    """Return the carrier to show, or None.

    It rests above its threshold and is the only carrier of a network that remembers 5 to 14 steps; it has the longest
    memory of these, and the middle time constant of the carriers with that memory.
    """
    alone = table[~table["row"].duplicated(keep=False)]
    alone = alone[alone["length"].between(5, 14) & (alone["v_rest"] >= alone["v_th"])]
    if alone.empty:
        return None
    longest = alone[alone["length"] == alone["length"].max()].sort_values("tau_m")
    return longest.iloc[len(longest) // 2]
