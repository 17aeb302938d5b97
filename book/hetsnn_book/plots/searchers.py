"""Figure of the searches: score of each strategy on each side."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.experiments.searchers_search import SPANS, STRATEGIES
from hetsnn_book.figures import COLORS, MARKERS
from hetsnn_book.plots.axes import legend
from hetsnn_book.plots.styles import LABELS
from hetsnn_book.words import CONTESTS


def strategies(table: pd.DataFrame) -> Figure:
    """Plot mean scores, a row per strategy, a panel per contest and a mark per evolved side.

    Args:
        table: mean scores with columns `contest`, `strategy`, `evolved`, `mean`, `low`, `high`.
    """
    present = [contest for contest in SPANS if contest in set(table["contest"])]
    figure, axes = plt.subplots(1, max(len(present), 1), sharey=True, figsize=(6.4, 3.4), squeeze=False)
    for contest, axis in zip(present, axes[0], strict=False):
        for place, side in enumerate(("neuron", "weight")):
            of = table[(table["contest"] == contest) & (table["evolved"] == side)].set_index("strategy")
            of = of.reindex([*STRATEGIES])
            error = np.abs(of[["low", "high"]].to_numpy().T - of["mean"].to_numpy())
            at = np.arange(len(STRATEGIES)) + 0.2 * (place - 0.5)
            axis.errorbar(
                of["mean"], at, xerr=error, ls="", capsize=2, color=COLORS[side], marker=MARKERS[side],
                label=LABELS[side],
            )  # fmt: skip
        axis.set_title(CONTESTS[contest])
        axis.set_xlabel("share of the best reward")
    axes[0, 0].set_yticks(range(len(STRATEGIES)), STRATEGIES.values())
    axes[0, 0].set_ylim(len(STRATEGIES) - 0.5, -0.5)
    legend(figure, ncols=2)
    return figure
