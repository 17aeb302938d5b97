"""Published form of results: curves and genomes, most of a file, are rounded, and only some genomes are there."""

import numpy as np
import pandas as pd

PUBLISHED_BITS = 12  # of curves and genomes: a number moves by 0.012 % at most, less than any figure shows


def slim(rows: pd.DataFrame, genomes: set[str]) -> pd.DataFrame:
    """Return rows in published form: curves and genomes rounded, and only some runs' genomes."""
    found = {}
    for name in _vectors(rows):
        kept = rows["identity"].isin(genomes) if name == "genome" else rows[name].notna()
        if kept.any():
            found[name] = [rounded(cell) if keep else None for cell, keep in zip(rows[name], kept, strict=True)]
        else:
            rows = rows.drop(columns=name)
    return rows.assign(**found)


def _vectors(rows: pd.DataFrame) -> list[str]:
    """Return the columns whose entries are float32 arrays, as curves and genomes are."""
    first = {name: next((cell for cell in rows[name] if cell is not None), None) for name in rows}
    return [name for name, cell in first.items() if isinstance(cell, np.ndarray) and cell.dtype == np.float32]


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return True if the arrays in two frames with the same rows are equal."""
    pairs = ((a, b) for name in _vectors(other) for a, b in zip(one[name], other[name], strict=True))
    return all((a is None) == (b is None) and np.array_equal(a, b, equal_nan=a is not None) for a, b in pairs)


def rounded(values: np.ndarray) -> np.ndarray:
    """Return float32 numbers with `PUBLISHED_BITS` significant bits, half the distance to the next at most away.

    The largest numbers of float32, which would become infinite, are rounded down.
    """
    mantissa, exponent = np.frexp(np.asarray(values, np.float64))
    nearest = np.ldexp(np.round(np.ldexp(mantissa, PUBLISHED_BITS)), exponent - PUBLISHED_BITS)
    largest = np.ldexp(1 - 2.0**-PUBLISHED_BITS, np.finfo(np.float32).maxexp)
    return np.where(np.isfinite(values), np.clip(nearest, -largest, largest), nearest).astype(np.float32)
