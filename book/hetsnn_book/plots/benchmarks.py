"""Figure of the benchmarks, beside their peers."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.figures import PALETTE
from hetsnn_book.measures.speed import times

ROOM = 12  # factor on the axis, for a number outside the outermost dot
PAPER = {"fc": "white", "ec": "none", "pad": 0.5}  # behind a text


def ratios(rows: pd.DataFrame) -> Figure:
    """Plot a dot per comparison: its ratio to the peer, on a logarithmic axis.

    Args:
        rows: `name`, `peer` and `ratio` of each comparison.
    """
    figure, axis = plt.subplots(figsize=(6.0, 0.8 + 0.55 * len(rows)))
    places = range(len(rows))[::-1]
    axis.hlines(places, 1.0, rows["ratio"], color="0.7", lw=2)
    axis.scatter(rows["ratio"], places, s=60, color=[PALETTE[int(ratio < 1)] for ratio in rows["ratio"]])
    axis.axvline(1.0, color="black", lw=1, zorder=0)
    for row, place in zip(rows.itertuples(), places, strict=True):
        outside = 1 if row.ratio >= 1 else -1  # beside its dot, where no line is
        axis.annotate(
            times(row.ratio), (row.ratio, place), (7 * outside, 0), textcoords="offset points", fontsize=10,
            va="center", ha="left" if outside > 0 else "right", bbox=PAPER,
        )  # fmt: skip
        # A comparison's name above its dot needs no margin, so that letters are larger on a phone.
        axis.annotate(
            f"{row.name}, beside {row.peer}", (0.0, place + 0.45), xycoords=("axes fraction", "data"), fontsize=10,
            va="center", bbox=PAPER,
        )  # fmt: skip
    axis.set(xscale="log", xlabel="times better", ylim=(-0.6, len(rows) - 0.2), yticks=[])
    axis.set_xlim(min(1.0, rows["ratio"].min()) / ROOM, max(1.0, rows["ratio"].max()) * ROOM)
    axis.xaxis.set_major_formatter("{x:g}")
    return figure
