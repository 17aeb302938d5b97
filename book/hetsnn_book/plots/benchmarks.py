"""Figure of the benchmarks, beside their peers."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.figures import PALETTE
from hetsnn_book.measures.speed import times

ROOM = 12  # factor on the axis, for a number outside the outermost dot


def ratios(rows: pd.DataFrame) -> Figure:
    """Plot a dot per comparison: its ratio to the peer, on a logarithmic axis.

    Args:
        rows: `name`, `peer` and `ratio` of each comparison.
    """
    figure, axis = plt.subplots(figsize=(6.4, 0.8 + 0.55 * len(rows)))
    places = range(len(rows))[::-1]
    axis.hlines(places, 1.0, rows["ratio"], color="0.7", lw=2)
    axis.scatter(rows["ratio"], places, s=60, color=[PALETTE[int(ratio < 1)] for ratio in rows["ratio"]])
    axis.axvline(1.0, color="black", lw=1)
    for place, ratio in zip(places, rows["ratio"], strict=True):
        outside = 1 if ratio >= 1 else -1  # beside its dot, where no line is
        axis.annotate(
            times(ratio), (ratio, place), (7 * outside, 0), textcoords="offset points", fontsize=10, va="center",
            ha="left" if outside > 0 else "right", bbox={"fc": "white", "ec": "none", "pad": 0.5},
        )  # fmt: skip
    labels = [f"{name}\nbeside {peer}" for name, peer in zip(rows["name"], rows["peer"], strict=True)]
    axis.set_yticks(places, labels, fontsize=9)
    axis.set(xscale="log", xlabel="times better", ylim=(-0.6, len(rows) - 0.4))
    axis.set_xlim(min(1.0, rows["ratio"].min()) / ROOM, max(1.0, rows["ratio"].max()) * ROOM)
    axis.xaxis.set_major_formatter("{x:g}")
    axis.grid(visible=False, axis="y")
    return figure
