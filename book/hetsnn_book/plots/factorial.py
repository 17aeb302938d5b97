"""Figures of the factorial: scores by weights and neurons, effects, and leads over simpler searches."""

from collections.abc import Callable, Mapping
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hetsnn_book.claims import factorial as contrasts
from hetsnn_book.figures import COLORS, PALETTE
from hetsnn_book.plots.axes import legend
from hetsnn_book.plots.text import interval
from hetsnn_book.words import CONTESTS

WORDS = {"equal": "equal,\nfixed", "shared": "alike,\nevolved", "random": "random,\nfixed", "each": "apart,\nevolved"}
STYLES = {
    "frozen": {"color": COLORS["neuron"], "marker": "o", "label": "weights frozen"},
    "evolved": {"color": COLORS["weight"], "marker": "s", "label": "weights evolve"},
}
TOLD = {  # cells by the name that a sentence has for them
    "equal": contrasts.NAMES["frozen", "equal"],
    "random": contrasts.NAMES["frozen", "random"],
    "alike": contrasts.NAMES["frozen", "shared"],
    "apart": contrasts.NAMES["frozen", "each"],
    "weights": contrasts.NAMES["evolved", "equal"],
    "both": contrasts.NAMES["evolved", "each"],
    "read-outs": "read-outs",
    "biases": "biases",
    "best-drawn": "random search",
}


def told(cell: str) -> str:
    """Return the name of a cell in the words of the page."""
    return cell.replace("shared neurons", "neurons alike").replace("each neurons", "neurons apart")


def headline(frame: pd.DataFrame) -> dict[str, str | None]:
    """Return the factorial in words; None where nothing is measured.

    Returns:
        The mean score of each cell of `TOLD`, see `over_tasks`. Leads with their intervals, means over tasks:
        `differ` of neurons that evolve apart over neurons that evolve alike, on frozen weights; `sides`
        of the former over weights that evolve on equal neurons; `drawn` over the best of random networks; `mixture` of
        random over equal neurons, where weights evolve. With `-held` and `-behind`: in how many contests and lengths a
        lead, or the opposite, is beyond the smallest effect of interest, corrected for their number.
    """
    means = over_tasks(contrasts.cells(frame, contrasts.OVERALL), "cell")
    texts: dict[str, str | None] = {
        name: f"{means[cell]:.2f}" if cell in means else None for name, cell in TOLD.items()
    }
    families: dict[str, tuple[Callable[..., pd.DataFrame], str]] = {  # and which of a family's rivals is told
        "differ": (contrasts.apart, ""),
        "sides": (partial(contrasts.leads, rivals={"sides": TOLD["weights"]}), ""),
        "drawn": (contrasts.leads, TOLD["best-drawn"]),
        "mixture": (contrasts.mixture, ""),
    }
    for name, (leads, rival) in families.items():
        each, overall = leads(frame), leads(frame, by=contrasts.OVERALL)
        reverse = each.assign(effect=-each["effect"], low=-each["high"], high=-each["low"])
        each = each.assign(held=contrasts.beyond(each), behind=contrasts.beyond(reverse))
        if rival:
            each, overall = (table[table["rival"] == rival] for table in (each, overall))
        texts[name] = interval(contrasts.together(overall), "+.2f") if len(each) else None
        for key in ("held", "behind"):
            texts[f"{name}-{key}"] = f"{each[key].sum()} of {len(each)}" if len(each) else None
    return texts


def over_tasks(table: pd.DataFrame, by: str) -> pd.Series:
    """Return means by a column: over the contests of a task, and over tasks."""
    value = "mean" if "mean" in table else "effect"
    tasks = table.groupby([by, table["contest"].map(contrasts.task_of)], sort=False)[value].mean()
    return tasks.groupby(by, sort=False).mean()


def scores(table: pd.DataFrame, names: Mapping[tuple[str, str], str]) -> Figure:
    """Plot the factorial, a panel per contest: mean score by kind of neurons, a line per kind of weights.

    Args:
        table: mean scores with columns `contest`, `cell`, `mean`, `low`, `high`.
        names: name of a cell by its weights and neurons.
    """
    present = [contest for contest in CONTESTS if contest in set(table["contest"])]
    rows, columns = -(-len(present) // 2) or 1, min(2, len(present)) or 1
    figure, axes = plt.subplots(rows, columns, sharey=True, figsize=(6.4, 0.6 + 2.5 * rows), squeeze=False)
    for axis in axes.flat[len(present) :]:
        axis.set_visible(False)
    for contest, axis in zip(present, axes.flat, strict=False):
        of = table[table["contest"] == contest].set_index("cell")
        for weights, style in STYLES.items():
            chosen = of.reindex([names[weights, neurons] for neurons in WORDS])
            error = np.abs(chosen[["low", "high"]].to_numpy().T - chosen["mean"].to_numpy())
            axis.errorbar(range(len(WORDS)), chosen["mean"], error, capsize=2, lw=1.5, **style)
        axis.set_xticks(range(len(WORDS)), WORDS.values(), fontsize=9)
        axis.set_title(CONTESTS[contest].replace(", ", ",\n"))
        axis.set_xlim(-0.4, len(WORDS) - 0.6)
    if not present:
        figure.text(0.5, 0.5, "not measured yet", ha="center")
    for row in axes:
        row[0].set_ylabel("share of the best")
    legend(figure, ncols=2)
    return figure


def forest(table: pd.DataFrame, what: str, smallest: float, label: str) -> Figure:
    """Plot effects with intervals: a row per value of a column, a mark per contest, and the mean over tasks.

    Args:
        table: effects with columns `contest`, `effect`, `low`, `high` and `what`.
        what: the column whose values are the rows.
        smallest: smallest effect of interest.
        label: name of the x axis.
    """
    names = list(dict.fromkeys(table[what]))
    figure, axis = plt.subplots(figsize=(6.4, 1.5 + 0.75 * len(names)))
    present = [contest for contest in CONTESTS if contest in set(table["contest"])]
    for place, contest in enumerate(present):
        of = table[table["contest"] == contest].set_index(what).reindex(names)
        at = np.arange(len(names)) + 0.12 * (place - (len(present) - 1) / 2)
        error = np.abs(of[["low", "high"]].to_numpy().T - of["effect"].to_numpy())
        axis.errorbar(
            of["effect"], at, xerr=error, ls="", marker="osv^D"[place], ms=5, capsize=2, lw=1.2,
            color=PALETTE[place], label=CONTESTS[contest],
        )  # fmt: skip
    axis.plot(
        over_tasks(table, what).reindex(names), range(len(names)), ls="", marker="|", ms=26, color="black",
        mew=2, label="mean over tasks",
    )  # fmt: skip
    axis.axvline(0, color="0.35", lw=1)
    for bound in (-smallest, smallest):
        axis.axvline(bound, color="0.35", lw=1, ls=":")
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xlabel(label)
    legend(figure, ncols=2, fontsize=9, markerscale=0.6)
    return figure
