"""The table of all claims at a glance, with a small specification curve in each line."""

import base64
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hetsnn_book import figures
from hetsnn_book.claims.claim import effect_format
from hetsnn_book.plots import specification_curve
from hetsnn_book.words import with_symbols

HERE = "results"  # the chapter of the table


def picture(curve: pd.DataFrame, bounds: Sequence[float], kind: str) -> str:
    """Return a small specification curve as an HTML image, "" without any; `kind` is what it consists of, in words."""
    if curve.empty:
        return ""
    png = figures.picture(specification_curve.small(curve, bounds), dpi=110)
    alt = f"{int(curve['holds'].sum())} of {len(curve)} {kind}s hold"
    data = base64.b64encode(png).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{alt}" width="150" style="min-width: 7em">'


def effect(value: float, interval: Sequence[float], unit: str) -> str:
    """Return an effect with its interval and unit as text; "" if it is unknown."""
    if np.isnan(value):
        return ""
    spec = effect_format(value)
    ends = "" if np.isnan(interval[0]) else f" [{interval[0]:{spec}}, {interval[1]:{spec}}]"
    return f"{value:{spec}}{ends} {unit}"


def at_a_glance(table: pd.DataFrame, curves: Mapping[str, tuple[pd.DataFrame, Sequence[float], str]]) -> pd.DataFrame:
    """Return a line per claim: verdict, claim with a link, effect or what is lacking, specifications that hold.

    Args:
        table: a row per claim as `claims.verdicts` returns it, with its `verdict` as shape and words.
        curves: by claim, its specifications, the smallest effects of interest, and what the former are in words.
    """
    lines = []
    for row in table.itertuples():
        share = "" if np.isnan(row.share_interval[0]) else f"{row.share:.0%} of {row.specifications:,}<br>"
        cells = f"<br>{row.cells}" if row.cells else ""
        place = row.where if row.chapter == HERE else f"{row.where}; {{doc}}`{row.chapter}`"
        lines.append(
            {
                "verdict": row.verdict,
                "claim": f"{row.claim} ({place})",
                "effect": effect(row.effect, row.interval, row.unit) + cells or with_symbols(row.evidence),
                "holds in": share + picture(*curves[row.claim]),
            }
        )
    return pd.DataFrame(lines)
