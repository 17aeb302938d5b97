"""Specification curves: the effect in every specification, in order, above the settings that made it.

Source: Simonsohn, Simmons and Nelson, Specification curve analysis, Nature Human Behaviour, 2020.
"""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from hetsnn_book.figures import PALETTE
from hetsnn_book.words import with_symbols

HOLDS = {True: PALETTE[0], False: PALETTE[1]}  # colours; the marks differ, too
TUNED = {"specification": "both sides tuned"}  # the line of the best, by the kind of the marks
ROW = 0.21  # height of a row of marks [in]
LINE, NAME = 28, 15  # letters in a line of the axis's label, and of a setting's name


def curve(
    table: pd.DataFrame,
    settings: Sequence[str],
    *,
    label: str,
    bounds: Sequence[float],
    best: tuple[float, float, float] | None = None,
    kind: str = "specification",
) -> Figure:
    """Plot effects in order with their intervals, and below them a row of marks for each value of each setting.

    Intervals are cut where effects end.

    Args:
        table: a row per specification: `effect`, its interval `low` and `high` (NaN for a single seed), `holds`, and
            the settings as categories or texts.
        settings: columns of the settings, from top to bottom; one with a single value has no row.
        label: the effect and its unit.
        bounds: smallest effects of interest, which are drawn as lines.
        best: effect and interval where both sides are tuned, or of the mean over tuned cells.
        kind: what a row of the table is, in words.
    """
    ordered = table.sort_values("effect", kind="stable").reset_index(drop=True)
    varied = [setting for setting in settings if len(_values(ordered[setting])) > 1]
    rows = [(setting, value) for setting in varied for value in _values(ordered[setting])]
    figure, (top, grid) = subplots(
        2, 1, sharex=True, figsize=(6.4, 2.9 + ROW * len(rows)), height_ratios=[2.4, max(ROW * len(rows), ROW)]
    )
    _effects(top, ordered, bounds)
    drawn = [*ordered["effect"], *bounds, 0.0, *(best or ())]
    margin = 0.1 * (max(drawn) - min(drawn))
    top.set_ylim(min(drawn) - margin, max(drawn) + margin)  # intervals of a few seeds may be far wider
    if best is not None:
        low, high = best[1:]
        top.axhspan(low, high, color=PALETTE[2], alpha=0.25, lw=0)
        top.axhline(best[0], color=PALETTE[2], lw=1.5, label=TUNED.get(kind, "their mean"))
    top.set_ylabel("\n".join(wrap(label, LINE)), fontsize=10)
    figure.legend(*top.get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=10)
    _marks(grid, ordered, rows)
    grid.set_xlabel(f"{kind}s, in the order of their effects")
    return figure


def small(table: pd.DataFrame, bounds: Sequence[float]) -> Figure:
    """Plot the effects alone, as a picture for a line of a table."""
    figure, axis = subplots(figsize=(1.5, 0.5), layout="none")
    figure.subplots_adjust(0.01, 0.02, 0.99, 0.98)
    ordered = table.sort_values("effect", kind="stable").reset_index(drop=True)
    _effects(axis, ordered.assign(low=ordered["effect"], high=ordered["effect"]), bounds, largest=6.0)
    axis.axis("off")
    return figure


def _values(column: pd.Series) -> list[str]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [value for value in column.cat.categories if (column == value).any()]
    return sorted(column.dropna().unique())


def _effects(axis: Axes, ordered: pd.DataFrame, bounds: Sequence[float], largest: float = 30.0) -> None:
    """Draw effects and intervals, filled discs where the claim holds and open ones where it does not."""
    places = np.arange(len(ordered))
    axis.vlines(places, ordered["low"], ordered["high"], color="0.75", lw=0.8, zorder=1)
    size = float(np.clip(900 / max(len(ordered), 1), 3, largest))
    for holds, name in ((True, "holds"), (False, "does not hold")):
        chosen = (ordered["holds"] == holds).to_numpy()
        if chosen.any():
            face = HOLDS[holds] if holds else "white"
            axis.scatter(
                places[chosen],
                ordered["effect"][chosen],
                size,
                face,
                edgecolor=HOLDS[holds],
                lw=0.9,
                label=name,
                zorder=2,
            )
    axis.axhline(0, color="black", lw=0.8)
    for bound in bounds:
        axis.axhline(bound, color="black", lw=0.8, ls=":")


def _marks(axis: Axes, ordered: pd.DataFrame, rows: Sequence[tuple[str, str]]) -> None:
    """Draw a mark where a specification has a value, and the share of its specifications in which the claim holds."""
    holds, places = ordered["holds"].to_numpy(bool), np.arange(len(ordered))
    for height, (setting, value) in enumerate(rows):
        has = (ordered[setting] == value).to_numpy()
        for kept in (True, False):
            chosen = places[has & (holds == kept)]
            axis.vlines(
                chosen, height - 0.36, height + 0.36, color=HOLDS[kept], lw=float(np.clip(250 / len(places), 0.7, 4))
            )
        axis.text(
            1.01, height, f"{holds[has].mean():.0%}", transform=axis.get_yaxis_transform(), va="center", fontsize=9
        )
    firsts = {setting: height for height, (setting, _) in reversed(list(enumerate(rows)))}
    for setting, height in firsts.items():
        axis.axhline(height - 0.5, color="0.6", lw=0.8)
        name = with_symbols("\n".join(wrap(setting, NAME)))
        place = (0, height - 0.35)
        axis.annotate(name, place, (-160, 0), axis.get_yaxis_transform(), "offset points", va="top", fontsize=9)
    axis.set_yticks(range(len(rows)), [with_symbols(str(value)) for _, value in rows], fontsize=9)
    axis.tick_params(axis="y", length=0)
    axis.set(ylim=(max(len(rows), 1) - 0.5, -0.5), xticks=[])
    axis.grid(visible=False)
    axis.spines[["left", "bottom"]].set_visible(False)
