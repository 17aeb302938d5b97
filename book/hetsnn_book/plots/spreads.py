"""Figure of the spreads: score against the spread of time constants before the search."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.experiments.spreads import BIOLOGY, FROZEN, SPANS, START
from hetsnn_book.figures import COLORS
from hetsnn_book.plots.axes import legend
from hetsnn_book.words import CONTESTS

STYLES: dict[str, dict[str, Any]] = {
    FROZEN: {"color": COLORS["weight"], "marker": "s", "label": "frozen, while weights evolve"},
    START: {"color": COLORS["neuron"], "marker": "o", "label": "the start of evolved neurons"},
}


def panel(table: pd.DataFrame) -> Figure:
    """Plot mean scores against the spread, a panel per task and a line per use; shaded: the spreads of real neurons.

    Args:
        table: mean scores with columns `contest`, `use`, `spread`, `mean`, `low`, `high`.
    """
    present = [contest for contest in SPANS if contest in set(table["contest"])]
    figure, axes = plt.subplots(1, max(len(present), 1), sharey=True, figsize=(6.4, 3.6), squeeze=False)
    for contest, axis in zip(present, axes[0], strict=False):
        axis.axvspan(min(BIOLOGY.values()), max(BIOLOGY.values()), color="0.85", lw=0, label="real neurons")
        for use, style in STYLES.items():
            of = table[(table["contest"] == contest) & (table["use"] == use)].sort_values("spread")
            error = np.abs(of[["low", "high"]].to_numpy().T - of["mean"].to_numpy())
            axis.errorbar(of["spread"], of["mean"], error, capsize=2, lw=1.5, **style)
        axis.set_title(CONTESTS[contest])
        axis.set_xlabel(r"sd of $\log\,\tau_m$")
    axes[0, 0].set_ylabel("share of the best reward")
    legend(figure, ncols=2, fontsize=9)
    return figure
