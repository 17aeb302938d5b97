"""Pairs of settings: every random setting of one method beside every random setting of the other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hetsnn_book.claims.specifications import COLUMNS


def crossed(
    runs: pd.DataFrame, methods: tuple[str, str], settings: Sequence[str], by: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the lead of one method over another in all pairs of their settings, as a table of specifications.

    Args:
        runs: runs of both methods, by `method`, with a `value` each.
        methods: the method that may lead, and the other.
        settings: columns of the settings of either method; both may have one, which then becomes "NAME of METHOD".
        by: columns that are equal in a pair, such as the side.

    Returns:
        A row per pair: the settings, the columns `by`, those of `Effect`, and which draw of each method it has, in the
        columns `draws(methods)`. Pairs that share a draw are not independent, so they have no intervals.
    """
    tables = []
    for method in methods:
        rows = runs[runs["method"] == method]
        own = [name for name in settings if rows[name].notna().any()]
        means = rows.groupby([*by, *own], dropna=False)["value"].agg(["mean", "size"]).reset_index()
        tables.append(means.assign(draw=means.groupby(own, dropna=False).ngroup()))
    suffixes = tuple(f" of {method}" for method in methods)
    pairs = tables[0].merge(tables[1], how="inner" if by else "cross", on=[*by] or None, suffixes=suffixes)
    means, sizes = ([f"{name} of {method}" for method in methods] for name in ("mean", "size"))
    found = pairs.drop(columns=[*means, *sizes])
    numbers = (pairs[means[0]] - pairs[means[1]], np.nan, np.nan, pairs[sizes].min(axis=1), False)
    return found.assign(**dict(zip(COLUMNS, numbers, strict=True)))


def draws(methods: tuple[str, str]) -> tuple[str, str]:
    """Return the names of the columns that tell the draws of settings apart."""
    return f"draw of {methods[0]}", f"draw of {methods[1]}"
