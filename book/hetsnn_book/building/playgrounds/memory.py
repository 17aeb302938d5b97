"""Data of the playground `memory`: a trained network for each memory length that evolved neurons solve."""

from typing import Any

import jax
import numpy as np

from hetsnn_book import experiments
from hetsnn_book.experiments.memory import NAME, READOUTS, record
from hetsnn_book.plots.memory_carriers import carriers
from hetsnn_book.project import published_only


def data() -> list[dict[str, Any]]:
    """Return the networks, shortest memory first: their length, weights and properties, all in float32's digits.

    Of the published networks of Fig. 2 with evolved neurons and a memoryless read-out that solve a length, this is the
    one with the fewest carriers; among equals, that of the first seed.
    """
    frame = experiments.read(NAME, "paper", published_only())
    solved = frame[
        (frame["evolved"] == "neuron")
        & (frame["tau_readout"] == READOUTS["memoryless"])
        & ~frame["rising_clock"]
        & (frame["reward"] == 1)
    ]
    runs, variables = experiments.learned(NAME, "paper", solved)
    count = carriers(solved, record(runs, variables), variables["neuron"])["row"].value_counts()
    first = (
        solved.reset_index(drop=True)
        .assign(carriers=lambda table: table.index.map(count))
        .sort_values(["length", "carriers", "seed"])
        .groupby("length")
        .head(1)
    )
    return [
        {"length": int(length), **_digits(jax.tree.map(lambda leaf, row=row: leaf[row], variables))}
        for row, length in first["length"].items()
    ]


def _digits(variables: dict) -> dict[str, Any]:
    """Return a network as lists of numbers with the digits that tell float32 numbers apart.

    Of a neuron's two output weights only the difference matters: how much its spike speaks for cue +1.
    """
    short = np.vectorize(lambda value: float(str(np.float32(value))), otypes=[float])
    output = variables["synapse"]["output"]
    return {
        "neuron": {name: short(values).tolist() for name, values in variables["neuron"].items()},
        "input": short(variables["synapse"]["input"]).tolist(),
        "output": short(output[:, 1] - output[:, 0]).tolist(),
    }
