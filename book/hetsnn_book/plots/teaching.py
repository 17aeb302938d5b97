"""Figures of the page for teachers: what a scale caps."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.figures import PALETTE
from hetsnn_book.plots.styles import LABELS


def outputs(table: pd.DataFrame) -> Figure:
    """Draw the action, the hyperbolic tangent of the output, along trainings of both sides, with the neurons' caps."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.4), sharey=True)
    for axis, (side, of_side) in zip(axes, table.groupby("evolved"), strict=True):
        for (scale, rows), color in zip(of_side.groupby("scale"), PALETTE, strict=False):
            axis.plot(rows["generation"], np.tanh(rows["output"]), color=color, label=f"scale {scale:g}")
            axis.axhline(np.tanh(rows["cap"].iloc[0]), color=color, lw=1, ls=":")
        axis.set(title=LABELS[str(side)], xlabel="generation", ylim=(-1.05, 1.05))
    axes[0].set_ylabel("action")
    axes[1].legend(loc="lower right")
    return figure
