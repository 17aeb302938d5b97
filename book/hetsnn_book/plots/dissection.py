"""Figures of the dissection: scores after changes of the neurons, after silencing, and under disturbances."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hetsnn.networks.neurons import PROPERTIES
from hetsnn.statistics import mean_interval
from hetsnn.tasks.memory import Memory
from hetsnn_book.claims.dissection import CARRY_OVER, EXCHANGED, HALF, PLACES, REDRAWN, WEIGHT_PLACES
from hetsnn_book.claims.statements import answers
from hetsnn_book.experiments.dissection import CHANGES, JITTERS, KEPT, LENGTH, NOISES, SILENCED, SPANS
from hetsnn_book.figures import COLORS, MARKERS, PALETTE
from hetsnn_book.plots.axes import legend
from hetsnn_book.plots.styles import LABELS
from hetsnn_book.words import CONTESTS, SYMBOLS

PARTS = {"": "all properties", **{f"_{name}": SYMBOLS[name] for name in PROPERTIES}}
ORDERS = {"random": "at random", "most": "those that carry most", "least": "those that carry least"}
LEVELS = {  # a result whose name has a number, in words
    "kept": "{} neurons left",
    "inputs": "noise of {} on inputs",
    "membranes": "noise of {} on membranes",
    "jitter": "jitter of {} % on weights",
    "span": "{} times as long as in training",
}
DISTURBED = {  # name of a panel -> prefix of its results, levels
    "noise on inputs (sd)": ("inputs", NOISES),
    "noise on membranes (sd, thresholds)": ("membranes", NOISES),
    "jitter of weights (%)": ("jitter", JITTERS),
    "length or limit (1: as in training)": (
        "span",
        tuple(sorted({f for _, factors in SPANS.values() for f in factors})),
    ),
}


def told(result: str) -> str:
    """Return the name of a result in the words of the page."""
    kind, *level = result.split("_")
    if kind == "silenced":
        order, share = level
        return f"{share} % silenced, {ORDERS[order]}"
    return LEVELS[kind].format(*level) if kind in LEVELS else CHANGES.get(result, result)


def places(frame: pd.DataFrame) -> dict[str, str | None]:
    """Return in words whether places matter, as the range over contests; None where nothing is measured.

    Returns:
        `exchanged`: the loss of networks whose neurons exchange their properties, of the best reward; `rewired`: that
        of evolved weights whose neurons exchange output weights; `carried`: the share of what training earned that the
        neurons keep with new random weights; `tasks` and `rewired-tasks`: the numbers of contests.
    """
    shown = (("exchanged", PLACES, 0.0), ("rewired", WEIGHT_PLACES, 0.0), ("carried", CARRY_OVER, HALF))
    found = answers(frame, [statement for _, statement, _ in shown]) if len(frame) else pd.DataFrame()
    texts: dict[str, str | None] = dict.fromkeys((*(name for name, *_ in shown), "tasks", "rewired-tasks"))
    if len(found):
        for name, statement, shift in shown:
            effects = found[found["statement"] == statement.words]["effect"] + shift
            if len(effects):
                texts[name] = " to ".join(dict.fromkeys(f"{end:z.2f}" for end in (effects.min(), effects.max())))
        for name, statement in (("tasks", PLACES), ("rewired-tasks", WEIGHT_PLACES)):
            texts[name] = str((found["statement"] == statement.words).sum())
    return texts


def parity(frame: pd.DataFrame) -> dict[str, str | None]:
    """Return in words what networks of the memory task earn at delays that no training had; None if not measured.

    Returns:
        `odd` and `even`: the mean reward of evolved weights at odd and at even delays; `neurons-odd` and
        `neurons-even`: that of evolved neurons.
    """
    runs = frame[frame["contest"] == "memory"] if len(frame) else frame
    texts: dict[str, str | None] = {}
    for side, start in (("weight", ""), ("neuron", "neurons-")):
        of = runs[runs["evolved"] == side] if len(runs) else runs
        for remainder, name in ((1, "odd"), (0, "even")):
            tried = [f"span_{factor:g}" for factor in SPANS[Memory][1] if round(factor * LENGTH) % 2 == remainder]
            texts[start + name] = f"{of[tried].to_numpy().mean():.2f}" if len(of) else None
    return texts


def scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each result of the dissection by contest and evolved side, with its interval over seeds."""
    names = [name for name in frame if name == "intact" or name.split("_")[0] in PREFIXES]
    names += [name for name in ("new_weights", "untrained") if name in frame]
    rows = [
        (contest, side, name, *mean_interval(runs[name].dropna()), runs[name].count())
        for (contest, side), runs in frame.groupby(["contest", "evolved"], sort=False)
        for name in names
        if runs[name].notna().any()
    ]
    return pd.DataFrame(rows, columns=["contest", "evolved", "result", "mean", "low", "high", "seeds"])


PREFIXES = {*CHANGES, "silenced", "kept", "jitter", "inputs", "membranes", "span"}


def _present(table: pd.DataFrame) -> list[str]:
    return [contest for contest in CONTESTS if contest in set(table["contest"])]


def _both(table: pd.DataFrame) -> list[str]:
    """Return the contests that have both sides."""
    sides = table.groupby("contest", sort=False)["evolved"].nunique()
    return [contest for contest in _present(table) if sides[contest] > 1]


def _panels(
    table: pd.DataFrame, height: float, label: str = "share of the best reward"
) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """Return a figure with a panel per contest, and the axis of each panel with the rows of its contest."""
    present = _present(table)
    figure, axes = plt.subplots(1, max(len(present), 1), sharey=True, figsize=(6.4, height), squeeze=False)
    axes[0, 0].set_ylabel(label)
    for contest, axis in zip(present, axes[0], strict=False):
        axis.set_title(CONTESTS[contest].replace(", ", ",\n"), fontsize=10)
    rows = [table[table["contest"] == contest] for contest in present]
    return figure, list(zip(axes[0], rows, strict=False))


def _style(side: str) -> dict[str, Any]:
    """Return color, marker and label of an evolved side."""
    return {"color": COLORS[side], "marker": MARKERS[side], "label": LABELS[side]}


def changes(table: pd.DataFrame) -> Figure:
    """Plot the score after each change of the neurons, a panel per contest: of all properties, and of each alone."""
    figure, panels = _panels(table[table["evolved"] == "neuron"], 4.6)
    for axis, of_contest in panels:
        of = of_contest.set_index("result")
        for place, (suffix, label) in enumerate(PARTS.items()):
            chosen = of.reindex([f"{change}{suffix}" for change in CHANGES])
            at = np.arange(len(CHANGES)) + 0.14 * (place - 2)
            _errorbar(axis, chosen, at, color=PALETTE[place], marker="osv^D"[place], ls="", label=label)
        axis.axhline(of.loc["intact", "mean"], color="black", lw=1, ls="--", label="intact")
        axis.axhline(of.loc["untrained", "mean"], color="0.4", lw=1, ls=":", label="untrained")
        axis.set_xticks(range(len(CHANGES)), CHANGES.values(), rotation=60, ha="right", fontsize=9)
    legend(figure, ncols=3, fontsize=9)
    return figure


PARTED = {  # what is done to all that evolved -> the result of each side; equal neurons carry nothing elsewhere
    "as evolved": dict.fromkeys(COLORS, "intact"),
    "exchanged": EXCHANGED,
    "drawn from the fit": REDRAWN,
    "new random weights": {"neuron": "new_weights"},
    "never trained": dict.fromkeys(COLORS, "untrained"),
}


def parted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores after what evolved is parted from its place, of contests with both sides, by `change`."""
    table = table[table["contest"].isin(_both(table))]
    rows = [
        table[(table["evolved"] == side) & (table["result"] == result)].assign(change=change)
        for change, results in PARTED.items()
        for side, result in results.items()
    ]
    return pd.concat(rows, ignore_index=True)


def fit(table: pd.DataFrame) -> Figure:
    """Plot both sides as evolved and after what evolved is parted from its place, see `parted`; a panel per contest."""
    figure, panels = _panels(table, 4.2)
    for axis, of_contest in panels:
        for side, shift in (("neuron", -0.1), ("weight", 0.1)):
            of = of_contest[of_contest["evolved"] == side].set_index("change")
            _errorbar(axis, of.reindex(PARTED), np.arange(len(PARTED)) + shift, **_style(side), ls="")
        axis.set_xticks(range(len(PARTED)), PARTED, rotation=45, ha="right", fontsize=10)
    legend(figure, ncols=2, fontsize=9)
    return figure


def kept(table: pd.DataFrame) -> Figure:
    """Plot the score by the number of neurons that are left, those that carry most, a line per evolved side."""
    figure, panels = _panels(table, 3.6)
    ticks = [*range(0, len(KEPT) - 1, 2), len(KEPT)]
    for axis, of_contest in panels:
        for side in ("neuron", "weight"):
            of = of_contest[of_contest["evolved"] == side].set_index("result")
            if len(of):
                chosen = of.loc[[*(f"kept_{count}" for count in KEPT), "intact"]]
                _errorbar(axis, chosen, range(len(chosen)), **_style(side))
        axis.set_xticks(ticks, [[*map(str, KEPT), "all"][place] for place in ticks], fontsize=9)
        axis.set_xlabel("neurons left")
    legend(figure, ncols=2, fontsize=9)
    return figure


def time_constants(table: pd.DataFrame) -> Figure:
    """Plot the share of neurons that carry by the order of their time constants, a panel per contest.

    Args:
        table: as `hetsnn_book.measures.carriers.by_time_constant` returns it.
    """
    figure, panels = _panels(table, 3.2, "share that carries")
    for axis, of_contest in panels:
        _errorbar(axis, of_contest, of_contest["part"], color=COLORS["neuron"], marker=MARKERS["neuron"])
        axis.set_xticks([1, 5, 10], ["shortest", "middle", "longest"], fontsize=9)
    figure.supxlabel(r"tenth of the neurons, in order of $\tau_m$", fontsize=11)
    return figure


def silencing(table: pd.DataFrame) -> Figure:
    """Plot the score against the share of silenced neurons, a panel per contest and a line per order."""
    figure, panels = _panels(table[table["evolved"] == "neuron"], 3.6)
    for axis, of_contest in panels:
        of = of_contest.set_index("result")
        for place, (order, label) in enumerate(ORDERS.items()):
            chosen = of.reindex(["intact", *(f"silenced_{order}_{share}" for share in SILENCED)])
            _errorbar(axis, chosen, [0, *SILENCED], color=PALETTE[place], marker="osv"[place], label=label)
        axis.set_xlabel("silenced [%]")
    legend(figure, ncols=3, fontsize=9)
    return figure


def robustness(table: pd.DataFrame) -> Figure:
    """Plot the score by each disturbance, a row each; a column per contest that has both sides, a line per side."""
    present = _both(table)
    rows, columns = len(DISTURBED), max(len(present), 1)
    figure, axes = plt.subplots(rows, columns, sharey="col", figsize=(6.4, 0.6 + 2.1 * rows), squeeze=False)
    for contest, column in zip(present, axes.T, strict=False):
        for (title, (prefix, levels)), axis in zip(DISTURBED.items(), column, strict=True):
            for side in ("neuron", "weight"):
                of = table[(table["contest"] == contest) & (table["evolved"] == side)].set_index("result")
                named = {level: f"{prefix}_{level:g}" for level in levels if f"{prefix}_{level:g}" in of.index}
                first = 1.0 if prefix == "span" else 0.0
                points = dict(sorted({first: "intact", **named}.items()))
                _errorbar(axis, of.loc[[*points.values()]], range(len(points)), **_style(side))
                axis.set_xticks(range(len(points)), [f"{level:g}" for level in points], fontsize=10)
            axis.set_xlabel(title, fontsize=10)
        column[0].set_title(CONTESTS[contest].replace(", ", ",\n"))
    for row in axes:
        row[0].set_ylabel("share of the best", fontsize=10)
    legend(figure, ncols=2)
    return figure


def _errorbar(axis: Axes, table: pd.DataFrame, at: Any, **style: Any) -> None:
    error = np.abs(table[["low", "high"]].to_numpy().T - table["mean"].to_numpy())
    axis.errorbar(at, table["mean"], error, capsize=2, lw=1.2, ms=4, **style)
